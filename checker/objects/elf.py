# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF relocatable objects: 32 and 64 bit, both byte orders, more than 65,279 sections.

Constants are from the ELF gABI; a 64-bit and a 32-bit section header hold the same ten fields in the same order.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.lto.sections import DECISIVE, NO_CONTENT, OF_ANY_UNIT, beginnings, role_of
from checker.objects.machines import elf_machine
from checker.objects.magic import ET_REL
from checker.objects.source import Malformed, Source, chunks
from checker.objects.traits import Section, Traits

SHT_SYMTAB, SHT_NOTE, SHT_NOBITS = 2, 7, 8
SHT_LOPROC, SHT_HIPROC = 0x70000000, 0x7FFFFFFF
TABLE_TYPES = frozenset({0, 2, 3, 4, 7, 9, 17, 18})
"""NULL, SYMTAB, STRTAB, RELA, NOTE, REL, GROUP and SYMTAB_SHNDX: they tell nothing of what a compiler made."""
SHF_ALLOC = 2
SHN_XINDEX = 0xFFFF


class Layout(NamedTuple):
    """How the parts of a file are laid out in its class and byte order."""

    bits: int
    order: str
    header: struct.Struct
    row: struct.Struct
    """A section header."""
    brief: struct.Struct
    """Name, type, flags, offset and size of a section."""
    symbol: struct.Struct


