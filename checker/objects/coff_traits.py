# SPDX-License-Identifier: GPL-2.0-or-later
"""The traits of a COFF object, from the roles of its sections and symbols."""

from collections.abc import Iterator
from typing import NamedTuple

from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.lto.sections import CONTENT, Role, role_of
from checker.objects.coff import (
    ABSOLUTE,
    ANONYMOUS,
    CLASS_EXTERNAL,
    CLASS_STATIC,
    CLASS_WEAK_EXTERNAL,
    CNT_ANY,
    CNT_UNINITIALIZED_DATA,
    IMPORT_HEADER,
    LNK_LEFT_OUT,
    SECTION,
    UNDEFINED,
    WEAK_DEFAULT,
    Strings,
    Tables,
    anonymous_format,
    rows,
    section_name,
    strings_of,
    symbol_name,
    tables_of,
)
from checker.objects.gimple import LtoSection
from checker.objects.machines import coff_machine
from checker.objects.markers import is_marker_name, is_slim_name
from checker.objects.source import Malformed, Source, chunks
from checker.objects.traits import Traits

MARKER_SIZE = 16
"""The greatest size in bytes of a section that holds GCC's marker alone; GCC for mingw gives COMMON 16 bytes."""


class CoffSection(NamedTuple):
    """A section; `flags` are IMAGE_SCN_*."""

    name: bytes
    size: int
    offset: int
    flags: int


class CoffSymbol(NamedTuple):
    """A symbol without its auxiliary records; COMMON is undefined with its size in bytes as value."""

    name: bytes
    value: int
    section: int
    storage: int


def read_coff(source: Source) -> Traits:
    """The traits of a COFF object; a short import has the format "coff-import" and is native. Raises Malformed."""
    if source.read(0, 6) == ANONYMOUS + b"\0\0":
        if anonymous_format(source) != "coff-import":
            raise Malformed("a short import without the names of a symbol and a DLL", IMPORT_HEADER.size)
        machine = IMPORT_HEADER.unpack(source.read(0, IMPORT_HEADER.size))[1]
        return Traits("coff-import", coff_machine(machine), native=True)
    tables = tables_of(source)
    if tables.sections > LIMITS.sections:
        raise Malformed(f"{tables.sections} sections, more than the limit of {LIMITS.sections}", 0)
    if tables.symbols > LIMITS.symbols:
        raise Malformed(f"{tables.symbols} symbols, more than the limit of {LIMITS.symbols}", 0)
    strings = strings_of(source, tables)
    traits = Traits("coff", coff_machine(tables.machine))
    unfilled, small = _read_sections(source, tables, strings, traits)
    may_be_marked = any(SLIM in part for part in chunks(source, strings.at, strings.size))
    _read_symbols(coff_symbols(source, tables, strings), traits, unfilled, small, may_be_marked)
    return traits


def coff_sections(source: Source, tables: Tables, strings: Strings) -> Iterator[CoffSection]:
    """Every section; raises Malformed if one ends after the file."""
    for field, size, at, flags in rows(source, tables.sections_at, tables.sections, SECTION):
        if at + size > source.size and at and not flags & CNT_UNINITIALIZED_DATA:
            raise Malformed(f"a section of {size} bytes that ends after the file", at)
        yield CoffSection(section_name(field, strings), size, at, flags)


def coff_symbols(source: Source, tables: Tables, strings: Strings) -> Iterator[CoffSymbol]:
    """Every external symbol, and static ones that name a position in a section."""
    auxiliary = 0
    for field, value, section, storage, more in rows(source, tables.symbols_at, tables.symbols, tables.symbol):
        if auxiliary:
            auxiliary -= 1
            continue
        auxiliary = more
        if storage in (CLASS_EXTERNAL, CLASS_WEAK_EXTERNAL) or (storage == CLASS_STATIC and not more):
            yield CoffSymbol(symbol_name(field, strings), value, section, storage)


def coff_role(section: CoffSection, machine: str) -> Role | None:
    """The role of a section, by its name and flags; None if linkers leave it out of a program."""
    role = role_of(section.name, machine)
    if role in (None, Role.NOTE) and section.flags & CNT_ANY and not section.flags & LNK_LEFT_OUT:
        return Role.NATIVE
    return role


def is_marker(symbol: CoffSymbol, unfilled: frozenset[int]) -> bool:
    """Whether a symbol is one of GCC's markers: COMMON, or in one of the sections without bytes in the file."""
    if symbol.storage != CLASS_EXTERNAL or not is_marker_name(symbol.name):
        return False
    return bool(symbol.value) if symbol.section == UNDEFINED else symbol.section in unfilled


def is_content(symbol: CoffSymbol) -> bool:
    """Whether a symbol that is no marker is content: an external definition, COMMON or absolute.

    `objcopy --weaken` gives a weak definition a section number, whereas compilers refer to a fallback symbol.
    """
    if symbol.storage != CLASS_EXTERNAL:
        return symbol.storage == CLASS_WEAK_EXTERNAL and symbol.section > 0
    if symbol.section == ABSOLUTE:
        return bool(symbol.value) or not symbol.name.startswith(WEAK_DEFAULT)
    return symbol.section > 0 or bool(symbol.section == UNDEFINED and symbol.value)


def _read_sections(
    source: Source, tables: Tables, strings: Strings, traits: Traits
) -> tuple[frozenset[int], frozenset[int]]:
    """Read traits from sections; returns the numbers of those without bytes in the file, and of small ones."""
    unfilled, small = set(), set()
    for number, section in enumerate(coff_sections(source, tables, strings), 1):
        name, size, at, flags = section
        if traits.take(LtoSection(name, at, size)) or not size:
            continue
        role = coff_role(section, traits.machine)
        is_unfilled = flags & CNT_UNINITIALIZED_DATA
        if is_unfilled:
            unfilled.add(number)
        if role is Role.DEBUG:
            traits.telling = traits.telling or name.decode("latin-1")
        elif role in CONTENT and flags & CNT_ANY and not flags & LNK_LEFT_OUT:
            if is_unfilled and size <= MARKER_SIZE:
                small.add(number)
            else:
                traits.native = True
    return frozenset(unfilled), frozenset(small)


def _read_symbols(
    symbols: Iterator[CoffSymbol],
    traits: Traits,
    unfilled: frozenset[int],
    small: frozenset[int],
    may_be_marked: bool,
) -> None:
    """Find the marker, undefined symbols, and content that no section shows."""
    defined = False
    for symbol in symbols:
        if is_marker(symbol, unfilled):
            traits.marker |= is_slim_name(symbol.name)
        elif is_content(symbol):
            defined = traits.native = True
        elif symbol.section in small:
            traits.native = True
        elif symbol.storage != CLASS_STATIC and symbol.section == UNDEFINED:
            traits.undefined = True
        if defined and (traits.marker or not may_be_marked):
            break
    traits.nameless = traits.native and not defined
