# SPDX-License-Identifier: GPL-2.0-or-later
"""The traits of an ELF object, from the roles of its sections and symbols."""

from collections.abc import Iterator
from itertools import chain

from checker.limits import LIMITS, Limits
from checker.lto.markers import OF_LINKERS
from checker.lto.sections import DECISIVE, NO_CONTENT, OF_ANY_UNIT, Role, beginnings, role_of
from checker.objects.elf import (
    SHF_ALLOC,
    SHN_ABS,
    SHN_LORESERVE,
    SHN_UNDEF,
    SHN_XINDEX,
    SHT_NOBITS,
    SHT_NOTE,
    Elf,
    SectionHeader,
    Symbol,
)
from checker.objects.gimple import LtoSection
from checker.objects.magic import ET_REL
from checker.objects.markers import STEM, MarkerNames
from checker.objects.source import Malformed, Source, chunks
from checker.objects.traits import Traits

STT_OBJECT, STT_FUNC, STT_SECTION = 1, 2, 3
TABLE_TYPES = frozenset({0, 2, 3, 4, 9, 17, 18})
"""Section types NULL, SYMTAB, STRTAB, RELA, REL, GROUP and SYMTAB_SHNDX, which hold no output of a compiler."""
SHT_LOPROC, SHT_HIPROC = 0x70000000, 0x7FFFFFFF

LAST_ROWS = 12
"""Section headers at the end that are read first: C++ begins with thousands of groups and empty sections."""

UNASKED = (b".init", b".fini", b".preinit_array", b".ctors", b".dtors")
"""Sections whose code runs although no symbol refers to it."""

MARKER_SIZE = 1
"""Bytes of GCC's markers, also in a section into which a linker has allocated COMMON symbols."""

LONGEST_OF_LINKERS = 64
"""Bytes of a symbol's name that are compared with names that linkers define."""

LONGEST_NAME = 1 << 14
"""Bytes of a name that are read for the unit's number at its end; C++ has names of some thousands."""


def read_elf(source: Source, head: bytes = b"", limits: Limits = LIMITS) -> Traits | None:
    """The traits of a relocatable object; None for an ELF file of another type. Raises Malformed."""
    elf = Elf(source, head, limits)
    if elf.type != ET_REL:
        return None
    traits = Traits("elf", elf.machine)
    if elf.has_decisive_names():
        _read_decisive_sections(elf, traits)
    traits.native = _has_content(elf)
    table = elf.symbol_table()
    if table and traits.native and _is_plain(elf, table):
        return traits
    if table is None:
        traits.nameless = traits.native
    else:
        symbols = ElfSymbols(elf, table)
        if traits.native and not symbols.markers:
            traits.nameless = not symbols.define_something()
        else:
            _read_symbols(symbols, traits)
    if not traits.native:
        _read_signs(elf, traits)
    elif traits.nameless:
        traits.nameless = not _runs_unasked(elf) and not (table and _has_local_names(elf, table))
    return traits


def _runs_unasked(elf: Elf) -> bool:
    """Whether a section has code that runs although no symbol refers to it."""
    starts_with = elf.name_test()
    return any(size and starts_with(UNASKED, name) for name, _, _, _, size in elf.brief_rows())


def _has_local_names(elf: Elf, table: SectionHeader) -> bool:
    """Whether local code or data has a name: a strip of all symbols leaves one only where a relocation needs it."""
    symbols = elf.symbols(table, with_locals=True)
    return any(section and not info >> 4 and info & 15 in (STT_OBJECT, STT_FUNC) for _, info, section, _ in symbols)


def _is_plain(elf: Elf, table: SectionHeader) -> bool:
    """Whether one read of symbols and names shows a defined global symbol and no marker.

    It does for nearly all objects, because assemblers write the names right after the symbols.
    """
    strings = elf.row(table.link)
    start, end = elf.first_global(table), table.offset + table.size
    size = strings.offset + strings.size - start
    if end > strings.offset or size > min(LIMITS.chunk, elf.source.size - start):
        return False
    data = elf.source.read(start, size)
    if data.find(STEM, strings.offset - start) >= 0:
        return False
    return any(section and info >> 4 for _, info, section, _ in elf.unpacked(memoryview(data)[: end - start]))


def section_role(elf: Elf, name: int, kind: int, flags: int) -> Role | None:
    """The role of a section, by its name, type and flags; None for tables and others that decide nothing."""
    role = role_of(elf.name(name), elf.machine)
    if role is None and kind == SHT_NOTE:
        return Role.NOTE
    if role is None and flags & SHF_ALLOC:
        return Role.NATIVE
    return role


