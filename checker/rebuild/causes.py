# SPDX-License-Identifier: GPL-2.0-or-later
"""Why builds fail: known causes as data, and the first line that speaks of an error where none of them fits."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checker.errors import UsageError
from checker.model.rebuilds import Cause, CauseGroup

FILE = Path(__file__).with_name("causes.toml")

LINE = 1000
"""Bytes of a line that patterns see."""

TRIES = 200
"""How many lines of one phase a pattern is tried on."""

LITERAL = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
REPEAT = re.compile(r"[*+]|\{\d*,\}")
NESTED = re.compile(r"[*+}]\)[*+{]")
"""Repetitions without bound, once characters and classes are out of the way; and one inside of another."""

ERROR_TEXTS = (b"rror:", b"*** [", b": not found", b"rror ")
ERROR_LINE = re.compile(rb"(?<![\w=-])(?:fatal )?error(?::| \d)|\*\*\* \[|: not found", re.IGNORECASE)
NO_ERROR = re.compile(rb"\b0 errors?\b|RPM build errors|\bno errors?\b")

ECHOED = (b"Executing(%", b"+ ")
"""How lines begin by which rpm prints a command, and a shell what it is about to do: both may hold words of errors."""

NOISE = re.compile(
    r"(?:/[\w.+@~-]+)+/|\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b|\d+|\btmp[\w.-]+|\bcc[A-Za-z0-9]{6}\b|^\s*\[[^\]]*\]\s*"
)
"""What differs between machines and versions: folders, numbers, temporary files, times in front of a line."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A known cause; see causes.toml."""

    name: str
    group: CauseGroup
    contains: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    explanation: str
    remedy: str


@cache
def signatures() -> tuple[Signature, ...]:
    """All known causes, the first that fits wins."""
    return tuple(read_signatures(FILE.read_text(encoding="utf-8"), str(FILE)))


def read_signatures(text: str, where: str) -> Iterator[Signature]:
    """The causes in a TOML text; raises UsageError for one that is incomplete or takes long to match."""
    try:
        entries = tomllib.loads(text)["cause"]
        for entry in entries:
            pattern = entry["pattern"]
            shape = LITERAL.sub("c", pattern)
            if len(REPEAT.findall(shape)) > 2 or NESTED.search(shape):
                raise ValueError(f"{entry['name']}: the pattern repeats too much to be matched in linear time")
            yield Signature(
                entry["name"],
                CauseGroup(entry["group"]),
                tuple(word.encode() for word in entry["contains"]),
                re.compile(pattern.encode()),
                entry["explanation"],
                entry["remedy"],
            )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, re.error) as error:
        raise UsageError(f"{where}: {error}") from error


class Matcher:
    """Looks for causes in one phase of a log, block after block."""

    def __init__(self) -> None:
        self._hits: dict[str, bytes] = {}
        self._tries: dict[str, int] = {}
        self._error: bytes | None = None

    def reset(self) -> None:
        """Forget everything: another phase begins."""
        self._hits.clear()
        self._tries.clear()
        self._error = None

    def feed(self, block: bytes, start: int, end: int) -> None:
        """Look at a part of a block of lines."""
        if start >= end:
            return
        for signature in signatures():
            if signature.name not in self._hits:
                for text in signature.contains:
                    self._look(signature, text, block, start, end)
        if self._error is None:
            lines = (self._first_error(text, block, start, end) for text in ERROR_TEXTS)
            found = [hit for hit in lines if hit is not None]
            self._error = min(found)[1] if found else None

    def cause(self) -> Cause:
        """The first known cause that was met, or the first line that speaks of an error."""
        for signature in signatures():
            if (line := self._hits.get(signature.name)) is not None:
                return Cause(signature.name, signature.group, _shown(line))
        line = self._error or b""
        return Cause(normalised(_shown(line)) or "no line of the log says why", CauseGroup.UNKNOWN, _shown(line))

    def _look(self, signature: Signature, text: bytes, block: bytes, start: int, end: int) -> None:
        place = block.find(text, start, end)
        while place >= 0 and self._tries.get(signature.name, 0) < TRIES:
            line, place_after = _line(block, place, end)
            self._tries[signature.name] = self._tries.get(signature.name, 0) + 1
            if signature.pattern.search(line) and not line.startswith(ECHOED):
                self._hits.setdefault(signature.name, line)
                return
            place = block.find(text, place_after, end)

    def _first_error(self, text: bytes, block: bytes, start: int, end: int) -> tuple[int, bytes] | None:
        place = block.find(text, start, end)
        for _ in range(TRIES):
            if place < 0:
                return None
            line, place_after = _line(block, place, end)
            if ERROR_LINE.search(line) and not NO_ERROR.search(line) and not line.startswith(ECHOED):
                return place, line
            place = block.find(text, place_after, end)
        return None


def _line(block: bytes, place: int, limit: int) -> tuple[bytes, int]:
    """The line around a place, as far as patterns see it, and where the next one begins."""
    start = block.rfind(b"\n", max(0, place - LINE), place) + 1 or max(0, place - LINE // 2)
    end = block.find(b"\n", place, limit)
    end = limit if end < 0 else end
    return block[start : min(end, start + LINE)], end + 1


def _shown(line: bytes) -> str:
    return line[:LINE].decode("utf-8", "replace").replace("\0", "").strip()[:400]


def normalised(line: str) -> str:
    """A line without what differs between machines and versions, by which unknown failures are grouped."""
    return " ".join(NOISE.sub("…", line[:300]).split())[:160]
