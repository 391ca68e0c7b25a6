# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as annotations of GitHub Actions, which its runner reads from the log: `::error file=...,title=...::...`."""

from checker.judging.stream import Outcome
from checker.report.groups import FindingGroup, members_of
from checker.report.names import for_terminal, plural
from checker.report.omissions import not_looked_at
from checker.report.sink import GroupSink
from checker.report.words import text_of

COMMANDS = {"error": "error", "warning": "warning", "note": "notice", "waived": "notice"}

DATA_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY_ESCAPES = DATA_ESCAPES | str.maketrans({":": "%3A", ",": "%2C"})
"""What the runner takes for an end or a separator, as the toolkit of GitHub Actions escapes it."""


class GithubReport(GroupSink):
    """Writes one annotation for each rule and file, because GitHub shows but ten of a kind in each step.

    Quiet leaves out notices: notes and what is waived.
    """

    def group(self, group: FindingGroup) -> None:
        command = COMMANDS[group.first.label]
        if command != "notice" or not self.detail.quiet:
            self.out.write(f"{_annotation(command, self.place_of(group.first), group)}\n")

    def finish(self, outcome: Outcome) -> None:
        super().finish(outcome)
        omitted = not_looked_at(outcome.summary)
        if omitted and not self.detail.quiet:
            self.out.write(f"::notice title=ltocheck::{omitted}\n")


def _annotation(command: str, file: str, group: FindingGroup) -> str:
    finding = group.first
    members = f"{plural(group.count, 'object')} ({members_of(group)}): " if group.members else ""
    if finding.waived is not None:
        advice = f"waived: {for_terminal(finding.waived)}"
    else:
        advice = f"fix: {for_terminal(text_of(finding.remedy))}"
    spot = f",line={finding.line},col={finding.column}" if finding.line is not None else ""
    message = f"{members}{for_terminal(text_of(finding.message))}\n{advice}".translate(DATA_ESCAPES)
    return f"::{command} file={_property(file)}{spot},title={_property(finding.rule)}::{message}"


def _property(text: str) -> str:
    return for_terminal(text).translate(PROPERTY_ESCAPES)
