# SPDX-License-Identifier: GPL-2.0-or-later
"""What is inside of labelled packages, against a list of it and against what other tools extract."""

import csv
import os
import subprocess
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker.errors import Unavailable
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.model import ArchiveItem, Judged, Kind, ObjectItem
from checker.packages.header import read_header
from checker.packages.options import PackageOptions
from checker.packages.package import package_at, with_data
from checker.packages.payload import open_payload
from checker.trees.tree import closing_fd

RPM2CPIO = 'rpm2cpio "$0" | (cd "$1" && cpio -id --quiet --no-absolute-filenames)'
RPM2ARCHIVE = 'rpm2archive - < "$0" | tar -xz -C "$1"'
"""cpio cannot read the stripped form."""

KINDS: dict[str, set[Kind | None]] = {
    "native": {Kind.NATIVE},
    "native-data-only": {Kind.NATIVE},
    "bitcode": {Kind.SLIM},
    "hollow-slim": {Kind.HOLLOW},
    "foreign": {Kind.OTHER, Kind.UNREADABLE, None},
    "not-an-object": {None},
    "symlink": {None},
}
"""What an object is called in the manifest, and what it may be to us; None is not listed at all."""


class Score(NamedTuple):
    """One label and what was said instead, or as well."""

    name: str
    label: str
    answer: str
    agrees: bool


def score_objects(folder: Path) -> Iterator[Score]:
    """Every object and archive that is known to be in a package."""
    seen: dict[str, dict[str, Kind]] = {}
    rows = list(_rows(folder / "objects.tsv"))
    for package in {row["rpm"] for row in rows}:
        items = Judge(load_policy(), date.today()).judge(package_at(str(folder / package), PackageOptions()))
        seen[package] = _kinds_by_path(items)
    for row in rows:
        kind = seen[row["rpm"]].pop(row["path"], None)
        agrees = kind in KINDS[row["verdict"]]
        yield Score(f"{row['rpm']}: {row['path']}", row["verdict"], str(kind), agrees)
    for package, rest in seen.items():
        for path, kind in rest.items():
            yield Score(f"{package}: {path}", "not listed", str(kind), agrees=False)


def score_extraction(folder: Path) -> Iterator[Score]:
    """Every regular file of every sound binary package, against what rpm's own tools and cpio or tar extract."""
    for row in _rows(folder / "manifest.tsv"):
        if row["kind"] != "bin" or row["expected"].startswith("error"):
            continue
        file = folder / row["file"]
        try:
            ours = _digests(file)
        except Unavailable:
            continue  # the first table tells of it
        tool = RPM2ARCHIVE if row["rpmformat"] == "v6" else RPM2CPIO
        with TemporaryDirectory() as target:
            subprocess.run(["sh", "-c", tool, file.resolve(), target], capture_output=True, check=True)
            theirs = {
                os.fsdecode(path.relative_to(target)): sha256(path.read_bytes()).hexdigest()
                for path in Path(target).rglob("*")
                if path.is_file() and not path.is_symlink() and path.stat().st_size
            }
        yield Score(row["file"], "as extracted", f"{len(ours)} files", ours == theirs)


def _digests(file: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    with closing_fd(os.open(file, os.O_RDONLY)) as fd:
        header = read_header(fd)
        files = header.files
        wanted = {number for number, size in enumerate(files.sizes) if size and files.is_regular(number)}
        if wanted:
            with open_payload(fd, header.payload_at) as payload:
                for numbers, size in with_data(payload, files, wanted):
                    digest = sha256(payload.read(size)).hexdigest()
                    digests.update((files.names[number].lstrip("/"), digest) for number in numbers)
    return digests


def _kinds_by_path(items: Iterator[Judged]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for entry in items:
        item = entry.item
        if isinstance(item, ArchiveItem) or (isinstance(item, ObjectItem) and item.position is None):
            kinds[item.path] = item.facts.kind
    return kinds


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def evaluate(folder: Path) -> int:
    """Print how what is inside of packages fares; returns how many disagreements there are."""
    disagreements = 0
    for title, scores in (("objects inside", score_objects(folder)), ("extraction", score_extraction(folder))):
        results = list(scores)
        wrong = [score for score in results if not score.agrees]
        disagreements += len(wrong)
        print(f"\n== {folder.name}: {title}: {len(results) - len(wrong)} of {len(results)} as they are")
        for score in wrong:
            print(f"{score.name}: {score.label}, said {score.answer}")
    return disagreements
