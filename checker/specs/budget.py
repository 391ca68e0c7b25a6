# SPDX-License-Identifier: GPL-2.0-or-later
"""What looking at one spec may cost, counted and by the clock: a spec is a program, and some are made to last."""

import time

from checker.limits import LIMITS

EVERY = 64
"""How many spendings the clock is left alone for; it costs as much as spec a line."""


class SpecBudget:
    """Work that is left for one spec; once it is spent, nothing more is looked at."""

    def __init__(self, seconds: float = LIMITS.spec_seconds, expansion: int = LIMITS.spec_expansion) -> None:
        self._seconds = seconds
        self._start = time.thread_time()
        self._expansion = expansion
        self._until_clock = EVERY
        self.is_spent = False
        """The time is over."""

    def step(self) -> bool:
        """Whether there is time for one more line, definition or command."""
        self._until_clock -= 1
        if self._until_clock < 0:
            self._until_clock = EVERY
            self.is_spent = self.is_spent or time.thread_time() - self._start > self._seconds
        return not self.is_spent

    def expand(self, characters: int) -> bool:
        """Whether that many characters of macros may still be expanded."""
        self._expansion -= characters + 1
        return self._expansion >= 0

    @property
    def is_expansion_spent(self) -> bool:
        """Whether some macros were not expanded because all of them together are too long."""
        return self._expansion < 0
