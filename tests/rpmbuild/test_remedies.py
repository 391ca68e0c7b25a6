# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook's advice, followed to the letter: a spec is edited by what was printed and by nothing else, the next build
passes, and a program that is linked with the archive out of the build root, after everything that strips, runs.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from checker.model.statements import Remedy
from checker.rules.remedies import FAT_SINCE
from tests.rpmbuild.advice import CAUSES, RARER_CAUSES, Cause, halves, kept, remedies_of
from tests.rpmbuild.harness import HERE, Build, Maker, clang_version, tool

LIBRARIES = HERE / "libraries"

SPEC = """\
{top}
Name: {name}
Version: 1
Release: 1
Summary: A library for tests
License: GPL-2.0-or-later
%description
For tests.
%package devel
Summary: What is needed to link with it
%description devel
For tests.
{static}
%build
{build}
%install
mkdir -p %{{buildroot}}/usr/lib64 %{{buildroot}}/usr/share/doc/{name}
gcc-ar rcs %{{buildroot}}{archive} *.o
echo {name} >%{{buildroot}}/usr/share/doc/{name}/readme
%files devel
/usr/share/doc/{name}/readme
{files}
{archive}
"""

STATIC = """\
%package static
Summary: The static library
%description static
For tests."""


@dataclass(frozen=True)
class Library:
    """A small source in libraries/, as a distribution packages it."""

    name: str
    prints: str
    """What the program in its main.* prints."""
    layout: str
    variable: str = "build_cflags"
    gcc: str = "gcc"
    clang: str | None = "clang"
    is_static: bool = False
    """Whether the archive has a subpackage of its own."""

    @property
    def archive(self) -> str:
        return f"/usr/lib64/lib{self.name}.a"

    @property
    def units(self) -> list[Path]:
        paths = sorted((LIBRARIES / self.name).iterdir())
        return [path for path in paths if path.stem != "main" and path.suffix != ".h"]

    def spec(self, top: str, flags: str, compiler: str) -> str:
        """The spec whose %build compiles the units by `flags`."""
        source = f"%{{_sourcedir}}/{self.name}"
        return SPEC.format(
            top=top.replace("FLAGS", self.variable),
            name=self.name,
            static=STATIC if self.is_static else "",
            build="\n".join(
                f"{compiler} {flags} -c {source}/{unit.name} -o {unit.stem}.o" for unit in self.units
            ).replace("FLAGS", self.variable),
            archive=self.archive,
            files="%files static" if self.is_static else "",
        )

    def made(self, cause: Cause) -> str:
        """The spec that comes to its archive in this way."""
        compiler = self.clang and self.clang.replace("clang", cause.clang) if cause.by_clang else self.gcc
        assert compiler
        return self.spec(cause.top, cause.flags, compiler)

    def use(self, archive: Path) -> None:
        """Link a program that needs all of it, without LTO, and run it."""
        (main,) = (LIBRARIES / self.name).glob("main.*")
        program = archive.with_name("program")
        options = ["-O2", "-fno-lto", "-fno-use-linker-plugin"]
        subprocess.run([tool(self.gcc), *options, main, archive, "-o", program], check=True, timeout=60)
        done = subprocess.run([program], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == self.prints


SOURCES = (
    Library("sums", "5.5 3\n", "fedora"),
    Library("words", "three\n", "stock", "build_cxxflags", "g++", "clang++", is_static=True),
    Library("shapes", "42\n", "fedora", "build_fflags", "gfortran", None, is_static=True),
    Library("steps", "81 1\n", "opensuse"),
)


def deleted(spec: str, advice: str) -> str:
    """The spec that deletes the files, as the first half of the message says."""
    lines = re.findall(r"^    (rm .*)$", advice, re.MULTILINE)
    assert lines, advice
    spec = spec.replace("%files devel\n", "\n".join([*lines, "%files devel\n"]))
    assert "Delete in %files the line that names it, too" in " ".join(advice.split())
    for line in lines:
        spec = spec.replace("\n" + line.removeprefix("rm %{buildroot}") + "\n", "\n")
    assert "a -static subpackage that has nothing else" in " ".join(advice.split())
    return spec.removesuffix("%files static\n").replace(STATIC, "")


@dataclass(frozen=True)
class Packager:
    """Builds a library for the first time, and once more by what the message says."""

    make: Maker
    library: Library

    def build(self, spec: str) -> Build:
        strict = ("--define=_unpackaged_files_terminate_build 1", f"--define=_sourcedir {LIBRARIES}")
        return self.make(layout=self.library.layout).run(spec, *strict)

    def stopped(self, spec: str) -> str:
        """What the hook says of the spec."""
        said = self.build(spec).failed().said()
        assert self.library.archive in said
        return said

    def archive(self, spec: str) -> Path:
        """The archive that is shipped, after everything that strips."""
        build = self.build(spec).passed()
        assert build.findings() == []
        return build.root / self.library.archive.lstrip("/")

    def keeps(self, cause: Cause) -> None:
        """Every way that the message names for who needs the file makes one that can be used."""
        spec = self.library.made(cause)
        build = self.build(spec).failed()
        if not cause.by_clang or cause.clang != "clang" or clang_version() < FAT_SINCE:
            assert remedies_of(build) - {Remedy.RANLIB} == {cause.remedy}, "gcc-ar makes no index for clang's"
        self.follows(spec, halves(build.said())[1], cause)

    def follows(self, spec: str, advice: str, cause: Cause) -> None:
        specs = {kept(spec, advice, other=other) for other in (False, True)}
        assert len(specs) == cause.ways or cause.by_clang, "which of the causes it is depends on its version"
        for changed in specs:
            self.library.use(self.archive(changed))


@pytest.mark.parametrize("library", SOURCES, ids=lambda library: library.name)
def test_flags_of_the_distribution(rpmbuild: Maker, library: Library) -> None:
    """Without the file, and with one that can be used."""
    packager, spec = Packager(rpmbuild, library), library.made(Cause())
    deleting, keeping = halves(packager.stopped(spec))
    assert not packager.archive(deleted(spec, deleting)).exists()
    packager.follows(spec, keeping, Cause())


@pytest.mark.parametrize(
    ("library", "cause"),
    [
        pytest.param(library, CAUSES[name], id=f"{library.name}-{name}")
        for name, library in zip(CAUSES, SOURCES, strict=True)
    ],
)
def test_other_causes(rpmbuild: Maker, library: Library, cause: Cause) -> None:
    Packager(rpmbuild, library).keeps(cause)


@pytest.mark.parametrize("cause", RARER_CAUSES.values(), ids=RARER_CAUSES)
def test_rarer_causes(rpmbuild: Maker, cause: Cause) -> None:
    Packager(rpmbuild, SOURCES[0]).keeps(cause)
