# SPDX-License-Identifier: GPL-2.0-or-later
"""The common part of report formats: sinks that write findings, the heading, and the level of detail."""

from typing import IO, TYPE_CHECKING, NamedTuple, TextIO

from checker.judging.stream import Outcome, Sink
from checker.limits import LIMITS
from checker.model import Finding, Judged, Target, TargetType
from checker.report.groups import MEMBERS_SHOWN, FindingGroup, Groups

if TYPE_CHECKING:
    from checker.model.audits import Repository
    from checker.transition.totals import History


class Audited(NamedTuple):
    """What is known of an audit besides its targets."""

    packages: int
    """How many were looked at, now or before."""
    repositories: "tuple[Repository, ...]"
    history: "History | None" = None
    """Its numbers, for formats that show them."""


class Heading(NamedTuple):
    """What is known of a run before anything is judged."""

    policy: str
    opt_in: bool = False
    """Whether the user says that the package opted in; each target has its own word as well."""
    audited: Audited | None = None
    """Where the targets are the packages of repositories."""
    is_comparison: bool = False
    """With an older audit."""
    url: str = ""
    """The address at which the distribution explains its policy."""


class Detail(NamedTuple):
    """The level of detail; each format uses the fields that it knows."""

    verbose: int = 0
    quiet: bool = False
    all_objects: bool = False
    color: bool = False
    statistics: bool = False
    """Whether to end with how many findings there are of each rule."""
    rows: int = LIMITS.report_rows
    """Of each table of a page."""


def spool() -> IO[str]:
    """An unlinked temporary file for text that is written later; closing it removes it."""
    from tempfile import TemporaryFile  # noqa: PLC0415 slow to import, and most formats need none

    return TemporaryFile("w+", encoding="utf-8", errors="backslashreplace", prefix="ltocheck-")


class FindingSink(Sink):
    """A report that has nothing but findings; those about the policy itself come last, without a target."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        self.out, self.heading, self.detail = out, heading, detail
        self.target: Target | None = None

    def begin(self, target: Target) -> None:
        self.target = target

    def item(self, judged: Judged) -> None:
        for finding in judged.findings:
            self.finding(finding)

    def end(self, target: Target) -> None:
        self.target = None

    def finish(self, outcome: Outcome) -> None:
        for finding in outcome.leftovers:
            self.finding(finding)

    def finding(self, finding: Finding) -> None:
        """Write one finding of the target at hand."""
        raise NotImplementedError

    def place_of(self, finding: Finding) -> str:
        """The file that a finding is about, behind the package that holds it."""
        target = self.target
        inside = target is not None and target.type is TargetType.RPM and finding.path != target.path
        return f"{target.path}:{finding.path}" if target and inside else finding.path


class WithMissing(FindingSink):
    """The same for a format that can say what became of a finding that only an older audit has."""

    def missing(self, target: Target, findings: tuple[Finding, ...]) -> None:
        self.begin(target)
        for finding in findings:
            self.finding(finding)
        self.end(target)


class GroupSink(FindingSink):
    """A report that writes findings of members of one file together."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail, members_kept: int = MEMBERS_SHOWN) -> None:
        super().__init__(out, heading, detail)
        self._groups = Groups(members_kept)

    def finding(self, finding: Finding) -> None:
        self._write(self._groups.add(finding))

    def end(self, target: Target) -> None:
        self._write(self._groups.rest())
        super().end(target)

    def finish(self, outcome: Outcome) -> None:
        super().finish(outcome)
        self._write(self._groups.rest())

    def group(self, group: FindingGroup) -> None:
        """Write one group of the target at hand."""
        raise NotImplementedError

    def _write(self, groups: list[FindingGroup]) -> None:
        for group in groups:
            self.group(group)
