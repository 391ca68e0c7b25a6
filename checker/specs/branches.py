# SPDX-License-Identifier: GPL-2.0-or-later
"""Which branches of a spec rpm takes: a mark directly after each conditional line, set when rpm comes by.

A mark is a line of its own that defines a macro and leaves a comment. rpm expands nothing in a branch that it leaves
out, so that the macros that are defined in the end show which branches were taken. The comment can be found again
in what rpm makes of the spec, and taken out: an empty line would cut a command of several lines in two.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from checker.limits import LIMITS
from checker.model.specs import Condition
from checker.specs.macros import Brackets
from checker.specs.sections import DEFINING, SECTION

CONDITIONAL = re.compile(
    r"[ \t]*%(?:(?:if(?:n?arch|n?os|_with|_without|_enabled|_disabled)?|elif(?:arch|os)?)(?=[ \t\r]|$)|else(?!\w))"
)


@dataclass(frozen=True, slots=True)
class MarkedSpec:
    """A spec with marks, for nothing but rpm."""

    data: bytes
    lines: tuple[int, ...] = ()
    """The conditional lines that have a mark."""
    token: str = ""
    original: bytes = b""
    """The spec without marks, where it has some."""

    @property
    def unmarked(self) -> "MarkedSpec":
        """The same spec without marks."""
        return MarkedSpec(self.original) if self.lines else self

    @property
    def macros(self) -> list[str]:
        """What rpm is to be asked for after the parse."""
        return [self.token, *(f"{self.token}_{line}" for line in self.lines)] if self.lines else []

    def conditions(self, values: Mapping[str, str]) -> tuple[Condition, ...]:
        """Which conditions hold, as the spec's own process reports: it may lie, but only about the lines asked for.

        rpm parses a spec with BuildArch twice. The last time counts.
        """
        last = values.get(self.token)
        if not self.lines or not last:
            return ()
        return tuple(Condition(line, values.get(f"{self.token}_{line}") == last) for line in self.lines)

    def without_marks(self, text: str) -> str:
        """What rpm would have made of the spec without marks, but for empty lines where it drops comments."""
        return text.replace(f"#{self.token}\n", "") if self.lines else text


def mark(data: bytes) -> MarkedSpec:
    """Put marks into a spec; one without conditions, or with too many, stays as it is."""
    text = data.decode("latin-1")
    lines = text.split("\n")
    places = _places(lines)
    if not places or len(places) > LIMITS.spec_conditions:
        return MarkedSpec(data)
    token = f"_ltocheck_{os.urandom(8).hex()}"
    parts = [f"%{{global:{token} %{{?{token}}}x}}#{token}"]
    start = 0
    for number, end in places:
        parts += lines[start:end]
        parts.append(f"%{{global:{token}_{number} %{{{token}}}}}#{token}")
        start = end
    parts += lines[start:]
    return MarkedSpec("\n".join(parts).encode("latin-1"), tuple(number for number, _ in places), token, data)


def _places(lines: list[str]) -> list[tuple[int, int]]:
    """The number of each conditional line and the number of the last line that belongs to it.

    Left out are those inside macros and definitions, which are text, and those in Lua scripts, which rpm compiles.
    """
    places = []
    is_lua = False
    position = 0
    while position < len(lines):
        first = position
        found: list[int] = []
        brackets = Brackets()
        is_open = True
        while is_open and position < len(lines):
            line = lines[position]
            position += 1
            if "%" in line and not brackets.is_open and CONDITIONAL.match(line):
                found.append(position)
            is_open = brackets.read(line) if "%" in line or "\\" in line or brackets.is_open else False
        if lines[first].startswith("%") and SECTION.match(lines[first]):
            is_lua = "<lua>" in lines[first]
        if len(found) != 1 or found[0] not in (first + 1, position) or is_open or is_lua:
            continue
        if position - first == 1 or not any(DEFINING.search(line) for line in lines[first:position]):
            places.append((found[0], position))
    return places
