# SPDX-License-Identifier: GPL-2.0-or-later
"""What the formats of the opt-in set write."""

from dataclasses import dataclass

from checker.errors import ExitCode
from checker.model.audits import AuditName, Declaration, OptInSet


@dataclass(frozen=True, slots=True)
class OptInReport:
    """The opt-in set of an audit, or of several that are taken for one."""

    policy: str
    macro: str
    """By which packages opt in, without the percent sign."""
    audits: tuple[AuditName, ...]
    sources: int
    """Source packages of all repositories."""
    found: OptInSet
    declarations: tuple[Declaration, ...] | None
    """None where no specs were looked at."""
    exit_code: ExitCode
