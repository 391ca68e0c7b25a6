# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of COFF objects: plain, with more than 65,279 sections, and short imports.

Constants are from Microsoft's PE Format specification; long section names and weak symbols are encoded as by
binutils and LLVM.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from checker.limits import LIMITS
from checker.objects.machines import COFF_MACHINES
from checker.objects.source import Malformed, Source

ANONYMOUS = b"\0\0\xff\xff"
"""The first four bytes of headers without a machine and a number of sections; a version follows."""

BIG_CLASS = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
"""The class id {d1baa1c7-baee-4ba9-af20-faf66aa4dcb8} of objects with 32-bit section numbers."""

LTCG_CLASS = bytes.fromhex("38feb30ca5d9ab4dac9bd6b6222653c2")
"""The class id {0cb3fe38-d9a5-4dab-ac9b-d6b6222653c2} of objects by Microsoft's /GL, which only its linker reads."""

HEADER = struct.Struct("<2H4x2IH2x")
BIG_HEADER = struct.Struct("<4x2H4x16s16x3I")
IMPORT_HEADER = struct.Struct("<4x2H4xI4x")
SECTION = struct.Struct("<8s8x2I12xI")
SECTION_PLACE = struct.Struct("<8s4xI4xI12xI")
"""Name, address, offset in the file and flags of a section."""
SYMBOL = struct.Struct("<8sIh2x2B")
BIG_SYMBOL = struct.Struct("<8sIi2x2B")

CNT_ANY = 0x20 | 0x40 | 0x80
"""IMAGE_SCN_CNT_CODE, _INITIALIZED_DATA and _UNINITIALIZED_DATA."""

CNT_UNINITIALIZED_DATA = 0x80
LNK_LEFT_OUT = 0x200 | 0x800
"""IMAGE_SCN_LNK_INFO and IMAGE_SCN_LNK_REMOVE: linkers leave such sections out of a program."""

UNDEFINED, ABSOLUTE = 0, -1
"""Section numbers of symbols; an undefined one with a value is COMMON, and the value is its size."""

CLASS_EXTERNAL, CLASS_STATIC, CLASS_WEAK_EXTERNAL = 2, 3, 105
WEAK_DEFAULT = b".weak."
"""The prefix by which binutils and LLVM name the fallback definition of a weak symbol; absolute 0 if there is none."""

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Tables(NamedTuple):
    """The tables of a COFF object: offsets from its start in bytes, numbers of rows, the layout of a symbol."""

    machine: int
    sections_at: int
    sections: int
    symbols_at: int
    symbols: int
    symbol: struct.Struct


class Strings(NamedTuple):
    """The range of the string table; offsets into it count from its start, including its own size field."""

    source: Source
    at: int
    size: int

    def name(self, offset: int, most: int) -> bytes:
        """The name at an offset, cut to `most` bytes; raises Malformed."""
        if not 4 <= offset < self.size:
            raise Malformed(f"a name at {offset} of a string table of {self.size} bytes", self.at)
        return self.source.read(self.at + offset, min(most, self.size - offset)).partition(b"\0")[0]


def tables_of(source: Source) -> Tables:
    """The tables of a COFF object with 16-bit or 32-bit section numbers; raises Malformed."""
    if source.read(0, 4) == ANONYMOUS:
        return _big_tables(source)
    machine, sections, symbols_at, symbols, optional = HEADER.unpack(source.read(0, HEADER.size))
    return Tables(machine, HEADER.size + optional, sections, symbols_at, symbols, SYMBOL)


def _big_tables(source: Source) -> Tables:
    version, machine, class_id, sections, symbols_at, symbols = BIG_HEADER.unpack(source.read(0, BIG_HEADER.size))
    if version < 2 or class_id != BIG_CLASS:
        raise Malformed(f"an anonymous object of version {version} and class {class_id.hex()}, which is no COFF", 4)
    return Tables(machine, BIG_HEADER.size, sections, symbols_at, symbols, BIG_SYMBOL)


