# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as GitLab shows them in merge requests: its Code Quality report, a list of issues in JSON."""

from typing import Any, TextIO

from checker.compact import encode
from checker.judging.stream import Outcome
from checker.model import Finding, Severity, Target
from checker.report.findings import Fingerprints
from checker.report.names import for_data, for_terminal
from checker.report.sink import Detail, FindingSink, Heading
from checker.report.words import text_of

SEVERITIES = {Severity.NOTE: "info", Severity.WARNING: "minor", Severity.ERROR: "major"}


class CodeQualityReport(FindingSink):
    """Writes one issue for each finding that is not waived, since GitLab knows no waivers; quiet leaves out notes."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail)
        self._fingerprints = Fingerprints(None)
        self._separator = "[\n"

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._fingerprints = Fingerprints(target)

    def finding(self, finding: Finding) -> None:
        fingerprint = self._fingerprints.of(finding)
        if finding.waived is None and not (self.detail.quiet and finding.severity is Severity.NOTE):
            self.out.write(self._separator + encode(self._fields(finding, fingerprint)))
            self._separator = ",\n"

    def finish(self, outcome: Outcome) -> None:
        self._fingerprints = Fingerprints(None)
        super().finish(outcome)
        self.out.write("[]\n" if self._separator == "[\n" else "\n]\n")

    def _fields(self, finding: Finding, fingerprint: str) -> dict[str, Any]:
        member = f"{finding.member}: " if finding.member is not None else ""
        return {
            "check_name": finding.rule,
            "description": for_terminal(f"{member}{text_of(finding.message)}; fix: {text_of(finding.remedy)}"),
            "severity": SEVERITIES[finding.severity],
            "fingerprint": fingerprint,
            # GitLab wants a line, also of files that have none.
            "location": {"path": for_data(self.place_of(finding)), "lines": {"begin": finding.line or 1}},
        }
