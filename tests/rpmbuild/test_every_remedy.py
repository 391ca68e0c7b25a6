# SPDX-License-Identifier: GPL-2.0-or-later
"""All advice of the hook is followed to the letter in some build: here what the other modules leave."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.model.statements import Remedy
from tests.rpmbuild.advice import CAUSES, RARER_CAUSES, remedies_of
from tests.rpmbuild.damages import DAMAGES, Damage, damaged, repaired
from tests.rpmbuild.harness import MACROS, Build, Maker, tool
from tests.rpmbuild.recipes import LIBRARY as INSTALLED
from tests.rpmbuild.recipes import OPT_IN, archive, library
from tests.rpmbuild.test_further_remedies import MISTAKES
from tests.rpmbuild.test_remedies import SOURCES, Packager

LIBRARY = SOURCES[0]
EXTRA, EXTRA_OBJECT = "/usr/lib64/libextra.a", "/usr/lib64/extra.o"
USER = "int extra(int); int main(void) { return extra(41) - 42; }"
CLANG = "clang-19" if shutil.which("clang-19") else "clang"
"""One with its clang-offload-bundler."""

NOT_TO_BE_FOLLOWED = {Remedy.REPORT_BUG}

Test = Callable[..., None]
FOLLOWED = {
    *(cause.remedy for cause in (*CAUSES.values(), *RARER_CAUSES.values())),
    *(mistake.remedy for mistake in MISTAKES.values()),
    *(damage.remedy for damage in DAMAGES.values()),
    Remedy.CHECK_WHOLE,
    Remedy.GCC_RANLIB,
}


def follows(*remedies: Remedy) -> Callable[[Test], Test]:
    """What a test does to the letter."""
    FOLLOWED.update(remedies)
    return lambda test: test


def test_all_advice_of_the_hook_is_followed() -> None:
    """The procedures in Lua name whatever the hook can advise, and nothing else."""
    advised = {Remedy[name] for file in (MACROS / "lua").glob("*.lua") for name in named(file)}
    assert len(advised) > 20
    assert advised - FOLLOWED == NOT_TO_BE_FOLLOWED


def named(file: Path) -> list[str]:
    return re.findall(r'\bremedy\("([A-Z_]+)"', file.read_text())


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damages(rpmbuild: Maker, damage: Damage) -> None:
    packager = Packager(rpmbuild, LIBRARY)
    spec = damaged(LIBRARY.made(damage.cause), damage, f"lib{LIBRARY.name}.a")
    spec = spec.replace(f"\n{LIBRARY.archive}\n", f"\n{LIBRARY.archive}*\n")
    build = packager.build(spec)
    said = (build.failed() if damage.stops else build.passed()).said(damage.stage)
    assert remedies_of(build, damage.stage) == {damage.remedy}
    (shipped,) = packager.build(repaired(spec, said)).passed().root.rglob(f"lib{LIBRARY.name}.a*")
    LIBRARY.use(shipped)


@dataclass(frozen=True)
class Foreign:
    """A compiler that writes no fat objects: how it is called, what makes its objects slim, and who links them."""

    remedy: Remedy
    source: str
    command: str
    advice: str
    linker: str = "gcc"
    runs: bool = True


FOREIGN = {
    "rustc": Foreign(
        Remedy.OTHER_FRONTEND,
        '#![no_std]\n#[no_mangle]\npub extern "C" fn extra(value: i32) -> i32 { value.wrapping_add(1) }',
        "rustc -O --crate-type=lib --emit=obj -Clinker-plugin-lto -o extra.o -",
        "build it without (-C\\S+), which rustc was given",
    ),
    "clang for Windows": Foreign(
        Remedy.NO_FAT_TARGET,
        "int extra(int value) { return value + 1; }",
        "clang --target=x86_64-w64-mingw32 -O2 -flto -c -x c -o extra.o -",
        "compile it without (-\\S+): there are no fat objects for its target x86_64-w64-windows-gnu",
        linker="x86_64-w64-mingw32-gcc",
        runs=False,
    ),
}


@follows(*(foreign.remedy for foreign in FOREIGN.values()))
@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_compilers_without_fat_objects(rpmbuild: Maker, tmp_path: Path, foreign: Foreign) -> None:
    make, install = rpmbuild(layout="fedora"), archive("extra", path=EXTRA, tool="llvm-ar")
    build = make(install, build=f"echo '{foreign.source}' | {foreign.command}").failed()
    assert remedies_of(build) == {foreign.remedy}
    advice = re.search(foreign.advice, " ".join(build.said().split()))
    assert advice
    assert f" {advice[1]} " in foreign.command
    command = foreign.command.replace(f" {advice[1]} ", " ")
    build = make(install, build=f"echo '{foreign.source}' | {command}").passed()
    assert build.findings() == []
    used(tmp_path, build, EXTRA, foreign.linker, runs=foreign.runs)


def used(folder: Path, build: Build, path: str, linker: str = "gcc", *, runs: bool = True) -> None:
    """Link a program with what was installed, and run it where this machine can."""
    main, program = folder / "main.c", folder / "program"
    main.write_text(USER)
    subprocess.run([tool(linker), "-O2", main, build.root / path.lstrip("/"), "-o", program], check=True, timeout=60)
    if runs:
        subprocess.run([program], check=True, timeout=60)


@follows(Remedy.BUNDLE_UNCOMPRESSED)
def test_a_compressed_bundle(rpmbuild: Maker, tmp_path: Path) -> None:
    """What is said after the first advice was followed is followed, too."""
    make, install = rpmbuild(), f"install -D extra.o %{{buildroot}}{EXTRA_OBJECT}"
    source = """echo 'extern "C" int extra(int value) { return value + 1; }' >extra.hip"""  # it is read twice
    device = "-x hip -fgpu-rdc --offload-arch=gfx900 -nogpulib -nogpuinc --no-offload-new-driver"
    compiled = f"{source}\n{CLANG} {device} %{{build_cflags}} -flto --offload-compress -c extra.hip"
    build = make(install, build=compiled).passed()
    assert remedies_of(build) == {Remedy.BUNDLE_UNCOMPRESSED}
    assert "build it without --offload-compress, and do what is then said" in build.said()
    compiled = compiled.replace(" --offload-compress ", " ")
    build = make(install, build=compiled).failed()
    assert remedies_of(build) == {Remedy.OPT_IN}
    compiled = compiled.replace(" -flto ", " ")
    build = make(install, build=compiled, top=OPT_IN).passed()
    assert build.findings() == []
    used(tmp_path, build, EXTRA_OBJECT)


@follows(Remedy.EMBED_BITCODE)
def test_a_rust_library_without_bitcode(rpmbuild: Maker, tmp_path: Path) -> None:
    policy = tmp_path / "rust.toml"
    policy.write_text('extends = "fedora"\n[rules]\nrlib-bitcode = "error"\n')
    unit, rlib = "echo '#![no_std] pub fn extra(value: i32) -> i32 { value + 1 }' >extra.rs", "/usr/lib64/libextra.rlib"
    compiled = f"{unit}\nrustc -O --crate-type=rlib --crate-name=extra -Cembed-bitcode=no -o libextra.rlib extra.rs"
    install, top = f"install -D libextra.rlib %{{buildroot}}{rlib}", f"%global _ltocheck_policy {policy}"
    build = rpmbuild(layout="fedora")(install, build=compiled, top=top).failed()
    assert remedies_of(build) == {Remedy.EMBED_BITCODE}
    shipped = build.root / rlib.lstrip("/")
    assert "failed to get bitcode" in linked_by_rustc(shipped).stderr
    advice = re.search(r"build with (-C\S+=yes), and", build.said())
    assert advice
    build = rpmbuild(layout="fedora")(
        install, build=compiled.replace("-Cembed-bitcode=no", advice[1]), top=top
    ).passed()
    assert build.findings() == []
    shipped = build.root / rlib.lstrip("/")
    assert linked_by_rustc(shipped).returncode == 0
    subprocess.run([shipped.with_name("program")], check=True, timeout=60)


def linked_by_rustc(rlib: Path) -> "subprocess.CompletedProcess[str]":
    """A program without the standard library, which would take long, linked with it by rustc's own LTO."""
    main = rlib.with_name("main.rs")
    main.write_text(
        "#![no_std]\n#![no_main]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
        '#[no_mangle]\npub extern "C" fn main() -> i32 { extra::extra(41) - 42 }\n'
    )
    options = ["-O", "-Clto=thin", "-Cpanic=abort", "-Clink-arg=-lc", f"--extern=extra={rlib}"]
    command = ["/usr/bin/rustc", *options, "-o", str(rlib.with_name("program")), str(main)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@follows(Remedy.DROP_OPT_IN)
def test_an_opt_in_that_nothing_needs(rpmbuild: Maker) -> None:
    build = rpmbuild()("", top=OPT_IN).passed()
    assert remedies_of(build) == {Remedy.DROP_OPT_IN}
    assert rpmbuild()("").passed().findings() == []


@follows(Remedy.REMOVE_WAIVER)
def test_an_exception_that_nothing_needs(rpmbuild: Maker) -> None:
    exception = "%global __brp_ltocheck_exclude_from ^/usr/lib64/libother"
    build = rpmbuild()(library(), top=f"{OPT_IN}\n{exception}").passed()
    assert remedies_of(build) == {Remedy.REMOVE_WAIVER}
    assert rpmbuild()(library(), top=OPT_IN).passed().findings() == []


@follows(Remedy.RENEW_WAIVER)
@pytest.mark.parametrize("is_repaired", [True, False])
def test_an_expired_waiver(rpmbuild: Maker, tmp_path: Path, is_repaired: bool) -> None:
    """`repair the file`, which another finding says how to do, or `set a new date with a reason`."""
    policy = tmp_path / "own.toml"
    text = 'extends = "fedora"\n[[waiver]]\nrule = "slim-object"\npath = "*"\nreason = "a bug"\nexpires = 2020-01-31\n'
    policy.write_text(text)
    build = rpmbuild()(library(), top=f"%global _ltocheck_policy {policy}").failed()
    assert remedies_of(build) == {Remedy.RENEW_WAIVER, Remedy.OPT_IN}
    assert "repair the file, or set a new date with a reason" in " ".join(build.said().split())
    opt_in = f"{OPT_IN}\n" if is_repaired else ""
    if not is_repaired:
        policy.write_text(text.replace("2020-01-31", "2999-12-31").replace("a bug", "the bug is not mended yet"))
    assert rpmbuild()(library(), top=f"{opt_in}%global _ltocheck_policy {policy}").passed().findings() == []


@follows(Remedy.TRY_AGAIN)
def test_a_disk_that_fails(rpmbuild: Maker) -> None:
    """The system says what is wrong; once that is over, trying again is enough."""
    make, top = rpmbuild(), OPT_IN
    install = f"{library()}\nmv %{{buildroot}}{INSTALLED} %{{buildroot}}{EXTRA}"
    build = make(install, top=top).passed()
    folder = make.fresh_folder()
    spec = folder / "demo.spec"
    spec.write_text((build.folder / spec.name).read_text())
    shipped = folder / build.root.relative_to(build.folder) / EXTRA.lstrip("/")
    fault = ["-e", "trace=read,pread64", "-e", "inject=read,pread64:error=EIO", "-P", str(shipped)]
    build = make.start(folder, "-bi", str(spec), before=["strace", "-f", "-q", "-o", "/dev/null", *fault]).failed()
    assert remedies_of(build) == {Remedy.TRY_AGAIN}
    assert "cannot be read: Input/output error" in build.said()
    assert "check the path, its permissions and its disk, and try again" in build.said()
    assert make(install, top=top).passed().findings() == []
