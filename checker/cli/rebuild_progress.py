# SPDX-License-Identifier: GPL-2.0-or-later
"""A line on standard error about how far a rebuild has come, when somebody is there to read it."""

import sys
from time import monotonic
from types import TracebackType
from typing import Self

from checker.cli.progress import clock
from checker.rebuild.run import RebuildProgress
from checker.report.names import plural


class BuildProgress:
    """How far a rebuild has come: a line when it begins and one when it ends, and on a terminal one that moves."""

    def __init__(self, tally: RebuildProgress, *, quiet: bool) -> None:
        self._tally = tally
        self._quiet = quiet
        self._moves = sys.stderr.isatty() and not quiet
        self._start = monotonic()
        self._said = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._moves:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if error is None and not self._quiet:
            took, tally = clock(monotonic() - self._start), self._tally
            print(f"ltocheck: {plural(tally.done, 'build')} in {took}, {tally.failed} failed", file=sys.stderr)

    def __call__(self) -> None:
        """Say what there is to say."""
        tally = self._tally
        if not self._said:
            self._said = True
            if not self._quiet:
                print(f"ltocheck: {plural(tally.builds, 'build')}, {tally.known} of them in the store", file=sys.stderr)
        elif self._moves:
            rate = tally.done / (monotonic() - self._start)
            left = (tally.builds - tally.known - tally.done) / rate if rate else 0
            done = tally.known + tally.done
            line = f"{done} of {tally.builds} builds, {rate * 3600:.0f}/h, {clock(left)} left, {tally.failed} failed"
            print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)
