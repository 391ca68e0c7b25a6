# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF relocatable objects: 32 and 64 bit, both byte orders, more than 65,279 sections.

Constants are from the ELF gABI; a 64-bit and a 32-bit section header hold the same ten fields in the same order.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker.limits import LIMITS, Limits
from checker.lto.sections import DECISIVE, beginnings
from checker.objects.machines import elf_machine
from checker.objects.magic import ET_REL
from checker.objects.source import Malformed, Source, chunks

SHT_SYMTAB, SHT_NOTE, SHT_NOBITS, SHT_SYMTAB_SHNDX = 2, 7, 8, 18
SHF_ALLOC = 2
EV_CURRENT = 1
SHN_UNDEF, SHN_LORESERVE, SHN_ABS = 0, 0xFF00, 0xFFF1
SHN_XINDEX = 0xFFFF


class Layout(NamedTuple):
    """The structs of one ELF class and byte order."""

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
"""Layouts by the file header's bytes for class and data encoding."""

NAME_SIZE = 48
"""Bytes of names for each section that are read together with the table; most C++ has fewer."""

_DECISIVE = [name.rstrip(b"\0") for name in beginnings(DECISIVE)]
DECISIVE_NAMES = re.compile(
    # Without names that begin with another one, because the time of a search grows with the number of alternatives.
    b"|".join(
        re.escape(name) for name in _DECISIVE if not any(name != one and name.startswith(one) for one in _DECISIVE)
    )
)
"""Beginnings of section names that decide something; without a match, no single name has to be read."""

Symbol = tuple[int, int, int, int]
"""A symbol: its name's offset in the string table, its st_info (binding and type), its section, its size in bytes.

The number of a section that it has no room for is counted from SHN_XINDEX on, so that none is taken for COMMON.
"""

NUMBER = 4
"""Bytes of a number in SHT_SYMTAB_SHNDX, which has one for each symbol."""


