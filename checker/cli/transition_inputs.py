# SPDX-License-Identifier: GPL-2.0-or-later
"""What a transition is made of besides audits: rebuilds, the packages that are hit, and what blocks a step."""

import sys
from dataclasses import replace
from pathlib import Path

from checker.model.rebuilds import Rebuild
from checker.model.transition import OPEN, Hit, Saved, Standing, Transition
from checker.transition.steps import Step


def blocking_step(found: Transition, step: Step) -> tuple[Standing, ...]:
    """The source packages that block a step; prints on standard error what the step waits for."""
    standings = tuple(filter(step.is_blocked_by, found.standings))
    waits = f"step {step.number}, {step.title}, waits until {step.waits_for}: {len(standings):,} left"
    print(waits, file=sys.stderr)
    return standings


def rebuild_of(store: Path, wanted: str) -> tuple[Rebuild, Saved | None]:
    """A rebuild of the store, and what slim objects saved in it."""
    from checker.rebuild.cost import costs
    from checker.rebuild.store import RebuildStore

    with RebuildStore(store) as opened:
        made = opened.rebuild(wanted)
    found = costs(made)
    sized = [one for one in found if one.objects_fat is not None and one.objects_slim is not None]
    saved = Saved(
        len(found),
        sum(one.build_fat for one in found),
        sum(one.build_slim for one in found),
        sum(one.objects_fat or 0 for one in sized),
        sum(one.objects_slim or 0 for one in sized),
    )
    return made, saved if found else None


def with_hits(found: Transition, binaries: tuple[str, ...], sources: tuple[str, ...], logs: Path | None) -> Transition:
    """The transition, with the source packages that each open one hits."""
    from checker.transition.impact import Question, impact
    from checker.transition.links import linked

    targets = frozenset(name for one in found.standings if one.state in OPEN for name in one.packages)
    hits = impact(Question(targets, binaries, sources)) if targets else {}

    def hits_of(one: Standing) -> tuple[Hit, ...]:
        mine = {hit.source: hit for name in one.packages for hit in hits.get(name, ()) if hit.source != one.source}
        ordered = tuple(mine[name] for name in sorted(mine))
        return linked(ordered, one.files, logs) if logs else ordered

    standings = tuple(replace(one, hits=hits_of(one)) if one.state in OPEN else one for one in found.standings)
    return replace(found, standings=standings, has_impact=True)