def strings_of(source: Source, tables: Tables) -> Strings:
    """The string table, which follows the symbols and may be missing; raises Malformed."""
    if not tables.symbols_at:
        return Strings(source, 0, 0)
    at = tables.symbols_at + tables.symbols * tables.symbol.size
    if at == source.size:
        return Strings(source, at, 0)
    size = int.from_bytes(source.read(at, 4), "little")
    if size > source.size - at:
        raise Malformed(f"a string table of {size} bytes, {source.size - at} are left", at)
    return Strings(source, at, size)


def rows(source: Source, at: int, count: int, row: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """The rows of a table, read in parts of bounded size; raises Malformed."""
    step = LIMITS.chunk // row.size
    for first in range(0, count, step):
        yield from row.iter_unpack(source.read(at + first * row.size, min(step, count - first) * row.size))


def section_name(field: bytes, strings: Strings) -> bytes:
    """A section's name; `/` and a decimal offset, or `//` and one in base 64, refer to a name of over 8 bytes."""
    name = field.rstrip(b"\0")
    if not name.startswith(b"/"):
        return name
    if name[1:].isdigit():
        return strings.name(int(name[1:]), LIMITS.member_name)
    if name.startswith(b"//") and len(name) == 8 and not name[2:].strip(BASE64):
        offset = 0
        for digit in name[2:]:
            offset = offset * 64 + BASE64.index(digit)
        return strings.name(offset, LIMITS.member_name)
    return name


def symbol_name(field: bytes, strings: Strings) -> bytes:
    """A symbol's name, which is in the string table if it has over 8 bytes."""
    if field.startswith(b"\0\0\0\0"):
        return strings.name(int.from_bytes(field[4:], "little"), LIMITS.section_name)
    return field.rstrip(b"\0")


def anonymous_format(source: Source) -> str:
    """The format of a file that begins with ANONYMOUS, by its version and class id; "unknown" if it is no object."""
    if source.size < IMPORT_HEADER.size:
        return "unknown"
    version, machine, size = IMPORT_HEADER.unpack(source.read(0, IMPORT_HEADER.size))
    if version == 0:
        is_whole = size <= min(LIMITS.chunk, source.size - IMPORT_HEADER.size)
        names = source.read(IMPORT_HEADER.size, size) if is_whole and machine in COFF_MACHINES else b""
        return "coff-import" if names.count(b"\0") >= 2 else "unknown"
    if source.size < 28:
        return "unknown"
    class_id = source.read(12, 16)
    if version >= 2 and class_id == BIG_CLASS:
        return "coff"
    if class_id == LTCG_CLASS:
        return "msvc-ltcg"
    return "coff-anonymous" if version == 1 and machine in COFF_MACHINES else "unknown"


def is_coff(source: Source) -> bool:
    """Whether the tables that the header names are there; two bytes of magic alone would claim arbitrary files.

    If the file ends inside the section table, the sections before that end decide whether it is a truncated object.
    """
    if source.size < HEADER.size + SECTION.size:
        return False
    _, sections, symbols_at, symbols, optional = HEADER.unpack(source.read(0, HEADER.size))
    sections_at = HEADER.size + optional
    tables_end = sections_at + sections * SECTION.size
    if (symbols and symbols_at < tables_end) or sections_at + SECTION.size > source.size:
        return False
    if tables_end <= source.size:
        return _is_name(source.read(sections_at, 8))
    return all(
        _is_name(field) and not address and flags and (not at or tables_end <= at)
        for field, address, at, flags in rows(
            source, sections_at, (source.size - sections_at) // SECTION.size, SECTION_PLACE
        )
    )


def _is_name(field: bytes) -> bool:
    name = field.rstrip(b"\0")
    return bool(name) and all(32 < byte < 127 for byte in name)
