# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as a table: CSV by RFC 4180, with a row of headings."""

import csv
from typing import TextIO

from checker.judging.stream import Report
from checker.model import Finding, Target
from checker.report.findings import batches
from checker.report.names import for_terminal

HEADINGS = (
    "target",
    "package",
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
FORMULA_SIGNS = ("=", "+", "-", "@")


def write_csv(report: Report, out: TextIO) -> None:
    """Write one row for each finding; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for batch in batches(report, with_fixed=True):
        writer.writerows(_row(batch.target, finding) for finding in batch.findings)


def _row(target: Target | None, finding: Finding) -> list[str]:
    cells = (
        target.path if target else None,
        target.package.name if target else None,
        finding.path,
        finding.member,
        finding.line,
        finding.column,
        finding.rule,
        finding.severity.name.lower(),
        finding.message,
        finding.remedy,
        finding.waived,
        finding.change,
    )
    return [cell("" if value is None else str(value)) for value in cells]


def cell(text: str) -> str:
    """A cell on one line, so that `wc -l` counts rows; what a spreadsheet would run gets an apostrophe in front."""
    shown = for_terminal(text)
    return f"'{shown}" if shown.startswith(FORMULA_SIGNS) else shown
