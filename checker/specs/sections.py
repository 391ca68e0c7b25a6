# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes the bytes of a spec apart; executes nothing in it."""

import re
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.model.specs import Observation, Observed, Spot
from checker.specs.conditions import UNKNOWN, Environment, Truth, evaluate, expand
from checker.specs.macros import Brackets, Definition, Verb, definitions
from checker.specs.text import Setting, SpecLine, SpecSection, SpecText

SECTION = re.compile(
    r"%(package|description|prep|generate_buildrequires|conf|build|install|check|clean|files|changelog|sourcelist"
    r"|patchlist|sepolicy|verifyscript|(?:pre|post)(?:un|trans)?|(?:pre|post)untrans|(?:trans)?(?:file)?trigger\w*)"
    r"(?![\w-])(.*)"
)
KEPT = frozenset(("preamble", "package", "prep", "generate_buildrequires", "conf", "build", "install", "files"))
"""Sections whose lines concern objects or LTO."""

SHOWN = 400
"""Characters of a definition that are shown as evidence."""

NESTED = 3
"""Macros with file lists in macros with file lists that are looked into."""

NAME_TAG = re.compile(r"Name\s*:\s*(\S+)", re.IGNORECASE)
INCLUDE = re.compile(r"%include\s+(\S{1,200})")
BRANCH = re.compile(r"\s*%(if\w*|elif\w*|else|endif)\b\s*(.*)")
DEFINING = re.compile(r"%\{?(?:global|define|undefine|bcond\w*|def_\w+|(?:add|remove)_optflags)\b")


def read_spec(data: bytes) -> SpecText:
    """What a spec consists of; raises Unavailable for one that is too large, and for what is no text."""
    if len(data) > LIMITS.spec_size:
        raise Unavailable(Obstacle.TOO_LARGE, f"larger than {LIMITS.spec_size} bytes")
    if b"\0" in data:
        raise Unavailable(Obstacle.MALFORMED, "holds a NUL byte: no text")
    if data.count(b"\n") > LIMITS.spec_lines:
        raise Unavailable(Obstacle.TOO_LARGE, f"more than {LIMITS.spec_lines} lines")
    spec = SpecText()
    text = data.decode("utf-8", "surrogateescape")
    _Parser(text.replace("\r\n", "\n").split("\n"), 1, Truth.ALWAYS, spec).read()
    spec.name = _name(spec)
    return spec


def _name(spec: SpecText) -> str | None:
    for line in spec.lines:
        if line.section.kind == "preamble" and (found := NAME_TAG.match(line.text.lstrip())):
            name = expand(found[1], spec.environment)
            return None if UNKNOWN in name else name
    return None


def read_expanded(text: str) -> SpecText:
    """Read what rpm has made of a spec: no conditions are left, and a percent sign is only that."""
    spec = SpecText()
    section = SpecSection("preamble", "", 1, Truth.ALWAYS)
    for number, line in enumerate(text.split("\n"), 1):
        if not spec.budget.step():
            break
        if line.startswith("%") and (found := SECTION.match(line)):
            section = SpecSection(found[1], found[2].strip(), number, Truth.ALWAYS)
            spec.sections.append(section)
        elif section.kind in KEPT and len(line) <= LIMITS.spec_line:
            spec.lines.append(SpecLine(number, line, section, Truth.ALWAYS))
    return spec


class _Branch(NamedTuple):
    """An %if: how sure the branch is that is being read, all before it, and what is around it."""

    now: Truth
    before: Truth
    around: Truth
    line: int
    """Of the %if."""
    first: int
    """Of the branch that is being read."""


