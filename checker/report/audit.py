# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of an audit for a terminal: a line for each rule and file, by package, then totals."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import IO, Any, TextIO

from checker.judging.stream import Outcome
from checker.model import MISSING, Change, Finding, Severity, SourceChange, Target
from checker.report.colors import SEVERITY_STYLES, Style, painted
from checker.report.groups import ALL_MEMBERS, MEMBERS_SHOWN, FindingGroup, members_of
from checker.report.names import for_terminal, plural, size
from checker.report.sink import Audited, Detail, GroupSink, Heading, WithMissing, spool
from checker.report.tally import Tally
from checker.report.text import explanation_lines, statistics_lines, summary_line, worst_first
from checker.report.words import text_of

WORST_SHOWN = 10

SHOWN_CHANGES = (Change.NEW, Change.FIXED, Change.GONE)
"""Whose findings are listed without `verbose`."""

ALWAYS_COUNTED = ("new", "fixed", "resolved", "remaining")
"""Changes that are counted even where there are none."""


class AuditReport(GroupSink, WithMissing):
    """Writes an audit as text; `verbose` adds messages, evidence, and what remains since an older audit.

    Where two audits are compared, findings wait on disk until it is known what became of all of them.
    """

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail, ALL_MEMBERS if detail.verbose else MEMBERS_SHOWN)
        self._tally = Tally()
        self._firsts: dict[tuple[Severity, str], Finding] = {}
        """The first finding of each rule, which is explained for all of them."""
        self._headed: set[Change | None] = set()
        """Changes under which the current package was named already."""
        self._outs: dict[Change | None, IO[str]] = {None: out}
        if heading.is_comparison:
            self._outs |= {change: spool() for change in Change}

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._headed = set()

    def finding(self, finding: Finding) -> None:
        assert self.target
        self._tally.add(finding, self.target)
        if finding.waived is None and finding.change not in MISSING:
            self._firsts.setdefault((finding.severity, finding.rule), finding)
        super().finding(finding)

    def group(self, group: FindingGroup) -> None:
        finding = group.first
        if (self.detail.quiet and finding.severity is Severity.NOTE) or (
            finding.waived is not None and not self.detail.verbose
        ):
            return
        assert self.target
        out = self._outs[finding.change]
        if finding.change not in self._headed:
            self._headed.add(finding.change)
            out.write(f"{self._painted(for_terminal(self.target.path), Style.BOLD)}\n")
        out.writelines(self._lines(group, self.target.path))

    def _lines(self, group: FindingGroup, place: str) -> Iterator[str]:
        """What is found in one file; the file is not named when it is the package."""
        finding = group.first
        file = "" if finding.path == place else f" {for_terminal(finding.path)}"
        count = f" ({group.count} objects)" if group.count > 1 else ""
        names = f": {members_of(group)}" if group.members else ""
        severity, rule = finding.label, self._painted(finding.rule, Style.FAINT)
        if finding.waived is None:
            severity = self._painted(severity, SEVERITY_STYLES[finding.severity])
        yield f"  {severity}: {rule}{file}{count}{names}\n"
        if self.detail.verbose or not file:
            yield from explanation_lines(finding, self.detail.verbose)

    def finish(self, outcome: Outcome) -> None:
        if self.heading.is_comparison:
            self._write_changes()
        for finding in outcome.leftovers:
            self.out.write(f"{for_terminal(finding.path)}\n")
            self.out.writelines(self._lines(FindingGroup(finding, count=1), finding.path))
        if not self.detail.quiet:
            self.out.write(_headline(self._tally))
            self.out.write(f"{summary_line(outcome.summary)}\n")
            self.out.writelines(self._rule_lines())
            self.out.writelines(_source_lines(self._tally))
            if self.heading.audited:
                self.out.writelines(_audit_lines(self.heading.audited))
        if self.detail.statistics:
            self.out.writelines(statistics_lines(self._tally.rules))

    def _rule_lines(self) -> Iterator[str]:
        """Counts by rule, the worst first, each with what one of its findings says, and what to do."""
        if self._tally.rules:
            yield "by rule:\n"
        for key in worst_first(self._tally.rules):
            severity, rule = key
            count = self._tally.rules[key]
            where = plural(len(self._tally.sources_by_rule[key]), "source package")
            word = self._painted(f"{severity.name.lower():8}", SEVERITY_STYLES[severity])
            yield f"  {word}{rule:22}{where}, {plural(count, 'finding')}\n"
            if (first := self._firsts.get(key)) is not None and not self.detail.verbose:
                more = f" ({count - 1} more like this)" if count > 1 else ""
                yield f"          {for_terminal(text_of(first.message))}{more}\n"
                yield f"          {self._painted('fix:', Style.GREEN)} {for_terminal(text_of(first.remedy))}\n"

    def _painted(self, text: str, style: Style) -> str:
        return painted(text, style, is_on=self.detail.color)

    def _write_changes(self) -> None:
        self.out.writelines(_change_lines(self._tally))
        for change in Change:
            with self._outs[change] as kept:
                if kept.tell() and (self.detail.verbose or change in SHOWN_CHANGES):
                    self.out.write(f"\n{_words(change)}:\n")
                    kept.seek(0)
                    shutil.copyfileobj(kept, self.out)
        self.out.write("\n")


def _headline(tally: Tally) -> str:
    """How many source packages have findings, by the worst that each has."""
    worst = tally.worst()
    parts = (f"{worst[one]} with {one.name.lower()}s" for one in (Severity.ERROR, Severity.WARNING) if worst[one])
    return f"source packages: {', '.join(parts) or 'none with errors or warnings'}\n"


def _change_lines(tally: Tally) -> Iterator[str]:
    """What became of source packages and of findings since the older audit."""
    sources = Counter(tally.source_changes().values())
    yield f"since the older audit, source packages: {_counted(sources, SourceChange)}\n"
    yield f"findings: {_counted(tally.changes, Change)}\n"


def _source_lines(tally: Tally) -> Iterator[str]:
    """Counts by source package, the worst first."""
    worst = sorted(tally.sources, key=lambda source: (*_badness(tally.sources[source]), source))
    if worst:
        yield "source packages with most:\n"
    for source in worst[:WORST_SHOWN]:
        counts = tally.sources[source]
        counted = (plural(counts[one], one.name.lower()) for one in (Severity.ERROR, Severity.WARNING) if counts[one])
        yield f"  {for_terminal(source) or '(unknown)'}: {', '.join(counted)}\n"
    if len(worst) > WORST_SHOWN:
        yield f"  and {len(worst) - WORST_SHOWN} more\n"


def _counted(counts: Mapping[Any, int], words: Iterable[StrEnum]) -> str:
    return ", ".join(
        f"{counts.get(word, 0)} {_words(word)}" for word in words if counts.get(word) or word in ALWAYS_COUNTED
    )


def _words(change: StrEnum) -> str:
    return change.replace("-", " ")


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
