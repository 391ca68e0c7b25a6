# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF objects and archives made to measure: how big, how many, what is in them."""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
ROW = struct.Struct("<IIQQQQIIQQ")
IDENT = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
X86_64, ET_REL, PROGBITS, STRTAB, ALLOC, XINDEX = 62, 1, 1, 3, 2, 0xFFFF
AR_MAGIC = b"!<arch>\n"
AR_HEADER = "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n"


def elf_object(sections: int, prefix: str) -> bytes:
    """An object of that many sections; only the last has content, so that all of them must be looked at."""
    names, rows = bytearray(b"\0.shstrtab\0"), [ROW.pack(*[0] * 10)]
    for number in range(sections - 2):
        is_last = number == sections - 3
        rows.append(ROW.pack(len(names), PROGBITS, ALLOC * is_last, 0, 64, 64, 0, 0, 1, 0))
        names += (".text" if is_last else f"{prefix}{number:x}").encode() + b"\0"
    rows.append(ROW.pack(1, STRTAB, 0, 0, 64, len(names), 0, 0, 1, 0))
    if sections >= 0xFF00:  # as the gABI has it: the true numbers are in the first row
        rows[0] = ROW.pack(0, 0, 0, 0, 0, sections, sections - 1, 0, 0, 0)
        count, names_index = 0, XINDEX
    else:
        count, names_index = sections, sections - 1
    table = 64 + len(names)
    header = HEADER.pack(IDENT, ET_REL, X86_64, 1, 0, 0, table, 0, 64, 0, 0, 64, count, names_index)
    return header + names + b"".join(rows)


def write_elf_of_size(path: Path, size: int) -> None:
    """An object with one section of `size` bytes; the file is written whole, without holes."""
    names = b"\0.shstrtab\0.data\0"
    table = 64 + size + len(names)
    with path.open("wb") as out:
        out.write(HEADER.pack(IDENT, ET_REL, X86_64, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2))
        for start in range(0, size, 1 << 20):
            out.write(b"\xa5" * min(1 << 20, size - start))
        out.write(names + ROW.pack(*[0] * 10))
        out.write(ROW.pack(11, PROGBITS, ALLOC | 1, 0, 64, size, 0, 0, 16, 0))
        out.write(ROW.pack(1, STRTAB, 0, 0, 64 + size, len(names), 0, 0, 1, 0))


def write_archive(path: Path, members: Iterable[bytes]) -> None:
    with path.open("wb") as out:
        out.write(AR_MAGIC)
        for number, data in enumerate(members):
            out.write(AR_HEADER.format(f"m{number}.o/", 0, 0, 0, 644, len(data)).encode() + data)
            out.write(b"\n" * (len(data) % 2))


def members_of(path: Path) -> Iterator[bytes]:
    """The ELF members of an archive as `ar` writes it; none of a linker script by the name of one."""
    with path.open("rb") as file:
        if file.read(8) != AR_MAGIC:
            return
        while header := file.read(60):
            size = int(header[48:58])
            data = file.read(size)
            file.read(size % 2)
            if data.startswith(IDENT[:4]):
                yield data