LAYOUTS = {
    bytes((bits // 32, 1 + "<>".index(order))): Layout(
        bits,
        order,
        struct.Struct(order + ("16xHHIQQQIHHHHHH" if bits == 64 else "16xHHIIIIIHHHHHH")),
        struct.Struct(order + ("IIQQQQIIQQ" if bits == 64 else "10I")),
        struct.Struct(order + ("IIQ8xQQ24x" if bits == 64 else "III4xII16x")),
        struct.Struct(order + ("IBBHQQ" if bits == 64 else "IIIBBH")),
    )
    for bits in (32, 64)
    for order in "<>"
}
"""By the bytes of the file header that say class and data encoding."""

SPECIAL_NAMES = re.compile(b"|".join(re.escape(name.rstrip(b"\0")) for name in beginnings(DECISIVE)))
"""Beginnings of section names that are looked at one by one; without any of them the names need not be read."""

LEFT_OF_CODE = (b".text", b".data", b".bss")


class SectionHeader(NamedTuple):
    """A section header as it stands in the file; `name` is an offset into the names."""

    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class Elf:
    """The section table of one ELF file, and the tables of strings that it names."""

    __slots__ = (
        "_brief",
        "_names",
        "_names_at",
        "_names_size",
        "_row",
        "_symbol",
        "bits",
        "count",
        "machine",
        "order",
        "source",
        "table",
        "type",
    )

    def __init__(self, source: Source, head: bytes = b"") -> None:
        """Read the headers; raises Malformed where they contradict the format or the file's size."""
        if len(head) < 16:
            head = source.read(0, max(16, min(64, source.size)))
        self.source = source
        layout = LAYOUTS.get(head[4:6])
        if layout is None:
            raise Malformed(f"ELF class {head[4]} and data encoding {head[5]}, expected 1 or 2 for each", 4)
        self.bits, self.order, header, self._row, self._brief, self._symbol = layout
        if len(head) < header.size:
            head = head[:16] + source.read(16, header.size - 16)
        fields = header.unpack_from(head)
        self.type, number, _, _, _, at, _, _, _, _, row_size, self.count, names = fields
        self.machine = elf_machine(number, self.bits, self.order)
        self.table = b""
        self._names = b""
        if self.type == ET_REL:
            self._read_table(at, row_size, names)

    def _read_table(self, at: int, row_size: int, names: int) -> None:
        row = self._row
        if not at:
            raise Malformed("ELF object without a section table", 40 if self.bits == 64 else 32)
        if row_size != row.size:
            raise Malformed(f"section headers of {row_size} bytes, expected {row.size}", at)
        if not self.count or names == SHN_XINDEX:
            first = SectionHeader(*row.unpack(self.source.read(at, row_size)))
            self.count = self.count or first.size
            names = first.link if names == SHN_XINDEX else names
        if self.count > LIMITS.sections:
            raise Malformed(f"{self.count} sections, more than the limit of {LIMITS.sections}", at)
        self.source.prefetch(at, self.count * row_size)
        self.table = self.source.read(at, self.count * row_size)
        if names >= self.count:
            raise Malformed(f"the names are said to be in section {names}, there are {self.count}", at)
        _, _, _, at, size = self._brief.unpack_from(self.table, names * row_size)
        if at + size > self.source.size:
            raise Malformed("the section names end after the file", at)
        self._names_at, self._names_size = at, size
        if size <= LIMITS.section_names:
            self._names = self.source.read(at, size)

    def row(self, index: int) -> SectionHeader:
        """The section header at `index`."""
        if index >= self.count:
            raise Malformed(f"section {index} is named, there are {self.count}")
        return SectionHeader(*self._row.unpack_from(self.table, index * self._row.size))

    def rows(self) -> Iterator[tuple[int, ...]]:
        """All section headers, as plain tuples in the order of SectionHeader."""
        return self._row.iter_unpack(self.table)

    def brief_rows(self) -> Iterator[tuple[int, ...]]:
        """All section headers: name, type, flags, offset and size alone."""
        return self._brief.iter_unpack(self.table)

    def first_of_type(self, wanted: int) -> SectionHeader | None:
        """The first section of a type, found without unpacking the others."""
        # The lowest byte of every section's type; a slice of a section table is made much quicker than its rows.
        lowest = self.table[4 if self.order == "<" else 7 :: self._row.size]
        index = lowest.find(wanted)
        while index >= 0:
            row = self.row(index)
            if row.type == wanted:
                return row
            index = lowest.find(wanted, index + 1)
        return None

    def has_special_names(self) -> bool:
        """Whether some section's name may be one of SPECIAL_NAMES; may be wrong on the side of yes."""
        if self._names or not self._names_size:
            return SPECIAL_NAMES.search(self._names) is not None
        return any(SPECIAL_NAMES.search(part) for part in chunks(self.source, self._names_at, self._names_size))

    def may_have(self, name: bytes) -> bool:
        """Whether some section may have this name; known without a look at any."""
        return not self._names or name + b"\0" in self._names

    def name_test(self) -> Callable[[bytes | tuple[bytes, ...], int], bool]:
        """Whether the name at an offset has a prefix, asked quicker than by `name`."""
        if self._names or not self._names_size:
            return self._names.startswith
        return lambda prefix, offset: (self.name(offset) + b"\0").startswith(prefix)

    def name(self, offset: int) -> bytes:
        """The section name at an offset into the names; cut off where no name of interest is that long."""
        if self._names or not self._names_size:
            end = self._names.find(b"\0", offset, offset + LIMITS.section_name)
            return self._names[offset : end if end >= 0 else offset + LIMITS.section_name]
        if offset >= self._names_size:
            return b""
        part = self.source.read(self._names_at + offset, min(LIMITS.section_name, self._names_size - offset))
        return part.partition(b"\0")[0]

    def symbols(self, table: SectionHeader) -> Iterator[tuple[int, int, int]]:
        """Offset of the name, binding and section index of every global symbol."""
        size = self._symbol.size
        count = table.size // size
        # Locals come first, and sh_info says where they end. Not trusted when it is out of range.
        start = table.info if table.info <= count else 0
        if count - start > LIMITS.symbols:
            raise Malformed(f"{count - start} global symbols, more than the limit of {LIMITS.symbols}", table.offset)
        wide = self.bits == 64
        step = LIMITS.chunk // size * size
        position, end = table.offset + start * size, table.offset + count * size
        while position < end:
            part = self.source.read(position, min(step, end - position))
            for fields in self._symbol.iter_unpack(part):
                info, section = (fields[1], fields[3]) if wide else (fields[3], fields[5])
                if info >> 4:
                    yield fields[0], info >> 4, section
            position += len(part)


def read_elf(source: Source, head: bytes = b"") -> Traits | None:
    """The marks of a relocatable object; None for an ELF file of another type."""
    elf = Elf(source, head)
    if elf.type != ET_REL:
        return None
    traits = Traits("elf", elf.machine)
    if elf.has_special_names():
        _read_special_sections(elf, traits)
    symbols = elf.first_of_type(SHT_SYMTAB)
    strings = elf.row(symbols.link) if symbols else None
    may_be_marked = strings is not None and _has_marker(source, strings)
    traits.native = _has_content(elf)
    if symbols and strings and (may_be_marked or not traits.native):
        _read_symbols(elf, symbols, strings, traits)
    if not traits.native and not traits.lto:
        traits.telling = _telling_section(elf)
    return traits


def _telling_section(elf: Elf) -> str | None:
    """A non-empty section beyond those that strip leaves of a slim object: DWARF, code for a device, and so on."""
    for offset, kind, _, _, size in elf.brief_rows():
        if size and kind not in TABLE_TYPES and not SHT_LOPROC <= kind <= SHT_HIPROC:
            name = elf.name(offset)
            if not name.startswith(LEFT_OF_CODE) and role_of(name, elf.machine) not in OF_ANY_UNIT:
                return name.decode("utf-8", "surrogateescape")
    return None


def _has_marker(source: Source, strings: SectionHeader) -> bool:
    if strings.size <= LIMITS.chunk:
        return SLIM in source.read(strings.offset, strings.size)
    return any(SLIM in part for part in chunks(source, strings.offset, strings.size))


def _has_content(elf: Elf) -> bool:
    starts_with = elf.name_test()
    no_content = beginnings(NO_CONTENT, elf.machine)
    for name, kind, flags, _, size in elf.brief_rows():
        if flags & SHF_ALLOC and size and kind != SHT_NOTE and not starts_with(no_content, name):
            return True
    return False


def _read_special_sections(elf: Elf, traits: Traits) -> None:
    ctors = set()
    starts_with = elf.name_test()
    has_body = False
    special = beginnings(DECISIVE, elf.machine)
    for offset, kind, _, at, size in elf.brief_rows():
        if not starts_with(special, offset):
            continue
        is_body = starts_with(b".gnu.lto_", offset) and not starts_with(b".gnu.lto_.", offset)
        if is_body and has_body:
            traits.lto_more += size
            continue
        has_body |= is_body
        name = elf.name(offset)
        if not traits.take(Section(name, at, size)) and size and kind != SHT_NOBITS:
            ctors.add(name.decode("utf-8", "surrogateescape"))
    traits.ctors = tuple(sorted(ctors))


def _read_symbols(elf: Elf, symbols: SectionHeader, strings: SectionHeader, traits: Traits) -> None:
    """Look for the marker, and where no section has content for a symbol that is content, or asks for one."""
    debug_only = set()
    in_memory = elf.source.read(strings.offset, strings.size) if strings.size <= LIMITS.chunk else None
    for name, _, section in elf.symbols(symbols):
        if not section:
            traits.undefined = True
        elif in_memory.startswith(b"__gnu_lto_", name) if in_memory is not None else _is_lto_name(elf, strings, name):
            traits.marker |= _string(elf, strings, name) == SLIM
        elif not traits.native and section not in debug_only:
            if section < elf.count and elf.name(elf.row(section).name).startswith(b".gnu.debuglto_"):
                debug_only.add(section)
            else:
                traits.native = True
        if traits.native and traits.marker:
            return


def _is_lto_name(elf: Elf, strings: SectionHeader, offset: int) -> bool:
    return _string(elf, strings, offset).startswith(b"__gnu_lto_")


def _string(elf: Elf, strings: SectionHeader, offset: int) -> bytes:
    length = min(len(SLIM) + 1, strings.size - offset)
    return elf.source.read(strings.offset + offset, length).partition(b"\0")[0] if length > 0 else b""
