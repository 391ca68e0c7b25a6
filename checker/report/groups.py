# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings of members of one file, taken together. The hook reads this: nothing that is slow to import is needed."""

from collections.abc import Iterable, Iterator

from checker.model import Finding
from checker.report.names import for_terminal

MEMBERS_SHOWN = 5
ALL_MEMBERS = 1 << 30
"""Names of members that a group keeps; all with --verbose."""


class FindingGroup:
    """The findings of one rule in one file."""

    def __init__(self, first: Finding, count: int = 0) -> None:
        self.first = first
        self.count = count
        self.members: list[str] = []
        """The first of their names."""


def members_of(group: FindingGroup) -> str:
    """The first names of a group's members, and how many more there are."""
    names = " ".join(for_terminal(name) for name in group.members)
    more = group.count - len(group.members)
    return f"{names} and {more} more" if group.members and more else names


class Groups:
    """Gathers findings of members that share file, rule, waiver and change; of a file, all come one after another."""

    def __init__(self, members_kept: int) -> None:
        self._members_kept = members_kept
        self._path: str | None = None
        self._groups: dict[tuple[object, ...], FindingGroup] = {}

    def add(self, finding: Finding) -> list[FindingGroup]:
        """Take in a finding; returns the groups of the file before, when this is of another."""
        complete = []
        if finding.path != self._path:
            complete, self._path = self.rest(), finding.path
        alone = (finding.line, finding.column, finding.message) if finding.member is None else ()
        key = (finding.rule, finding.waived, finding.change, *alone)
        group = self._groups.setdefault(key, FindingGroup(finding))
        group.count += 1
        if finding.member is not None and len(group.members) < self._members_kept:
            group.members.append(finding.member)
        return complete

    def rest(self) -> list[FindingGroup]:
        """The groups of the last file."""
        groups = [*self._groups.values()]
        self._groups = {}
        self._path = None
        return groups


def grouped(findings: Iterable[Finding], members_kept: int) -> Iterator[FindingGroup]:
    """The findings of a file or several, by groups."""
    groups = Groups(members_kept)
    for finding in findings:
        yield from groups.add(finding)
    yield from groups.rest()
