# SPDX-License-Identifier: GPL-2.0-or-later
"""How sure the conditions of a spec are, by its text alone: without rpm, a distribution or an architecture."""

import operator
import re
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from checker.limits import LIMITS
from checker.lto.macros import KNOBS
from checker.specs.budget import SpecBudget
from checker.specs.macros import CONDITIONAL, NAME, closing


class Truth(IntEnum):
    """How sure a condition is. Not: the negative; and, or: the smaller, the larger."""

    NEVER = -2
    OFF = -1
    """A build switch that is off, unless the builder asks."""
    MAYBE = 0
    """The architecture, the distribution or the builder decides."""
    ON = 1
    """A build switch that is on by default."""
    ALWAYS = 2

    def __invert__(self) -> "Truth":
        return Truth(-int(self))

    @property
    def by_default(self) -> bool:
        """Whether it holds unless the builder says otherwise."""
        return self >= Truth.ON


class Environment:
    """What a spec itself has said of macros and switches so far; None for a macro whose text cannot be known."""

    def __init__(self, budget: SpecBudget | None = None) -> None:
        self.budget = budget or SpecBudget()
        self._macros: dict[str, str | None] = {}
        self._switches: dict[str, Truth] = {}

    def define(self, name: str, body: str, truth: Truth) -> None:
        """Record a definition."""
        if truth.by_default:
            self._macros[name] = body
        elif truth is not Truth.NEVER and self._macros.get(name) != body:
            self._macros[name] = None

    def undefine(self, name: str) -> None:
        """Forget a macro: what rpm uncovers below it is not known."""
        self._macros[name] = None

    def switch(self, name: str, state: Truth, truth: Truth) -> None:
        """Record the default of a build switch."""
        if truth is Truth.NEVER:
            return
        known = self._switches.get(name)
        self._switches[name] = state if truth.by_default or known in (None, state) else Truth.MAYBE
        if not truth.by_default and known is None and state is Truth.ON:
            self._switches[name] = Truth.MAYBE

    def with_switch(self, name: str) -> Truth:
        """Whether a build switch is on."""
        return self._switches.get(name, Truth.MAYBE)

    def is_defined(self, name: str) -> Truth:
        """Whether a macro is defined."""
        if name in KNOBS:  # asks whether there is LTO at all: what stands behind it counts as unconditional
            return Truth.ON
        if name in self._macros:
            return Truth.MAYBE if self._macros[name] is None else Truth.ALWAYS
        found = SWITCH_MACRO.match(name)
        return self.with_switch(found[1]) if found else Truth.MAYBE

    def is_unset(self, name: str) -> Truth:
        """Whether a guard `!?x:` holds: a default is taken unless the builder gives another one."""
        return ~self.is_defined(name) if name in self._macros or name in KNOBS else Truth.ON

    def text_of(self, name: str) -> str | None:
        """The body of a macro, if it is known."""
        return self._macros.get(name)


SWITCH_MACRO = re.compile(r"_?(?:with|enable)_(\w+)")
"""What is defined where a build switch is on: %with_x by %bcond_with x, %_enable_x by ALT's %def_enable x."""

UNKNOWN, SWITCH_ON, SWITCH_OFF = "\x00", "\x01", "\x02"
"""Stand in an expanded expression for what cannot be known, and for build switches with their default."""


def expand(text: str, environment: Environment, depth: int = 0) -> str:
    """The text with every known macro replaced and `UNKNOWN` for every other."""
    if depth > LIMITS.macro_depth or len(text) > LIMITS.spec_line or not environment.budget.expand(len(text)):
        return UNKNOWN
    parts, at = [], 0
    while (start := text.find("%", at)) >= 0:
        parts.append(text[at:start])
        if text.startswith("%{", start):
            close = closing(text, start + 1)
            if close < 0:
                return UNKNOWN
            parts.append(_braced(text[start + 2 : close], environment, depth))
            at = close + 1
        elif found := _BARE.match(text, start):
            parts.append(_value(found[2], environment, depth))
            at = found.end()
        elif text.startswith("%%", start):
            parts.append("%")
            at = start + 2
        else:
            return UNKNOWN
    return "".join(parts) + text[at:]


_BARE = re.compile(r"%([!?]*)([A-Za-z_]\w*)")


