# SPDX-License-Identifier: GPL-2.0-or-later
"""Statements of an ELF object about its compiler and the options of the compilation."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from checker.inspect.inspection import NamedSection, PartialInspection, text
from checker.limits import LIMITS
from checker.objects.elf import Elf
from checker.objects.source import Source

TEXTS = (b".comment", b".gnu.lto_.opts")
"""Sections of texts that end in NUL."""

ARGUMENTS = (b".GCC.command.line", b".llvmcmd")
"""Sections of one command line; clang and older GCCs end every argument with NUL."""

ANNOBIN_NOTES, BUILD_ATTRIBUTES = b".annobin.notes", b".gnu.build.attributes"

ANNOBIN_STRING = re.compile(rb"GW:0x([0-9a-f]+)")
ANNOBIN_NOTE = re.compile(rb"GA\*GOW\0([^\0].{0,7})", re.DOTALL)
"""annobin's note of the options -g, -O and -W, as a string or with a little-endian number after the name."""

LTO_ON, LTO_OFF = 1 << 16, 1 << 17
"""Bits of that note, as annobin 12 sets them."""

DWARF = (b".debug_info", b".gnu.debuglto_.debug_info")


def look_at_origins(elf: Elf, sections: list[NamedSection], found: PartialInspection) -> None:
    """Add the statements in the sections of an object about its compiler."""
    looked_at = (section for section in sections if section.name in (*TEXTS, *ARGUMENTS))
    for section in islice(looked_at, LIMITS.inspect_texts):
        name = text(section.name)
        with found.attempt(name):
            lines = list(texts(elf.source, section.header.offset, section.header.size))
            for line in lines if section.name in TEXTS else [" ".join(lines)]:
                found.add_origin(name, line)
    with found.attempt("annobin's notes"):
        _look_at_annobin(elf.source, sections, found)
    if any(section.name in (b".rmeta", b".rmeta-link") for section in sections):
        found.add_origin("Rust metadata", "written by rustc for rustc, no code")
    if any(section.name in DWARF and section.header.size for section in sections):
        # Only here, so that `ltocheck scan` does not pay for loading pyelftools.
        from checker.inspect.dwarf import look_at_dwarf  # noqa: PLC0415

        look_at_dwarf(elf, sections, found)


def texts(source: Source, offset: int, size: int) -> Iterator[str]:
    """The texts of a section, which end in NUL; raises Malformed."""
    data = source.read(offset, min(size, LIMITS.inspect_read))
    return (text(line) for line in data.split(b"\0", LIMITS.inspect_texts)[: LIMITS.inspect_texts] if line)


def _look_at_annobin(source: Source, sections: Iterable[NamedSection], found: PartialInspection) -> None:
    values = set()
    notes_of_annobin = (section for section in sections if section.name.startswith((ANNOBIN_NOTES, BUILD_ATTRIBUTES)))
    for _, name, header in islice(notes_of_annobin, LIMITS.inspect_texts):
        data = source.read(header.offset, min(header.size, LIMITS.inspect_read))
        if name.startswith(ANNOBIN_NOTES):
            values |= {int(match[1], 16) for match in ANNOBIN_STRING.finditer(data)}
        else:
            values |= {int.from_bytes(match[1], "little") for match in ANNOBIN_NOTE.finditer(data)}
    states = {LTO_ON: "-flto was on", LTO_OFF: "-flto was off"}
    for bit, statement in states.items():
        if any(value & bit for value in values):
            found.add_origin("annobin", statement)
