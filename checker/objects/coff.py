# SPDX-License-Identifier: GPL-2.0-or-later
"""COFF relocatable objects as mingw has them: plain, with more than 65,279 sections, and short imports.

Constants are from Microsoft's PE Format specification; how long section names are written, and what a weak symbol
looks like, is as binutils and LLVM do it.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.lto.sections import Role, role_of
from checker.objects.machines import coff_machine
from checker.objects.source import Malformed, Source, chunks
from checker.objects.traits import Section, Traits

ANONYMOUS = b"\0\0\xff\xff"
"""The first four bytes where no machine and number of sections can be: a version follows."""

BIG_CLASS = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
"""The class id {d1baa1c7-baee-4ba9-af20-faf66aa4dcb8}, which objects with 32-bit section numbers have."""

HEADER = struct.Struct("<2H4x2IH2x")
BIG_HEADER = struct.Struct("<4x2H4x16s16x3I")
IMPORT_HEADER = struct.Struct("<4x2H4xI4x")
SECTION = struct.Struct("<8s8x2I12xI")
SYMBOL = struct.Struct("<8sIh2x2B")
BIG_SYMBOL = struct.Struct("<8sIi2x2B")

CNT_ANY = 0x20 | 0x40 | 0x80
"""IMAGE_SCN_CNT_CODE, _INITIALIZED_DATA and _UNINITIALIZED_DATA."""

CNT_UNINITIALIZED_DATA = 0x80
LNK_LEFT_OUT = 0x200 | 0x800
"""IMAGE_SCN_LNK_INFO and IMAGE_SCN_LNK_REMOVE: no linker puts these into a program."""

UNDEFINED, ABSOLUTE = 0, -1
"""Section numbers of symbols; an undefined one with a value is COMMON, and the value is its size."""

CLASS_EXTERNAL, CLASS_WEAK_EXTERNAL = 2, 105
WEAK_DEFAULT = b".weak."
"""What binutils and LLVM name the definition that a weak symbol falls back to; absolute 0 where there is none."""

MARKERS = (SLIM, b"_" + SLIM)
"""On i386, C names have one underscore more."""

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Tables(NamedTuple):
    """Where a COFF object's tables are: offsets from its start, numbers of rows, the layout of a symbol."""

    machine: int
    sections_at: int
    sections: int
    symbols_at: int
    symbols: int
    symbol: struct.Struct


class Strings(NamedTuple):
    """Where the string table is; offsets into it count from its start, which holds its own size."""

    source: Source
    at: int
    size: int

    def name(self, offset: int, most: int) -> bytes:
        """The name at an offset, or as much of it as `most` bytes are."""
        if not 4 <= offset < self.size:
            raise Malformed(f"a name at {offset} of a string table of {self.size} bytes", self.at)
        return self.source.read(self.at + offset, min(most, self.size - offset)).partition(b"\0")[0]


def read_coff(source: Source) -> Traits:
    """The marks of a COFF object; a short import has the format "coff-import" and counts as native."""
    if source.read(0, 6) == ANONYMOUS + b"\0\0":
        return _read_import(source)
    return _read_object(source, tables_of(source))


def tables_of(source: Source) -> Tables:
    """Where the tables of a COFF object are, of a large one too; raises Malformed."""
    if source.read(0, 4) == ANONYMOUS:
        return _big_tables(source)
    machine, sections, symbols_at, symbols, optional = HEADER.unpack(source.read(0, HEADER.size))
    return Tables(machine, HEADER.size + optional, sections, symbols_at, symbols, SYMBOL)


def _big_tables(source: Source) -> Tables:
    version, machine, class_id, sections, symbols_at, symbols = BIG_HEADER.unpack(source.read(0, BIG_HEADER.size))
    if version < 2 or class_id != BIG_CLASS:
        raise Malformed(f"an anonymous object of version {version} and class {class_id.hex()}, which is no COFF", 4)
    return Tables(machine, BIG_HEADER.size, sections, symbols_at, symbols, BIG_SYMBOL)


