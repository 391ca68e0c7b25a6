# SPDX-License-Identifier: GPL-2.0-or-later
"""An ELF object: what in it decides, what its bytecode defines, and what it says of its compiler."""

from collections.abc import Iterator
from itertools import islice

from checker.inspect.bitcode import look_at_bitcode, tell_producer
from checker.inspect.inspection import NAME, NamedSection, Notebook, SectionRow, few, text
from checker.inspect.lto import PREFIX, look_at_lto
from checker.inspect.marks import GlobalSymbol, content_mark, symbol_marks
from checker.inspect.origins import look_at_origins
from checker.lto.sections import Role, role_of
from checker.objects.elf import SHF_ALLOC, SHT_NOTE, SHT_SYMTAB, Elf, SectionHeader
from checker.objects.source import Source
from checker.objects.traits import Section

STATES = {0: "undefined", 0xFFF1: "absolute", 0xFFF2: "COMMON"}
"""Special section numbers of symbols, by the ELF gABI."""


TELLING = 50_000
"""Sections held in memory because they tell something."""


def look_at_elf(source: Source, notes: Notebook) -> None:
    """Write down what an ELF object holds; raises Malformed where not even its sections can be told."""
    elf = Elf(source)
    notes.sections = few(row for section in named_sections(elf) if (row := _row(section, elf.machine)))
    notes.marks.append(content_mark(notes.sections))
    with notes.attempt("symbols"):
        notes.marks += symbol_marks(_global_symbols(elf))
    sections = list(islice((section for section in named_sections(elf) if _tells(section, elf.machine)), TELLING))
    lto = [Section(name, header.offset, header.size) for _, name, header in sections if name.startswith(PREFIX)]
    look_at_lto(source, lto, notes)
    for _, name, header in sections:
        if name == b".llvm.lto":
            with notes.attempt(".llvm.lto"):
                look_at_bitcode(source.slice(header.offset, header.size), notes, ".llvm.lto ")
        elif name == b".llvmbc" and header.size:
            with notes.attempt(".llvmbc"):
                tell_producer(source.slice(header.offset, header.size), notes, ".llvmbc ")
    look_at_origins(elf, sections, notes)


def named_sections(elf: Elf) -> Iterator[NamedSection]:
    """Every section with its number and name."""
    for number, row in enumerate(elf.rows()):
        yield NamedSection(number, elf.name(row[0])[:NAME], SectionHeader(*row))


def _tells(section: NamedSection, machine: str) -> bool:
    """Whether the bytes of a section are worth a look; those of content and of functions in LTO bytecode are not."""
    is_function = section.name.startswith(PREFIX) and not section.name.startswith(PREFIX + b".")
    return not is_function and section_role(section, machine) not in (None, Role.NATIVE)


def section_role(section: NamedSection, machine: str) -> Role | None:
    """What a section is to the verdict; None for tables, relocations and whatever else decides nothing."""
    _, name, header = section
    if role := role_of(name, machine):
        return role
    if header.type == SHT_NOTE:
        return Role.NOTE
    return Role.NATIVE if header.flags & SHF_ALLOC else None


def _row(section: NamedSection, machine: str) -> SectionRow | None:
    """A section as a row to show, if it has bytes and is of interest."""
    role, size = section_role(section, machine), section.header.size
    return SectionRow(text(section.name), role, size) if role and size else None


def _global_symbols(elf: Elf) -> Iterator[GlobalSymbol]:
    table = elf.first_of_type(SHT_SYMTAB)
    if table is None:
        return
    strings = elf.row(table.link)
    # GCC's hidden symbol there, by which the link's debug information finds the compilation's, is no content.
    debug_only = {number for number, name, _ in named_sections(elf) if name.startswith(b".gnu.debuglto_")}
    for offset, _, section in elf.symbols(table):
        if section not in debug_only:
            yield GlobalSymbol(_string(elf, strings, offset), STATES.get(section, "defined"))


def _string(elf: Elf, strings: SectionHeader, offset: int) -> bytes:
    length = min(NAME, strings.size - offset)
    return elf.source.read(strings.offset + offset, length).partition(b"\0")[0] if length > 0 else b""
