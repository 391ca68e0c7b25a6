# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of an audit for a terminal: a line for each rule and file, by package, then what it adds up to."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TextIO

from checker.judging.stream import Outcome
from checker.model import Change, Finding, Severity, Target, TargetType
from checker.report.findings import label
from checker.report.names import for_terminal, plural, size
from checker.report.sink import (
    ALL_MEMBERS,
    MEMBERS_SHOWN,
    Audited,
    Detail,
    Group,
    GroupSink,
    Heading,
    WithFixed,
    members_of,
    spool,
)
from checker.report.text import explanation_lines, summary_line

WORST_SHOWN = 10


class AuditReport(GroupSink, WithFixed):
    """Writes an audit as text; `verbose` adds messages, evidence, and what remains since an older audit.

    Where two audits are compared, findings wait on disk until it is known what became of all of them.
    """

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail, ALL_MEMBERS if detail.verbose else MEMBERS_SHOWN)
        self._totals = _Totals()
        self._headed: set[Change | None] = set()
        """For which changes the package at hand was named."""
        self._outs: dict[Change | None, IO[str]] = {None: out}
        if heading.is_comparison:
            self._outs |= {change: spool() for change in Change}

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._headed = set()

    def finding(self, finding: Finding) -> None:
        assert self.target
        self._totals.add(finding, self.target)
        super().finding(finding)

    def end(self, target: Target) -> None:
        self._totals.end_package()
        super().end(target)

    def group(self, group: Group) -> None:
        finding = group.first
        if (self.detail.quiet and finding.severity is Severity.NOTE) or (
            finding.waived is not None and not self.detail.verbose
        ):
            return
        assert self.target
        out = self._outs[finding.change]
        if finding.change not in self._headed:
            self._headed.add(finding.change)
            out.write(f"{for_terminal(self.target.path)}\n")
        out.writelines(self._lines(group, self.target.path))

    def _lines(self, group: Group, place: str) -> Iterator[str]:
        """What is found in one file; the file is not named when it is the package."""
        finding = group.first
        file = "" if finding.path == place else f" {for_terminal(finding.path)}"
        count = f" ({group.count} objects)" if group.count > 1 else ""
        names = f": {members_of(group)}" if group.members else ""
        yield f"  {label(finding)}: {finding.rule}{file}{count}{names}\n"
        if self.detail.verbose or not file:
            yield from explanation_lines(finding, self.detail.verbose)

    def finish(self, outcome: Outcome) -> None:
        if self.heading.is_comparison:
            self._write_changes()
        for finding in outcome.leftovers:
            self.out.write(f"{for_terminal(finding.path)}\n")
            self.out.writelines(self._lines(Group(finding, 1), finding.path))
        if not self.detail.quiet:
            self.out.write(f"{summary_line(outcome.summary)}\n")
            self.out.writelines(self._totals.lines())
            if self.heading.audited:
                self.out.writelines(_audit_lines(self.heading.audited))

    def _write_changes(self) -> None:
        order = (Change.NEW, Change.FIXED, Change.REMAINING)
        counts = ", ".join(f"{self._totals.changes[change]} {change}" for change in order)
        self.out.write(f"since the older audit: {counts}\n")
        for change in order:
            with self._outs[change] as kept:
                if kept.tell() and (self.detail.verbose or change is not Change.REMAINING):
                    self.out.write(f"\n{change}:\n")
                    kept.seek(0)
                    shutil.copyfileobj(kept, self.out)
        self.out.write("\n")


@dataclass(slots=True)
class _Totals:
    """What findings add up to, while they pass by."""

    changes: Counter[Change | None] = field(default_factory=Counter)
    rules: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    packages: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    """With a finding by a rule."""
    sources: dict[str, Counter[Severity]] = field(default_factory=dict)

    met: set[tuple[Severity, str]] = field(default_factory=set)
    """Rules that found something in the package at hand."""

    def add(self, finding: Finding, target: Target) -> None:
        """Count a finding unless it is waived; one that is fixed only as a change."""
        if finding.waived is not None:
            return
        self.changes[finding.change] += 1
        if finding.change is Change.FIXED:
            return
        key = (finding.severity, finding.rule)
        self.rules[key] += 1
        self.met.add(key)
        if target.type is TargetType.RPM and finding.severity > Severity.NOTE:
            self.sources.setdefault(target.package.source or "", Counter())[finding.severity] += 1

    def end_package(self) -> None:
        """Count the package."""
        self.packages.update(self.met)
        self.met = set()

    def lines(self) -> Iterator[str]:
        """Counts by rule and by source package, the worst first."""
        if self.rules:
            yield "by rule:\n"
        for key in sorted(self.rules, key=lambda key: (-key[0], -self.rules[key], key[1])):
            severity, rule = key
            where = plural(self.packages[key], "package")
            yield f"  {severity.name.lower():8}{rule:22}{self.rules[key]:>9} in {where}\n"
        worst = sorted(self.sources, key=lambda source: (*_badness(self.sources[source]), source))
        if worst:
            yield "source packages with most:\n"
        for source in worst[:WORST_SHOWN]:
            counts = self.sources[source]
            told = (plural(counts[one], one.name.lower()) for one in (Severity.ERROR, Severity.WARNING) if counts[one])
            yield f"  {for_terminal(source) or '(unknown)'}: {', '.join(told)}\n"
        if len(worst) > WORST_SHOWN:
            yield f"  and {len(worst) - WORST_SHOWN} more\n"


def _badness(counts: Counter[Severity]) -> tuple[int, int]:
    return -counts[Severity.ERROR], -counts[Severity.WARNING]


def _audit_lines(audit: Audited) -> Iterator[str]:
    yield f"{plural(audit.packages, 'package')} looked at\n"
    for repository in audit.repositories:
        by_arch = ", ".join(f"{count} {for_terminal(arch)}" for arch, count in sorted(repository.others.items()))
        parts = [plural(repository.sources, "source package")] if repository.sources else []
        parts.append(size(repository.size))
        if by_arch:
            parts.append(f"not looked at: {by_arch}")
        yield f"  {for_terminal(repository.location)}: {', '.join(parts)}\n"
