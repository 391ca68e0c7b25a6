# SPDX-License-Identifier: GPL-2.0-or-later
"""A COFF object: what in it decides, what its bytecode defines, and what it says of its compiler."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checker.inspect.inspection import COUNTED, NAME, Notebook, SectionRow, few, text
from checker.inspect.lto import PREFIX, look_at_lto
from checker.inspect.marks import GlobalSymbol, content_mark, symbol_marks
from checker.inspect.origins import LOOKED_AT, READ
from checker.lto.sections import Role, role_of
from checker.objects.coff import (
    ABSOLUTE,
    ANONYMOUS,
    CLASS_EXTERNAL,
    CLASS_WEAK_EXTERNAL,
    CNT_ANY,
    LNK_LEFT_OUT,
    SECTION,
    UNDEFINED,
    WEAK_DEFAULT,
    Strings,
    Tables,
    rows,
    section_name,
    strings_of,
    tables_of,
)
from checker.objects.machines import coff_machine
from checker.objects.source import Source
from checker.objects.traits import Section

TEXTS = (b".rdata$zzz", b".comment", b".gnu.lto_.opts")
"""Sections that hold texts. GCC for mingw writes into `.rdata$zzz` what it writes into `.comment` elsewhere."""


class CoffSection(NamedTuple):
    """A section of a COFF object; `flags` are IMAGE_SCN_*."""

    name: bytes
    size: int
    offset: int
    flags: int


def look_at_coff(source: Source, notes: Notebook) -> None:
    """Write down what a COFF object holds; raises Malformed where its tables cannot be read."""
    if source.read(0, 6) == ANONYMOUS + b"\0\0":
        notes.marks.append("a short import: it names a symbol and the DLL that has it, and holds nothing else")
        return
    tables = tables_of(source)
    strings = strings_of(source, tables)
    machine = coff_machine(tables.machine)
    notes.sections = few(row for section in _sections(source, tables, strings) if (row := _row(section, machine)))
    notes.marks.append(content_mark(notes.sections))
    with notes.attempt("symbols"):
        notes.marks += symbol_marks(_global_symbols(source, tables, strings))
    special = (section for section in _sections(source, tables, strings) if role_of(section.name, machine))
    sections = list(islice(special, COUNTED))
    look_at_lto(source, [Section(name, at, size) for name, size, at, _ in sections if name.startswith(PREFIX)], notes)
    for name, size, at, _ in sections:
        if name in TEXTS:
            with notes.attempt(text(name)):
                for line in source.read(at, min(size, READ)).split(b"\0", LOOKED_AT)[:LOOKED_AT]:
                    notes.tell(text(name), text(line))


def _sections(source: Source, tables: Tables, strings: Strings) -> Iterator[CoffSection]:
    for field, size, at, flags in rows(source, tables.sections_at, tables.sections, SECTION):
        yield CoffSection(section_name(field, strings), size, at, flags)


def _row(section: CoffSection, machine: str) -> SectionRow | None:
    """A section as a row to show, if it has bytes and is of interest."""
    name, size, _, flags = section
    is_native = flags & CNT_ANY and not flags & LNK_LEFT_OUT
    role = role_of(name, machine) or (Role.NATIVE if is_native else None)
    return SectionRow(text(name), role, size) if role and size else None


def _global_symbols(source: Source, tables: Tables, strings: Strings) -> Iterator[GlobalSymbol]:
    auxiliary = 0
    for field, value, section, storage, more in rows(source, tables.symbols_at, tables.symbols, tables.symbol):
        if auxiliary:
            auxiliary -= 1
            continue
        auxiliary = more
        if storage in (CLASS_EXTERNAL, CLASS_WEAK_EXTERNAL):
            is_common = section == UNDEFINED and value and storage == CLASS_EXTERNAL
            state = "COMMON" if is_common else {UNDEFINED: "undefined", ABSOLUTE: "absolute"}.get(section, "defined")
            name = _name(field, strings)
            if state != "absolute" or value or not name.startswith(WEAK_DEFAULT):
                yield GlobalSymbol(name, state)


def _name(field: bytes, strings: Strings) -> bytes:
    is_long = field.startswith(b"\0\0\0\0")
    return strings.name(int.from_bytes(field[4:], "little"), NAME) if is_long else field.rstrip(b"\0")
