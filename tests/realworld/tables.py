# SPDX-License-Identifier: GPL-2.0-or-later
"""Section tables as this program, GNU readelf and pyelftools see them."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import NamedTuple

from elftools.elf import enums
from elftools.elf.elffile import ELFFile

from checker.limits import LIMITS
from checker.objects import ar, elf, magic
from checker.objects.source import FileSource, Source


class Row(NamedTuple):
    """One section; `flags` as letters in the order of their bits."""

    name: str
    type: int
    flags: str
    offset: int
    size: int


Table = list[Row]

FLAGS = {
    0x1: "W", 0x2: "A", 0x4: "X", 0x10: "M", 0x20: "S", 0x40: "I", 0x80: "L", 0x100: "O", 0x200: "G", 0x400: "T",
    0x800: "C", 0x80000000: "E",
}  # fmt: skip
"""The gABI's flags and SHF_EXCLUDE, by readelf's letters; others mean different things on different machines."""

TYPES = {
    "NULL": 0, "PROGBITS": 1, "SYMTAB": 2, "STRTAB": 3, "RELA": 4, "HASH": 5, "DYNAMIC": 6, "NOTE": 7, "NOBITS": 8,
    "REL": 9, "SHLIB": 10, "DYNSYM": 11, "INIT_ARRAY": 14, "FINI_ARRAY": 15, "PREINIT_ARRAY": 16, "GROUP": 17,
    "SYMTAB SECTION INDICES": 18, "VERDEF": 0x6FFFFFFD, "VERNEED": 0x6FFFFFFE, "VERSYM": 0x6FFFFFFF,
    "X86_64_UNWIND": 0x70000001, "IA_64_UNWIND": 0x70000001, "ARM_EXIDX": 0x70000001, "ARM_ATTRIBUTES": 0x70000003,
    "RISCV_ATTRIBUTES": 0x70000003, "MIPS_REGINFO": 0x70000006, "MIPS_OPTIONS": 0x7000000D,
    "MIPS_DWARF": 0x7000001E, "MIPS_ABIFLAGS": 0x7000002A, "PARISC_EXT": 0x70000000, "PARISC_UNWIND": 0x70000001,
    "PARISC_DOC": 0x70000002, "AARCH64_ATTRIBUTES": 0x70000003, "ALPHA_DEBUG": 0x70000001,
    "GNU_ATTRIBUTES": 0x6FFFFFF5, "GNU_HASH": 0x6FFFFFF6, "GNU_LIBLIST": 0x6FFFFFF7, "GNU_OBJECT_ONLY": 0x6FFFFFF9,
    "LLVM_ODRTAB": 0x6FFF4C00, "LLVM_LINKER_OPTIONS": 0x6FFF4C01, "LLVM_ADDRSIG": 0x6FFF4C03,
    "LLVM_DEPENDENT_LIBRARIES": 0x6FFF4C04, "LLVM_SYMPART": 0x6FFF4C05, "LLVM_PART_EHDR": 0x6FFF4C06,
    "LLVM_PART_PHDR": 0x6FFF4C07, "LLVM_BB_ADDR_MAP_V0": 0x6FFF4C08, "LLVM_CALL_GRAPH_PROFILE": 0x6FFF4C09,
    "LLVM_BB_ADDR_MAP": 0x6FFF4C0A, "LLVM_OFFLOADING": 0x6FFF4C0B, "LLVM_LTO": 0x6FFF4C0C,
}  # fmt: skip
"""readelf's words for section types; those of LLVM's since binutils 2.44."""

RANGES = {"LOOS": 0x60000000, "LOPROC": 0x70000000, "LOUSER": 0x80000000}

START = re.compile(r"There (?:is|are) (?:no sections|\d+ section headers?)\b")
LINE = re.compile(
    r" +\[ *\d+\] (?P<name>.*?) +(?P<type>SYMTAB SECTION INDICES|\S+) +[0-9a-f]{8,16} (?P<offset>[0-9a-f]+) "
    r"(?P<size>[0-9a-f]+) [0-9a-f]+ (?P<flags>[ A-Za-z]+?) +\d+ +\d+ +\d+$"
)

PYELFTOOLS_TYPES: dict[str, int] = {
    name: value
    for variant in vars(enums)
    if variant.startswith("ENUM_SH_TYPE")
    for name, value in vars(enums)[variant].items()
    if isinstance(value, int)
}


class Place(NamedTuple):
    """Where the bytes of one object are."""

    file: Path
    member: str
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.file}({self.member})" if self.member else str(self.file)

    def read(self) -> bytes:
        """The object's bytes."""
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            return stream.read(self.size)


