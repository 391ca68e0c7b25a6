# SPDX-License-Identifier: GPL-2.0-or-later
"""A COFF object: the evidence for its verdict, the definitions of its bytecode, and its compiler."""

from collections.abc import Iterator
from itertools import islice

from checker.inspect.evidence import GlobalSymbol, content_evidence, symbol_evidence
from checker.inspect.inspection import PartialInspection, SectionRow, text, top_rows
from checker.inspect.lto import PREFIX, look_at_lto
from checker.inspect.origins import texts
from checker.limits import LIMITS
from checker.lto.sections import role_of
from checker.objects.coff import (
    ABSOLUTE,
    ANONYMOUS,
    CLASS_STATIC,
    CNT_UNINITIALIZED_DATA,
    UNDEFINED,
    strings_of,
    tables_of,
)
from checker.objects.coff_traits import (
    CoffSection,
    CoffSymbol,
    coff_role,
    coff_sections,
    coff_symbols,
    is_content,
    is_marker,
)
from checker.objects.gimple import LtoSection
from checker.objects.machines import coff_machine
from checker.objects.source import Source

TEXTS = (b".rdata$zzz", b".comment", b".gnu.lto_.opts")
"""Sections that hold texts. GCC for mingw names itself in `.rdata$zzz`, on other targets in `.comment`."""


def look_at_coff(source: Source, found: PartialInspection) -> None:
    """Add everything that a COFF object shows; raises Malformed if its tables cannot be read."""
    if source.read(0, 6) == ANONYMOUS + b"\0\0":
        found.evidence.append("a short import: it names a symbol and the DLL that has it, and holds nothing else")
        return
    tables = tables_of(source)
    strings = strings_of(source, tables)
    machine = coff_machine(tables.machine)
    found.sections = top_rows(
        row for section in coff_sections(source, tables, strings) if (row := _row(section, machine))
    )
    found.evidence.append(content_evidence(found.sections))
    with found.attempt("symbols"):
        rows = enumerate(coff_sections(source, tables, strings), 1)
        unfilled = frozenset(number for number, section in rows if section.flags & CNT_UNINITIALIZED_DATA)
        found.evidence += symbol_evidence(_global_symbols(coff_symbols(source, tables, strings), unfilled))
    special = (section for section in coff_sections(source, tables, strings) if role_of(section.name, machine))
    sections = list(islice(special, LIMITS.inspect_looked))
    look_at_lto(
        source, [LtoSection(name, at, size) for name, size, at, _ in sections if name.startswith(PREFIX)], found
    )
    for name, size, at, _ in sections:
        if name in TEXTS:
            with found.attempt(text(name)):
                for line in texts(source, at, size):
                    found.add_origin(text(name), line)


def _row(section: CoffSection, machine: str) -> SectionRow | None:
    """The row of a section; None if it has no bytes, or decides nothing."""
    role = coff_role(section, machine)
    return SectionRow(text(section.name), role, section.size) if role and section.size else None


def _global_symbols(symbols: Iterator[CoffSymbol], unfilled: frozenset[int]) -> Iterator[GlobalSymbol]:
    for symbol in symbols:
        if is_marker(symbol, unfilled):
            yield GlobalSymbol(symbol.name, "COMMON", True)
        elif is_content(symbol):
            is_common = symbol.section == UNDEFINED
            state = "COMMON" if is_common else "absolute" if symbol.section == ABSOLUTE else "defined"
            yield GlobalSymbol(symbol.name, state, False)
        elif symbol.storage != CLASS_STATIC and symbol.section == UNDEFINED:
            yield GlobalSymbol(symbol.name, "undefined", False)