class SectionHeader(NamedTuple):
    """A section header with the fields of the file; `name` is an offset into the section names."""

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
    """The section table of one ELF file, and its string tables."""

    __slots__ = (
        "_brief",
        "_chunk",
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

    def __init__(self, source: Source, head: bytes = b"", limits: Limits = LIMITS) -> None:
        """Read the headers; raises Malformed if they contradict the format or the file's size."""
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
        self._chunk = limits.chunk
        if self.type == ET_REL:
            self._read_table(at, row_size, names, limits)

    def _read_table(self, at: int, row_size: int, names: int, limits: Limits) -> None:
        row = self._row
        if not at:
            raise Malformed("ELF object without a section table", 40 if self.bits == 64 else 32)
        if row_size != row.size:
            raise Malformed(f"section headers of {row_size} bytes, expected {row.size}", at)
        if not self.count or names == SHN_XINDEX:
            first = SectionHeader(*row.unpack(self.source.read(at, row_size)))
            self.count = self.count or first.size
            names = first.link if names == SHN_XINDEX else names
        if self.count > limits.sections:
            raise Malformed(f"{self.count} sections, more than the limit of {limits.sections}", at)
        self.source.prefetch(at, self.count * row_size, self.count * NAME_SIZE)
        self.table = self.source.read(at, self.count * row_size)
        if names >= self.count:
            raise Malformed(f"the names are said to be in section {names}, there are {self.count}", at)
        _, _, _, at, size = self._brief.unpack_from(self.table, names * row_size)
        if at + size > self.source.size:
            raise Malformed("the section names end after the file", at)
        self._names_at, self._names_size = at, size
        if size <= limits.section_names:
            self._names = self.source.read(at, size)
            if not self._names.endswith(b"\0"):
                self._names += b"\0"

    def row(self, index: int) -> SectionHeader:
        """The section header at `index`."""
        if index >= self.count:
            raise Malformed(f"section {index} is named, there are {self.count}")
        return SectionHeader._make(self._row.unpack_from(self.table, index * self._row.size))

    def rows(self) -> Iterator[tuple[int, ...]]:
        """All section headers, as plain tuples in the order of SectionHeader."""
        return self._row.iter_unpack(self.table)

    def brief_rows(self) -> Iterator[tuple[int, ...]]:
        """Name, type, flags, offset and size of all section headers."""
        return self._brief.iter_unpack(self.table)

    def last_brief_rows(self, most: int) -> Iterator[tuple[int, ...]]:
        """Name, type, flags, offset and size of the last `most` section headers."""
        return self._brief.iter_unpack(self.table[-most * self._row.size :])

    def symbol_table(self) -> SectionHeader | None:
        """The first symbol table, found without unpacking other section headers; None if there is none.

        In a relocatable object it has neither flags nor an address; a table with either is only the second choice.
        """
        other = None
        # The lowest byte of every section's type: slicing the table is much faster than unpacking its rows.
        lowest = self.table[4 if self.order == "<" else 7 :: self._row.size]
        index = lowest.find(SHT_SYMTAB)
        while index >= 0:
            row = self.row(index)
            if row.type == SHT_SYMTAB:
                if not row.flags and not row.address:
                    return row
                other = other or row
            index = lowest.find(SHT_SYMTAB, index + 1)
        return other

    def has_decisive_names(self) -> bool:
        """Whether a section's name may begin with one of DECISIVE_NAMES; can be wrong only if True."""
        if self._names or not self._names_size:
            return DECISIVE_NAMES.search(self._names) is not None
        return any(DECISIVE_NAMES.search(part) for part in chunks(self.source, self._names_at, self._names_size))

    def may_have(self, name: bytes) -> bool:
        """Whether a section may have this name, without reading a section header; can be wrong only if True."""
        return not self._names or name + b"\0" in self._names

    def name_test(self) -> Callable[[bytes | tuple[bytes, ...], int], bool]:
        """A function that returns whether the name at an offset has a prefix, faster than `name`."""
        if self._names or not self._names_size:
            return self._names.startswith
        return lambda prefix, offset: (self.name(offset) + b"\0").startswith(prefix)

    def name(self, offset: int, most: int = LIMITS.section_name) -> bytes:
        """The section name at an offset into the names, cut to `most` bytes."""
        if self._names or not self._names_size:
            end = self._names.find(b"\0", offset, offset + most)
            return self._names[offset : end if end >= 0 else offset + most]
        if offset >= self._names_size:
            return b""
        part = self.source.read(self._names_at + offset, min(most, self._names_size - offset))
        return part.partition(b"\0")[0]

    def has_once(self, name: bytes) -> bool:
        """Whether `name` occurs once among the section names; False if these are not in memory."""
        return self._names.count(name) == 1

    def first_global(self, table: SectionHeader) -> int:
        """The offset of a table's first global symbol, in bytes; that of the table if sh_info is out of range."""
        # Local symbols come first, and sh_info is their number.
        size = self._symbol.size
        return table.offset + (table.info * size if table.info <= table.size // size else 0)

    def symbols(self, table: SectionHeader, *, with_locals: bool = False) -> Iterator[Symbol]:
        """The global symbols of a table, with `with_locals` after the local ones; raises Malformed."""
        size = self._symbol.size
        position = table.offset if with_locals else self.first_global(table)
        count = (table.offset + table.size - position) // size
        if count > LIMITS.symbols:
            raise Malformed(f"{count} symbols, more than the limit of {LIMITS.symbols}", table.offset)
        if table.offset > self.source.size:
            raise Malformed("the symbols begin after the file", table.offset)
        step = self._chunk // size * size
        end = position + count * size
        if position < end:
            self.source.slice(position, end - position)
        numbers = self._section_numbers(table) if self.count > SHN_LORESERVE else None
        while position < end:
            part = self.source.read(position, min(step, end - position))
            symbols = self.unpacked(part)
            if numbers is not None:
                at = numbers + (position - table.offset) // size * NUMBER
                symbols = self._numbered(symbols, self.source.read(at, len(part) // size * NUMBER))
            for symbol in symbols:
                if symbol[1] >> 4 or with_locals:
                    yield symbol
            position += len(part)

    def _section_numbers(self, table: SectionHeader) -> int | None:
        """The offset of the table of section numbers that symbols have no room for; None if none is long enough.

        Raises Malformed if it ends after the file.
        """
        needed = table.size // self._symbol.size * NUMBER
        rows = ((offset, size) for _, kind, _, offset, size in self.brief_rows() if kind == SHT_SYMTAB_SHNDX)
        offset = next((offset for offset, size in rows if size >= needed), None)
        if offset is not None:
            self.source.slice(offset, needed)
        return offset

    def _numbered(self, symbols: Iterator[Symbol], numbers: bytes) -> Iterator[Symbol]:
        """The symbols, those in a section of a large number with SHN_XINDEX plus that number."""
        for (name, info, section, size), (number,) in zip(
            symbols, struct.iter_unpack(self.order + "I", numbers), strict=True
        ):
            yield name, info, section + number if section == SHN_XINDEX else section, size

    def unpacked(self, part: bytes | memoryview) -> Iterator[Symbol]:
        """The symbols in the bytes of a symbol table."""
        whole = self._symbol.iter_unpack(part[: len(part) // self._symbol.size * self._symbol.size])
        if self.bits == 64:
            return ((name, info, section, size) for name, info, _, section, _, size in whole)
        return ((name, info, section, size) for name, _, size, info, _, section in whole)


def may_be_elf(head: bytes) -> bool:
    """Whether a file with ELF's magic continues as an ELF file: by class and encoding, or by the fields after them.

    An object with a wrong class or encoding is damaged; text and random data have no such field right.
    """
    if len(head) < 16:
        return True
    return head[4:6] in LAYOUTS or (head[6] == EV_CURRENT and not head[9:16].strip(b"\0"))
