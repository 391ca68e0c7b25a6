# SPDX-License-Identifier: GPL-2.0-or-later
"""What the hook learns of a spec: the opt-in wherever it stands, the flags that count, and free text unharmed."""

import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.rpmbuild.harness import HOOK, MACROS, Build, Maker, Rpmbuild, expand, write_tool
from tests.rpmbuild.recipes import LIBRARY, NATIVE, OPT_IN, SLIM, library
from tests.rpmbuild.roots import ROOT, inside

PASSES = Path("/bin/true")

LAYOUTS = ("stock", "fedora", "opensuse")

OLDER = ("clang-before-18",)


def learnt(build: Build, name: str) -> str:
    (run,) = build.passed().runs
    return run.environment[f"LTOCHECK_{name}"]


WHERE = {
    "top": {"top": OPT_IN},
    "preamble": {"preamble": OPT_IN},
    "define": {"top": "%define _fat_lto_objects 1"},
    "after-description": {"middle": OPT_IN},
    "build": {"build": OPT_IN},
    "install": {"install": OPT_IN},
    "install-last": {"install": f":\n{OPT_IN}"},
    "ifarch": {"top": f"%ifarch %{{_target_cpu}}\n{OPT_IN}\n%endif"},
    "bcond": {"top": f"%bcond_without static\n%if %{{with static}}\n{OPT_IN}\n%endif"},
    "other-value": {"top": "%global _fat_lto_objects yes"},
}
NOT_SET = {
    "nothing": {},
    "zero": {"top": "%global _fat_lto_objects 0"},
    "empty": {"top": "%global _fat_lto_objects %{nil}"},
    "taken-back": {"top": OPT_IN, "middle": "%global _fat_lto_objects 0"},
    "other-arch": {"top": f"%ifarch m68k\n{OPT_IN}\n%endif"},
    "bcond-off": {"top": f"%bcond_with static\n%if %{{with static}}\n{OPT_IN}\n%endif"},
    "commented": {"top": "%dnl %global _fat_lto_objects 1"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("where", WHERE)
def test_opt_in_wherever_it_stands(rpmbuild: Maker, layout: str, where: str) -> None:
    assert learnt(rpmbuild(layout=layout, hook=PASSES)(**WHERE[where]), "OPT_IN") == "1"


@pytest.mark.parametrize("where", NOT_SET)
def test_no_opt_in(rpmbuild: Maker, where: str) -> None:
    build = rpmbuild(hook=PASSES)(**NOT_SET[where])
    assert learnt(build, "OPT_IN") == "0"
    assert build.runs[0].environment["LTOCHECK_FLAGS"] == "c=slim,c++=slim,fortran=slim"


@pytest.mark.parametrize("placement", ["hook", "vendor", "load"])
def test_opt_in_on_the_command_line(rpmbuild: Maker, placement: str) -> None:
    build = rpmbuild(placement=placement, hook=PASSES)("", "--define=_fat_lto_objects 1")
    assert learnt(build, "OPT_IN") == "1"


def test_opt_in_after_the_macros_were_frozen(rpmbuild: Maker) -> None:
    """The text of the hook is in the frozen macro; what it must know is not."""
    frozen = "%global __spec_install_post %{__spec_install_post}"
    for layout in LAYOUTS:
        assert learnt(rpmbuild(layout=layout, hook=PASSES)(top=frozen, middle=OPT_IN), "OPT_IN") == "1"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_flags_follow_an_opt_in_at_the_top(rpmbuild: Maker, layout: str) -> None:
    assert learnt(rpmbuild(layout=layout, hook=PASSES)(top=OPT_IN), "FLAGS") == "c=fat,c++=fat,fortran=fat"


def test_flags_frozen_before_the_opt_in_stay_slim(rpmbuild: Maker) -> None:
    """Why the remedy says: at the top of the spec."""
    early = "%global optflags %{optflags} -Wall"
    build = rpmbuild(layout="fedora", hook=PASSES)(library(), top=f"{early}\n{OPT_IN}")
    assert learnt(build, "OPT_IN") == "1"
    assert learnt(build, "FLAGS") == "c=slim,c++=slim,fortran=slim"


def test_each_language_has_flags_of_its_own(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=PASSES)(top="%global build_cflags %{build_cflags} -ffat-lto-objects")
    assert learnt(build, "FLAGS") == "c=fat,c++=slim,fortran=slim"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lto_switched_off_by_the_package(rpmbuild: Maker, layout: str) -> None:
    for top in ("%undefine _lto_cflags", "%global _lto_cflags %{nil}", "%define _lto_cflags %{nil}"):
        build = rpmbuild(layout=layout)(library(), top=top)
        assert learnt(build, "FLAGS") == "c=none,c++=none,fortran=none"


@pytest.mark.parametrize(("layout", "state"), [("stock", "none"), ("fedora", "none"), ("opensuse", "slim")])
def test_undefine_with_the_profile_above_the_vendors_flags(rpmbuild: Maker, layout: str, state: str) -> None:
    """On openSUSE rpm uncovers the vendor's own -flto=auto: the limit that the profile's comment tells."""
    build = rpmbuild(layout=layout, flags="on-top", hook=PASSES)(top="%undefine _lto_cflags")
    assert learnt(build, "FLAGS").startswith(f"c={state}")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("opt_in", ["0", "1"])
def test_profiles_never_speak_against_fat_objects(layout: str, opt_in: str) -> None:
    """-fno-fat-lto-objects is what compilers do unasked, and clang warns about it."""
    macros = "%{?_lto_cflags} %{?_gcc_lto_cflags} %{?_clang_lto_cflags}"
    flags = expand(macros, f"--load={MACROS}/flags/{layout}", f"--define=_fat_lto_objects {opt_in}")
    assert "-flto=auto" in flags
    assert "-fno-fat-lto-objects" not in flags
    assert ("-ffat-lto-objects" in flags) == (opt_in == "1")


@pytest.mark.parametrize("layout", ["stock", "fedora"])
@pytest.mark.parametrize(
    ("older", "opted_in", "flags"),
    [((), 0, "-flto=thin"), ((), 1, "-flto=thin -ffat-lto-objects"), (OLDER, 0, "-flto=thin"), (OLDER, 1, "")],
)
def test_flags_for_clang(tmp_path: Path, layout: str, older: tuple[str, ...], opted_in: int, flags: str) -> None:
    """Which clang it is the distribution knows: no compiler is started to find out."""
    write_tool(tmp_path / "clang", f"touch {tmp_path}/canary")
    name = {"stock": "_lto_cflags", "fedora": "_clang_lto_cflags"}[layout]
    profiles = [f"--load={MACROS}/flags/{profile}" for profile in (layout, *older)]
    options = (f"--define=__cc {tmp_path}/clang", f"--define=_fat_lto_objects {opted_in}")
    assert expand(f"%{name}", *profiles, *options).strip() == flags
    assert not (tmp_path / "canary").exists()


HOSTILE = [
    "a'b",
    'a"b',
    "`touch canary`",
    "$(touch canary)",
    "$HOME ${HOME}",
    "; touch canary;",
    "a\\\\nb",
    "' ; touch canary ; '",
    '" ; touch canary ; "',
    "a && touch canary || touch canary",
    "*?[a-z]",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "a -flto b",
    "  two  spaces  ",
]


def canaries(build: Build) -> list[Path]:
    return list(build.folder.rglob("canary"))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("text", HOSTILE)
def test_free_text_is_carried_and_never_executed(rpmbuild: Maker, layout: str, text: str) -> None:
    tops = [
        f"%global {name} x{text}x" for name in ("__brp_ltocheck_exclude_from", "_ltocheck_policy", "_ltocheck_mode")
    ]
    build = rpmbuild(layout=layout, hook=PASSES)(library(flags=NATIVE), top="\n".join(tops)).passed()
    carried = f"x{text}x".replace("\\\\", "\\")
    assert build.runs[0].text("EXCLUDE") == carried
    assert build.runs[0].text("POLICY") == carried
    assert build.runs[0].environment["LTOCHECK_MODE"] in ("invalid", "xax")
    assert canaries(build) == []


def test_newlines_are_carried(rpmbuild: Maker) -> None:
    top = "%global __brp_ltocheck_exclude_from one\\\ntouch canary\\\nthree"
    build = rpmbuild(hook=PASSES)(top=top).passed()
    assert build.runs[0].text("EXCLUDE") == "one\ntouch canary\nthree"
    assert canaries(build) == []


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "text", ["'", "\"'", "-DX='\"`touch canary`\"'", "$(touch canary)", "; touch canary;", "a\\\ntouch canary"]
)
def test_flags_are_reduced_and_never_executed(rpmbuild: Maker, layout: str, text: str) -> None:
    """rpm itself puts build_cflags nowhere but into set_build_flags, so what runs here would be the hook's doing."""
    top = f"%global build_cxxflags -flto {text} -ffat-lto-objects"
    build = rpmbuild(layout=layout, hook=PASSES)(top=top)
    assert "c++=fat" in learnt(build, "FLAGS")
    assert canaries(build) == []


def test_the_environment_of_rpmbuild_does_not_count(rpmbuild: Maker) -> None:
    """Neither a switch nor the mark of having run is inherited."""
    stray = {"LTOCHECK_OPT_IN": "1", "LTOCHECK_MODE": "off", "LTOCHECK_FLAGS": "c=fat", "LTOCHECK_RAN": "1:installed"}
    build = rpmbuild(environment=stray)(library()).failed()
    assert build.runs[0].environment["LTOCHECK_MODE"] == "enforce"
    assert LIBRARY in build.said()


@pytest.mark.parametrize("root", ["", "/", "//", "/.", "/usr/.."])
@pytest.mark.parametrize("stage", ["installed", "stripped"])
def test_no_build_root_is_no_work(tmp_path: Path, root: str, stage: str) -> None:
    """Known before anything is imported: alone, as here, the hook could not check."""
    alone = shutil.copy(HOOK, tmp_path)
    environment = {"RPM_BUILD_ROOT": root}
    done = subprocess.run(
        [*inside(ROOT), alone, "--stage", stage], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""


def test_build_root_not_set_is_no_work() -> None:
    done = subprocess.run([*inside(ROOT), HOOK], env={}, capture_output=True, text=True, check=True, timeout=5)
    assert done.stdout + done.stderr == ""


def test_the_hook_without_any_macros_reads_the_flags_of_rpm(rpmbuild: Maker) -> None:
    """openSUSE's drop-in alone: the flags tell of the opt-in."""
    make = rpmbuild(layout="opensuse", placement="none", flags="today")
    legacy = "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects"
    make(library(), top=legacy).passed()
    build = make(library(flags=SLIM), top=legacy).failed()
    assert "LTOCHECK_OPT_IN" not in build.runs[0].environment
    assert "slim-despite-opt-in" in build.said()
    assert OPT_IN not in build.said()


def test_the_hook_is_found_through_a_link(tmp_path: Path) -> None:
    """And finds the checker package from there, not from the working directory."""
    link = tmp_path / "brp-ltocheck"
    link.symlink_to(HOOK)
    (tmp_path / "root").mkdir()
    subprocess.run(
        [*inside(ROOT), link], env={"RPM_BUILD_ROOT": str(tmp_path / "root")}, cwd=tmp_path, check=True, timeout=30
    )


@pytest.mark.parametrize(("mode", "status"), [("enforce", 2), ("warn", 0)])
def test_the_hook_without_its_parts_names_the_package(tmp_path: Path, mode: str, status: int) -> None:
    alone = shutil.copy(HOOK, tmp_path)
    (tmp_path / "root").mkdir()
    environment = {"RPM_BUILD_ROOT": str(tmp_path / "root"), "LTOCHECK_MODE": mode}
    done = subprocess.run([*inside(ROOT), alone], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status
    (line,) = done.stderr.splitlines()
    package = HOOK.name.replace("brp-ltocheck", "ltocheck-brp")
    assert re.search(rf"comes with the package {package}(?![\w-])", line)


def test_the_hook_writes_nothing_beside_itself(tmp_path: Path) -> None:
    installed = tmp_path / "copy"
    for folder in ("macros", "checker", "policies"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HOOK.parent.parent / folder, installed / folder, ignore=ignore)
    before = sorted(installed.rglob("*"))
    (tmp_path / "root").mkdir()
    hook = installed / "macros" / HOOK.name
    subprocess.run([*inside(ROOT), hook], env={"RPM_BUILD_ROOT": str(tmp_path / "root")}, check=True, timeout=30)
    assert sorted(installed.rglob("*")) == before


def test_two_builds_at_the_same_time(tmp_path: Path) -> None:
    """In one _topdir, each waiting for the other in %install: neither reads the other's record."""
    for folder in ("BUILD", "BUILDROOT", "SPECS", "SOURCES", "RPMS", "SRPMS"):
        (tmp_path / "top" / folder).mkdir(parents=True)  # rpmbuilds that make them at the same time fail
    wait = f"""
mkdir -p %{{name}}.d; cd %{{name}}.d
touch {tmp_path}/%{{name}}
for i in $(seq 200); do [ -e {tmp_path}/one ] && [ -e {tmp_path}/two ] && break; sleep 0.05; done
"""
    built: dict[str, Build] = {}

    def build(name: str, install: str) -> None:
        make = Rpmbuild(tmp_path / f"of-{name}", layout="fedora")
        top = "%global _ltocheck_stripped 1"
        built[name] = make(wait + install, f"--define=_topdir {tmp_path}/top", top=top, name=name)

    jobs = [
        threading.Thread(target=build, args=("one", library("empty", flags=SLIM))),
        threading.Thread(target=build, args=("two", library("add", flags=NATIVE))),
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    states = {name: done.passed().runs[1].text("STATE") for name, done in built.items()}
    assert states["one"] != states["two"]
    assert all(state.startswith(f"{tmp_path}/top/BUILD") for state in states.values())
