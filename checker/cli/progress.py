# SPDX-License-Identifier: GPL-2.0-or-later
"""A line on standard error that tells how far long work has come, when somebody is there to read it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from checker.model import Item, ObjectItem, Target
from checker.report.names import for_terminal, plural, size

if TYPE_CHECKING:
    from checker.audit.run import AuditProgress

FIRST_AFTER = 1.0
EVERY = 0.2
"""Seconds."""


def with_progress(target: Target) -> Target:
    """The target, telling its progress while it is walked; unchanged where standard error is no terminal."""
    return replace(target, items=_told(target.items)) if sys.stderr.isatty() else target


def _told(items: Iterator[Item]) -> Iterator[Item]:
    start = monotonic()
    due = start + FIRST_AFTER
    objects = 0
    shown = False
    try:
        for item in items:
            if isinstance(item, ObjectItem):
                objects += 1
                if monotonic() >= due:
                    now = monotonic()
                    due, shown = now + EVERY, True
                    rate = objects / (now - start)
                    line = f"{objects} objects, {rate:,.0f}/s, {for_terminal(item.path)}"
                    print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)
            yield item
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class PackageProgress:
    """How far an audit has come: a line when it begins and one when it ends, and on a terminal one that moves."""

    def __init__(self, tally: "AuditProgress", *, quiet: bool) -> None:
        self._tally = tally
        self._quiet = quiet
        self._moves = sys.stderr.isatty() and not quiet
        self._start: float | None = None
        self._due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._moves:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if error is None and not self._quiet:
            tally = self._tally
            failed = f", {tally.failed} could not be read" if tally.failed else ""
            share = f", {tally.downloaded / tally.size:.1%} of what is there" if tally.size else ""
            loaded = f"; {size(tally.downloaded)} downloaded{share}" if tally.downloaded else ""
            print(
                f"ltocheck: {tally.examined} looked at, {tally.known} taken from the store{failed}{loaded}",
                file=sys.stderr,
            )

    def __call__(self) -> None:
        """Tell what there is to tell."""
        tally, now = self._tally, monotonic()
        if self._start is None:
            self._start, self._due = now, now + EVERY
            if not self._quiet:
                print(
                    f"ltocheck: {plural(tally.packages, 'package')}, {tally.known} of them in the store",
                    file=sys.stderr,
                )
        elif self._moves and now >= self._due:
            self._due = now + EVERY
            rate = (tally.done - tally.known) / (now - self._start)
            left = (tally.packages - tally.done) / rate
            loaded = f", {size(tally.downloaded)} downloaded" if tally.downloaded else ""
            line = f"{tally.done} of {tally.packages} packages, {rate:.1f}/s, {clock(left)} left{loaded}"
            print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes = round(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02}:{round(seconds) % 60:02}"
