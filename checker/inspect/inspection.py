# SPDX-License-Identifier: GPL-2.0-or-later
"""What an inspection finds, as values; and the notebook in which it is written down while looking."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from checker.limits import LIMITS
from checker.lto.sections import Role
from checker.model import ObjectItem
from checker.objects.elf import SectionHeader
from checker.objects.source import Malformed

UNDEFINED_KINDS = ("UNDEF", "WEAKUNDEF")
"""Kinds of symbols that bytecode asks for; it defines the others."""

T = TypeVar("T")


class NamedSection(NamedTuple):
    """A section of an ELF object with its number and its name."""

    number: int
    name: bytes
    header: SectionHeader


class SectionRow(NamedTuple):
    """A section that matters; `size` in bytes, type and flags in the letters of readelf, empty in COFF."""

    name: str
    role: Role
    size: int
    type: str = ""
    flags: str = ""


class TableRow(NamedTuple):
    """A global symbol of an object's own table; type, binding and visibility as readelf has them."""

    name: str
    state: str
    """undefined, defined, COMMON or absolute."""
    type: str
    binding: str
    visibility: str
    size: int
    """Bytes."""


class UnitRow(NamedTuple):
    """The LTO header of one compiled unit, which GCC 10 and newer write."""

    name: str
    """What the names of its sections end in."""
    major: int
    minor: int
    slim_byte: int
    compression: str


class SymbolRow(NamedTuple):
    """A symbol of the bytecode; `kind` in the words of the linker plugin, `size` in bytes where it is known."""

    name: str
    kind: str
    size: int | None


class Origin(NamedTuple):
    """A statement about the compiler or its options, and the place in the object that makes it."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class TopRows(Generic[T]):
    """The first rows of a table, and how many there are."""

    kept: tuple[T, ...] = ()
    total: int = 0
    is_cut: bool = False
    """There are even more than `total`."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that was found out about one object; `size` in bytes."""

    item: ObjectItem
    size: int
    layout: str = ""
    """Class and byte order, where the format leaves a choice."""
    evidence: tuple[str, ...] = ()
    """What is there and what is not, of all that decides."""
    sections: TopRows[SectionRow] = TopRows()
    table: TopRows[TableRow] = TopRows()
    units: TopRows[UnitRow] = TopRows()
    definitions: TopRows[SymbolRow] = TopRows()
    """What the bytecode defines."""
    references: TopRows[SymbolRow] = TopRows()
    """What the bytecode asks for."""
    origins: tuple[Origin, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read."""


def text(name: bytes) -> str:
    """A name as text; bytes that are not UTF-8 survive as surrogates."""
    return name.decode("utf-8", "surrogateescape")


def top_rows(rows: Iterable[T]) -> TopRows[T]:
    """The first rows of a table that may be endless."""
    iterator = iter(rows)
    kept = tuple(islice(iterator, LIMITS.inspect_rows))
    total = len(kept) + sum(1 for _ in islice(iterator, LIMITS.inspect_looked - LIMITS.inspect_rows))
    return TopRows(kept, total, total >= LIMITS.inspect_looked)


@dataclass(slots=True)
class PartialInspection:
    """What has been found so far; looking at one part may fail without losing the others."""

    layout: str = ""
    evidence: list[str] = field(default_factory=list)
    sections: TopRows[SectionRow] = TopRows()
    table: TopRows[TableRow] = TopRows()
    units: TopRows[UnitRow] = TopRows()
    symbols: list[SymbolRow] = field(default_factory=list)
    origins: dict[Origin, None] = field(default_factory=dict)
    """A set that keeps its order: joined objects say many things twice."""
    problems: list[str] = field(default_factory=list)

    def add_origin(self, place: str, text: str) -> None:
        """Add a statement about the compiler, and the place in the object that makes it."""
        if text.strip():
            self.origins.setdefault(Origin(place, text.strip()[: LIMITS.inspect_text]))

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Look at something that may be malformed; that it is, is written down."""
        try:
            yield
        except Malformed as error:
            self.problems.append(f"{what}: {error}")

    def inspection(self, item: ObjectItem, size: int) -> Inspection:
        """All that was found, as a value."""
        return Inspection(
            item,
            size,
            self.layout,
            tuple(self.evidence),
            self.sections,
            self.table,
            self.units,
            top_rows(symbol for symbol in self.symbols if symbol.kind not in UNDEFINED_KINDS),
            top_rows(symbol for symbol in self.symbols if symbol.kind in UNDEFINED_KINDS),
            tuple(self.origins),
            tuple(self.problems),
        )
