# SPDX-License-Identifier: GPL-2.0-or-later
"""What labelled folders say of their files; every manifest is tab separated, without quoting."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.evaluate.tsv import read_table
from tests.evaluate.verdict import Verdict

Answer = Callable[[Verdict], str]
"""What is compared of a verdict, in the words of the confusion matrix."""


class Case(NamedTuple):
    """One labelled file; right is an answer that is among `accepted`."""

    name: str
    file: Path
    label: str
    accepted: frozenset[str]
    answer: Answer


class Part(NamedTuple):
    """The labelled files of one manifest, or why they are left out."""

    name: str
    cases: tuple[Case, ...] = ()
    left_out: str = ""


Reader = Callable[[Path, list[dict[str, str]], Path], Part]


def read_corpus(corpus: Path, packages: Path) -> Iterator[Part]:
    """The parts of a corpus; `packages` is where packages were unpacked, one folder for each."""
    for manifest in sorted([*corpus.glob("*.tsv"), *corpus.glob("*/*.tsv")]):
        columns, rows = read_table(manifest)
        yield reader_for(columns)(manifest, rows, packages)


def reader_for(columns: frozenset[str]) -> Reader:
    """How to read a manifest that has these columns."""
    for wanted, reader in READERS:
        if wanted <= columns:
            return reader
    return _unknown


def _unknown(manifest: Path, rows: list[dict[str, str]], packages: Path) -> Part:
    return Part(_name(manifest), left_out=f"{len(rows)} rows that label no object files")


def _kinds(manifest: Path, rows: list[dict[str, str]], packages: Path) -> Part:
    """Rows that name the kind of an object or archive; `a|b` where either is right."""
    return Part(_name(manifest), tuple(_kind_case(manifest.parent, row) for row in rows))


def _kind_case(folder: Path, row: dict[str, str]) -> Case:
    is_empty = row["empty"] == "yes"
    accepted = frozenset(kind_word(kind, empty=is_empty) for kind in row["kind"].split("|"))
    return Case(row["path"], folder / row["path"], "|".join(sorted(accepted)), accepted, _kind_answer(is_empty))


def _kind_answer(is_empty: bool) -> Answer:
    def answer(verdict: Verdict) -> str:
        # An archive has a kind, but only objects are empty or not: there the label is taken for true.
        empty = is_empty if verdict.is_archive else verdict.empty is True
        return kind_word(verdict.kind, empty=empty)

    return answer


def kind_word(kind: str, empty: bool) -> str:
    """A kind, with the word empty where bytecode that defines nothing makes a difference."""
    return f"{kind} empty" if empty and kind in ("slim", "fat") else kind


def _expectations(manifest: Path, rows: list[dict[str, str]], packages: Path) -> Part:
    """Rows that say whether a finding is wanted: `ok:`, `FLAG:`, `error:`."""
    return Part(_name(manifest), tuple(_expected_case(manifest.parent, row) for row in rows))


def _packages(manifest: Path, rows: list[dict[str, str]], packages: Path) -> Part:
    """The same for files of packages, of which those count that were unpacked in the same version."""
    known = {package: _unpacked_version(packages, package) for package in {row["package"] for row in rows}}
    cases = tuple(_expected_case(packages, row) for row in rows if known[row["package"]] == row["version"])
    missing = len(rows) - len(cases)
    return Part(_name(manifest), cases, f"{missing} rows whose package is not unpacked here" if missing else "")


def _unpacked_version(packages: Path, package: str) -> str | None:
    file = packages / f"{package}.version"
    return file.read_text(encoding="utf-8").strip() if file.exists() else None


def _expected_case(folder: Path, row: dict[str, str]) -> Case:
    expected = row["expected"]
    label = expected.partition("(")[0].partition(",")[0].strip()
    return Case(
        row["file"], folder / row["file"], label, accepted_judgments(expected), lambda verdict: verdict.judgment
    )


def accepted_judgments(expected: str) -> frozenset[str]:
    """Which judgments fulfil an expectation. Hollow without a marker can only be suspected."""
    wish, _, what = expected.partition(":")
    match wish:
        case "ok":
            return frozenset({"clean"})
        case "FLAG":
            return frozenset({"flagged", "suspected"} if "hollow" in what else {"flagged"})
        case "error" | "error-or-skip":
            return frozenset({"unreadable"})
        case "FLAG-or-error":
            return frozenset({"flagged", "unreadable"})
    raise ValueError(f"expected is {expected!r}; known are ok:, FLAG:, error:")


def _name(manifest: Path) -> str:
    return f"{manifest.parent.name}/{manifest.name}"


READERS: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"path", "kind", "empty"}), _kinds),
    (frozenset({"package", "version", "file", "expected"}), _packages),
    (frozenset({"file", "expected"}), _expectations),
)
"""Columns that a manifest must have, and how it is then read; the first that fits."""
