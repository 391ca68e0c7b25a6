# SPDX-License-Identifier: GPL-2.0-or-later
"""Exported symbols of shared libraries and programs with their sections, and the libraries that they need.

They are read from the finished packages, by the tables that the dynamic linker reads (gABI, chapters 4 and 5). Data
that is not exported is named in the build tree, before files are stripped: GMP's tables are such, and slim objects make
one of them writable.
"""

import os
import re
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from checker.errors import Unavailable
from checker.limits import LIMITS
from checker.packages.header import read_header
from checker.packages.package import opened, with_data
from checker.packages.payload import open_payload
from checker.rebuild.configure import opened as opened_here
from checker.rebuild.facts import Value

LINKED = ("shared object", "pie executable", "ELF 64-bit LSB executable", "executable, ", "application/x-sharedlib")
SYMTAB, DYNSYM, DYNAMIC = 2, 11, 6
EXECUTABLE, SHARED = 2, 3
"""Types of ELF files."""
WRITE, EXECUTE, TLS = 1, 4, 0x400
NEEDED, STRTAB_END = 1, 0
UNDEFINED = 0
GLOBAL, WEAK, UNIQUE = 1, 2, 10
DATA = 1
"""Binding and type of a local symbol that names data (STB_LOCAL, STT_OBJECT)."""
NEEDED_PREFIX = "needed "
LOCAL_PREFIX = "local "
MADE_BY_LTO = re.compile(r"\.lto_priv\.\d+$")
"""What LTO adds to the name of a local symbol."""
LONGEST = 400
"""Bytes of a name that are kept."""


def symbols_in(packages: list[Path]) -> dict[str, dict[str, Value]]:
    """Exported symbols and needed libraries of linked files in packages, by path; damaged files are left out."""
    found: dict[str, dict[str, Value]] = {}
    left = LIMITS.configured
    for package in packages:
        try:
            for name, data in _linked_files(package):
                values = dict(islice(_read(data, (DYNSYM, DYNAMIC)), left))
                left -= len(values)
                if values:
                    found[name] = values
        except Unavailable:
            continue  # a scan of the package reports it
    return found


def data_in(tree: Path) -> dict[str, dict[str, Value]]:
    """Data that linked files in a build tree do not export, by path, with the class of its section."""
    found: dict[str, dict[str, Value]] = {}
    left = LIMITS.configured
    for path in islice(_programs(tree), LIMITS.tree_files):
        with opened_here(tree / path) as file:
            head = file.read(18)
            is_linked = head[:4] == b"\x7fELF" and (EXECUTABLE in head[16:] or SHARED in head[16:])
            data = head + file.read(LIMITS.configure_file) if is_linked else b""
        named = list(islice(_read(data, (SYMTAB,)), left))
        left -= len(named)
        often = Counter(name for name, _ in named)
        if values := {name: value for name, value in named if often[name] == 1}:
            found[path] = values
    return found


def _programs(tree: Path) -> Iterator[str]:
    """Files that may be executed, as a linker makes them, by their paths below a folder."""
    for folder, below, names in os.walk(tree):
        below.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            with suppress(OSError):
                if os.lstat(path).st_mode & 0o111:
                    yield os.path.relpath(path, tree)


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


def _read(data: bytes, tables: tuple[int, ...]) -> Iterator[tuple[str, Value]]:
    """Names with the class of their section; none for a damaged file, or one that is not ELF."""
    if data[:4] != b"\x7fELF" or data[4:5] not in (b"\1", b"\2") or data[5:6] not in (b"\1", b"\2"):
        return
    wide = data[4] == 2
    order = "<" if data[5] == 1 else ">"
    try:
        sections = _sections(data, wide, order)
        for section in sections:
            if section.type in tables:
                strings = sections[section.link]
                names = data[strings.offset : strings.offset + strings.size]
                table = data[section.offset : section.offset + section.size]
                if section.type == DYNAMIC:
                    yield from _needed(table, names, wide, order)
                else:
                    yield from _named(table, names, sections, wide, order, is_local=section.type == SYMTAB)
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


def _named(
    table: bytes, names: bytes, sections: list[_SymbolSection], wide: bool, order: str, *, is_local: bool
) -> Iterator[tuple[str, Value]]:
    """Exported symbols, or local ones that name data, without those that compilers number."""
    layout = struct.Struct(order + ("IBBHQQ" if wide else "IIIBBH"))
    for fields in layout.iter_unpack(table[: len(table) // layout.size * layout.size]):
        name, info, section = (fields[0], fields[1], fields[3]) if wide else (fields[0], fields[3], fields[5])
        if section == UNDEFINED:
            continue
        if not is_local and info >> 4 in (GLOBAL, WEAK, UNIQUE):
            yield _text(names, name), Value(_class(sections, section))
        elif is_local and info == DATA and "." not in (text := MADE_BY_LTO.sub("", _text(names, name))):
            yield LOCAL_PREFIX + text, Value(_class(sections, section))


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
