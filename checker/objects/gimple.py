# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's LTO sections, `.gnu.lto_*`: headers, versions and symbols of each unit.

The layouts are those of gcc/lto-streamer.h and gcc/lto-streamer-out.cc, GCC 4.7 to 16.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from checker.limits import LIMITS
from checker.model.comparable import Comparable
from checker.objects.source import Malformed, Source

HEADER_SIZE = 8
EMPTY_SYMBOL_NODES = 16
"""The most bytes of `.gnu.lto_.symbol_nodes` in a unit that defines nothing; GCC 4.9 to 16 write 14 or 15."""

UNITS = 1 << 14
"""The most units in one object; `ld -r` joins the objects of a library, and the largest known have some 5,000."""

DEFINITIONS = {0: "DEF", 1: "WEAKDEF", 4: "COMMON"}


class LtoSection(NamedTuple):
    """A section's name and range; `offset` within the object and `size`, both in bytes."""

    name: bytes
    offset: int
    size: int


class LtoHeader(NamedTuple):
    """`struct lto_section`: the version of the bytecode, and whether the object was written slim."""

    major: int
    minor: int
    slim: bool


class LtoSymbol(NamedTuple):
    """An entry of `.gnu.lto_.symtab`, the linker plugin's symbol table; `size` in bytes."""

    name: str
    kind: str
    size: int


class LtoUnit(Comparable):
    """The bytecode of one compiled unit; the sections of one unit end in the same number."""

    __slots__ = ("declarations", "has_asm", "has_content", "has_parts", "has_table", "header")

    def __init__(self) -> None:
        self.header: LtoSection | None = None
        self.declarations: LtoSection | None = None
        """Without it no compiler can read the others."""
        self.has_parts = False
        """It has other sections than those of functions and initialisers."""
        self.has_table = False
        self.has_content = False
        self.has_asm = False

    def add(self, section: LtoSection) -> None:
        """Add one of the unit's sections."""
        name, _, size = section
        if not name.startswith(b".gnu.lto_."):
            self.has_content = True  # the body of a function, or an initialiser
            return
        self.has_parts = True
        if name.startswith(b".gnu.lto_.lto."):
            self.header = section if size >= HEADER_SIZE else self.header
        elif name.startswith(b".gnu.lto_.decls"):
            self.declarations = section
        elif name.startswith(b".gnu.lto_.symtab"):
            self.has_table = True
            self.has_content |= size > 0
        elif name.startswith(b".gnu.lto_.asm"):
            self.has_asm = True
        elif name.startswith(b".gnu.lto_.symbol_nodes"):
            self.has_content |= size > EMPTY_SYMBOL_NODES

    def defines_nothing(self, *, asm_counts: bool) -> bool:
        """Whether nothing is lost with this bytecode; with `asm_counts`, top-level asm counts as a loss.

        An empty symbol table alone does not prove it: a unit with only a static constructor has one. Top-level asm is
        in no symbol table; beside machine code that has no content it has been seen to add none.
        """
        return self.has_table and not self.has_content and not (asm_counts and self.has_asm)


class Gimple(Comparable):
    """The LTO sections of one object, by unit; `size` in bytes."""

    __slots__ = ("has_body", "options", "size", "units")

    def __init__(self) -> None:
        self.units: dict[bytes, LtoUnit] = {}
        self.options: LtoSection | None = None
        """`.gnu.lto_.opts`, which names no unit: the options of all of them."""
        self.size = 0
        self.has_body = False
        """Some section holds a function or an initialiser."""

    def add(self, section: LtoSection) -> None:
        """Add a section; raises Malformed if the sections belong to too many units."""
        self.size += section.size
        if section.name.startswith(b".gnu.lto_.opts"):
            self.options = section
            return
        self.has_body |= not section.name.startswith(b".gnu.lto_.")
        number = section.name.rpartition(b".")[2]
        unit = self.units.get(number)
        if unit is None:
            if len(self.units) == UNITS:
                raise Malformed(f"bytecode of more than {UNITS} units", section.offset)
            unit = self.units[number] = LtoUnit()
        unit.add(section)


def unit_header(source: Source, unit: LtoUnit) -> LtoHeader | None:
    """The header that GCC 10 and newer write; None for older ones."""
    return parse_header(source.read(unit.header.offset, HEADER_SIZE)) if unit.header else None


def parse_header(data: bytes) -> LtoHeader:
    """Parse two 16-bit version numbers, in the byte order of the compiler's host, and the slim flag."""
    order: Literal["little", "big"] = "little" if int.from_bytes(data[:2], "little") < 256 else "big"
    return LtoHeader(int.from_bytes(data[:2], order), int.from_bytes(data[2:4], order), data[4] != 0)


def version_before_headers(source: Source, units: Iterable[LtoUnit]) -> str | None:
    """The bytecode version of GCC 9 and older, which begins every compressed section; None if it cannot be read."""
    for unit in units:
        if section := unit.declarations:
            try:
                start = zlib.decompressobj().decompress(source.read(section.offset, min(64, section.size)), 4)
            except zlib.error:
                return None
            if len(start) == 4:
                header = parse_header(start + b"\0")
                return f"{header.major}.{header.minor}"
    return None


def symbols(source: Source, sections: Iterable[LtoSection]) -> Iterator[LtoSymbol]:
    """The entries of the linker plugin's symbol tables; raises Malformed if one is truncated or too large."""
    for section in sections:
        if section.name.startswith(b".gnu.lto_.symtab"):
            if section.size > LIMITS.chunk:
                raise Malformed(f"LTO symbol table of {section.size} bytes", section.offset)
            yield from _parse_symbols(source.read(section.offset, section.size), section.offset)


def _parse_symbols(table: bytes, offset: int) -> Iterator[LtoSymbol]:
    position = 0
    while position < len(table):
        name_end = table.find(b"\0", position)
        comdat_end = table.find(b"\0", name_end + 1) if name_end >= 0 else -1
        entry = table[comdat_end + 1 : comdat_end + 15]  # u8 kind, u8 visibility, u64 size, u32 slot
        if comdat_end < 0 or len(entry) < 14:
            raise Malformed("LTO symbol cut off", offset + position)
        kind = {**DEFINITIONS, 2: "UNDEF", 3: "WEAKUNDEF"}.get(entry[0], f"kind {entry[0]}")
        name = table[position:name_end].decode("utf-8", "surrogateescape")
        yield LtoSymbol(name, kind, int.from_bytes(entry[2:10], "little"))
        position = comdat_end + 15
