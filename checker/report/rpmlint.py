# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as rpmlint writes them: `file: E: rule member message`, one a line.

In a spec the number of the line follows the file, as in `file:48: E: rule message`.
"""

from checker.model import Finding
from checker.report.names import for_terminal
from checker.report.sink import FindingSink
from checker.report.words import text_of

LETTERS = {"error": "E", "warning": "W", "note": "I", "waived": "I"}


class RpmlintReport(FindingSink):
    """Writes one line for each finding; quiet leaves out what neither counts as error nor as warning."""

    def finding(self, finding: Finding) -> None:
        letter = LETTERS[finding.label]
        if letter != "I" or not self.detail.quiet:
            self.out.write(f"{for_terminal(self._line(finding, letter))}\n")

    def _line(self, finding: Finding, letter: str) -> str:
        member = f" {finding.member}" if finding.member is not None else ""
        reason = f" (waived: {finding.waived})" if finding.waived is not None else ""
        line = f":{finding.line}" if finding.line is not None else ""
        return f"{self.place_of(finding)}{line}: {letter}: {finding.rule}{member} {text_of(finding.message)}{reason}"
