# SPDX-License-Identifier: GPL-2.0-or-later
"""Macros in a piece of a spec: definitions and uses, in the order in which rpm expands them. Nothing is expanded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from checker.limits import LIMITS

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OPTIONS = re.compile(r"\([^)\n]{0,99}\)")
CONDITIONAL = re.compile(r"([!?]+)([A-Za-z_][A-Za-z0-9_]*)(:?)")
BRACKETS = {"{": "}", "(": ")", "[": "]"}
SWITCHES = frozenset(
    {
        "bcond",
        "bcond_with",
        "bcond_without",
        "def_with",
        "def_without",
        "def_enable",
        "def_disable",
        "add_optflags",
        "remove_optflags",
    }
)
"""Macros of distributions that set something and take the rest of their line."""


class Verb(StrEnum):
    """What is done to a macro."""

    GLOBAL = "global"
    DEFINE = "define"
    UNDEFINE = "undefine"
    SWITCH = "switch"
    """One of `SWITCHES`."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The `?x:` or `!?x:` that a definition stands behind."""

    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition; `offset` in characters from the start of the piece that was scanned."""

    verb: Verb
    name: str
    body: str
    offset: int
    parametric: bool = False
    guards: tuple[Guard, ...] = ()


def closing(text: str, start: int) -> int:
    """The offset of the bracket that closes the one at `start`; -1 where there is none."""
    opener = text[start]
    closer = BRACKETS[opener]
    depth, end = 0, start
    pattern = _PAIRS[opener]
    while found := pattern.search(text, end):
        end = found.end()
        if found[0] == opener:
            depth += 1
        elif found[0] == closer:
            depth -= 1
            if not depth:
                return end - 1
    return -1


_PAIRS = {"{": re.compile(r"\\.|[{}]"), "(": re.compile(r"\\.|[()]"), "[": re.compile(r"\\.|[\[\]]")}


class Brackets:
    """The brackets that keep rpm from expanding what it has read so far; it counts each kind for itself."""

    def __init__(self) -> None:
        self._depths = {"}": 0, ")": 0, "]": 0}
        self.is_open = False
        """Whether a bracket is open."""
        self.is_continued = False
        """Whether the last line ends in a backslash."""

    def read(self, line: str) -> bool:
        """Read one more line; returns whether rpm reads the next one too before it expands anything."""
        depths = self._depths
        self.is_continued = False
        for found in _BRACKET.finditer(line):
            bracket = found[0]
            if bracket == "\\":
                self.is_continued = True
            elif bracket[0] == "%":
                if bracket != "%%":
                    depths[BRACKETS[bracket[1]]] += 1
            elif bracket in BRACKETS:
                depths[BRACKETS[bracket]] += depths[BRACKETS[bracket]] > 0
            elif depths.get(bracket):
                depths[bracket] -= 1
        self.is_open = any(depths.values())
        return self.is_open or self.is_continued


_BRACKET = re.compile(r"\\.|\\$|%[%{(\[]|[{}()\[\]]", re.DOTALL)


def definitions(text: str) -> Iterator[Definition]:
    """Every definition in a piece of text, in order; those inside `%{?x:...}` carry their guards."""
    return _definitions(text, 0, len(text), (), 0)


def _definitions(text: str, start: int, end: int, guards: tuple[Guard, ...], depth: int) -> Iterator[Definition]:
    if depth > LIMITS.macro_depth:
        return
    while True:
        start = text.find("%", start, end)
        if start < 0 or start + 1 >= end:
            return
        if text[start + 1] in BRACKETS:
            close = closing(text, start + 1)
            if close < 0 or close >= end:
                return
            if text[start + 1] == "{":
                yield from _in_braces(text, start + 2, close, guards, depth + 1)
            start = close + 1
        elif named := NAME.match(text, start + 1):
            found = _definition(text, named, start, end, guards)
            start = _line_end(text, start, end) if named[0] == "dnl" else named.end()
            if found:
                yield found
                start = _body_end(text, start, end)[1]
        else:
            start += 2 if text[start + 1] == "%" else 1


def _in_braces(text: str, start: int, end: int, guards: tuple[Guard, ...], depth: int) -> Iterator[Definition]:
    condition = CONDITIONAL.match(text, start, end)
    if condition:
        if condition[3]:
            guard = Guard(condition[2], condition[1].count("!") % 2 == 1)
            yield from _definitions(text, condition.end(), end, (*guards, guard), depth)
    elif text.startswith("expand:", start):
        yield from _definitions(text, start + len("expand:"), end, guards, depth)
    elif not text.startswith("lua:", start) and (named := NAME.match(text, start, end)):
        found = _definition(text, named, start - 1, end, guards)
        if found:
            yield found


def _definition(text: str, named: re.Match[str], offset: int, end: int, guards: tuple[Guard, ...]) -> Definition | None:
    word = named[0]
    if word in SWITCHES:
        body = text[named.end() : _line_end(text, named.end(), end)].strip().strip("()")
        return Definition(Verb.SWITCH, word, body, offset, guards=guards)
    if word not in ("global", "define", "undefine"):
        return None
    target = NAME.match(text, _skip_blanks(text, named.end(), end), end)
    if target is None:
        return None
    options = OPTIONS.match(text, target.end(), end)
    at = options.end() if options else target.end()
    body = "" if word == "undefine" else text[slice(*_body_end(text, at, end))]
    return Definition(Verb(word), target[0], body.strip(), offset, options is not None, guards)


def _body_end(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a body starts and ends: at the line's end, or at the brace that closes it."""
    start = _skip_blanks(text, start, end)
    at = start
    while at < end:
        found = _BODY.search(text, at, end)
        if found is None:
            return start, end
        if found[0] == "\n":
            return start, found.start()
        at = found.end()
        if found[0][-1] in BRACKETS and found[0][0] != "\\":
            close = closing(text, at - 1)
            at = close + 1 if 0 <= close < end else end
    return start, end


_BODY = re.compile(r"\\.|%[%{(\[]|[{\n]", re.DOTALL)


def _line_end(text: str, start: int, end: int) -> int:
    found = text.find("\n", start, end)
    return end if found < 0 else found


def _skip_blanks(text: str, start: int, end: int) -> int:
    while start < end and text[start] in " \t":
        start += 1
    return start


USE = re.compile(r"%(?:%|\{([!?]*)([A-Za-z_]\w*)([^}]?)|([!?]*)([A-Za-z_]\w*))")


def expands(body: str, name: str) -> bool:
    """Whether a body expands a macro; a mere test of it, as `%{!?x:...}` or `%{?x:...}`, does not count."""
    uses = USE.finditer(body)
    return any((use[2] or use[5]) == name and not (use[1] and use[3] == ":") for use in uses)
