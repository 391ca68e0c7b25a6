# SPDX-License-Identifier: GPL-2.0-or-later
"""Patterns of the shell, and which of many fit a value."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

SPECIAL = r"\[!?]?[^]]*]|[*?[\]]"
"""What in a pattern is no plain text: a set in brackets, or a single character."""

Entry = TypeVar("Entry")


class Pattern(NamedTuple):
    """A pattern as it was written, and what it fits: a shell pattern, for the whole value; `*` matches slashes too."""

    text: str
    values: frozenset[str] | None = None
    """What it was found to fit, where it is no shell pattern."""

    @classmethod
    def among(cls, text: str, values: Iterable[str]) -> "Pattern":
        """Something that was found to fit these values and no others."""
        return cls(text, frozenset(values))

    @property
    def literals(self) -> list[str]:
        """Plain texts that every value has that fits."""
        return re.split(SPECIAL, self.text) if self.values is None else [""]

    def fits(self, value: str) -> bool:
        """Whether the value is one that is meant."""
        return value in self.values if self.values is not None else bool(_shell_match(self.text)(value))


@lru_cache(maxsize=1 << 14)
def _shell_match(pattern: str) -> Callable[[str], object]:
    """Compiled when it is first asked for: most patterns of a policy never are."""
    return re.compile(translate(pattern)).match


def fits(pattern: Pattern | None, *values: str | None) -> bool:
    """Whether a pattern fits any of the values; None fits all."""
    return pattern is None or any(value is not None and pattern.fits(value) for value in values)


class PatternIndex(Generic[Entry]):
    """Entries behind patterns: of 20,000, only those are compared with a value whose plain text it has."""

    def __init__(self, entries: Iterable[tuple[Pattern | None, Entry]]) -> None:
        self._entries: defaultdict[int, dict[str, list[tuple[Pattern | None, Entry]]]] = defaultdict(dict)
        """By the plain text that the fewest have, behind its length."""
        known = [(pattern.literals if pattern else [""], pattern, entry) for pattern, entry in entries]
        shared = Counter(literal for literals, _, _ in known for literal in literals)
        for literals, pattern, entry in known:
            literal = min(literals, key=lambda one: (not one, shared[one]))
            self._entries[len(literal)].setdefault(literal, []).append((pattern, entry))

    def fitting(self, value: str) -> Iterator[Entry]:
        """The entries whose pattern fits a value, or that have none, in no order."""
        for length, entries in self._entries.items():
            for literal in entries.keys() & {value[at : at + length] for at in range(len(value) - length + 1)}:
                for pattern, entry in entries[literal]:
                    if fits(pattern, value):
                        yield entry
