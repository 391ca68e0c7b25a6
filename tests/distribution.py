# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated distribution of fixtures/distribution, built by rpmbuild: repositories and specs of each release."""

import os
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.toolbox import CREATEREPO, ROOT, archive, compiled, run

FOLDER = ROOT / "fixtures/distribution"
CROSS = ROOT / "fixtures/corpus/cross"
DATES = {"before": "2026-01-10", "half": "2026-06-15", "rebuilt": "2026-07-20", "after": "2026-09-01"}
SLIM_SINCE = "2026-06-01"
FLAGS = {"fat": "-O2 -flto=auto -ffat-lto-objects -g", "slim": "-O2 -flto=auto -g"}
LINE = "%global _fat_lto_objects 1\n"
UNDONE = '%build\nexport CFLAGS="%{optflags} -fno-fat-lto-objects"\n'
SETTINGS = """%global optflags {flags}
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
%global use_source_date_epoch_as_buildtime 1
%global _binary_payload w1.gzdio
AutoReqProv: no
"""
STRIP = ("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1")


@dataclass(frozen=True)
class Package:
    """One source package in one release, as the fixture says by hand."""

    source: str
    archs: tuple[str, ...]
    objects: str
    """What its archive holds, or none; `cut` for a package that is cut off."""
    flags: str
    built: str
    """The release in which it was built."""
    line: bool
    undone: bool

    @property
    def version(self) -> str:
        """Of the spec."""
        return f"1.{list(DATES).index(self.built)}"

    def spec(self, library: Path | None = None) -> str:
        """Its spec as the packager has it."""
        name = f"lib{self.source}.a"
        own = ("%package static\nSummary: s\n%description static\nd\n", f"%files static\n%{{_libdir}}/{name}\n")
        subpackage, listed = own if self.has_objects else ("", "")
        install = f"install -Dpm 644 {library or name} %{{buildroot}}%{{_libdir}}/{name}\n" if self.has_objects else ""
        return (
            (LINE if self.line else "")
            + f"Name: {self.source}\nVersion: {self.version}\nRelease: 1\nSummary: s\nLicense: MIT\n"
            + f"%description\nd\n{subpackage}{UNDONE if self.undone else ''}"
            + f"%install\nmkdir -p %{{buildroot}}/usr/share/{self.source}\n{install}"
            + f"%files\n/usr/share/{self.source}\n{listed}"
        )

    @property
    def has_objects(self) -> bool:
        """Whether there is an archive in it."""
        return self.objects != "none"


class Distribution:
    """Its releases below a folder: RELEASE/ARCH with packages and metadata, and RELEASE/specs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data: dict[str, Any] = tomllib.loads((FOLDER / "packages.toml").read_text())
        self.releases: list[str] = self.data["releases"]

    def packages(self, release: str, absent: bool = False) -> Iterator[Package]:
        """What a release holds; with those that did not build, as they were before."""
        number = self.releases.index(release)
        for story in self.data["story"].values():
            built = number
            while story["contents"][built] == "same" or (absent and story["contents"][built] == "absent"):
                built -= 1
            if story["contents"][built] != "absent":
                objects, flags = story["contents"][built].split("/")
                undone = story.get("undone", [False] * 4)[number]
                archs, line = tuple(story["archs"]), story["line"][number]
                for source in story["packages"]:
                    yield Package(source, archs, objects, flags, self.releases[built], line, undone)

    def states(self, release: str) -> dict[str, str]:
        """The state of each source package that the fixture names for a release."""
        number = self.releases.index(release)
        return {name: story["state"][number] for story in self.data["story"].values() for name in story["packages"]}

    def repositories(self, release: str) -> list[Path]:
        """One for each architecture; those without one are in that of x86_64."""
        return [self.folder / release / arch for arch in ("x86_64", "aarch64", "s390x")]

    def specs(self, release: str) -> Path:
        """A folder of all specs, as they were then."""
        folder = self.folder / release / "specs"
        if not folder.exists():
            folder.mkdir(parents=True)
            for package in self.packages(release, absent=True):
                (folder / f"{package.source}.spec").write_text(package.spec())
        return folder

    def build(self, release: str) -> None:
        """Make the repositories of a release."""
        packages = list(self.packages(release))
        self._build_missing(packages, release)
        for repository in self.repositories(release):
            repository.mkdir(parents=True)
        for package in packages:
            for file in self._built(package).iterdir():
                arch = file.name.split(".")[-2].replace("noarch", "x86_64")
                os.link(file, self.folder / release / arch / file.name)
        for repository in self.repositories(release):
            run(CREATEREPO, "--quiet", repository)
        for package in packages:
            if package.objects == "cut":
                self._cut(release, package)

    def _build_missing(self, packages: list[Package], release: str) -> None:
        wanted: dict[tuple[str, str], list[Package]] = {}
        for package in packages:
            for arch in package.archs:
                if not list(self._built(package).glob(f"*.{arch}.rpm")):
                    wanted.setdefault((arch, package.flags), []).append(package)
        for (arch, flags), several in wanted.items():
            self._rpmbuild(arch, FLAGS[flags], several, release)

    def _cut(self, release: str, package: Package) -> None:
        """Shorten its files, as on a mirror that is not complete."""
        for file in self.folder.glob(f"{release}/*/{package.source}-*.rpm"):
            data = file.read_bytes()
            file.unlink()
            file.write_bytes(data[:-200])

    def _built(self, package: Package) -> Path:
        return self.folder / "built" / f"{package.source}-{package.version}"

    def _rpmbuild(self, arch: str, flags: str, packages: list[Package], release: str) -> None:
        """All of these at once, because most of the time is rpmbuild's start."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        specs = []
        for package in packages:
            library = self._library(package.objects, arch) if package.has_objects else None
            spec = work / f"{package.source}.spec"
            spec.write_text(SETTINGS.format(flags=flags) + package.spec(library).replace(UNDONE, "").replace(LINE, ""))
            specs.append(spec)
        top = work / f"top-{arch}-{release}"
        built_at = {"SOURCE_DATE_EPOCH": str(seconds(DATES[release]))}
        run("rpmbuild", "-bb", "--quiet", "--target", arch, "--define", f"_topdir {top}", *specs, env=built_at)
        for package in packages:
            place = self._built(package)
            place.mkdir(parents=True, exist_ok=True)
            for name in (package.source, f"{package.source}-static"):
                for file in top.glob(f"RPMS/{arch}/{name}-{package.version}-*.rpm"):
                    shutil.move(file, place)

    def _library(self, objects: str, arch: str) -> Path:
        kind = "native" if objects == "cut" else objects
        file = self.folder / "libraries" / arch / f"{kind}.a"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            archive(file, [self._object(kind, arch)])
        return file

    def _object(self, kind: str, arch: str) -> Path:
        """By a real compiler: the system's, or one of those that made the corpus."""
        if arch != "x86_64":
            return CROSS / f"{arch}-linux-gnu.code.{'slim.F' if kind == 'hollow' else 'native'}.o"
        folder = self.folder / "libraries"
        if kind == "assembly":
            source = folder / "code.S"
            source.write_text(".globl f\nf:\n.long 1\n")
            run("gcc", "-c", source, "-o", folder / "code.o")
            return folder / "code.o"
        made = compiled(folder, kind, ("-O2",) if kind == "native" else ("-O2", "-flto"))
        if kind == "hollow":
            run(*STRIP, made)
        return made


def seconds(date: str) -> int:
    """Since 1970."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
