# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as rpmlint writes them: `file: E: rule member message`, one a line.

In a spec the number of the line follows the file, as in `file:48: E: rule message`.
"""

from typing import TextIO

from checker.judging.stream import Report
from checker.model import Finding
from checker.report.findings import Batch, batches, label
from checker.report.names import for_terminal

LETTERS = {"error": "E", "warning": "W", "note": "I", "waived": "I"}


def write_rpmlint(report: Report, out: TextIO, quiet: bool = False) -> None:
    """Write one line for each finding; `quiet` leaves out what neither counts as error nor as warning."""
    for batch in batches(report):
        for finding in batch.findings:
            letter = LETTERS[label(finding)]
            if letter != "I" or not quiet:
                out.write(f"{for_terminal(_line(batch, finding, letter))}\n")


def _line(batch: Batch, finding: Finding, letter: str) -> str:
    member = f" {finding.member}" if finding.member is not None else ""
    reason = f" (waived: {finding.waived})" if finding.waived is not None else ""
    line = f":{finding.line}" if finding.line is not None else ""
    return f"{batch.place_of(finding)}{line}: {letter}: {finding.rule}{member} {finding.message}{reason}"
