# SPDX-License-Identifier: GPL-2.0-or-later
"""The report on a distribution's specs: errors one by one, all else by cause with how many specs it is true of."""

import re
from dataclasses import dataclass, field
from typing import TextIO

from checker.judging.stream import Outcome
from checker.model import Finding, Judged, Severity
from checker.model.specs import SpecItem
from checker.report.names import for_terminal, plural
from checker.report.sink import Detail, Heading
from checker.report.text import TextReport, statistics_lines, summary_line
from checker.report.words import text_of

SHOWN = 3
"""Specs that are named for each cause."""
VARYING = re.compile(r"line \d+: ")
"""What differs between messages that have the same cause."""
UNPARSABLE = "spec-unparsable"


@dataclass(slots=True)
class CommonCause:
    """What is true of several specs."""

    specs: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Count one more spec."""
        self.specs += 1
        if len(self.first) < SHOWN:
            self.first.append(path)


class CausesReport(TextReport):
    """Writes errors as they come and causes at the end; `--verbose` lists everything instead."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail)
        self._causes: dict[str, CommonCause] = {}

    def item(self, judged: Judged) -> None:
        errors = tuple(one for one in judged.findings if one.severity is Severity.ERROR and one.waived is None)
        if errors:
            super().item(judged._replace(findings=errors))
        if isinstance(judged.item, SpecItem):
            causes = {f"its build system sets its own flags: {one.name}" for one in judged.item.facts.own_flags}
            causes |= {_cause(one) for one in judged.findings if one not in errors and self._is_wanted(one)}
            for one in judged.findings:
                if one not in errors and self._is_wanted(one):
                    self.count(one)
            for cause in causes:
                self._causes.setdefault(cause, CommonCause()).add(judged.item.path)

    def finish(self, outcome: Outcome) -> None:
        super(TextReport, self).finish(outcome)
        for text, cause in sorted(self._causes.items(), key=lambda entry: (-entry[1].specs, entry[0])):
            more = ", ..." if cause.specs > len(cause.first) else ""
            self.out.write(f"{plural(cause.specs, 'spec')}: {for_terminal(text)}\n")
            self.out.write(f"    {for_terminal(', '.join(cause.first))}{more}\n")
        if self.detail.statistics:
            self.out.writelines(statistics_lines(self.counts))
        if not self.detail.quiet:
            self.out.write(f"{summary_line(outcome.summary)}\n")


def _cause(finding: Finding) -> str:
    """The cause that a finding shares with others: its rule; for a spec that cannot be parsed, the reason as well."""
    name = f"{finding.label}: {finding.rule}"
    return f"{name}: {VARYING.sub('', text_of(finding.message))}" if finding.rule == UNPARSABLE else name
