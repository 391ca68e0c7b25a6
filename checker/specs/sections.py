# SPDX-License-Identifier: GPL-2.0-or-later
"""A spec's lines by section and condition, and every definition in the order in which rpm comes to it."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from checker.limits import LIMITS
from checker.model.specs import Mark, Sign, Spot
from checker.specs.conditions import Environment, Truth, evaluate
from checker.specs.macros import Definition, Nesting, Verb, definitions

SECTION = re.compile(
    r"%(package|description|prep|generate_buildrequires|conf|build|install|check|clean|files|changelog|sourcelist"
    r"|patchlist|sepolicy|verifyscript|(?:pre|post)(?:un|trans)?|(?:pre|post)untrans|(?:trans)?(?:file)?trigger\w*)"
    r"(?![\w-])(.*)"
)
KEPT = frozenset(("preamble", "package", "prep", "generate_buildrequires", "conf", "build", "install", "files"))
"""Sections whose lines tell something of objects or LTO."""

SHOWN = 400
"""Characters of a definition that are shown as evidence."""

INCLUDE = re.compile(r"%include\s+(\S{1,200})")
BRANCH = re.compile(r"\s*%(if\w*|elif\w*|else|endif)\b\s*(.*)")
DEFINING = re.compile(r"%\{?(?:global|define|undefine|bcond\w*|def_\w+|(?:add|remove)_optflags)\b")


class Section(NamedTuple):
    """One part of a spec; `kind` is the word after the percent sign, or `preamble`."""

    kind: str
    arguments: str
    line: int
    truth: Truth


class Line(NamedTuple):
    """One line, its number from 1."""

    number: int
    text: str
    section: Section
    truth: Truth


class Setting(NamedTuple):
    """One definition with its place."""

    definition: Definition
    spot: Spot
    section: Section
    truth: Truth
    in_comment: bool


@dataclass(slots=True)
class Reading:
    """What a spec consists of."""

    sections: list[Section] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    environment: Environment = field(default_factory=Environment)

    def of(self, *kinds: str) -> list[Line]:
        """The lines of some kinds of sections that are not known to be left out."""
        return [line for line in self.lines if line.section.kind in kinds and line.truth is not Truth.NEVER]


def read_spec(text: str) -> Reading:
    """Read a spec without executing anything in it."""
    reading = Reading()
    _Reader(text.split("\n"), 1, Truth.ALWAYS, reading).read()
    return reading


def read_expanded(text: str) -> Reading:
    """Read what rpm has made of a spec: no conditions are left, and a percent sign is only that."""
    reading = Reading()
    section = Section("preamble", "", 1, Truth.ALWAYS)
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("%") and (found := SECTION.match(line)):
            section = Section(found[1], found[2].strip(), number, Truth.ALWAYS)
            reading.sections.append(section)
        elif section.kind in KEPT and len(line) <= LIMITS.spec_line:
            reading.lines.append(Line(number, line, section, Truth.ALWAYS))
    return reading


class _Branch(NamedTuple):
    """An %if: how sure the branch is that is being read, all before it, and what is around it."""

    now: Truth
    before: Truth
    around: Truth
    line: int


class _Reader:
    def __init__(self, lines: list[str], first: int, truth: Truth, reading: Reading) -> None:
        self._lines = lines
        self._first = first
        self._reading = reading
        self._branches: list[_Branch] = []
        self._truth = truth
        self._section = Section("preamble", "", first, truth)
        self._is_torn = False

    def read(self) -> None:
        position = 0
        lines = self._lines
        while position < len(lines):
            line = lines[position].rstrip("\r")
            if len(line) > LIMITS.spec_line:
                self._unseen(position, f"lines of more than {LIMITS.spec_line} characters")
                position += 1
            elif "%" not in line:
                self._keep(position, line)
                position += 1
            else:
                position = self._read_macros(position, line)
        if self._branches:
            self._broken(self._branches[-1].line, "%if without %endif")

    def _read_macros(self, position: int, line: str) -> int:
        """Read one line that holds a percent sign, and what belongs to it; returns the position after it."""
        if branch := BRANCH.match(line):
            self._turn(position, branch[1], branch[2])
            return position + 1
        if line[0] == "%" and (section := SECTION.match(line)):
            if self._truth is not Truth.NEVER:
                self._section = Section(section[1], section[2].strip(), self._first + position, self._truth)
                self._reading.sections.append(self._section)
            return position + 1
        if self._truth is not Truth.NEVER and (found := INCLUDE.match(line)):
            self._unseen(position, f"what is in {found[1]}")
        end = self._chunk_end(position, line)
        if end > position + 1:
            text = "\n".join(part.rstrip("\r") for part in self._lines[position:end])
            self._define(position, text)
            self._keep(position, line)
        else:
            if DEFINING.search(line):
                self._define(position, line)
            self._keep(position, line)
        return end

    def _chunk_end(self, position: int, line: str) -> int:
        """Where the lines end that rpm expands together: an open bracket, or an escaped end of a definition."""
        is_defining = DEFINING.search(line) is not None
        nesting = Nesting()
        is_open = nesting.read(line) if "%{" in line or "%(" in line or "%[" in line else False
        end = position + 1
        while (is_open or (is_defining and line.endswith("\\"))) and end < len(self._lines):
            line = self._lines[end].rstrip("\r")
            is_open = nesting.read(line)
            end += 1
            if is_open and self._is_torn:
                return position + 1
        if is_open:
            self._is_torn = True  # once is enough: a second search to the end of the file would cost quadratic time
            self._broken(self._first + position, "a macro's bracket that is never closed")
            return position + 1
        return end

    def _keep(self, position: int, line: str) -> None:
        section, truth = self._section, self._truth
        if section.kind in KEPT and truth is not Truth.NEVER:
            truth = min(truth, section.truth)
            self._reading.lines.append(Line(self._first + position, line, section, truth))

    def _define(self, position: int, text: str) -> None:
        environment = self._reading.environment
        in_comment = text.lstrip().startswith("#")
        for found in definitions(text):
            truth = self._truth
            for guard in found.guards:
                is_set = environment.is_unset(guard.name) if guard.negated else environment.is_defined(guard.name)
                truth = min(truth, is_set)
            line, column = _place(text, found.offset)
            shown = text[found.offset : found.offset + SHOWN].partition("\n")[0]
            spot = Spot(self._first + position + line, column, shown)
            self._reading.settings.append(Setting(found, spot, self._section, truth, in_comment))
            self._learn(found, truth)
            if "\n%files" in found.body:
                body = [part.rstrip("\\").rstrip() for part in found.body.split("\n")]
                first = spot.line + text[found.offset :].count("\n") - len(body) + 1
                inner = Reading(environment=Environment())
                _Reader(body, first, min(truth, Truth.MAYBE), inner).read()
                self._reading.lines += inner.of("files")
                self._reading.sections += inner.sections

    def _learn(self, found: Definition, truth: Truth) -> None:
        environment = self._reading.environment
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
        if word == "endif" or word.startswith("el"):
            if not self._branches:
                self._broken(self._first + position, f"%{word} without %if")
                return
            last = self._branches.pop()
            self._truth = last.around
            if word == "endif":
                return
            before = max(last.before, last.now)
            now = ~before if word == "else" else min(~before, self._holds("if" + word[4:], expression))
            branch = _Branch(now, before, last.around, last.line)
        else:
            branch = _Branch(self._holds(word, expression), Truth.NEVER, self._truth, self._first + position)
        self._branches.append(branch)
        self._truth = min(branch.around, branch.now)

    def _holds(self, word: str, expression: str) -> Truth:
        environment = self._reading.environment
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

    def _unseen(self, position: int, what: str) -> None:
        """Take note of something that is not looked at, once for every kind."""
        if not any(mark.sign is Sign.UNSEEN and mark.detail == what for mark in self._reading.marks):
            spot = Spot(self._first + position, 1, self._lines[position][:SHOWN])
            self._reading.marks.append(Mark(Sign.UNSEEN, spot, what))

    def _broken(self, line: int, reason: str) -> None:
        text = self._lines[line - self._first].strip() if 0 <= line - self._first < len(self._lines) else ""
        self._reading.marks.append(Mark(Sign.BROKEN, Spot(line, 1, text), reason))


_STATES = {
    "bcond_with": Truth.OFF,
    "bcond_without": Truth.ON,
    "def_with": Truth.ON,
    "def_without": Truth.OFF,
    "def_enable": Truth.ON,
    "def_disable": Truth.OFF,
}


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line from 0 and column from 1 of an offset."""
    line = text.count("\n", 0, offset)
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1
