# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages to measure audits on: files of the distribution, packed by rpmbuild."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.inputs import Inputs
from tests.toolbox import CREATEREPO

LIBRARY_PACKAGES, HEADER_PACKAGES = 240, 160

INSTALLED = 400
LARGEST = 10_000_000
"""Bytes of files in an installed package that is packed."""

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


def distribution(inputs: Inputs) -> Path:
    """A repository of 400 packages of the distribution, those that are installed, with metadata."""
    return inputs.made("distribution", _pack_installed)


def _build(place: Path, debs: Iterable[Path], payload: str) -> None:
    with TemporaryDirectory(prefix="bench-", dir=place.parent) as root:
        for deb in debs:
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        _pack(place, Path(root), _shared_out(Path(root)), payload)


def _pack_installed(place: Path) -> None:
    names = subprocess.run(["dpkg-query", "-W", "-f", "${binary:Package}\n"], stdout=subprocess.PIPE, check=True).stdout
    with TemporaryDirectory(prefix="bench-", dir=place.parent) as root:
        contents = (_copied(name, Path(root)) for name in names.decode().split())
        _pack(place, Path(root), islice(filter(None, contents), INSTALLED), "w3.zstdio")
    subprocess.run([CREATEREPO, "--quiet", place], check=True)


def _copied(package: str, root: Path) -> list[Path]:
    """The files of an installed package, copied; none of one that is too large."""
    listed = subprocess.run(["dpkg", "-L", package], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    files = [Path(name) for name in listed if name.isprintable() and '"' not in name]
    files = [file for file in files if file.is_file() and not file.is_symlink()]
    if sum(file.stat().st_size for file in files) > LARGEST:
        return []
    for file in files:
        copy = root / file.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return [root / file.relative_to("/") for file in files]


def _pack(place: Path, root: Path, groups: Iterable[list[Path]], payload: str) -> None:
    """A package of each group of files below a root."""
    with TemporaryDirectory(prefix="bench-", dir=place.parent) as work:
        packages = []
        for number, files in enumerate(groups):
            listing = Path(work, f"{number}.files")
            listing.write_text("".join(f'"/{file.relative_to(root)}"\n' for file in files))
            packages.append(PACKAGE.format(number=number, folder=work))
        spec = Path(work, "bench.spec")
        spec.write_text(SPEC.format(payload=payload, root=root) + "".join(packages))
        subprocess.run(["rpmbuild", "-bb", "--quiet", "-D", f"_topdir {work}/top", spec], check=True)
        place.mkdir()
        for package in Path(work, "top/RPMS").rglob("*.rpm"):
            package.rename(place / package.name)


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
