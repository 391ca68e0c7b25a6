# SPDX-License-Identifier: GPL-2.0-or-later
"""What a verdict rests on, in words: content, global symbols, and GCC's marker. The same for ELF and COFF."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from checker.inspect.inspection import COUNTED, Few, Role, SectionRow, text
from checker.objects.traits import MARKER

ROLES = (
    (b".gnu.lto_", Role.LTO),
    (b".gnu.debuglto_", Role.LTO_DEBUG),
    (b".llvm.lto", Role.BITCODE),
    (b".llvmbc", Role.EMBEDDED),
    (b".llvmcmd", Role.EMBEDDED),
    (b".gnu.offload_", Role.OFFLOAD),
    (b".gnu_object_only", Role.NATIVE_PART),
    (b".rmeta", Role.RUST),
    (b".comment", Role.COMPILER),
    (b".GCC.command.line", Role.COMPILER),
    (b".annobin.", Role.COMPILER),
    (b".gnu.build.attributes", Role.COMPILER),
    (b".rdata$zzz", Role.COMPILER),
    (b".debug_", Role.DEBUG),
    (b".zdebug_", Role.DEBUG),
    (b".debug$", Role.DEBUG),
    (b".stab", Role.DEBUG),
)
"""What a section is, by how its name begins; DWARF, CodeView and stabs at the end.

GNU ld -r since 2.44 puts a whole object, joined of the inputs without bytecode, into `.gnu_object_only`.
"""


NAMED = 6
"""Sections and symbols that are named as the reason for something."""


class GlobalSymbol(NamedTuple):
    """A global symbol; `state` is undefined, defined, COMMON or absolute."""

    name: bytes
    state: str


def role_by_name(name: bytes) -> Role | None:
    """What a section is, where its name tells."""
    return next((role for prefix, role in ROLES if name.startswith(prefix)), None)


def content_mark(sections: Few[SectionRow]) -> str:
    """Which sections are native content."""
    content = [row for row in sections.kept if row.role in (Role.NATIVE, Role.CTORS)]
    if not content:
        return "no section with code or data holds a byte"
    more = f" and {len(content) - NAMED} more" if len(content) > NAMED else ""
    return "code and data: " + ", ".join(f"{row.name} {row.size}" for row in content[:NAMED]) + more


def symbol_marks(symbols: Iterable[GlobalSymbol]) -> list[str]:
    """Which global symbols there are, and whether GCC's marker is one of them."""
    defined = undefined = 0
    names: list[str] = []
    marked = False
    for name, state in islice(symbols, COUNTED):
        if state == "undefined":
            undefined += 1
        elif name.removeprefix(b"_") == MARKER or name == MARKER:
            marked = True
        elif not name.lstrip(b"_").startswith(b"gnu_lto_"):
            defined += 1
            if len(names) < NAMED:
                names.append(text(name) + (f" ({state})" if state != "defined" else ""))
    named = f": {', '.join(names)}" if names else ""
    more = f" and {defined - len(names)} more" if defined > len(names) else ""
    return [
        f"global symbols: {defined} defined{named}{more}; {undefined} undefined",
        f"{text(MARKER)} is {'there: GCC wrote the object slim' if marked else 'not there'}",
    ]
