# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbol index through which linkers find members of an archive: GNU's, `/SYM64/`, and BSD's `__.SYMDEF`."""

import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal

from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.model import Index
from checker.objects.source import Source

INDEX_NAMES = frozenset({b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED", b"__.SYMDEF_64", b"__.SYMDEF_64 SORTED"})

MARKERS_ALONE = b"(?:[^\0]*" + re.escape(SLIM) + b"\0)*"

NUMBERS = {4: "I", 8: "Q"}
"""Type codes of `array`, by the size of a number in bytes."""


class ArchiveIndex:
    """One index; `state` says whether it names symbols, and whether any but GCC's markers."""

    def __init__(self, source: Source, name: bytes, at: int, size: int) -> None:
        self._source = source
        self._order: Literal["little", "big"] = "big"
        self._word = 8 if name == b"/SYM64/" or b"_64" in name else 4
        self._step = 2 if name.startswith(b"__.SYMDEF") else 1
        self._count = 0
        self._at = at + self._word
        if size < self._word:
            self.state = Index.EMPTY
            return
        head = source.read(at, self._word)
        if self._step == 2:  # BSD: the byte size of pairs (name, member), in the target's byte order
            if int.from_bytes(head, "little") < int.from_bytes(head, "big"):
                self._order = "little"
            self._count = int.from_bytes(head, self._order) // self._word
        else:
            self._count = int.from_bytes(head, "big")
        if not self._count:
            self.state = Index.EMPTY
            return
        names = self._at + self._count * self._word + (self._word if self._step == 2 else 0)
        if names > at + size:
            self.state = Index.WRONG
            return
        self.state = Index.LTO_ONLY if self._names_only_marker(names, at + size) else Index.PRESENT

    def points_at(self, places: "array[int]") -> bool:
        """Whether every entry is the position of a member's header; `places` are all such positions, in order."""
        for entries in self._entries():
            for place in set(entries):
                at = bisect_left(places, place)
                if at == len(places) or places[at] != place:
                    return False
        return True

    def _entries(self) -> Iterator["array[int]"]:
        """The positions of members, in parts of bounded size."""
        at, end = self._at, self._at + self._count * self._word
        while at < end:
            part: array[int] = array(NUMBERS[self._word])
            part.frombytes(self._source.read(at, min(LIMITS.chunk, end - at)))
            if self._order != sys.byteorder:
                part.byteswap()
            at += len(part) * self._word
            yield part[self._step - 1 :: self._step]

    def _names_only_marker(self, at: int, end: int) -> bool:
        first = self._source.read(at, min(LIMITS.member_name, end - at)).partition(b"\0")[0]
        if not first.endswith(SLIM):
            return False
        rest = b""
        while at < end:
            part = rest + self._source.read(at, min(LIMITS.chunk, end - at))
            at += len(part) - len(rest)
            match = re.match(MARKERS_ALONE, part)
            rest = part[match.end() if match else 0 :].strip(b"\0\n")
            if b"\0" in rest or len(rest) > LIMITS.member_name:
                return False
        return not rest