def _read_import(source: Source) -> Traits:
    """A short import: the header, then the names of a symbol and of the DLL that has it."""
    _, machine, size = IMPORT_HEADER.unpack(source.read(0, IMPORT_HEADER.size))
    if size > LIMITS.chunk or source.read(IMPORT_HEADER.size, size).count(b"\0") < 2:
        raise Malformed("a short import without the names of a symbol and a DLL", IMPORT_HEADER.size)
    return Traits("coff-import", coff_machine(machine), native=True)


def _read_object(source: Source, tables: Tables) -> Traits:
    if tables.sections > LIMITS.sections:
        raise Malformed(f"{tables.sections} sections, more than the limit of {LIMITS.sections}", 0)
    if tables.symbols > LIMITS.symbols:
        raise Malformed(f"{tables.symbols} symbols, more than the limit of {LIMITS.symbols}", 0)
    traits = Traits("coff", coff_machine(tables.machine))
    strings = strings_of(source, tables)
    _read_sections(source, tables, strings, traits)
    may_be_marked = any(SLIM in part for part in chunks(source, strings.at, strings.size))
    if may_be_marked or not traits.native:
        _read_symbols(source, tables, strings, traits, may_be_marked=may_be_marked)
    return traits


def strings_of(source: Source, tables: Tables) -> Strings:
    """The string table, which stands behind the symbols; without names there may be none."""
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
    """A table's rows, of which only some are held in memory at a time."""
    step = LIMITS.chunk // row.size
    for first in range(0, count, step):
        yield from row.iter_unpack(source.read(at + first * row.size, min(step, count - first) * row.size))


def _read_sections(source: Source, tables: Tables, strings: Strings, traits: Traits) -> None:
    for field, size, at, flags in rows(source, tables.sections_at, tables.sections, SECTION):
        if at + size > source.size and at and not flags & CNT_UNINITIALIZED_DATA:
            raise Malformed(f"a section of {size} bytes that ends after the file", at)
        name = section_name(field, strings)
        if traits.take(Section(name, at, size)):
            continue
        role = role_of(name, traits.machine)
        if role is Role.DEBUG:
            traits.telling = traits.telling or (name.decode("latin-1") if size else None)
        elif size and flags & CNT_ANY and not flags & LNK_LEFT_OUT and role in (None, Role.CTORS):
            traits.native = True


def section_name(field: bytes, strings: Strings) -> bytes:
    """A section's name: `/` and a decimal offset, or `//` and one in base 64, stand for a name of over 8 bytes."""
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


def _read_symbols(source: Source, tables: Tables, strings: Strings, traits: Traits, *, may_be_marked: bool) -> None:
    """Look for the marker, and where no section has content for a symbol that is content, or asks for one."""
    auxiliary = 0
    for name, value, section, storage, more in rows(source, tables.symbols_at, tables.symbols, tables.symbol):
        if auxiliary:
            auxiliary -= 1
            continue
        auxiliary = more
        if storage == CLASS_EXTERNAL and (section or value):
            if section == UNDEFINED and may_be_marked and _symbol_name(name, strings) in MARKERS:
                traits.marker = True
            elif not traits.native:
                traits.native = _is_content(name, value, section, strings)
        elif storage in (CLASS_EXTERNAL, CLASS_WEAK_EXTERNAL):
            traits.undefined |= section == UNDEFINED
        if traits.native and (traits.marker or not may_be_marked):
            return


def _is_content(name: bytes, value: int, section: int, strings: Strings) -> bool:
    """Whether an external symbol is content: a definition, COMMON or absolute, but no LTO marker and no placeholder."""
    if section > 0:
        return True
    text = _symbol_name(name, strings)
    if section == ABSOLUTE:
        return bool(value) or not text.startswith(WEAK_DEFAULT)
    return section == UNDEFINED and not text.lstrip(b"_").startswith(b"gnu_lto_")


def _symbol_name(field: bytes, strings: Strings) -> bytes:
    """A symbol's name, which is in the string table when it has over 8 bytes; no more of it than tells markers."""
    if field.startswith(b"\0\0\0\0"):
        return strings.name(int.from_bytes(field[4:], "little"), len(SLIM) + 2)
    return field.rstrip(b"\0")
