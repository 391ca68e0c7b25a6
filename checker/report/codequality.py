# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as GitLab shows them in merge requests: its Code Quality report, a list of issues in JSON."""

import json
from typing import Any, TextIO

from checker.judging.stream import Report
from checker.model import Finding, Severity
from checker.report.findings import Batch, batches, fingerprinted
from checker.report.names import for_data, for_terminal

SEVERITIES = {Severity.NOTE: "info", Severity.WARNING: "minor", Severity.ERROR: "major"}

_encode = json.JSONEncoder(separators=(",", ":")).encode


def write_codequality(report: Report, out: TextIO, quiet: bool = False) -> None:
    """Write one issue for each finding that is not waived, since GitLab knows no waivers; `quiet` leaves out notes."""
    separator = "[\n"
    for batch in batches(report):
        for finding, fingerprint in fingerprinted(batch):
            if finding.waived is None and not (quiet and finding.severity is Severity.NOTE):
                out.write(separator + _encode(_issue_fields(batch, finding, fingerprint)))
                separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def _issue_fields(batch: Batch, finding: Finding, fingerprint: str) -> dict[str, Any]:
    member = f"{finding.member}: " if finding.member is not None else ""
    return {
        "check_name": finding.rule,
        "description": for_terminal(f"{member}{finding.message}; fix: {finding.remedy}"),
        "severity": SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        # GitLab wants a line, also of files that have none.
        "location": {"path": for_data(batch.place_of(finding)), "lines": {"begin": finding.line or 1}},
    }
