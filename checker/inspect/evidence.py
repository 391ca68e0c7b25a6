# SPDX-License-Identifier: GPL-2.0-or-later
"""The evidence for a verdict, in words: content, global symbols, and GCC's marker, for ELF and COFF alike."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from checker.inspect.inspection import SectionRow, TopRows, text
from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.lto.sections import CONTENT
from checker.objects.markers import is_slim_name

NAMED = 6
"""The number of sections or symbols that one sentence of evidence names."""


class GlobalSymbol(NamedTuple):
    """A global symbol; `state` is undefined, defined, COMMON or absolute."""

    name: bytes
    state: str
    is_marker: bool
    """Whether it is one of GCC's markers."""


def content_evidence(sections: TopRows[SectionRow]) -> str:
    """The sentence that names the sections with native content."""
    content = [row for row in sections.kept if row.role in CONTENT]
    if not content:
        return "no section with code or data holds a byte"
    more = f" and {len(content) - NAMED} more" if len(content) > NAMED else ""
    return "code and data: " + ", ".join(f"{row.name} {row.size}" for row in content[:NAMED]) + more


def symbol_evidence(symbols: Iterable[GlobalSymbol]) -> list[str]:
    """The sentences about global symbols, and whether GCC's marker is among them."""
    defined = undefined = 0
    names: list[str] = []
    marked = False
    for name, state, is_marker in islice(symbols, LIMITS.inspect_looked):
        if is_marker:
            marked |= is_slim_name(name)
        elif state == "undefined":
            undefined += 1
        else:
            defined += 1
            if len(names) < NAMED:
                names.append(text(name) + (f" ({state})" if state != "defined" else ""))
    named = f": {', '.join(names)}" if names else ""
    more = f" and {defined - len(names)} more" if defined > len(names) else ""
    return [
        f"global symbols: {defined} defined{named}{more}; {undefined} undefined",
        f"{text(SLIM)} is {'there: GCC wrote the object slim' if marked else 'not there'}",
    ]
