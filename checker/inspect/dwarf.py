# SPDX-License-Identifier: GPL-2.0-or-later
"""The producer that DWARF names, read by pyelftools.

Only the beginning of `.debug_info` is read, and its relocations are applied first: in a relocatable object, offsets
into other sections are wrong without them. A slim object has the same sections under names that begin
`.gnu.debuglto_`.
"""

import io
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import IO, Any, cast

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationHandler, RelocationSection

from checker.inspect.inspection import NamedSection, PartialInspection, text
from checker.limits import LIMITS
from checker.objects.elf import Elf
from checker.objects.source import Malformed, Source

SHT_RELA, SHT_REL = 4, 9
SHF_COMPRESSED = 1 << 11

PREFIXES = (b".debug_", b".gnu.debuglto_.debug_")
STATEMENTS = ("DW_AT_producer", "DW_AT_name")
RELOCATED = ("info", "str_offsets", "addr")
PARTS = ("abbrev", "str", "line_str", "str_offsets", "addr", "rnglists", "loclists")
"""Sections that the first entry of a unit may refer to, apart from `.debug_info`."""

NOT_NEEDED = (
    *("debug_aranges_sec", "debug_frame_sec", "eh_frame_sec", "debug_loc_sec", "debug_ranges_sec", "debug_line_sec"),
    *("debug_pubtypes_sec", "debug_pubnames_sec", "debug_sup_sec", "gnu_debugaltlink_sec", "debug_types_sec"),
)


class ReadBudget:
    """The bytes that pyelftools may still read, in all streams of one object together."""

    def __init__(self) -> None:
        self._reads, self._bytes = LIMITS.dwarf_reads, LIMITS.dwarf_bytes

    def spend(self, size: int) -> None:
        """Subtract one read of `size` bytes; raises Malformed when the budget is used up."""
        self._reads -= 1
        self._bytes -= size
        if self._reads < 0 or self._bytes < 0:
            raise Malformed("there is more to read than there should be")


class SourceStream(io.RawIOBase):
    """A range of a source as a stream that holds nothing in memory."""

    def __init__(self, source: Source, budget: ReadBudget) -> None:
        self._source, self._budget, self._at = source, budget, 0

    def seekable(self) -> bool:
        """Whether positions can be set: always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, in bytes, and return it."""
        self._at = max(0, offset + {io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}.get(whence, 0))
        return self._at

    def tell(self) -> int:
        """The position, in bytes."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes from the position on; raises Malformed when the budget is used up."""
        left = max(0, self._source.size - self._at)
        size = left if size is None or size < 0 else min(size, left)
        self._budget.spend(size)
        data = self._source.read(self._at, size) if size else b""
        self._at += size
        return data


class FirstRelocations:
    """The relocations of a section's beginning, in the form that RelocationHandler takes."""

    def __init__(self, section: Any) -> None:
        self._section = section

    def __getitem__(self, name: str) -> Any:
        return self._section[name]

    def iter_relocations(self) -> Iterator[Any]:
        """The relocations up to the bound; compilers write them in the order of their offsets."""
        relocations = islice(self._section.iter_relocations(), LIMITS.dwarf_relocations)
        return takewhile(lambda entry: entry["r_offset"] < LIMITS.dwarf_head - 8, relocations)


def look_at_dwarf(elf: Elf, sections: list[NamedSection], found: PartialInspection) -> None:
    """Add the producers of the first units; DWARF that cannot be read becomes a problem, never an exception."""
    try:
        _DwarfReader(elf, sections).add_producers(found)
    except Malformed as error:
        found.problems.append(f"DWARF: {error}")
    except Exception as error:
        # pyelftools raises anything on garbage: KeyError, AssertionError, RecursionError, ...
        found.problems.append(f"DWARF: {type(error).__name__}: {error}")


class _DwarfReader:
    """The DWARF of one object."""

    def __init__(self, elf: Elf, sections: list[NamedSection]) -> None:
        self._source = elf.source
        self._budget = ReadBudget()
        self._file = ELFFile(self._stream(elf.source))
        self._sections = [section for section in sections if section.name.startswith(PREFIXES) and section.header.size]
        wanted = {section.number for section in self._sections}
        self._relocations = {
            row[7]: number  # sh_info is the number of the relocated section
            for number, row in enumerate(elf.rows())
            if row[1] in (SHT_RELA, SHT_REL) and row[7] in wanted
        }

    def add_producers(self, found: PartialInspection) -> None:
        """Add the producer of the first unit of every .debug_info."""
        for prefix in PREFIXES:
            parts: dict[str, list[NamedSection]] = {}
            for section in self._sections:
                if section.name.startswith(prefix):
                    parts.setdefault(text(section.name.removeprefix(prefix)), []).append(section)
            for info in parts.get("info", [])[: LIMITS.dwarf_sections]:
                dwarf = self._dwarf({name: same[0] for name, same in parts.items()} | {"info": info})
                for unit in islice(dwarf.iter_CUs(), LIMITS.dwarf_units):
                    if unit.cu_die_offset > LIMITS.dwarf_head - LIMITS.dwarf_margin:
                        break
                    self._add_unit(unit, found)

    def _add_unit(self, unit: CompileUnit, found: PartialInspection) -> None:
        for name, attribute in unit.get_top_DIE().attributes.items():
            if name in STATEMENTS and isinstance(attribute.value, bytes):
                found.add_origin(name, text(attribute.value))

    def _dwarf(self, parts: dict[str, NamedSection]) -> DWARFInfo:
        names = ("info", *PARTS)
        descriptors = {f"debug_{name}_sec": self._descriptor(parts.get(name), name) for name in names}
        config = DwarfConfig(self._file.little_endian, self._file.get_machine_arch(), self._file.elfclass // 8)
        return DWARFInfo(config, **dict.fromkeys(NOT_NEEDED), **descriptors)

    def _descriptor(self, section: NamedSection | None, name: str) -> DebugSectionDescriptor | None:
        if section is None:
            return None
        header = section.header
        if header.flags & SHF_COMPRESSED:
            raise Malformed("the sections are compressed")
        size = min(header.size, LIMITS.dwarf_head) if name in RELOCATED else header.size
        part = self._source.slice(header.offset, size)
        stream = self._relocated(part, section.number) if name in RELOCATED else self._stream(part)
        return DebugSectionDescriptor(stream, name, header.offset, size, 0)

    def _relocated(self, part: Source, number: int) -> IO[bytes]:
        stream = io.BytesIO(part.read(0, part.size))
        if number in self._relocations:
            relocations = FirstRelocations(self._file.get_section(self._relocations[number]))
            RelocationHandler(self._file).apply_section_relocations(stream, cast("RelocationSection", relocations))
        return stream

    def _stream(self, source: Source) -> IO[bytes]:
        return cast("IO[bytes]", SourceStream(source, self._budget))
