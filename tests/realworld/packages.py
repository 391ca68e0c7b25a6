# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of the distribution this runs on: downloaded once, unpacked, never installed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CalledProcessError, run
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("REALWORLD_CACHE") or ROOT / ".cache" / "realworld")
NAMES = Path(__file__).with_name("packages.txt")


class Package(NamedTuple):
    """One package as it lies on disk; `tree` is where it was unpacked."""

    name: str
    version: str
    tree: Path


def read_names(file: Path = NAMES) -> list[str]:
    """The names in the list, without its comments."""
    lines = (line.partition("#")[0] for line in file.read_text(encoding="utf-8").splitlines())
    return [name for line in lines for name in line.split()]


def fetch(names: Sequence[str], cache: Path) -> Iterator[Package]:
    """Every package, unpacked; what is in the cache is not asked for again. Raises CalledProcessError."""
    debs, trees = cache / "debs", cache / "trees"
    debs.mkdir(parents=True, exist_ok=True)
    trees.mkdir(exist_ok=True)
    missing = [name for name in names if not find_deb(debs, name)]
    if missing:
        run(["apt-get", "download", "-q", *missing], cwd=debs, check=True)
    for name in names:
        deb = find_deb(debs, name)
        if not deb:
            raise CalledProcessError(1, f"apt-get download {name}")
        yield unpack(deb, trees / name)


def find_deb(debs: Path, name: str) -> Path | None:
    """The newest file of a package in the cache."""
    return max(debs.glob(f"{name}_*.deb"), key=lambda file: file.stat().st_mtime, default=None)


def unpack(deb: Path, tree: Path) -> Package:
    """The package's files in a folder; a file beside it says which version, once all of it is there."""
    name, version, _ = deb.stem.split("_")
    version = version.replace("%3a", ":")
    mark = tree.with_name(f"{name}.version")
    if not mark.exists() or mark.read_text(encoding="utf-8").strip() != version:
        shutil.rmtree(tree, ignore_errors=True)
        run(["dpkg-deb", "-x", deb, tree], check=True)
        mark.write_text(f"{version}\n", encoding="utf-8")
    return Package(name, version, tree)
