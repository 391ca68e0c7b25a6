# SPDX-License-Identifier: GPL-2.0-or-later
"""The one pass over targets: everything is judged once, and pushed into any number of sinks."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from checker.errors import ExitCode, LtocheckError, Unavailable, crash
from checker.judging.judge import Judge
from checker.model import Finding, Item, Judged, Severity, Summary, Target


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


def _contained(items: Iterator[Item]) -> Iterator[Item]:
    """The items; a bug of our own ends those of one target, which is unreadable then, and no more."""
    try:
        yield from items
    except (OSError, LtocheckError):
        raise
    except Unavailable as error:
        yield error
    except Exception as error:
        yield crash(error)


def drive(
    judge: Judge, targets: Iterable[Target], sinks: Sequence[Sink], fail_on: Severity | None = Severity.ERROR
) -> Outcome:
    """Judge targets one after the other into the sinks; `fail_on` is None to let any finding pass."""
    for target in map(judge.counted_opt_in, targets):
        target = target._replace(items=_contained(target.items))
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
