# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages to measure audits on: static libraries and headers of the distribution, packed by rpmbuild."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.inputs import Inputs

LIBRARY_PACKAGES, HEADER_PACKAGES = 240, 160

SPEC = """\
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
%global _unpackaged_files_terminate_build 0
%global _binary_payload {payload}
Name: bench
Version: 1.0
Release: 1
Summary: x
License: x
AutoReqProv: no
%description
x
%install
cp -al {root}/. %{{buildroot}}/
"""

PACKAGE = """\
%package -n bench{number}
Summary: x
AutoReqProv: no
%description -n bench{number}
x
%files -n bench{number} -f {folder}/{number}.files
"""


def packages(inputs: Inputs, payload: str) -> list[Path]:
    """400 packages with static libraries and headers, compressed in this way."""
    return sorted(inputs.made(f"packages-{payload}", lambda place: _build(place, inputs.debs, payload)).iterdir())


def many_packages(inputs: Inputs, payload: str, times: int) -> Path:
    """Copies of these packages, no two of which are the same."""
    originals = packages(inputs, payload)
    return inputs.made(f"packages-{payload}-{times}", lambda place: _multiply(place, originals, times))


def _build(place: Path, debs: Iterable[Path], payload: str) -> None:
    """400 packages: 240 with a static library each, and 160 of headers alone."""
    work = place.with_name(f"{place.name}.work")
    if work.exists():
        shutil.rmtree(work)
    root = work / "root"
    root.mkdir(parents=True)
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    spec = SPEC.format(payload=payload, root=root)
    for number, files in enumerate(_shared_out(root)):
        names = (f'"/{file.relative_to(root)}"\n' for file in files)
        (work / f"{number}.files").write_text("".join(names))
        spec += PACKAGE.format(number=number, folder=work)
    (work / "bench.spec").write_text(spec)
    subprocess.run(["rpmbuild", "-bb", "--quiet", "-D", f"_topdir {work}/top", work / "bench.spec"], check=True)
    place.mkdir()
    for package in (work / "top/RPMS").rglob("*.rpm"):
        package.rename(place / package.name)
    shutil.rmtree(work)


def _shared_out(root: Path) -> Iterator[list[Path]]:
    """The files of each package: libraries one by one, everything else in equal parts."""
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    libraries = [file for file in files if file.suffix == ".a"][:LIBRARY_PACKAGES]
    others = [file for file in files if file.suffix != ".a" and file.name.isprintable()]
    count = LIBRARY_PACKAGES + HEADER_PACKAGES
    for number in range(count):
        yield [*libraries[number : number + 1], *others[number::count]]


def _multiply(place: Path, packages: list[Path], times: int) -> None:
    """Copies of packages that differ in what nobody reads: the name in the lead, which no digest covers."""
    place.mkdir()
    for number in range(times):
        for package in packages:
            copy = place / f"{number}-{package.name}"
            shutil.copyfile(package, copy)
            with copy.open("r+b") as file:
                os.pwrite(file.fileno(), f"copy {number}".encode(), 10)
