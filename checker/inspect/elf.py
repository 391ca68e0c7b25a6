# SPDX-License-Identifier: GPL-2.0-or-later
"""An ELF object: the evidence for its verdict, the definitions of its bytecode, and its compiler."""

from collections.abc import Iterator
from itertools import islice

from checker.inspect import names
from checker.inspect.bitcode import add_producer, look_at_bitcode
from checker.inspect.evidence import GlobalSymbol, content_evidence, symbol_evidence
from checker.inspect.inspection import (
    UNDEFINED_KINDS,
    NamedSection,
    PartialInspection,
    SectionRow,
    TableRow,
    text,
    top_rows,
)
from checker.inspect.lto import PREFIX, SYMTAB, look_at_lto
from checker.inspect.origins import look_at_origins
from checker.limits import LIMITS
from checker.lto.sections import Role
from checker.objects import gimple
from checker.objects.elf import SHN_ABS, SHN_UNDEF, Elf, SectionHeader
from checker.objects.elf_traits import ElfSymbols, is_common, section_role
from checker.objects.gimple import LtoSection
from checker.objects.source import Source

STATES = {SHN_UNDEF: "undefined", SHN_ABS: "absolute"}
"""Special section numbers of symbols, by the ELF gABI."""


def look_at_elf(source: Source, found: PartialInspection) -> None:
    """Add everything that an ELF object shows; raises Malformed if its section table cannot be read."""
    elf = Elf(source)
    found.layout = f"{elf.bits}-bit {names.BYTE_ORDERS[elf.order]}"
    found.sections = top_rows(row for section in named_sections(elf) if (row := _row(elf, section)))
    found.evidence.append(content_evidence(found.sections))
    with found.attempt("symbols"):
        table = elf.symbol_table()
        found.evidence += symbol_evidence(_global_symbols(ElfSymbols(elf, table)) if table else ())
        if table:
            found.table = top_rows(islice(_table_rows(elf, table), LIMITS.inspect_looked))
    known = (section for section in named_sections(elf) if _is_known(elf, section))
    sections = list(islice(known, LIMITS.inspect_sections))
    lto = [LtoSection(name, header.offset, header.size) for _, name, header in sections if name.startswith(PREFIX)]
    look_at_lto(source, lto, found)
    for _, name, header in sections:
        if name == b".llvm.lto":
            with found.attempt(".llvm.lto"):
                look_at_bitcode(source.slice(header.offset, header.size), found, ".llvm.lto ")
        elif name == b".llvmbc" and header.size:
            with found.attempt(".llvmbc"):
                add_producer(source.slice(header.offset, header.size), found, ".llvmbc ")
    look_at_origins(elf, sections, found)


def named_sections(elf: Elf) -> Iterator[NamedSection]:
    """Every section with its number and name."""
    for number, row in enumerate(elf.rows()):
        yield NamedSection(number, elf.name(row[0])[: LIMITS.inspect_name], SectionHeader(*row))


def _role(elf: Elf, section: NamedSection) -> Role | None:
    header = section.header
    return section_role(elf, header.name, header.type, header.flags)


def _is_known(elf: Elf, section: NamedSection) -> bool:
    """Whether a section is read for more than its name; content and functions in LTO bytecode are not."""
    is_function = section.name.startswith(PREFIX) and not section.name.startswith(PREFIX + b".")
    return not is_function and _role(elf, section) not in (None, Role.NATIVE)


def _row(elf: Elf, section: NamedSection) -> SectionRow | None:
    """The row of a section; None if it has no bytes, or decides nothing."""
    role, size = _role(elf, section), section.header.size
    if not role or not size:
        return None
    header = section.header
    return SectionRow(text(section.name), role, size, names.section_type(header.type), names.flag_letters(header.flags))


OTHER_AT = {64: 5, 32: 13}
"""The offset of st_other in a symbol, in bytes, by the class of the file (the ELF gABI)."""


def _table_rows(elf: Elf, table: SectionHeader) -> Iterator[TableRow]:
    """The global symbols of an object, including GCC's markers."""
    strings = elf.row(table.link)
    entry = 24 if elf.bits == 64 else 16
    for number, (name, info, section, size) in enumerate(elf.symbols(table, with_locals=True)):
        if info >> 4:
            other = elf.source.read(table.offset + number * entry + OTHER_AT[elf.bits], 1)[0]
            yield TableRow(
                text(_string(elf, strings, name)),
                _state(section),
                names.symbol_type(info),
                names.binding(info),
                names.visibility(other),
                size,
            )


def _state(section: int) -> str:
    return "COMMON" if is_common(section) else STATES.get(section, "defined")


def defined_by_code(source: Source) -> Iterator[str]:
    """The names that an object's machine code defines; raises Malformed."""
    elf = Elf(source)
    table = elf.symbol_table()
    for symbol in _global_symbols(ElfSymbols(elf, table)) if table else ():
        if not symbol.is_marker and symbol.state != "undefined":
            yield text(symbol.name)


def defined_by_bytecode(source: Source) -> Iterator[str]:
    """The names that GCC's bytecode in an object defines; raises Malformed."""
    elf = Elf(source)
    tables = (
        LtoSection(name, header.offset, header.size)
        for _, name, header in named_sections(elf)
        if name.startswith(SYMTAB)
    )
    for name, kind, _ in islice(gimple.symbols(source, islice(tables, LIMITS.inspect_tables)), LIMITS.inspect_looked):
        if kind not in UNDEFINED_KINDS:
            yield name[: LIMITS.inspect_name]


def _global_symbols(symbols: ElfSymbols) -> Iterator[GlobalSymbol]:
    for symbol in symbols.all():
        name, info, section, _ = symbol
        is_marker = symbols.is_marker(symbol)
        state = _state(section)
        is_weighed = section == SHN_UNDEF or is_marker or symbols.is_content(symbol)
        if info >> 4 and is_weighed:
            yield GlobalSymbol(_string(symbols.elf, symbols.strings, name), state, is_marker)


def _string(elf: Elf, strings: SectionHeader, offset: int) -> bytes:
    length = min(LIMITS.inspect_name, strings.size - offset)
    return elf.source.read(strings.offset + offset, length).partition(b"\0")[0] if length > 0 else b""
