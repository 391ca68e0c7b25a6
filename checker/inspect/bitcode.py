# SPDX-License-Identifier: GPL-2.0-or-later
"""LLVM bitcode: its producer, and the symbols that its symbol table block names.

A bitcode file ends in two blocks of one blob each: a symbol table for linkers, in the fixed layout of
llvm/include/llvm/Object/IRSymtab.h (what is read here is the same in clang 14 to 22), and the strings it names.
"""

import struct
from collections.abc import Iterator
from itertools import islice

from checker.inspect.inspection import PartialInspection, SymbolRow, text
from checker.limits import LIMITS
from checker.objects.bitcode import STRTAB_BLOCK, WRAPPER, read_bitcode
from checker.objects.bitstream import ENTER_SUBBLOCK
from checker.objects.source import Malformed, Source

SYMTAB_BLOCK = 25
BLOB_RECORD = b"\x12\x03\x94"
"""The first bytes of a block of one blob: LLVM defines an abbreviation of a literal and a blob, then a record by it."""

SYMBOLS_AT, SOURCE_NAME_AT = 28, 52
"""Offsets in irsymtab::storage::Header of the range of symbols and of the name of the source file, in bytes."""

SYMBOL = struct.Struct("<6I")
"""storage::Symbol: offset and size of the name, the same of the name in IR, index of the COMDAT, flags."""

UNDEFINED, WEAK, COMMON = 1 << 3, 1 << 4, 1 << 5
"""The flags FB_undefined, FB_weak and FB_common of storage::Symbol."""

GLOBAL, FORMAT_SPECIFIC = 1 << 10, 1 << 11
"""FB_global, and FB_format_specific: llvm.used, intrinsics and the like, which are no symbols for a linker."""


def look_at_bitcode(source: Source, found: PartialInspection, place: str = "") -> None:
    """Add the producer of the bitcode, its definitions and its references; raises Malformed."""
    add_producer(source, found, place)
    blobs = dict(_blobs(source))
    if SYMTAB_BLOCK not in blobs or STRTAB_BLOCK not in blobs:
        found.problems.append(f"{place}bitcode without a symbol table block: its symbols cannot be named")
        return
    table, strings = blobs[SYMTAB_BLOCK], blobs[STRTAB_BLOCK]
    found.add_origin(f"{place}source file", _string(strings, *struct.unpack("<2I", table.read(SOURCE_NAME_AT, 8))))
    found.symbols.extend(islice(_symbols(table, strings), LIMITS.inspect_looked))


def defined_by_bitcode(source: Source) -> Iterator[str]:
    """The names that bitcode defines; raises Malformed."""
    blobs = dict(_blobs(source))
    if SYMTAB_BLOCK in blobs and STRTAB_BLOCK in blobs:
        for row in islice(_symbols(blobs[SYMTAB_BLOCK], blobs[STRTAB_BLOCK]), LIMITS.inspect_looked):
            if not row.kind.endswith("UNDEF"):
                yield row.name


def add_producer(source: Source, found: PartialInspection, place: str = "") -> None:
    """Add the producer of the bitcode and its target; raises Malformed."""
    unit = read_bitcode(source)
    found.add_origin(f"{place}producer", f"{unit.producer} {unit.version or ''}")
    found.add_origin(f"{place}triple", unit.triple or "")


def _blobs(source: Source) -> Iterator[tuple[int, Source]]:
    """The blobs of the top-level blocks that hold one.

    At top level abbreviation ids have 2 bits and a block begins on a word, so its head is always two words.
    """
    position, end = 4, source.size
    if source.read(0, 4) == WRAPPER:
        first, size = struct.unpack("<2I", source.read(8, 8))
        position, end = first + 4, first + size
    for _ in range(LIMITS.inspect_blocks):
        if position + 8 > end:
            return
        head, words = struct.unpack("<2I", source.read(position, 8))
        block = head >> 2 & 0xFF
        if head & 3 != ENTER_SUBBLOCK:
            return
        if block in (SYMTAB_BLOCK, STRTAB_BLOCK):
            yield block, _blob(source, position + 8, words * 4)
        position += 8 + words * 4


def _blob(source: Source, position: int, size: int) -> Source:
    head = source.read(position, min(size, 12))
    if not head.startswith(BLOB_RECORD):
        raise Malformed("a block whose blob cannot be found", position)
    bits, length, shift = int.from_bytes(head[3:], "little"), 0, 0
    while True:  # a VBR6 number: the highest bit of each group of 6 is set if another group follows
        group = bits >> shift // 5 * 6 & 0x3F
        length |= (group & 0x1F) << shift
        shift += 5
        if group < 0x20 or shift > 30:
            break
    start = 24 + shift // 5 * 6 + 31 & ~31
    if start // 8 + length > size:
        raise Malformed(f"a blob of {length} bytes in a block of {size}", position)
    return source.slice(position + start // 8, length)


def _symbols(table: Source, strings: Source) -> Iterator[SymbolRow]:
    at, count = struct.unpack("<2I", table.read(SYMBOLS_AT, 8))
    for position in range(at, at + count * SYMBOL.size, SYMBOL.size):
        offset, size, _, _, _, flags = SYMBOL.unpack(table.read(position, SYMBOL.size))
        if flags & GLOBAL and not flags & FORMAT_SPECIFIC:
            kind = "UNDEF" if flags & UNDEFINED else "COMMON" if flags & COMMON else "DEF"
            yield SymbolRow(_string(strings, offset, size), "WEAK" + kind if flags & WEAK else kind, None)


def _string(strings: Source, offset: int, size: int) -> str:
    return text(strings.read(offset, min(size, LIMITS.inspect_name)))
