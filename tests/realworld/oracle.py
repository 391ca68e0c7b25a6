# SPDX-License-Identifier: GPL-2.0-or-later
"""The decision procedure written a second time, slowly, with pyelftools: what tests hold the program against.

Shares nothing with `checker.objects`, not even a constant, and reads every section and every symbol.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

SHF_ALLOC = 0x2

NO_CONTENT = ("SHT_NOTE", "SHT_MIPS_REGINFO", "SHT_MIPS_OPTIONS", "SHT_MIPS_ABIFLAGS")
"""Types of allocated sections that hold nothing of a unit's own; gas writes those of MIPS into every object."""


class Opinion(NamedTuple):
    """A kind, and whether bytecode defines nothing; None where that is not asked."""

    kind: str
    empty: bool | None = None


class _Section(NamedTuple):
    name: str
    type: str | int
    flags: int
    size: int
    data: Any

    @property
    def is_content(self) -> bool:
        noise = (".note.", ".gnu.offload_", ".gnu.lto_", ".gnu.debuglto_", ".llvm")
        allocated = bool(self.flags & SHF_ALLOC) and self.size > 0
        return allocated and self.type not in NO_CONTENT and not self.name.startswith(noise)


class _Symbol(NamedTuple):
    name: str
    section: str | int
    """`SHN_UNDEF`, `SHN_ABS`, `SHN_COMMON`, or a section's number."""


def opinion(data: bytes) -> Opinion:
    """What the object is."""
    if data[:4] in (b"BC\xc0\xde", b"\xde\xc0\x17\x0b"):
        return Opinion("slim")
    if data[:4] != b"\x7fELF":
        return Opinion("other")
    try:
        elf = ELFFile(BytesIO(data))
        if elf["e_type"] != "ET_REL":
            return Opinion("other")
        return _relocatable(_sections(elf), _global_symbols(elf))
    except (ELFError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Opinion("unreadable")


def _sections(elf: ELFFile) -> list[_Section]:
    return [
        _Section(section.name, section["sh_type"], section["sh_flags"], section["sh_size"], section.data)
        for section in elf.iter_sections()
    ]


def _global_symbols(elf: ELFFile) -> list[_Symbol]:
    return [
        _Symbol(symbol.name, symbol["st_shndx"])
        for table in elf.iter_sections()
        if isinstance(table, SymbolTableSection)
        for symbol in table.iter_symbols()
        if symbol["st_info"]["bind"] != "STB_LOCAL"
    ]


def _relocatable(sections: Sequence[_Section], symbols: Sequence[_Symbol]) -> Opinion:
    names = {section.name for section in sections}
    gimple = [section for section in sections if section.name.startswith(".gnu.lto_")]
    is_native = any(section.is_content for section in sections) or any(_defines(symbol, sections) for symbol in symbols)
    is_marked = any(symbol.name == "__gnu_lto_slim" for symbol in symbols)
    if gimple:
        return _with_gimple(gimple, is_marked, is_native)
    if is_marked:
        return Opinion("hollow")
    if ".llvm.lto" in names:
        return Opinion("fat")
    if names & {".rmeta", ".rmeta-link"}:
        return Opinion("other")
    return Opinion("native" if is_native else "empty")


def _defines(symbol: _Symbol, sections: Sequence[_Section]) -> bool:
    if symbol.section == "SHN_UNDEF" or symbol.name.startswith("__gnu_lto_"):
        return False
    if isinstance(symbol.section, int) and symbol.section < len(sections):
        return not sections[symbol.section].name.startswith(".gnu.debuglto_")
    return True


def _with_gimple(gimple: Sequence[_Section], is_marked: bool, is_native: bool) -> Opinion:
    if not any(section.name.startswith(".gnu.lto_.decls") for section in gimple):
        return Opinion("damaged")
    headers = [section.data()[4] for section in gimple if section.name.startswith(".gnu.lto_.lto.")]
    if any(headers) or (is_marked and not headers):
        return Opinion("mixed") if is_native else Opinion("slim", _defines_nothing(gimple))
    if is_native:
        return Opinion("mixed") if is_marked else Opinion("fat", empty=False)
    without_asm = [section for section in gimple if not section.name.startswith(".gnu.lto_.asm")]
    return Opinion("fat", empty=True) if _defines_nothing(without_asm) else Opinion("damaged")


def _defines_nothing(gimple: Sequence[_Section]) -> bool:
    parts = [(section.name.removeprefix(".gnu.lto_"), section.size) for section in gimple]
    has_body = any(not name.startswith(".") for name, _ in parts)
    has_assembler = any(name.startswith(".asm") for name, _ in parts)
    tables = [size for name, size in parts if name.startswith(".symtab")]
    nodes = [size for name, size in parts if name.startswith(".symbol_nodes")]
    return bool(tables) and not any(tables) and all(size <= 16 for size in nodes) and not (has_body or has_assembler)
