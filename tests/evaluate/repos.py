# SPDX-License-Identifier: GPL-2.0-or-later
"""What is read of repositories, against what was found in them by parsing their metadata and hashing every file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import ListedPackage, fetched
from checker.repositories.metadata import PrimaryPackage, decompressed, parse_repomd, read_file_lists, read_primary
from checker.repositories.mirrors import REPOMD
from checker.repositories.repository import Listing, RepositoryOptions, read_repository
from checker.repositories.root import RepositoryRoot
from tests.evaluate.tsv import read_table

COLUMNS = frozenset({"tree", "packages_in_primary", "rpms_missing", "metadata_problems"})
OBSTACLES = {"missing": Obstacle.INACCESSIBLE, "cksum": Obstacle.ALTERED}
READ = re.compile(r"\b(primary|filelists)\.xml")
"""The metadata that is read at all; problems of other files are none."""


class Answer(NamedTuple):
    """One column of the manifest for one repository, and what was said."""

    tree: str
    question: str
    label: str
    said: str

    @property
    def agrees(self) -> bool:
        """Whether it is what the manifest says."""
        return self.said == self.label


def evaluate_repositories(corpus: Path) -> int:
    """Print how the labelled repositories below a folder fare; returns how many disagreements there are."""
    wrong = 0
    for manifest in sorted(corpus.glob("*/*.tsv")):
        columns, rows = read_table(manifest)
        if columns >= COLUMNS:
            print(f"\n== {manifest.parent.name}/{manifest.name}: {len(rows)} repositories")
            wrong += _print([answer for row in rows for answer in answers(manifest.parent, row)])
    return wrong


def answers(folder: Path, row: Mapping[str, str]) -> Iterator[Answer]:
    """Every question about one repository."""
    tree = folder / row["tree"]
    entries, listing = _entries(tree)
    fates = Counter(_fate(tree, entry) for entry in entries)
    said = {
        "packages_in_primary": len(entries),
        "rpms_present": fates["present"],
        "rpms_missing": fates["missing"],
        "rpm_checksum_mismatch": fates["altered"],
        "packages_with_xml:base": sum(bool(entry.base) for entry in entries),
        "packages_listing_.a/.o": len(listing),
    }
    for question, number in said.items():
        yield Answer(row["tree"], question, row[question], str(number))
    found = read_repository(str(tree), RepositoryOptions())
    yield Answer(row["tree"], "metadata_problems", *_problems(row, found))


def _entries(tree: Path) -> tuple[list[PrimaryPackage], set[str]]:
    """Every package of a primary.xml, and the ids of those with an object in their file lists."""
    records = parse_repomd((tree / REPOMD).read_bytes())
    entries: list[PrimaryPackage] = []
    listing: set[str] = set()
    for kind, record in records.items():
        file = tree / record.href
        if kind in ("primary", "filelists") and file.exists():
            with file.open("rb") as opened:
                blocks = decompressed(opened.fileno())
                if kind == "primary":
                    entries = [entry for entry in read_primary(blocks) if entry]
                else:
                    listing = {found[0] for found in read_file_lists(blocks) if found and found[1]}
    return entries, listing


def _fate(tree: Path, entry: PrimaryPackage) -> str:
    listed = RepositoryRoot(str(tree)).file(entry.href, entry.base)
    if listed.path is None:
        return "missing"  # elsewhere, so not in this tree
    try:
        package = ListedPackage(listed.location, path=listed.path, checksum=entry.checksum, size=entry.size)
        with fetched(package, FetchOptions()):
            return "present"
    except Unavailable as error:
        return "missing" if error.obstacle is Obstacle.INACCESSIBLE else "altered"


def _problems(row: Mapping[str, str], found: Listing) -> tuple[str, str]:
    wanted = [problem.partition(":") for problem in row["metadata_problems"].split(";") if READ.search(problem)]
    label = sorted(OBSTACLES[what] for what, _, _ in wanted)
    if row["metadata_types"] == "(empty repomd)":
        label = [Obstacle.MALFORMED]
    return " ".join(label), " ".join(sorted(problem.obstacle for problem in found.problems))


def _print(asked: list[Answer]) -> int:
    wrong = 0
    for question in dict.fromkeys(answer.question for answer in asked):
        about = [answer for answer in asked if answer.question == question]
        disagreeing = [answer for answer in about if not answer.agrees]
        wrong += len(disagreeing)
        numbers = [int(answer.label) for answer in about if answer.label.isdigit()]
        total = f", {sum(numbers)} in all" if numbers else ""
        print(f"{question}: {len(about) - len(disagreeing)} of {len(about)} as labelled{total}")
        for answer in disagreeing:
            print(f"  {answer.tree}: labelled {answer.label or 'nothing'}, said {answer.said or 'nothing'}")
    return wrong
