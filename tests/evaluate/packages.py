# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m tests.evaluate.packages FOLDER`: labelled packages against what `ltocheck scan` says of them.

The folder holds packages, `manifest.tsv` with a label for each, and `objects.tsv` with the objects inside.
"""

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker.errors import ExitCode
from checker.judge import Judge
from checker.model import ArchiveItem, Judged, Kind, ObjectItem, Severity
from checker.policy import load_policy
from checker.sources.header import PackageError, read_header
from checker.sources.package import Reading, package_at, with_data
from checker.sources.payload import open_payload
from checker.sources.tree import closing_fd

ANSWERS = {ExitCode.OK: "ok", ExitCode.FINDINGS: "FLAG", ExitCode.UNREADABLE: "error"}

EXPLAINED = {
    "886adadc48-bzip2-1.0.5-1.aix5.2.ppc.rpm": "archives of AIX are not looked into, and so called unreadable",
    "9ade6c6b6f-signed_broken.rpm": "rpmkeys -K refuses it: one byte was added to the payload",
    "bf89460155-signed_broken_header.rpm": "rpmkeys -K refuses it: the header does not fit its digests",
    "fe05458f0f-unsigned_broken_header.rpm": "rpmkeys -K refuses it: the header does not fit its digests",
}
"""Packages of which we say something else than the label does, and why."""

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
    why: str


def score_packages(folder: Path) -> Iterator[Score]:
    """Every package of the manifest: ok, FLAG or error."""
    for row in _rows(folder / "manifest.tsv"):
        label = row["expected"].partition(":")[0]
        judge = Judge(load_policy(), date.today())
        items = list(judge.judge(package_at(str(folder / row["file"]), Reading())))
        answer = ANSWERS[judge.exit_code(Severity.ERROR)]
        agrees = answer == ("error" if label == "error-or-skip" else label)
        why = "; ".join(f"{found.rule}: {found.message}" for entry in items for found in entry.findings)
        yield Score(row["file"], label, answer, agrees, why)


def score_objects(folder: Path) -> Iterator[Score]:
    """Every object and archive that is known to be in a package."""
    seen: dict[str, dict[str, Kind]] = {}
    rows = list(_rows(folder / "objects.tsv"))
    for package in {row["rpm"] for row in rows}:
        items = Judge(load_policy(), date.today()).judge(package_at(str(folder / package), Reading()))
        seen[package] = _kinds_by_path(items)
    for row in rows:
        kind = seen[row["rpm"]].pop(row["path"], None)
        agrees = kind in KINDS[row["verdict"]]
        yield Score(f"{row['rpm']}: {row['path']}", row["verdict"], str(kind), agrees, "")
    for package, rest in seen.items():
        for path, kind in rest.items():
            yield Score(f"{package}: {path}", "not listed", str(kind), agrees=False, why="")


def score_extraction(folder: Path) -> Iterator[Score]:
    """Every regular file of every sound binary package, against what rpm's own tools and cpio or tar extract."""
    for row in _rows(folder / "manifest.tsv"):
        if row["kind"] != "bin" or row["expected"].startswith("error"):
            continue
        file = folder / row["file"]
        try:
            ours = _digests(file)
        except PackageError:
            continue  # the first table tells of it
        tool = RPM2ARCHIVE if row["rpmformat"] == "v6" else RPM2CPIO
        with TemporaryDirectory() as target:
            subprocess.run(["sh", "-c", tool, file.resolve(), target], capture_output=True, check=True)
            theirs = {
                os.fsdecode(path.relative_to(target)): sha256(path.read_bytes()).hexdigest()
                for path in Path(target).rglob("*")
                if path.is_file() and not path.is_symlink() and path.stat().st_size
            }
        yield Score(row["file"], "as extracted", f"{len(ours)} files", ours == theirs, "")


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


def main(arguments: list[str]) -> int:
    """Print the tables; 0 when every disagreement is explained."""
    folder = Path(arguments[0])
    unexplained = 0
    parts = (score_packages(folder), score_objects(folder), score_extraction(folder))
    for title, scores in zip(("packages", "objects", "extraction"), parts, strict=True):
        results = list(scores)
        print(f"== {title}: {sum(score.agrees for score in results)} of {len(results)} as labelled")
        counts = Counter((score.label, score.answer) for score in results if title != "extraction")
        for (label, answer), count in sorted(counts.items()):
            print(f"{label:16} said {answer:12} {count:5}")
        for score in results:
            if not score.agrees:
                unexplained += score.name not in EXPLAINED
                print(f"  {score.name}: {score.label}, said {score.answer}: {score.why}")
                print(f"    {EXPLAINED.get(score.name, 'not explained')}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
