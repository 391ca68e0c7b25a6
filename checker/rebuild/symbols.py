# SPDX-License-Identifier: GPL-2.0-or-later
"""Exported symbols of shared libraries and programs with their sections, and the libraries that they need.

They are read from the finished packages, by the tables that the dynamic linker reads (gABI, chapters 4 and 5).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.errors import Unavailable
from checker.limits import LIMITS
from checker.packages.header import read_header
from checker.packages.package import opened, with_data
from checker.packages.payload import open_payload
from checker.rebuild.facts import Value

LINKED = ("shared object", "pie executable", "ELF 64-bit LSB executable", "executable, ", "application/x-sharedlib")
DYNSYM, DYNAMIC, NOBITS = 11, 6, 8
WRITE, EXECUTE, TLS = 1, 4, 0x400
NEEDED, STRTAB_END = 1, 0
UNDEFINED = 0
GLOBAL, WEAK, UNIQUE = 1, 2, 10
NEEDED_PREFIX = "needed "
LONGEST = 400
"""Bytes of a name that are kept."""


def symbols_in(packages: list[Path]) -> dict[str, dict[str, Value]]:
    """Exported symbols and needed libraries of linked files in packages, by path; damaged files are left out."""
    found: dict[str, dict[str, Value]] = {}
    left = LIMITS.configured
    for package in packages:
        try:
            for name, data in _linked_files(package):
                values = dict(_read(data, left))
                left -= len(values)
                if values:
                    found[name] = values
        except Unavailable:
            continue  # a scan of the package reports it
    return found


def _linked_files(package: Path) -> Iterator[tuple[str, bytes]]:
    with opened(str(package)) as fd:
        header = read_header(fd)
        files = header.files
        wanted = {
            index
            for index, type_ in enumerate(files.types)
            if files.is_regular(index)
            and any(word in type_ for word in LINKED)
            and files.sizes[index] <= LIMITS.configure_file
        }
        if not wanted:
            return
        with open_payload(fd, header.payload_at) as payload:
            for indices, size in with_data(payload, files, wanted):
                yield files.names[indices[0]], payload.read(size)


@dataclass(frozen=True, slots=True)
class _SymbolSection:
    type: int
    flags: int
    offset: int
    size: int
    link: int
    name: int


def _read(data: bytes, limit: int) -> Iterator[tuple[str, Value]]:
    """Names with the class of their section; none for a damaged file, or one that is not ELF."""
    if data[:4] != b"\x7fELF" or data[4:5] not in (b"\1", b"\2") or data[5:6] not in (b"\1", b"\2"):
        return
    wide = data[4] == 2
    order = "<" if data[5] == 1 else ">"
    try:
        sections = _sections(data, wide, order)
        for section in sections:
            if section.type in (DYNSYM, DYNAMIC):
                strings = sections[section.link]
                names = data[strings.offset : strings.offset + strings.size]
                table = data[section.offset : section.offset + section.size]
                read = (
                    _exported(table, names, sections, wide, order)
                    if section.type == DYNSYM
                    else _needed(table, names, wide, order)
                )
                for _, entry in zip(range(limit), read, strict=False):
                    yield entry
    except (struct.error, IndexError):
        return


def _sections(data: bytes, wide: bool, order: str) -> list[_SymbolSection]:
    offset, size, count = (
        (*struct.unpack_from(f"{order}Q", data, 40), *struct.unpack_from(f"{order}HH", data, 58))
        if wide
        else (*struct.unpack_from(f"{order}I", data, 32), *struct.unpack_from(f"{order}HH", data, 46))
    )
    layout = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    table = data[offset : offset + count * size]
    if size != layout.size or len(table) < count * size:
        return []
    return [
        _SymbolSection(kind, flags, at, length, link, name)
        for name, kind, flags, _, at, length, link, _, _, _ in layout.iter_unpack(table)
    ]


def _exported(
    table: bytes, names: bytes, sections: list[_SymbolSection], wide: bool, order: str
) -> Iterator[tuple[str, Value]]:
    layout = struct.Struct(order + ("IBBHQQ" if wide else "IIIBBH"))
    for fields in layout.iter_unpack(table[: len(table) // layout.size * layout.size]):
        name, info, section = (fields[0], fields[1], fields[3]) if wide else (fields[0], fields[3], fields[5])
        if section != UNDEFINED and info >> 4 in (GLOBAL, WEAK, UNIQUE):
            yield _text(names, name), Value(_class(sections, section))


def _needed(table: bytes, names: bytes, wide: bool, order: str) -> Iterator[tuple[str, Value]]:
    layout = struct.Struct(order + ("qQ" if wide else "iI"))
    for tag, value in layout.iter_unpack(table[: len(table) // layout.size * layout.size]):
        if tag == STRTAB_END:
            return
        if tag == NEEDED:
            yield NEEDED_PREFIX + _text(names, value), Value("needed")


def _class(sections: list[_SymbolSection], index: int) -> str:
    """The class of a section, by the access that a program has to it."""
    if index >= len(sections):
        return "absolute"
    flags = sections[index].flags
    if flags & EXECUTE:
        return "code"
    if flags & TLS:
        return "thread-local"
    return "writable" if flags & WRITE else "read-only"


def _text(names: bytes, at: int) -> str:
    return names[at : at + LONGEST].partition(b"\0")[0].decode("utf-8", "replace")
