# SPDX-License-Identifier: GPL-2.0-or-later
"""What every renderer is given: targets that are judged while they are rendered, and the summary at the end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from checker.errors import ExitCode
from checker.judging.judge import Judge
from checker.model import Finding, Judged, Severity, Summary, Target
from checker.model.audits import Declaration, OptInSet, Repository, Totals


class JudgedTarget(NamedTuple):
    """One target with its items as they are judged; they can be walked once."""

    target: Target
    items: Iterator[Judged]


class Audit(NamedTuple):
    """What is to say of an audit besides its targets."""

    packages: int
    """How many were looked at, now or before."""
    repositories: tuple[Repository, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known once every target was rendered."""

    summary: Summary
    exit_code: ExitCode
    leftovers: tuple[Finding, ...]
    """Findings about the policy itself: waivers that are unused or expired."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run; `outcome` is called after `targets` has been walked to its end."""

    policy: str
    opt_in: bool
    """Whether the user or the build said that the package opted in; each target tells for itself as well."""
    targets: Iterator[JudgedTarget]
    outcome: Callable[[], Outcome]
    audit: Audit | None = None
    """Where the targets are the packages of repositories."""
    fixed: Callable[[], Iterator[JudgedTarget]] | None = None
    """Where two audits are compared: what is gone since the older one; called as `outcome` is."""
    totals: Callable[[], Totals] | None = None
    """What an audit saw besides findings; called as `outcome` is."""


def make_report(judge: Judge, targets: Iterable[Target], fail_on: Severity | None, opt_in: bool) -> Report:
    """Judge targets one after the other, as the renderer asks for them."""

    @cache
    def outcome() -> Outcome:
        leftovers = judge.leftovers()
        return Outcome(judge.summary, judge.exit_code(fail_on), leftovers)

    counted = map(judge.counted_opt_in, targets)
    judged = (JudgedTarget(target, judge.judge(target)) for target in counted)
    return Report(judge.policy.name, opt_in, judged, outcome)


@dataclass(frozen=True, slots=True)
class OptInReport:
    """The opt-in set of one audit."""

    policy: str
    macro: str
    """By which packages opt in, without the percent sign."""
    run: int
    name: str | None
    finished: str
    repositories: tuple[str, ...]
    sources: int
    """Source packages of all repositories."""
    found: OptInSet
    declarations: tuple[Declaration, ...] | None
    """None where no specs were looked at."""
    exit_code: ExitCode
