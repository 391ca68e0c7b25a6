# SPDX-License-Identifier: GPL-2.0-or-later
"""The progress of long work: a line on standard error that is rewritten, on terminals only."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from math import exp
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from unicodedata import combining, east_asian_width

from checker.report.names import for_terminal, plural, size

if TYPE_CHECKING:
    from checker.audit.run import AuditProgress
    from checker.model import Item, Target
    from checker.rebuild.run import RebuildProgress

FIRST_AFTER, EVERY = 1.0, 0.2
WARM_UP, SETTLED, LAG = 3.0, 20.0, 5.0
"""Seconds: before an estimate is shown, over which a rate is averaged, in which an estimate follows a new rate."""

Something = TypeVar("Something")


class Estimate:
    """Estimates the seconds left. Recent work counts most; bursts and pauses do not make the estimate jump."""

    def __init__(self, now: float) -> None:
        self._start = self._last = now
        self._done = 0
        self._weighed_done = self._weighed_time = self.rate = 0.0
        self._left: float | None = None

    def left(self, done: int, total: int, now: float) -> float | None:
        """Seconds that the rest takes when `done` of `total` is done; None while there is no basis for an estimate."""
        passed = now - self._last
        if passed <= 0:
            return self._left
        kept = exp(-passed / max(SETTLED, (now - self._start) / 4))
        self._weighed_done = kept * self._weighed_done + done - self._done
        self._weighed_time = kept * self._weighed_time + passed
        self._last, self._done = now, done
        self.rate = self._weighed_done / self._weighed_time
        if now - self._start < WARM_UP or not self.rate:
            return None
        fresh = (total - done) / self.rate
        if self._left is None:
            self._left = fresh
        else:
            foreseen = max(self._left - passed, 0)
            self._left = foreseen + (fresh - foreseen) * (1 - exp(-passed / LAG))
        return self._left


class Line:
    """A line that is rewritten in place, no wider than the terminal; nothing without a terminal, or on a dumb one."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.moves = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb") and not quiet
        self._due = monotonic() + FIRST_AFTER
        self._is_shown = False

    def is_due(self, now: float) -> bool:
        """Whether it is time to write it again."""
        return self.moves and now >= self._due

    def show(self, parts: Sequence[str], now: float) -> None:
        """Write as many of the parts as there is room for, the first at any rate."""
        self._due, self._is_shown = now + EVERY, True
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
        except OSError:
            columns = 0
        print(f"\r\033[K{fitted(parts, (columns or 80) - 1)}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._is_shown = False


def fitted(parts: Sequence[str], columns: int) -> str:
    """Parts with commas between them, as many as have room, the first cut if it has not."""
    text = parts[0]
    while width(text) > columns:
        text = text[:-1]
    for part in parts[1:]:
        if width(f"{text}, {part}") <= columns:
            text = f"{text}, {part}"
    return text


def width(text: str) -> int:
    """Columns that a text takes on a terminal, as Unicode's annexes 11 and 15 have it."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def with_progress(target: "Target", *, quiet: bool) -> "Target":
    """The target, which shows how far it has come while it is walked."""
    line = Line(quiet=quiet)
    return target._replace(items=_walked(target.items, line)) if line.moves else target


def _walked(items: "Iterator[Item]", line: Line) -> "Iterator[Item]":
    estimate = Estimate(monotonic())
    seen = 0
    try:
        for item in items:
            seen += 1
            if line.is_due(now := monotonic()):
                estimate.left(seen, seen, now)
                name = for_terminal(getattr(item, "path", "").rpartition("/")[2])
                line.show([f"{seen} objects", rate(estimate.rate), name], now)
            yield item
    finally:
        line.clear()


def counted(items: Iterable[Something], total: int, noun: str, *, quiet: bool) -> Iterator[Something]:
    """The items, of which so many will come; shows how many have."""
    line, estimate = Line(quiet=quiet), Estimate(monotonic())
    try:
        for done, item in enumerate(items, 1):
            if line.is_due(now := monotonic()):
                line.show(_parts(done, total, noun, estimate, now), now)
            yield item
    finally:
        line.clear()


def _parts(done: int, total: int, noun: str, estimate: Estimate, now: float, known: int = 0) -> list[str]:
    """How far it is, what is left, and how fast; `known` were done before it began."""
    left = estimate.left(done - known, total - known, now)
    foreseen = [f"{clock(left)} left"] if left is not None else []
    return [f"{done} of {total} {noun}s", *foreseen, rate(estimate.rate)]


class WorkProgress:
    """Work that may take hours: a line when it begins and one when it ends, and on a terminal one that moves."""

    noun: str

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._line = Line(quiet=quiet)
        self._start = monotonic()
        self._estimate: Estimate | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._line.clear()
        if error is None:
            self._say(self.end(monotonic() - self._start))

    def __call__(self) -> None:
        """Show the progress."""
        now = monotonic()
        done, total, known = self.counts()
        if self._estimate is None:
            self._estimate = Estimate(now)
            self._say(f"{plural(total, self.noun)}, {known} of them in the store")
        elif self._line.is_due(now):
            self._line.show([*_parts(done, total, self.noun, self._estimate, now, known), *self.more()], now)

    def _say(self, text: str) -> None:
        if not self._quiet:
            print(f"ltocheck: {text}", file=sys.stderr)

    def counts(self) -> tuple[int, int, int]:
        """How many are done, how many there are, and how many of those that are done the store had."""
        raise NotImplementedError

    def more(self) -> list[str]:
        """What else there is to show."""
        raise NotImplementedError

    def end(self, seconds: float) -> str:
        """What is said at the end."""
        raise NotImplementedError


class PackageProgress(WorkProgress):
    """How far an audit has come."""

    noun = "package"

    def __init__(self, tally: "AuditProgress", *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._tally = tally

    def counts(self) -> tuple[int, int, int]:
        """Packages."""
        return self._tally.done, self._tally.packages, self._tally.known

    def more(self) -> list[str]:
        """What was downloaded."""
        return [f"{size(self._tally.downloaded)} downloaded"] if self._tally.downloaded else []

    def end(self, seconds: float) -> str:
        """What became of the packages."""
        tally = self._tally
        failed = f", {tally.failed} could not be read" if tally.failed else ""
        share = f", {tally.downloaded / tally.size:.1%} of what is there" if tally.size else ""
        loaded = f"; {size(tally.downloaded)} downloaded{share}" if tally.downloaded else ""
        return f"{tally.examined} looked at, {tally.known} taken from the store{failed}{loaded}"


class BuildProgress(WorkProgress):
    """How far a rebuild has come."""

    noun = "build"

    def __init__(self, tally: "RebuildProgress", *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._tally = tally

    def counts(self) -> tuple[int, int, int]:
        """Builds."""
        return self._tally.known + self._tally.done, self._tally.builds, self._tally.known

    def more(self) -> list[str]:
        """What failed."""
        return [f"{self._tally.failed} failed"]

    def end(self, seconds: float) -> str:
        """How many builds there were, and how long they took."""
        return f"{plural(self._tally.done, 'build')} in {clock(seconds)}, {self._tally.failed} failed"


UNITS = (("s", 1), ("min", 60), ("h", 3600))


def rate(per_second: float) -> str:
    """Work per second, minute or hour: the first unit in which the number is not too small to read."""
    unit, seconds = next((each for each in UNITS if per_second * each[1] >= LEGIBLE), UNITS[-1])
    return f"{per_second * seconds:,.0f}/{unit}"


LEGIBLE = 9.5


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes = round(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02}:{round(seconds) % 60:02}"
