# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF relocatable objects: 32 and 64 bit, both byte orders, more than 65,279 sections.

Constants are from the ELF gABI; a 64-bit and a 32-bit section header hold the same ten fields in the same order.
"""

import re
import struct
import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

from checker.limits import LIMITS
from checker.objects.source import Malformed, Source, chunks
from checker.objects.traits import MARKER, Section, Traits

MAGIC = b"\x7fELF"
ET_REL = 1
SHT_SYMTAB, SHT_NOTE, SHT_NOBITS = 2, 7, 8
SHF_ALLOC = 2
SHN_XINDEX = 0xFFFF

LAYOUTS = {
    (bits, order): (
        struct.Struct(order + ("HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH")),
        struct.Struct(order + ("IIQQQQIIQQ" if bits == 64 else "10I")),
        struct.Struct(order + ("IBBHQQ" if bits == 64 else "IIIBBH")),
    )
    for bits in (32, 64)
    for order in "<>"
}
"""The rest of the file header, a section header and a symbol, by class and byte order."""

SPECIAL_NAMES = re.compile(rb"\.gnu\.lto_|\.llvm\.lto|\.llvmbc|\.[cd]tors|\.rmeta")
"""Section names that are looked at one by one; without any of them the names need not be read."""

NO_CONTENT = (b".note.", b".gnu.offload_", b".gnu.lto_", b".gnu.debuglto_", b".llvm.lto", b".llvmbc", b".llvmcmd")
DEBUG = (b".debug_", b".zdebug_")
CTORS = re.compile(rb"\.[cd]tors(\.\d+)?")

MACHINES = {
    2: "sparc",
    3: "i386",
    4: "m68k",
    8: "mips",
    15: "hppa",
    18: "sparc",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    23: "spu",
    40: "arm",
    42: "sh",
    43: "sparc64",
    50: "ia64",
    62: "x86_64",
    83: "avr",
    92: "or1k",
    93: "arc",
    94: "xtensa",
    105: "msp430",
    113: "nios2",
    164: "hexagon",
    173: "rx",
    183: "aarch64",
    188: "tilepro",
    189: "microblaze",
    190: "cuda",
    191: "tilegx",
    195: "arcv2",
    220: "z80",
    224: "amdgcn",
    243: "riscv",
    247: "bpf",
    252: "csky",
    258: "loongarch",
    0x9026: "alpha",
}
"""`e_machine` to the name by which packagers know it; width and byte order are added by `machine_name`."""


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

    def __init__(self, source: Source) -> None:
        """Read the headers; raises Malformed where they contradict the format or the file's size."""
        ident = source.read(0, 16)
        self.source = source
        self.bits = {1: 32, 2: 64}.get(ident[4], 0)
        self.order = {1: "<", 2: ">"}.get(ident[5], "")
        if not self.bits or not self.order:
            raise Malformed(f"ELF class {ident[4]} and data encoding {ident[5]}, expected 1 or 2 for each", 4)
        header, self._row, self._symbol = LAYOUTS[self.bits, self.order]
        fields = header.unpack(source.read(16, header.size))
        self.type, number, _, _, _, at, _, _, _, _, row_size, self.count, names = fields
        self.machine = machine_name(number, self.bits, self.order)
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
        strings = self.row(names)
        if strings.offset + strings.size > self.source.size:
            raise Malformed("the section names end after the file", strings.offset)
        self._names_at, self._names_size = strings.offset, strings.size
        if strings.size <= LIMITS.chunk:
            self._names = self.source.read(strings.offset, strings.size)

    def row(self, index: int) -> SectionHeader:
        """The section header at `index`."""
        if index >= self.count:
            raise Malformed(f"section {index} is named, there are {self.count}")
        return SectionHeader(*self._row.unpack_from(self.table, index * self._row.size))

    def rows(self) -> Iterator[tuple[int, ...]]:
        """All section headers, as plain tuples in the order of SectionHeader."""
        return self._row.iter_unpack(self.table)

    def first_of_type(self, wanted: int) -> SectionHeader | None:
        """The first section of a type, found without unpacking the others."""
        if self.order != ("<" if sys.byteorder == "little" else ">"):
            wanted = int.from_bytes(wanted.to_bytes(4, "little"), "big")
        types = memoryview(self.table).cast("I")[1 :: self._row.size // 4].tolist()
        return self.row(types.index(wanted)) if wanted in types else None

    def has_special_names(self) -> bool:
        """Whether some section's name may be one of SPECIAL_NAMES; may be wrong on the side of yes."""
        if self._names or not self._names_size:
            return SPECIAL_NAMES.search(self._names) is not None
        return any(SPECIAL_NAMES.search(part) for part in chunks(self.source, self._names_at, self._names_size))

    def name(self, offset: int) -> bytes:
        """The section name at an offset into the names; cut off where no name of interest is that long."""
        if self._names or not self._names_size:
            end = self._names.find(b"\0", offset)
            return self._names[offset:end] if end >= 0 else self._names[offset:]
        if offset >= self._names_size:
            return b""
        part = self.source.read(self._names_at + offset, min(LIMITS.member_name, self._names_size - offset))
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


def machine_name(number: int, bits: int, order: str) -> str:
    """The usual name of a machine; `elf-NUMBER` for one that has no name here."""
    name = MACHINES.get(number, f"elf-{number}")
    if name == "ppc64":
        return "ppc64le" if order == "<" else name
    if name == "s390x" and bits == 32:
        return "s390"
    if name == "x86_64" and bits == 32:
        return "x32"
    if name in ("riscv", "loongarch"):
        return f"{name}{bits}"
    if name == "mips":
        return ("mips64" if bits == 64 else "mips") + ("el" if order == "<" else "")
    if name in ("arm", "aarch64"):
        return name if order == "<" else f"{name}_be" if name == "aarch64" else "armeb"
    return name


def is_program(head: bytes) -> bool:
    """Whether the first bytes of an ELF file say that it is no relocatable object."""
    order: Literal["little", "big"] = "big" if head[5:6] == b"\2" else "little"
    return len(head) >= 18 and int.from_bytes(head[16:18], order) != ET_REL


def read_elf(source: Source) -> Traits | None:
    """The marks of a relocatable object; None for an ELF file of another type."""
    elf = Elf(source)
    if elf.type != ET_REL:
        return None
    traits = Traits("elf", elf.machine)
    if elf.has_special_names():
        _read_special_sections(elf, traits)
    symbols = elf.first_of_type(SHT_SYMTAB)
    strings = elf.row(symbols.link) if symbols else None
    may_be_marked = strings is not None and any(MARKER in part for part in chunks(source, strings.offset, strings.size))
    traits.native = _has_content(elf)
    if symbols and strings and (may_be_marked or not traits.native):
        _read_symbols(elf, symbols, strings, traits)
    if not traits.native:
        traits.debug = any(row[5] and elf.name(row[0]).startswith(DEBUG) for row in elf.rows())
    return traits


def _has_content(elf: Elf) -> bool:
    for name, kind, flags, _, _, size, *_ in elf.rows():
        if size and flags & SHF_ALLOC and kind != SHT_NOTE and not elf.name(name).startswith(NO_CONTENT):
            return True
    return False


def _read_special_sections(elf: Elf, traits: Traits) -> None:
    lto, ctors = [], []
    for offset, kind, _, _, at, size, *_ in elf.rows():
        name = elf.name(offset)
        if name.startswith(b".gnu.lto_"):
            lto.append(Section(name, at, size))
        elif name == b".llvm.lto":
            traits.llvm = Section(name, at, size)
        elif name == b".llvmbc":
            traits.embedded = (traits.embedded or 0) + size
        elif name in (b".rmeta", b".rmeta-link"):
            traits.rust_metadata = True
        elif size and kind != SHT_NOBITS and CTORS.fullmatch(name):
            ctors.append(name.decode("ascii"))
    traits.lto = tuple(lto)
    traits.ctors = tuple(sorted(set(ctors)))


def _read_symbols(elf: Elf, symbols: SectionHeader, strings: SectionHeader, traits: Traits) -> None:
    """Look for the marker, and where no section has content for a symbol that is content, or asks for one."""
    debug_only: set[int] | None = None
    in_memory = elf.source.read(strings.offset, strings.size) if strings.size <= LIMITS.chunk else None
    for name, _, section in elf.symbols(symbols):
        if not section:
            traits.undefined = True
        elif in_memory.startswith(b"__gnu_lto_", name) if in_memory is not None else _is_lto_name(elf, strings, name):
            traits.marker |= _string(elf, strings, name) == MARKER
        elif not traits.native:
            if debug_only is None:
                rows = enumerate(elf.rows())
                debug_only = {index for index, row in rows if elf.name(row[0]).startswith(b".gnu.debuglto_")}
            traits.native = section not in debug_only
        if traits.native and traits.marker:
            return


def _is_lto_name(elf: Elf, strings: SectionHeader, offset: int) -> bool:
    return _string(elf, strings, offset).startswith(b"__gnu_lto_")


def _string(elf: Elf, strings: SectionHeader, offset: int) -> bytes:
    length = min(len(MARKER) + 1, strings.size - offset)
    return elf.source.read(strings.offset + offset, length).partition(b"\0")[0] if length > 0 else b""
