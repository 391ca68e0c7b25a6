# SPDX-License-Identifier: GPL-2.0-or-later
"""GCC's markers among the names of symbols, with any prefix."""

import re
from bisect import bisect_left
from collections.abc import Iterable

from checker.lto.markers import MARKERS, SLIM

ENDINGS = b"(?:" + b"|".join(map(re.escape, MARKERS)) + rb")\0"
STEM = b"__gnu_lto_"


def is_marker_name(name: bytes) -> bool:
    """Whether a symbol's name ends in one of GCC's markers."""
    return name.endswith(MARKERS)


def is_slim_name(name: bytes) -> bool:
    """Whether a symbol's name ends in the marker of slim objects."""
    return name.endswith(SLIM)


class MarkerNames:
    """The positions of markers in a string table, so that a symbol is tested by its name's offset alone."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, parts: Iterable[tuple[int, bytes]]) -> None:
        """Find the markers in `parts` of a table with their offsets; parts overlap by more than a marker's length."""
        found: dict[int, tuple[int, bool]] = {}
        for at, part in parts:
            if STEM in part:
                for match in re.finditer(ENDINGS, part):
                    is_slim = part.startswith(SLIM, match.start())
                    start = part.rfind(b"\0", 0, match.start()) + 1
                    found.setdefault(at + match.start(), (at + start, is_slim))
        self._ends = sorted(found)
        self._starts = [found[end] for end in self._ends]

    def __bool__(self) -> bool:
        return bool(self._ends)

    def is_marker(self, name: int) -> bool:
        """Whether the name at an offset in the table ends in a marker."""
        return self._entry(name) is not None

    def is_slim(self, name: int) -> bool:
        """Whether the name at an offset in the table ends in the marker of slim objects."""
        entry = self._entry(name)
        return entry is not None and entry[1]

    def _entry(self, name: int) -> tuple[int, bool] | None:
        at = bisect_left(self._ends, name)
        if at == len(self._ends) or self._starts[at][0] > name:
            return None
        return self._starts[at]
