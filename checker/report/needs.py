# SPDX-License-Identifier: GPL-2.0-or-later
"""What the formats of the opt-in set write."""

from dataclasses import dataclass

from checker.errors import ExitCode
from checker.model.audits import Declaration, OptInSet


@dataclass(frozen=True, slots=True)
class OptInReport:
    """The opt-in set of one audit."""

    policy: str
    macro: str
    """By which packages opt in, without the percent sign."""
    run: int
    name: str | None
    finished: str
    repositories: tuple[str, ...]
    sources: int
    """Source packages of all repositories."""
    found: OptInSet
    declarations: tuple[Declaration, ...] | None
    """None where no specs were looked at."""
    exit_code: ExitCode
