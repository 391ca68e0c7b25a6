# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's bytecode: versions, and the symbols that a linker is told of."""

import struct
import zlib

import pytest

from checker.limits import LIMITS
from checker.objects.gimple import LtoSection, LtoSymbol, LtoUnit, symbols, version_before_headers
from checker.objects.source import BufferSource, Malformed


def entry(name: bytes, kind: int, size: int = 4) -> bytes:
    """A row of `.gnu.lto_.symtab`: name, comdat, kind, visibility, size and slot."""
    return name + b"\0\0" + struct.pack("<BBQI", kind, 0, size, 0)


def told(table: bytes, at: int = 3) -> list[LtoSymbol]:
    section = LtoSection(b".gnu.lto_.symtab.1", at, len(table))
    other = LtoSection(b".gnu.lto_.decls.1", 0, 1 << 40)
    return list(symbols(BufferSource(b"\0" * at + table), [other, section]))


def test_symbols() -> None:
    kinds = ["DEF", "WEAKDEF", "UNDEF", "WEAKUNDEF", "COMMON", "kind 5"]
    table = b"".join(entry(b"s%d" % number, number, number) for number in range(len(kinds)))
    assert told(table) == [LtoSymbol(f"s{number}", kind, number) for number, kind in enumerate(kinds)]
    assert told(entry(b"", 0) + entry(b"\xff", 2)) == [LtoSymbol("", "DEF", 4), LtoSymbol("\udcff", "UNDEF", 4)]
    assert told(b"") == []


def test_a_table_that_is_cut_off() -> None:
    whole = entry(b"first", 0) + entry(b"second", 0)
    for size in range(1, len(whole)):
        if size != len(entry(b"first", 0)):
            with pytest.raises(Malformed, match="LTO symbol cut off"):
                told(whole[:size])


def test_a_table_of_any_size() -> None:
    with pytest.raises(Malformed, match="LTO symbol table of"):
        told(b"\0" * (LIMITS.chunk + 1))


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (zlib.compress(struct.pack("<2H", 7, 1) + b"more"), "7.1"),
        (zlib.compress(struct.pack(">2H", 7, 1)), "7.1"),
        (zlib.compress(b"7"), None),
        (b"no zlib", None),
    ],
)
def test_versions_before_there_were_headers(data: bytes, version: str | None) -> None:
    unit, without = LtoUnit(), LtoUnit()
    unit.add(LtoSection(b".gnu.lto_.decls.1", 2, len(data)))
    assert version_before_headers(BufferSource(b"\0\0" + data), [without, unit]) == version
