# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's bytecode: the header of each unit, and its symbol table for linkers."""

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from checker.inspect.inspection import PartialInspection, SymbolRow, UnitRow, text, top_rows
from checker.limits import LIMITS
from checker.objects import gimple
from checker.objects.gimple import LtoSection
from checker.objects.source import Source

PREFIX = b".gnu.lto_"
HEADER = b".gnu.lto_.lto."
SYMTAB = b".gnu.lto_.symtab"

COMPRESSIONS = {0: "zlib", 1: "zstd"}
"""Compressions by number, from the flags of `struct lto_section` in gcc/lto-streamer.h."""


def look_at_lto(source: Source, sections: list[LtoSection], found: PartialInspection) -> None:
    """Add the LTO headers, and the definitions and references of the bytecode."""
    with found.attempt("LTO headers"):
        found.units = top_rows(_units(source, sections))
    with found.attempt("symbols of the bytecode"):
        tables = islice((section for section in sections if section.name.startswith(SYMTAB)), LIMITS.inspect_tables)
        for name, kind, size in islice(gimple.symbols(source, tables), LIMITS.inspect_looked):
            found.symbols.append(SymbolRow(name[: LIMITS.inspect_name], kind, size))


def _units(source: Source, sections: list[LtoSection]) -> Iterator[UnitRow]:
    for name, offset, size in sections:
        if name.startswith(HEADER) and size >= 8:
            data = source.read(offset, 8)
            major, minor, _ = gimple.parse_header(data)
            order: Literal["little", "big"] = "little" if int.from_bytes(data[:2], "little") == major else "big"
            flags = int.from_bytes(data[6:8], order)
            compression = COMPRESSIONS.get(flags, f"compression {flags}")
            yield UnitRow(text(name.removeprefix(HEADER)), major, minor, data[4], compression)
