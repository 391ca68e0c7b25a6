# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of reports and audits are made of: targets pushed into sinks."""

import io
from collections.abc import Iterable
from datetime import date
from typing import TextIO

from checker.audit.rows import Run
from checker.audit.store import Store
from checker.cli.formats import AUDIT_FORMATS, FORMATS, report_class
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.judging.stream import Outcome, Sink, drive
from checker.model import Judged, Target
from checker.model.audits import OptInSet, Totals
from checker.model.statements import Reason, Statement, say
from checker.report.sink import Detail, Heading
from checker.transition.needs import Needs
from checker.transition.totals import History

TODAY = date(2026, 11, 20)


def because(detail: str) -> tuple[Statement, ...]:
    """The reason of an object that no reader has seen."""
    return (say(Reason.PROBLEM, detail=detail),)


class Kept(Sink):
    """Everything that is pushed."""

    def __init__(self) -> None:
        self.judged: list[Judged] = []

    def item(self, judged: Judged) -> None:
        self.judged.append(judged)


def push(targets: Iterable[Target], policy: Policy, *sinks: Sink) -> Outcome:
    """Judge targets into sinks."""
    return drive(Judge(policy, TODAY), targets, sinks)


def write(
    format_: str, out: TextIO, targets: Iterable[Target], policy: Policy, detail: Detail, heading: Heading | None = None
) -> None:
    """Write a report; of an audit, where the heading says so."""
    heading = heading or Heading(policy.name)
    formats = AUDIT_FORMATS if heading.audited else FORMATS
    push(targets, policy, report_class(formats[format_])(out, heading, detail))


def written(
    format_: str, targets: Iterable[Target], policy: Policy, detail: Detail, heading: Heading | None = None
) -> str:
    """The text of a report."""
    out = io.StringIO(newline="")
    write(format_, out, targets, policy, detail, heading)
    return out.getvalue()


def needs_of(targets: Iterable[Target], policy: Policy, slim_since: float | None = None) -> OptInSet:
    """The opt-in set of some packages."""
    needs = Needs(policy, slim_since)
    push(targets, policy, needs)
    return needs.found()


def totals_of(store: Store, run: Run, since: Run | None, policy: Policy) -> Totals:
    """An audit of a store in numbers."""
    history = History(store, run, since, policy, TODAY)
    if since and history.older:
        push(store.targets(since), policy, history.older)
    push(store.targets(run), policy, history.current)
    return history.totals()