class _Parser:
    def __init__(self, lines: list[str], first: int, truth: Truth, spec: SpecText, nested: int = 0) -> None:
        self._lines = lines
        self._first = first
        self._spec = spec
        self._branches: list[_Branch] = []
        self._truth = truth
        self._section = SpecSection("preamble", "", first, truth)
        self._kept: Truth | None = truth
        """How sure lines of this section and branch are; None: they are of no interest."""
        self._is_torn = False
        self._nested = nested

    def read(self) -> None:
        position = 0
        lines, longest = self._lines, LIMITS.spec_line
        keep = self._spec.lines.append
        while position < len(lines):
            line = lines[position]
            if "%" in line or len(line) > longest:
                if not self._spec.environment.budget.step():
                    return
                position = self._read_macros(position, line)
            else:
                if self._kept is not None:
                    keep(SpecLine(self._first + position, line, self._section, self._kept))
                position += 1
        if self._branches:
            self._broken(self._branches[-1].line, "%if without %endif")

    def _read_macros(self, position: int, line: str) -> int:
        """Read one line that holds a percent sign, and what belongs to it; returns the position after it."""
        if len(line) > LIMITS.spec_line:
            self._unseen(position, f"lines of more than {LIMITS.spec_line} characters")
            return position + 1
        if branch := BRANCH.match(line):
            self._turn(position, branch[1], branch[2])
            return position + 1
        if line[0] == "%" and (section := SECTION.match(line)):
            if self._truth is not Truth.NEVER:
                self._section = SpecSection(section[1], section[2].strip(), self._first + position, self._truth)
                self._spec.sections.append(self._section)
                self._kept = self._truth if section[1] in KEPT else None
            return position + 1
        if "%include" in line and self._truth is not Truth.NEVER and (found := INCLUDE.match(line)):
            self._unseen(position, f"what is in {found[1]}", Observed.INCLUDED)
        is_defining = DEFINING.search(line) is not None
        end = self._chunk_end(position, line, is_defining)
        if end > position + 1:
            self._define(position, "\n".join(self._lines[position:end]))
        elif is_defining:
            self._define(position, line)
        self._keep(position, line)
        return end

    def _chunk_end(self, position: int, line: str, is_defining: bool) -> int:
        """Where the lines end that rpm expands together: an open bracket, or an escaped end of a definition."""
        brackets = Brackets()
        if "%{" in line or "%(" in line or "%[" in line:
            brackets.read(line)
        end = position + 1
        while (brackets.is_open or (is_defining and line.endswith("\\"))) and end < len(self._lines):
            line = self._lines[end]
            brackets.read(line)
            end += 1
            if brackets.is_open and self._is_torn:
                return position + 1
        if brackets.is_open:
            self._is_torn = True  # once is enough: a second search to the end of the file would cost quadratic time
            self._broken(self._first + position, "a macro's bracket that is never closed")
            return position + 1
        return end

    def _keep(self, position: int, line: str) -> None:
        if self._kept is not None:
            self._spec.lines.append(SpecLine(self._first + position, line, self._section, self._kept))

    def _define(self, position: int, text: str) -> None:
        environment = self._spec.environment
        in_comment = text.lstrip().startswith("#")
        line = start = 0
        for found in definitions(text):
            if not self._spec.budget.step():
                return
            truth = self._truth
            for guard in found.guards:
                is_set = environment.is_unset(guard.name) if guard.negated else environment.is_defined(guard.name)
                truth = min(truth, is_set)
            line += text.count("\n", start, found.offset)
            start = found.offset
            column = start - text.rfind("\n", 0, start)
            shown = text[start : start + SHOWN].partition("\n")[0]
            spot = Spot(self._first + position + line, column, shown)
            self._spec.settings.append(Setting(found, spot, self._section, truth, in_comment))
            self._learn(found, truth)
            if "\n%files" in found.body and self._nested < NESTED:
                self._read_body(found.body, spot.line, min(truth, Truth.MAYBE))

    def _read_body(self, body: str, first: int, truth: Truth) -> None:
        """Read the file lists in a macro's body, which counts where the macro is used."""
        inner = SpecText(environment=Environment(self._spec.budget))
        lines = [part.rstrip("\\").rstrip() for part in body.split("\n")]
        _Parser(lines, first, truth, inner, self._nested + 1).read()
        self._spec.lines += inner.of("files")
        self._spec.sections += inner.sections

    def _learn(self, found: Definition, truth: Truth) -> None:
        environment = self._spec.environment
        if found.verb is Verb.SWITCH:
            name, _, default = found.body.partition(" ")
            if found.name in _STATES:
                environment.switch(name, _STATES[found.name], truth)
            elif found.name == "bcond":
                state = evaluate(default, environment)
                environment.switch(name, max(min(state, Truth.ON), Truth.OFF), truth)
        elif found.verb is Verb.UNDEFINE:
            environment.undefine(found.name)
        elif not found.parametric:
            environment.define(found.name, found.body, truth)

    def _turn(self, position: int, word: str, expression: str) -> None:
        """Follow %if, %elif, %else or %endif."""
        self._branch(position, word, expression)
        is_kept = self._section.kind in KEPT and self._truth is not Truth.NEVER
        self._kept = min(self._truth, self._section.truth) if is_kept else None

    def _branch(self, position: int, word: str, expression: str) -> None:
        if word == "endif" or word.startswith("el"):
            if not self._branches:
                self._broken(self._first + position, f"%{word} without %if")
                return
            last = self._branches.pop()
            self._spec.branches.append((last.first, self._first + position))
            self._truth = last.around
            if word == "endif":
                return
            before = max(last.before, last.now)
            now = ~before if word == "else" else min(~before, self._holds("if" + word[4:], expression))
            branch = _Branch(now, before, last.around, last.line, self._first + position)
        else:
            line = self._first + position
            branch = _Branch(self._holds(word, expression), Truth.NEVER, self._truth, line, line)
        self._branches.append(branch)
        self._truth = min(branch.around, branch.now)

    def _holds(self, word: str, expression: str) -> Truth:
        environment = self._spec.environment
        if word == "if":
            return evaluate(expression, environment)
        if word in ("ifos", "ifnos"):
            return Truth.ALWAYS if (expression.strip() == "linux") == (word == "ifos") else Truth.NEVER
        name = expression.strip().strip("()")
        if word in ("if_with", "if_enabled"):
            return environment.with_switch(name)
        if word in ("if_without", "if_disabled"):
            return ~environment.with_switch(name)
        return Truth.MAYBE

    def _unseen(self, position: int, what: str, kind: Observed = Observed.UNSEEN) -> None:
        """Take note of something that is not looked at, once for every kind."""
        if not any(seen.what is kind and seen.detail == what for seen in self._spec.observations):
            spot = Spot(self._first + position, 1, self._lines[position][:SHOWN])
            self._spec.observations.append(Observation(kind, spot, what))

    def _broken(self, line: int, reason: str) -> None:
        text = self._lines[line - self._first].strip() if 0 <= line - self._first < len(self._lines) else ""
        self._spec.observations.append(Observation(Observed.BROKEN, Spot(line, 1, text), reason))


_STATES = {
    "bcond_with": Truth.OFF,
    "bcond_without": Truth.ON,
    "def_with": Truth.ON,
    "def_without": Truth.OFF,
    "def_enable": Truth.ON,
    "def_disable": Truth.OFF,
}
