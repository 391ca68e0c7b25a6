# SPDX-License-Identifier: GPL-2.0-or-later
"""What GCC's `.gnu.lto_*` sections say of themselves.

The layouts are those of gcc/lto-streamer.h and gcc/lto-streamer-out.cc, GCC 4.7 to 16.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from checker.limits import LIMITS
from checker.objects.source import Malformed, Source
from checker.objects.traits import Section

EMPTY_SYMBOL_NODES = 16
"""`.gnu.lto_.symbol_nodes` of a unit that defines nothing is 14 or 15 bytes long in GCC 4.9 to 16."""

DEFINITIONS = {0: "DEF", 1: "WEAKDEF", 4: "COMMON"}


class Header(NamedTuple):
    """`struct lto_section`: which bytecode, and whether the object was written slim."""

    major: int
    minor: int
    slim: bool


class LtoSymbol(NamedTuple):
    """An entry of `.gnu.lto_.symtab`: a symbol as the linker plugin sees it."""

    name: str
    kind: str
    size: int


def headers(source: Source, sections: Iterable[Section]) -> list[Header]:
    """The headers that GCC 10 and newer write, one for each unit."""
    return [
        parse_header(source.read(section.offset, 8))
        for section in sections
        if section.name.startswith(b".gnu.lto_.lto.") and section.size >= 8
    ]


def parse_header(data: bytes) -> Header:
    """Two 16-bit numbers in the byte order of the host that ran the compiler, then the slim flag."""
    order: Literal["little", "big"] = "little" if int.from_bytes(data[:2], "little") < 256 else "big"
    return Header(int.from_bytes(data[:2], order), int.from_bytes(data[2:4], order), data[4] != 0)


def version_before_headers(source: Source, sections: Iterable[Section]) -> str | None:
    """The bytecode version of GCC 9 and older, which began every compressed section with it."""
    for section in sections:
        if section.name.startswith(b".gnu.lto_.decls"):
            try:
                start = zlib.decompressobj().decompress(source.read(section.offset, min(64, section.size)), 4)
            except zlib.error:
                return None
            if len(start) == 4:
                header = parse_header(start + b"\0")
                return f"{header.major}.{header.minor}"
    return None


def has_declarations(sections: Iterable[Section]) -> bool:
    """Whether the part is there without which no compiler can read the others."""
    return any(section.name.startswith(b".gnu.lto_.decls") for section in sections)


def defines_nothing(sections: Iterable[Section], asm_counts: bool) -> bool:
    """Whether losing this bytecode loses nothing.

    An empty symbol table alone does not say so: a unit with only a static constructor has one. Top-level asm is
    in no symbol table; beside machine code that has no content it has been seen to add none.
    """
    tables = 0
    for name, _, size in sections:
        if name.startswith(b".gnu.lto_.symtab"):
            tables += 1
            if size:
                return False
        elif name.startswith(b".gnu.lto_.asm"):
            if asm_counts:
                return False
        elif name.startswith(b".gnu.lto_.symbol_nodes"):
            if size > EMPTY_SYMBOL_NODES:
                return False
        elif not name.startswith(b".gnu.lto_."):
            return False  # the body of a function, or an initialiser
    return tables > 0


def symbols(source: Source, sections: Iterable[Section]) -> Iterator[LtoSymbol]:
    """The entries of the linker plugin's symbol tables; raises Malformed where one is cut off."""
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
