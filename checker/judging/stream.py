# SPDX-License-Identifier: GPL-2.0-or-later
"""The one pass over targets: everything is judged once, and pushed into any number of sinks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from checker.errors import ExitCode
from checker.judging.judge import Judge
from checker.model import Finding, Judged, Severity, Summary, Target


class Outcome(NamedTuple):
    """What is known once every target was judged."""

    summary: Summary
    exit_code: ExitCode
    leftovers: tuple[Finding, ...]
    """Findings about the policy itself: waivers that are unused or expired."""


class Sink:
    """A consumer of judged targets: a report, counts, a comparison. Each method does nothing by default."""

    def begin(self, target: Target) -> None:
        """A target comes; its items are pushed, not to be walked."""

    def item(self, judged: Judged) -> None:
        """One item of the target that has begun."""

    def end(self, target: Target) -> None:
        """The target has no more items."""

    def missing(self, target: Target, findings: tuple[Finding, ...]) -> None:
        """What an older audit alone found in a package, where two are compared; comes after all targets."""

    def finish(self, outcome: Outcome) -> None:
        """There are no more targets."""


def drive(
    judge: Judge, targets: Iterable[Target], sinks: Sequence[Sink], fail_on: Severity | None = Severity.ERROR
) -> Outcome:
    """Judge targets one after the other into the sinks; `fail_on` is None to let any finding pass."""
    for target in map(judge.counted_opt_in, targets):
        for sink in sinks:
            sink.begin(target)
        for judged in judge.judge(target):
            for sink in sinks:
                sink.item(judged)
        for sink in sinks:
            sink.end(target)
    leftovers = judge.leftovers()
    outcome = Outcome(judge.summary, judge.exit_code(fail_on), leftovers)
    for sink in sinks:
        sink.finish(outcome)
    return outcome
