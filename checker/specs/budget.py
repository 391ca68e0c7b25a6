# SPDX-License-Identifier: GPL-2.0-or-later
"""The bound on work and time for one spec: a spec is a program, and a hostile one may be made to run long."""

import time

from checker.limits import LIMITS

EVERY = 64
"""Steps between looks at the clock, each of which costs as much as a line of a spec."""


class SpecBudget:
    """The work left for one spec; once it is spent, the rest is not read, which is a finding."""

    def __init__(self, seconds: float = LIMITS.spec_seconds, expansion: int = LIMITS.spec_expansion) -> None:
        self._seconds = seconds
        self._start = time.thread_time()
        self._expansion = expansion
        self._until_clock = EVERY
        self.is_spent = False
        """Whether the time is over."""

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