def elf_objects(file: Path) -> Iterator[tuple[Place, Source]]:
    """The ELF objects of a file: itself, or the members of the archive that it is."""
    fd = os.open(file, os.O_RDONLY)
    try:
        whole = FileSource(fd, os.fstat(fd).st_size)
        if whole.size >= len(magic.AR) and whole.read(0, len(magic.AR)) == magic.AR:
            for member in ar.Archive(whole).members():
                part = whole.slice(member.offset, member.size)
                if is_elf(part):
                    yield Place(file, member.name.decode("utf-8", "replace"), member.offset, member.size), part
        elif is_elf(whole):
            yield Place(file, "", 0, whole.size), whole
    finally:
        os.close(fd)


def is_elf(source: Source) -> bool:
    """Whether the bytes begin as ELF does."""
    return source.size >= 4 and source.read(0, 4) == b"\x7fELF"


def our_table(source: Source) -> Table:
    """The sections as this program reads them."""
    file = elf.Elf(source)
    names: dict[int, str] = {}
    table = []
    for name, kind, flags, _, offset, size, *_ in file.rows():
        text = names.get(name)
        if text is None:
            text = names[name] = file.name(name).decode("utf-8", "surrogateescape")
        table.append(Row(text, kind, flag_letters(flags), offset, size))
    return table


def pyelftools_table(data: bytes) -> Table:
    """The sections as pyelftools reads them; names as long as we look at them."""
    return [
        Row(
            section.name[: LIMITS.section_name],
            _number(section["sh_type"]),
            flag_letters(section["sh_flags"]),
            section["sh_offset"],
            section["sh_size"],
        )
        for section in ELFFile(BytesIO(data)).iter_sections()
    ]


def _number(kind: str | int) -> int:
    """The number of a section type, which pyelftools names where it can."""
    return kind if isinstance(kind, int) else PYELFTOOLS_TYPES[kind]


def readelf_tables(files: Sequence[Path]) -> Iterator[Table]:
    """The sections of every ELF object in these files, in their order, as `readelf -SW` prints them."""
    command = ["readelf", "-SW", "--", *map(str, files)]
    with Popen(command, stdout=PIPE, stderr=DEVNULL, env={**os.environ, "LC_ALL": "C"}) as process:
        assert process.stdout is not None
        yield from parse_readelf(line.decode("utf-8", "surrogateescape").rstrip("\n") for line in process.stdout)


def parse_readelf(lines: Iterable[str]) -> Iterator[Table]:
    """The tables in readelf's output, which announces each before its rows."""
    table: Table | None = None
    for line in lines:
        if line.startswith("  ["):
            row = parse_row(line)
            if row and table is not None:
                table.append(row)
        elif START.match(line):
            if table is not None:
                yield table
            table = []
    if table is not None:
        yield table


def parse_row(line: str) -> Row | None:
    """One row as readelf prints it; None for the heading."""
    match = LINE.match(line)
    if not match:
        if line.startswith("  [Nr] "):
            return None
        raise ValueError(f"readelf printed a row of no known shape: {line!r}")
    flags = "".join(letter if letter in FLAGS.values() else "?" for letter in match["flags"].strip())
    return Row(
        match["name"][: LIMITS.section_name],
        type_number(match["type"]),
        "".join(sorted(set(flags))),
        int(match["offset"], 16),
        int(match["size"], 16),
    )


def type_number(word: str) -> int:
    """The number of a section type that readelf names, or gives as a distance from the start of a range."""
    base, plus, distance = word.partition("+")
    return RANGES[base] + int(distance, 16) if plus else TYPES[word]


def flag_letters(flags: int) -> str:
    """The flags as sorted letters, with one question mark for all that no letter is known for."""
    letters = {letter for bit, letter in FLAGS.items() if flags & bit}
    if flags & ~sum(FLAGS):
        letters.add("?")
    return "".join(sorted(letters))


def first_difference(ours: Table, theirs: Table) -> str | None:
    """Where two tables differ first."""
    if len(ours) != len(theirs):
        return f"{len(ours)} sections here, {len(theirs)} there"
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        if our != their:
            return f"section {number}: {our} here, {their} there"
    return None
