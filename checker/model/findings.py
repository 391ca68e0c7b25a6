# SPDX-License-Identifier: GPL-2.0-or-later
"""What rules find, and what became of it since another audit."""

from datetime import date
from enum import IntEnum, StrEnum
from typing import NamedTuple

from checker.model.specs import Spot
from checker.model.statements import Statement


class Severity(IntEnum):
    """How bad a finding is."""

    OFF = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3


class Change(StrEnum):
    """What became of a finding since another audit."""

    NEW = "new"
    UNCOMPARED = "uncompared"
    """It is there, and the older audit did not look where it is."""
    REMAINING = "remaining"
    FIXED = "fixed"
    """It is not there any more, though its package is."""
    GONE = "gone"
    """Nor is its package: nobody repaired it."""
    OUT_OF_SCOPE = "out-of-scope"
    """The older audit found it, and the newer one did not look there."""


class SourceChange(StrEnum):
    """What became of a source package's findings since another audit, all of them together."""

    NEW = "new"
    RESOLVED = "resolved"
    REMAINING = "remaining"
    GONE = "gone"
    OUT_OF_SCOPE = "out-of-scope"
    UNCOMPARED = "uncompared"


MISSING = (Change.FIXED, Change.GONE, Change.OUT_OF_SCOPE)
"""What the older of two audits found alone."""


class Finding(NamedTuple):
    """One rule's statement about one object, archive or package."""

    rule: str
    severity: Severity
    path: str
    member: str | None
    message: Statement
    remedy: Statement
    evidence: tuple[Statement | str, ...] = ()
    waived: str | None = None
    line: int | None = None
    """In a spec, from 1; so is the column."""
    column: int | None = None
    quoted: str | None = None
    """What stands there."""
    change: Change | None = None
    """Only where two audits are compared."""

    @property
    def label(self) -> str:
        """The word before it in a report: its severity in lower case, or `waived`."""
        return self.severity.name.lower() if self.waived is None else "waived"


class Claim(NamedTuple):
    """What a rule says of one thing, before any policy."""

    message: Statement
    remedy: Statement
    evidence: tuple[Statement | str, ...] = ()
    spot: Spot | None = None


class WaiverFacts(NamedTuple):
    """A waiver of a policy, and what became of it once everything was judged."""

    rule: str
    reason: str
    expires: date | None
    is_expired: bool
    is_used: bool
    """It covered a finding, or would have but for its date."""
    is_met: bool
    """A file that it names was looked at."""
    is_package_own: bool
    """From the package itself, not from a policy that covers many: then it must match something."""
