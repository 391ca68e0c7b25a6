# SPDX-License-Identifier: GPL-2.0-or-later
"""Every object read three times: by this program, by GNU readelf, and by pyelftools with a procedure of its own."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from time import monotonic

from checker.model import Form, Kind, ObjectFacts
from checker.objects import magic
from checker.objects.classify import classify
from checker.objects.source import BufferSource
from tests.realworld.oracle import Opinion, opinion
from tests.realworld.tables import (
    Place,
    Table,
    elf_objects,
    first_difference,
    our_table,
    pyelftools_table,
    readelf_tables,
)

MAX_PROBLEMS = 20
LOOSE_BATCH = 200
"""Loose objects that one readelf is given."""


@dataclass
class Comparison:
    """How many objects were compared, and where readers differ."""

    objects: int = 0
    sections: int = 0
    slowly: int = 0
    """Objects that pyelftools and the second procedure looked at, too."""
    problems: list[str] = field(default_factory=list)

    def complain(self, place: Place, who: str, what: str) -> None:
        """Note a difference."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"{place}: {who}: {what}")

    def add(self, other: "Comparison") -> None:
        """Add what another comparison found."""
        self.objects += other.objects
        self.sections += other.sections
        self.slowly += other.slowly
        self.problems += other.problems


def object_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Archives and loose ELF objects below a folder, by their first bytes; symbolic links are not followed."""
    archives, loose = [], []
    for parent, _, names in os.walk(folder):
        for name in names:
            file = Path(parent, name)
            if file.is_file() and not file.is_symlink():
                with file.open("rb") as stream:
                    head = stream.read(20)
                if head.startswith(magic.AR):
                    archives.append(file)
                elif head.startswith(b"\x7fELF") and _type_of_elf(head) == 1:
                    loose.append(file)
    return sorted(archives), sorted(loose)


def _type_of_elf(head: bytes) -> int:
    return int.from_bytes(head[16:18], "big" if head[5] == 2 else "little")


def compare(archives: Sequence[Path], loose: Sequence[Path], seconds: float | None = None) -> Comparison:
    """Compare all objects with readelf, and as many with pyelftools as can be done in so many seconds, or all."""
    comparison = Comparison()
    places: list[Place] = []
    batches = [[file] for file in archives]
    batches += [list(loose[start : start + LOOSE_BATCH]) for start in range(0, len(loose), LOOSE_BATCH)]
    for files in batches:
        places += _compare_with_readelf(files, comparison)
    random.Random(len(places)).shuffle(places)
    end = None if seconds is None else monotonic() + seconds
    for place in places:
        if end is not None and monotonic() > end:
            break
        _compare_slowly(place, comparison)
    return comparison


def _compare_with_readelf(files: list[Path], comparison: Comparison) -> Iterator[Place]:
    ours = (found for file in files for found in elf_objects(file))
    for found, theirs in zip_longest(ours, readelf_tables(files)):
        if found is None:
            comparison.problems.append(f"{files[0]}: readelf sees more objects than we do")
            return
        place, source = found
        yield place
        table = our_table(source)
        comparison.objects += 1
        comparison.sections += len(table)
        difference = "not seen" if theirs is None else first_difference(table, theirs)
        if difference:
            comparison.complain(place, "readelf", difference)


def _compare_slowly(place: Place, comparison: Comparison) -> None:
    data = place.read()
    comparison.slowly += 1
    difference = first_difference(_our_table(data), pyelftools_table(data))
    if difference:
        comparison.complain(place, "pyelftools", difference)
    said, told = as_opinion(classify(BufferSource(data))), opinion(data)
    if said != told:
        comparison.complain(place, "second procedure", f"{said} here, {told} there")


def _our_table(data: bytes) -> Table:
    return our_table(BufferSource(data))


def as_opinion(facts: ObjectFacts) -> Opinion:
    """Facts in the words of the second procedure, which tells of GCC's bytecode alone whether it defines nothing."""
    is_gimple = any(code.form is Form.GIMPLE for code in facts.bytecode)
    return Opinion(facts.kind, facts.empty if is_gimple and facts.kind in (Kind.SLIM, Kind.FAT) else None)
