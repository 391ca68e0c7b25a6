# SPDX-License-Identifier: GPL-2.0-or-later
"""The result of an inspection as a value, and the partial result that readers add to."""

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
"""Kinds of symbols that bytecode refers to without a definition; it defines all others."""

T = TypeVar("T")


class NamedSection(NamedTuple):
    """A section of an ELF object with its number and its name."""

    number: int
    name: bytes
    header: SectionHeader


class SectionRow(NamedTuple):
    """A section that the inspection shows; `size` in bytes, type and flags as readelf writes them, empty in COFF."""

    name: str
    role: Role
    size: int
    type: str = ""
    flags: str = ""


class TableRow(NamedTuple):
    """A global symbol of an object's own table; type, binding and visibility as readelf writes them."""

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
    """The last part of its sections' names, which all sections of one unit share."""
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
    """The first rows of a table, and the number of all rows."""

    kept: tuple[T, ...] = ()
    total: int = 0
    is_cut: bool = False
    """Whether counting stopped at `total`, so that there may be more rows."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of inspecting one object; `size` in bytes."""

    item: ObjectItem
    size: int
    layout: str = ""
    """Class and byte order, where the format leaves a choice."""
    evidence: tuple[str, ...] = ()
    """Sentences about everything that decides the verdict, present or absent."""
    sections: TopRows[SectionRow] = TopRows()
    table: TopRows[TableRow] = TopRows()
    units: TopRows[UnitRow] = TopRows()
    definitions: TopRows[SymbolRow] = TopRows()
    """Symbols that the bytecode defines."""
    references: TopRows[SymbolRow] = TopRows()
    """Symbols that the bytecode refers to without a definition."""
    origins: tuple[Origin, ...] = ()
    problems: tuple[str, ...] = ()
    """Sentences about parts that could not be read."""


def text(name: bytes) -> str:
    """A name as text; bytes that are not UTF-8 survive as surrogates."""
    return name.decode("utf-8", "surrogateescape")


def top_rows(rows: Iterable[T]) -> TopRows[T]:
    """The first rows of a table of any length, counted up to a limit."""
    iterator = iter(rows)
    kept = tuple(islice(iterator, LIMITS.inspect_rows))
    total = len(kept) + sum(1 for _ in islice(iterator, LIMITS.inspect_looked - LIMITS.inspect_rows))
    return TopRows(kept, total, total >= LIMITS.inspect_looked)


@dataclass(slots=True)
class PartialInspection:
    """The result so far; a part that cannot be read does not lose the others."""

    layout: str = ""
    evidence: list[str] = field(default_factory=list)
    sections: TopRows[SectionRow] = TopRows()
    table: TopRows[TableRow] = TopRows()
    units: TopRows[UnitRow] = TopRows()
    symbols: list[SymbolRow] = field(default_factory=list)
    origins: dict[Origin, None] = field(default_factory=dict)
    """A set that keeps its order, because joined objects repeat the same statements."""
    problems: list[str] = field(default_factory=list)

    def add_origin(self, place: str, text: str) -> None:
        """Add a statement about the compiler, and the place in the object that makes it."""
        if text.strip():
            self.origins.setdefault(Origin(place, text.strip()[: LIMITS.inspect_text]))

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """A context that records Malformed as a problem of `what`, and goes on."""
        try:
            yield
        except Malformed as error:
            self.problems.append(f"{what}: {error}")

    def inspection(self, item: ObjectItem, size: int) -> Inspection:
        """The complete result as a value."""
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
