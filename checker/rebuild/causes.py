# SPDX-License-Identifier: GPL-2.0-or-later
"""Causes of failed builds: known ones as data, else the first line with an error, or what the last command wrote."""

import re
import tomllib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checker.errors import UsageError
from checker.model.rebuilds import Cause, CauseGroup

FILE = Path(__file__).with_name("causes.toml")

LINE = 1000
"""Bytes of a line that patterns are matched against."""

LAST = 10
"""Lines before a failure of which one may say why, where no line is known as an error."""

TRIES = 200
"""Lines of one phase that one pattern is matched against."""

LITERAL = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
REPEAT = re.compile(r"[*+]|\{\d*,\}")
NESTED = re.compile(r"[*+}]\)[*+{]")
"""Unbounded repetitions, once characters and classes are removed, and one repetition inside another."""

ERROR_TEXTS = (b"rror:", b"*** [", b": not found", b"rror ")
ERROR_LINE = re.compile(rb"(?<![\w=-])(?:fatal )?error(?::| \d)|\*\*\* \[|: not found", re.IGNORECASE)
NO_ERROR = re.compile(rb"\b0 errors?\b|RPM build errors|Bad exit status from|\bno errors?\b")

STAMP = rb"\s{0,9}(?:\[[^\]\n]{1,40}\]\s{1,4})?"
"""The time with which OBS begins a line."""
ECHO = re.compile(STAMP + rb"(?:Executing\(%|\+{1,20} )")
"""The beginning of a line in which rpm or a shell echoes a command, which may contain the words of errors."""
SAYS_NOTHING = re.compile(STAMP + rb"\s*\Z")
"""A line with nothing behind the time."""

NOISE = re.compile(
    r"(?:/[\w.+@~-]+)+/|\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b|\d+|\btmp[\w.-]+|\bcc[A-Za-z0-9]{6}\b|^\s*\[[^\]]*\]\s*"
)
"""Parts of a line that differ between machines and versions: folders, numbers, temporary files, leading times."""


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
    """All known causes, in order; the first match wins."""
    return tuple(read_signatures(FILE.read_text(encoding="utf-8"), str(FILE)))


def read_signatures(text: str, where: str) -> Iterator[Signature]:
    """The causes in a TOML text; raises UsageError for one that is incomplete or slow to match."""
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
    """The search for causes in one phase of a log, block after block."""

    def __init__(self) -> None:
        self._hits: dict[str, bytes] = {}
        self._tries: dict[str, int] = {}
        self._error: bytes | None = None
        self._last: deque[bytes] = deque(maxlen=LAST)
        self._is_running = False
        """Whether a phase has begun."""
        self._has_ended = False

    def reset(self) -> None:
        """Forget everything, because another phase begins."""
        self._is_running = True
        self._hits.clear()
        self._tries.clear()
        self._error = None
        self._last.clear()

    def fail(self) -> None:
        """End the search, because the phase has failed: the command that failed wrote nothing of what follows."""
        self._has_ended = True

    def feed(self, block: bytes, start: int, end: int) -> None:
        """Search the lines of a block between `start` and `end`."""
        if start >= end or self._has_ended:
            return
        for signature in signatures():
            if signature.name not in self._hits:
                for text in signature.contains:
                    self._look(signature, text, block, start, end)
        if self._error is None:
            lines = (self._first_error(text, block, start, end) for text in ERROR_TEXTS)
            found = [hit for hit in lines if hit is not None]
            self._error = min(found)[1] if found else None
        if self._is_running:
            ends = block[max(start, end - LAST * LINE) : end].split(b"\n")[-LAST - 1 :]
            self._last += [line for line in ends if not SAYS_NOTHING.match(line)]

    def cause(self) -> Cause:
        """The first known cause in the phase, or else the first line with an error, or what the last command wrote."""
        for signature in signatures():
            if (line := self._hits.get(signature.name)) is not None:
                return Cause(signature.name, signature.group, _shown(line))
        line = self._error or self._last_said()
        return Cause(normalised(_shown(line)) or "no line of the log says why", CauseGroup.UNKNOWN, _shown(line))

    def _last_said(self) -> bytes:
        """The first line of the last command, where a shell has echoed it, or else the last line of all."""
        lines = list(self._last)
        echoed = [index for index, line in enumerate(lines) if ECHO.match(line)]
        said = lines[echoed[-1] + 1 :][:1] if echoed else []
        return (said or lines[-1:] or [b""])[0]

    def _look(self, signature: Signature, text: bytes, block: bytes, start: int, end: int) -> None:
        place = block.find(text, start, end)
        while place >= 0 and self._tries.get(signature.name, 0) < TRIES:
            line, place_after = _line(block, place, end)
            self._tries[signature.name] = self._tries.get(signature.name, 0) + 1
            if signature.pattern.search(line) and not ECHO.match(line):
                self._hits.setdefault(signature.name, line)
                return
            place = block.find(text, place_after, end)

    def _first_error(self, text: bytes, block: bytes, start: int, end: int) -> tuple[int, bytes] | None:
        place = block.find(text, start, end)
        for _ in range(TRIES):
            if place < 0:
                return None
            line, place_after = _line(block, place, end)
            if ERROR_LINE.search(line) and not NO_ERROR.search(line) and not ECHO.match(line):
                return place, line
            place = block.find(text, place_after, end)
        return None


def _line(block: bytes, place: int, limit: int) -> tuple[bytes, int]:
    """The line around an offset, cut to what patterns are matched against, and the offset of the next line."""
    start = block.rfind(b"\n", max(0, place - LINE), place) + 1 or max(0, place - LINE // 2)
    end = block.find(b"\n", place, limit)
    end = limit if end < 0 else end
    return block[start : min(end, start + LINE)], end + 1


def _shown(line: bytes) -> str:
    return line[:LINE].decode("utf-8", "replace").replace("\0", "").strip()[:400]


def normalised(line: str) -> str:
    """A line without the parts that differ between machines and versions; unknown failures are grouped by it."""
    return " ".join(NOISE.sub("…", line[:300]).lstrip("… ").split())[:160]