def _braced(inner: str, environment: Environment, depth: int) -> str:
    words = inner.split(None, 1)
    if len(words) == 2 and words[0] in ("with", "without", "defined", "undefined"):
        name = words[1].strip()
        state = environment.with_switch(name) if words[0].startswith("with") else environment.is_defined(name)
        state = ~state if words[0] in ("without", "undefined") else state
        return _AS_TEXT[state]
    if found := CONDITIONAL.match(inner):
        negated = found[1].count("!") % 2 == 1
        state = ~environment.is_defined(found[2]) if negated else environment.is_defined(found[2])
        if not found[3]:
            return "" if negated else _value(found[2], environment, depth)
        if state in (Truth.ALWAYS, Truth.NEVER):
            return expand(inner[found.end() :], environment, depth + 1) if state is Truth.ALWAYS else ""
        return UNKNOWN
    if NAME.fullmatch(inner):
        return _value(inner, environment, depth)
    return UNKNOWN


_AS_TEXT = {
    Truth.NEVER: "0",
    Truth.OFF: SWITCH_OFF,
    Truth.MAYBE: UNKNOWN,
    Truth.ON: SWITCH_ON,
    Truth.ALWAYS: "1",
}


def _value(name: str, environment: Environment, depth: int) -> str:
    if name == "nil":
        return ""
    body = environment.text_of(name)
    if body is None and (found := SWITCH_MACRO.match(name)):
        return _AS_TEXT[environment.with_switch(found[1])]
    return UNKNOWN if body is None else expand(body, environment, depth + 1)


TOKEN = re.compile(r'\s*("[^"]*"|&&|\|\||[!=<>]=|[<>!()]|[^\s"&|!=<>()]+)')


MOST_TOKENS = 256
"""Words of an expression; parentheses are read recursively."""

DIGITS = 20
"""Of a number in an expression; those of versions and dates have eight."""


class _UnsureError(Exception):
    """The expression cannot be evaluated."""


def evaluate(expression: str, environment: Environment) -> Truth:
    """How sure the expression of an %if is."""
    text = expand(expression, environment)
    if len(text) > LIMITS.spec_line:
        return Truth.MAYBE
    tokens = TOKEN.findall(text)
    if len(tokens) > MOST_TOKENS:
        return Truth.MAYBE
    tokens.reverse()
    try:
        truth = _either(tokens)
    except (_UnsureError, IndexError):
        return Truth.MAYBE
    return Truth.MAYBE if tokens else truth


def _either(tokens: list[str]) -> Truth:
    truth = _both(tokens)
    while tokens and tokens[-1] == "||":
        tokens.pop()
        truth = max(truth, _both(tokens))
    return truth


def _both(tokens: list[str]) -> Truth:
    truth = _comparison(tokens)
    while tokens and tokens[-1] == "&&":
        tokens.pop()
        truth = min(truth, _comparison(tokens))
    return truth


def _comparison(tokens: list[str]) -> Truth:
    if tokens[-1] == "!":
        tokens.pop()
        return ~_comparison(tokens)
    if tokens[-1] == "(":
        tokens.pop()
        truth = _either(tokens)
        if tokens.pop() != ")":
            raise _UnsureError
        return truth
    left = tokens.pop()
    if not tokens or tokens[-1] not in _COMPARE:
        return _alone(left)
    comparison, right = tokens.pop(), tokens.pop()
    if any(mark in left + right for mark in (UNKNOWN, SWITCH_ON, SWITCH_OFF)):
        return Truth.MAYBE
    if left.isdecimal() and right.isdecimal():
        holds = _COMPARE[comparison](int(left[:DIGITS]), int(right[:DIGITS]))
    else:
        holds = _COMPARE[comparison](left, right)
    return Truth.ALWAYS if holds else Truth.NEVER


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _alone(token: str) -> Truth:
    if UNKNOWN in token:
        return Truth.MAYBE
    if SWITCH_ON in token or SWITCH_OFF in token:
        return Truth.ON if SWITCH_ON in token else Truth.OFF
    if token.isdecimal():
        return Truth.ALWAYS if int(token[:DIGITS]) else Truth.NEVER
    if token.startswith('"'):
        return Truth.ALWAYS if len(token) > 2 else Truth.NEVER
    raise _UnsureError
