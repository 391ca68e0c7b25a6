# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as a table: CSV by RFC 4180, with a row of headings."""

import csv
from typing import TextIO

from checker.model import Finding
from checker.report.names import for_terminal
from checker.report.sink import Detail, Heading, WithMissing
from checker.report.words import text_of

HEADINGS = (
    "target",
    "source",
    "package",
    "arch",
    "path",
    "member",
    "line",
    "column",
    "rule",
    "severity",
    "message",
    "remedy",
    "waived",
    "change",
)
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")
"""Also in full width, which spreadsheets in East Asian languages take for the same, and the sign for minus."""


class CsvReport(WithMissing):
    """Writes one row for each finding; a cell that a spreadsheet would take for a formula begins with an apostrophe."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail)
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._writer.writerow(HEADINGS)

    def finding(self, finding: Finding) -> None:
        cells = (
            self.target.path if self.target else None,
            self.target.package.source if self.target else None,
            self.target.package.name if self.target else None,
            self.target.package.arch if self.target else None,
            finding.path,
            finding.member,
            finding.line,
            finding.column,
            finding.rule,
            finding.severity.name.lower(),
            text_of(finding.message),
            text_of(finding.remedy),
            finding.waived,
            finding.change,
        )
        self._writer.writerow(["" if value is None else cell(str(value)) for value in cells])


def cell(text: str) -> str:
    """A cell on one line, so that `wc -l` counts rows; what a spreadsheet would run gets an apostrophe in front."""
    shown = for_terminal(text)
    return f"'{shown}" if shown.startswith(FORMULA_SIGNS) else shown
