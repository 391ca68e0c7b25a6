# SPDX-License-Identifier: GPL-2.0-or-later
"""The advice about mistakes other than flags, followed to the letter: what the build does wrong, what is printed of it,
and what of the spec changes by that. The next build passes, nothing is found in it, and a program links and runs.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.model.statements import Remedy
from tests.linker.targets import FAT_CLANG, NEWER
from tests.rpmbuild.advice import Cause, halves, kept, remedies_of
from tests.rpmbuild.harness import Maker
from tests.rpmbuild.recipes import OPT_IN
from tests.rpmbuild.test_remedies import SOURCES, Packager

LIBRARY = SOURCES[0]
ARCHIVE = f"%{{buildroot}}{LIBRARY.archive}"
NATIVE = "-O2 -fno-lto"
CLANG = FAT_CLANG[".c"]
CLANG_FAT = "-O2 -flto -ffat-lto-objects"
EMPTY = "echo 'typedef int nothing;' | {} -c -x c - -o empty.o"
JOIN = "{} -r sums.o mean.o -o all.o\nrm sums.o mean.o"
STRIP = "strip -g -R '.gnu.lto_*' -R '.gnu.debuglto_*'"
DEBIAN_STRIP = f"{STRIP} -R .comment -R .note -N __gnu_lto_slim"
MORE = "echo 'int {0}(void) {{ return 1; }}' | gcc %{{build_cflags}} -c -x c - -o {0}.o"
UNIT = "int started; __attribute__((constructor)) static void start(void) { *(volatile int *)&started = 1; }"
START = f"echo '{UNIT}' | clang -O2 %s -c -x c - -o start.o"


@dataclass(frozen=True)
class Mistake:
    """What the build does wrong."""

    remedy: Remedy
    rule: str
    advice: str
    """What is printed of it: the part that the packager follows."""
    wrong: str
    right: str
    """What stands in the spec in place of that afterwards."""
    build: str = ""
    """Further lines of %build."""
    install: str = ""
    """Further lines of %install."""
    flags: str = NATIVE
    compiler: str = "gcc"
    top: str = ""
    stops: bool = False
    is_usable: bool = True
    """Whether the archive links before anything is done about it."""

    def spec(self) -> str:
        """The spec that makes the mistake."""
        spec = LIBRARY.spec(self.top, self.flags, self.compiler)
        spec = spec.replace("%install\n", f"{self.build}\n%install\n")
        return spec.replace("%files devel\n", f"{self.install}\n%files devel\n")


MISTAKES = {
    "partly hollow": Mistake(
        Remedy.OPT_IN, "hollow-object", f"add at the top of the spec: {OPT_IN}", "Name:", f"{OPT_IN}\nName:",
        f"gcc {NATIVE} -c %{{_sourcedir}}/sums/mean.c -o mean.o\n{JOIN.format('ld')}\n{STRIP} all.o",
        flags="%{build_cflags}", stops=True, is_usable=False,
    ),
    "a marker, and the opt-in": Mistake(
        Remedy.REMOVE_MARKER, "leftover-marker", f"compile it fat ({OPT_IN})", "Name:", f"{OPT_IN}\nName:",
        EMPTY.format("gcc %{build_cflags}")
    ),
    "a marker, and no LTO": Mistake(
        Remedy.REMOVE_MARKER, "leftover-marker", "or without -flto", " -flto ", " ", EMPTY.format("gcc -O2 -flto ")
    ),
    "a marker that is removed": Mistake(
        Remedy.REMOVE_MARKER, "leftover-marker", "or remove the marker: objcopy -N __gnu_lto_slim FILE",
        "%files devel\n", f"objcopy -N __gnu_lto_slim {ARCHIVE}\n%files devel\n", EMPTY.format("gcc %{build_cflags}"),
    ),
    "empty bitcode": Mistake(
        Remedy.OPT_IN, "empty-bitcode", f"add at the top of the spec: {OPT_IN}", "Name:", f"{OPT_IN}\nName:",
        EMPTY.format(f"{CLANG} %{{build_cflags}}"),
    ),
    "joined bitcode": Mistake(
        Remedy.JOIN_BY_LLD, "joined-bitcode", "join with `ld.lld -r` of LLVM 19 or newer", "ld -r", f"ld.lld{NEWER} -r",
        JOIN.format("ld"), flags=CLANG_FAT, compiler=CLANG,
    ),
    "constructors": Mistake(
        Remedy.INIT_ARRAY, "ctors-section", "clang and -fuse-init-array", "-fno-use-init-array", "-fuse-init-array",
        START % "-fno-use-init-array"
    ),
    "two compilers": Mistake(
        Remedy.ONE_COMPILER, "bytecode-versions", "build all of it with one compiler",
        f"{CLANG} {CLANG_FAT}", f"gcc {CLANG_FAT}",
        f"{CLANG} {CLANG_FAT} -c %{{_sourcedir}}/sums/mean.c -o mean.o", flags=CLANG_FAT,
    ),
    "an index astray": Mistake(
        Remedy.ARCHIVE_ANEW, "archive-index", "delete the archive and create it anew with ar",
        "%files devel\n", f"rm {ARCHIVE}\ngcc-ar rcs {ARCHIVE} *.o\n%files devel\n",
        install=f"printf '\\0\\0\\0\\1' | dd of={ARCHIVE} bs=1 seek=72 conv=notrunc",
    ),
    "probably hollow": Mistake(
        Remedy.TRY_TO_LINK, "suspected-hollow",
        f"link a program with it; if that fails, rebuild the package with {OPT_IN} at the top of the spec",
        "Name:", f"{OPT_IN}\nName:", "\n".join(MORE.format(name) for name in ("one", "two")),
        f"{DEBIAN_STRIP} {ARCHIVE}", flags="%{build_cflags}", is_usable=False,
    ),
    "undeclared": Mistake(
        Remedy.DECLARE, "undeclared-object", f"add at the top of the spec: {OPT_IN}", "Name:", f"{OPT_IN}\nName:",
        top="%global _ltocheck_policy fedora-strict", stops=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_other_mistakes(rpmbuild: Maker, mistake: Mistake) -> None:
    packager, spec = Packager(rpmbuild, LIBRARY), mistake.spec()
    build = packager.build(spec)
    said = (build.failed() if mistake.stops else build.passed()).said()
    assert {rule for rule, *_ in build.findings()} == {mistake.rule}
    assert remedies_of(build) == {mistake.remedy}
    assert mistake.advice in " ".join(said.split())
    shipped = build.root / LIBRARY.archive.lstrip("/")
    if mistake.is_usable:
        LIBRARY.use(shipped)
    else:
        with pytest.raises(subprocess.CalledProcessError):
            LIBRARY.use(shipped)
    changed = spec.replace(mistake.wrong, mistake.right, 1)
    assert changed != spec
    LIBRARY.use(packager.archive(changed))


def test_a_disk_that_was_full(rpmbuild: Maker, tmp_path: Path) -> None:
    """To build it again is all that can be said, and enough."""
    once = tmp_path / "once"
    cut = f"[ -e {once} ] || {{ touch {once}; truncate -s -100 {ARCHIVE}; }}"
    packager = Packager(rpmbuild, LIBRARY)
    spec = Mistake(Remedy.CHECK_WHOLE, "", "", "", "", install=cut).spec()
    assert "unreadable-object: build it again, because" in packager.stopped(spec)
    LIBRARY.use(packager.archive(spec))


def test_an_ar_that_reads_no_bytecode(rpmbuild: Maker) -> None:
    """The index is a warning beside the error that the objects are slim: both pieces of advice are followed."""
    packager = Packager(rpmbuild, LIBRARY)
    spec = LIBRARY.made(Cause()).replace("gcc-ar rcs", "llvm-ar rcs")
    said = packager.stopped(spec)
    assert (
        "no linker finds anything: it names only __gnu_lto_slim; create it with gcc-ar, or run gcc-ranlib on it" in said
    )
    spec = kept(spec, halves(said)[1], other=False)
    LIBRARY.use(packager.archive(spec.replace("llvm-ar", "gcc-ar")))