class ElfSymbols:
    """The symbols of an object, and the tests for markers and content among them."""

    def __init__(self, elf: Elf, table: SectionHeader) -> None:
        self.elf = elf
        self.strings = elf.row(table.link)
        self.markers = MarkerNames(_parts(elf.source, self.strings))
        self._table = table
        self._silent = self._bytes_without_code() if self.markers else frozenset()
        self._of_debug: dict[int, bool] = {}

    def define_something(self) -> bool:
        """Whether a global symbol is defined; valid only if there is no marker."""
        return any(section for _, _, section, _ in self.elf.symbols(self._table))

    def all(self) -> Iterator[Symbol]:
        """Every symbol, including local ones."""
        return self.elf.symbols(self._table, with_locals=True)

    def is_marker(self, symbol: Symbol) -> bool:
        """Whether a symbol is one of GCC's markers: COMMON, or the byte that a linker allocated for it."""
        name, _, section, size = symbol
        if not self.markers or size != MARKER_SIZE or not self.markers.is_marker(name):
            return False
        return is_common(section) or section in self._silent

    def is_content(self, symbol: Symbol) -> bool:
        """Whether a symbol is a global definition, and neither of LTO nor of a linker."""
        name, info, section, _ = symbol
        if not info >> 4 or not section or self.is_marker(symbol):
            return False
        return not (self._is_of_linker(name) if section == SHN_ABS else self._is_of_debug(section))

    def names_single_byte(self, symbol: Symbol, places: frozenset[int]) -> bool:
        """Whether a symbol, other than a marker, names a position in one of these sections."""
        _, info, section, _ = symbol
        return section in places and info & 15 != STT_SECTION and not self.is_marker(symbol)

    def _bytes_without_code(self) -> frozenset[int]:
        """The numbers of sections without bytes in the file, such as .bss."""
        rows = enumerate(self.elf.brief_rows())
        return frozenset(as_in_symbols(at) for at, (_, kind, *_) in rows if kind == SHT_NOBITS)

    def _is_of_linker(self, name: int) -> bool:
        """Whether a name belongs to an absolute symbol that every `ld -r` for the machine defines."""
        if not (ends := OF_LINKERS.get(self.elf.machine)):
            return False
        length = min(LONGEST_OF_LINKERS, self.strings.size - name)
        start = self.elf.source.read(self.strings.offset + name, max(length, 0)).partition(b"\0")[0]
        return start.endswith(ends)

    def _is_of_debug(self, section: int) -> bool:
        """Whether a section holds GCC's hidden symbol, by which a link's debug info refers to a compilation's."""
        if section not in self._of_debug:
            elf = self.elf
            number = section if section < SHN_LORESERVE else section - SHN_XINDEX
            name = elf.name(elf.row(number).name) if 0 <= number < elf.count else b""
            self._of_debug[section] = role_of(name, elf.machine) is Role.LTO_DEBUG
        return self._of_debug[section]


def as_in_symbols(number: int) -> int:
    """A section's number as symbols have it."""
    return number if number < SHN_LORESERVE else SHN_XINDEX + number


def is_common(section: int) -> bool:
    """Whether a symbol's section number means COMMON; machines have small and large kinds of it."""
    return SHN_LORESERVE <= section < SHN_XINDEX and section != SHN_ABS


def _parts(source: Source, strings: SectionHeader) -> Iterator[tuple[int, bytes]]:
    at = 0
    for part in chunks(source, strings.offset, strings.size):
        yield at, part
        at += LIMITS.chunk - 64


def _has_content(elf: Elf) -> bool:
    """Whether a section is certainly content; a single byte of .bss may be the marker's."""
    starts_with = elf.name_test()
    no_content = beginnings(NO_CONTENT, elf.machine)
    for name, kind, flags, _, size in chain(elf.last_brief_rows(LAST_ROWS), elf.brief_rows()):
        if flags & SHF_ALLOC and size and kind != SHT_NOTE and not starts_with(no_content, name):
            if kind == SHT_NOBITS and size == MARKER_SIZE:
                continue
            return True
    return False


def _single_bytes(elf: Elf) -> frozenset[int]:
    """The numbers of allocated sections of one byte that is not in the file."""
    rows = enumerate(elf.brief_rows())
    silent = (at for at, row in rows if row[1] == SHT_NOBITS and row[2] & SHF_ALLOC and row[4] == MARKER_SIZE)
    return frozenset(map(as_in_symbols, silent))


def _read_decisive_sections(elf: Elf, traits: Traits) -> None:
    ctors = set()
    starts_with = elf.name_test()
    decisive = beginnings(DECISIVE, elf.machine)
    is_one_unit = elf.has_once(b".gnu.lto_.decls")
    for offset, kind, _, at, size in elf.brief_rows():
        if not starts_with(decisive, offset):
            continue
        size = 0 if kind == SHT_NOBITS else size
        if at + size > elf.source.size:
            raise Malformed(f"a section of {size} bytes that ends after the file", at)
        if starts_with(b".gnu.lto_", offset) and not starts_with(b".gnu.lto_.", offset):
            if is_one_unit and traits.lto and traits.lto.has_body:
                traits.lto.size += size
                continue
            name = elf.name(offset, LONGEST_NAME)
        else:
            name = elf.name(offset)
        if not traits.take(LtoSection(name, at, size)) and size:
            ctors.add(name.decode("utf-8", "surrogateescape"))
    traits.ctors = tuple(sorted(ctors))


def _read_symbols(symbols: ElfSymbols, traits: Traits) -> None:
    """Find the marker, undefined symbols, and content that no section shows."""
    places = frozenset() if traits.native else _single_bytes(symbols.elf)
    defined = False
    for symbol in symbols.all():
        if symbols.is_marker(symbol):
            traits.marker |= symbols.markers.is_slim(symbol[0])
        elif symbol[2] == SHN_UNDEF:
            traits.undefined |= symbol[1] >> 4 > 0
        elif not defined and symbols.is_content(symbol):
            defined = traits.native = True
        elif not traits.native and symbols.names_single_byte(symbol, places):
            traits.native = True
        if defined and (traits.marker or not symbols.markers):
            break
    traits.nameless = traits.native and not defined


def _read_signs(elf: Elf, traits: Traits) -> None:
    """Find sections that no stripped slim object has: DWARF, notes of the unit, code for a device and others."""
    for offset, kind, flags, _, size in elf.brief_rows():
        if not size or kind in TABLE_TYPES or SHT_LOPROC <= kind <= SHT_HIPROC:
            continue
        role = section_role(elf, offset, kind, flags)
        if role is Role.NATIVE or role in OF_ANY_UNIT:  # a native section here is only a byte that no symbol names
            continue
        traits.telling = traits.telling or elf.name(offset).decode("utf-8", "surrogateescape")
        if role in (None, Role.NOTE):
            traits.aside = True
            return
