# SPDX-License-Identifier: GPL-2.0-or-later
"""All that is known of a distribution's source packages, joined by their names: audits, specs, a rebuild, people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from checker.audit.rows import Run
from checker.audit.store import Store
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.judging.stream import Sink, drive
from checker.model import Judged, Severity, Target
from checker.model.audits import Declaration, OptInSet, SpecState
from checker.model.rebuilds import Rebuild, SourceOutcome
from checker.model.transition import Note, Saved, Standing, Transition
from checker.specs.folder import SpecFolder
from checker.transition.changes import Audits, changes_between
from checker.transition.declarations import declarations
from checker.transition.joined import joined_targets
from checker.transition.needs import Needs
from checker.transition.states import BROKEN_RULES, SourceKnowledge, standing


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is joined, besides the audits."""

    policy: Policy
    today: date
    slim_since: float | None = None
    specs: SpecFolder | None = None
    rebuild: Rebuild | None = None
    saved: Saved | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)


class Broken(Sink):
    """Which source packages ship broken objects, and by which rules."""

    def __init__(self) -> None:
        self.rules: dict[str, set[str]] = {}
        self._source = ""

    def begin(self, target: Target) -> None:
        self._source = target.package.source or ""

    def item(self, judged: Judged) -> None:
        for one in judged.findings:
            if one.severity is Severity.ERROR and one.waived is None and one.rule in BROKEN_RULES:
                self.rules.setdefault(self._source, set()).add(one.rule)


def transition(store: Store, runs: Sequence[Run], older: Run | None, inputs: Inputs) -> Transition:
    """The state of every source package, and what changed since an older audit."""
    audits = Audits(store, runs)
    standings, problems = _standings(store, runs, audits.sources, inputs)
    changes = None
    if older:
        before = Audits(store, [older])
        once, _ = _standings(store, [older], before.sources, replace(inputs, notes={}))
        changes, gone = changes_between(once, standings, before, audits)
        standings = sorted([*standings, *(_with_people(one, inputs) for one in gone)], key=lambda one: one.source)
    known = {one.source for one in standings}
    stale = (f"a note is about {name}, which is not there" for name in inputs.notes if name not in known)
    rebuild = inputs.rebuild
    return Transition(
        inputs.policy.name,
        inputs.policy.macro,
        tuple(run.known_as for run in runs),
        tuple(standings),
        (*problems, *stale),
        changes,
        (rebuild.name or str(rebuild.id)) if rebuild else None,
        inputs.saved,
    )


def _standings(
    store: Store, runs: Sequence[Run], names: Iterable[str], inputs: Inputs
) -> tuple[list[Standing], list[str]]:
    """Every source package by its name, and what could not be read."""
    needs, broken = Needs(inputs.policy, inputs.slim_since), Broken()
    drive(Judge(inputs.policy, inputs.today), joined_targets(store, runs), [needs, broken])
    found = needs.found()
    objects = {source.source: source for source in found.sources}
    declared = _specs(found, inputs)
    specs = {name: one for name, one in declared.items() if name in objects or one.state is not SpecState.INACCESSIBLE}
    rebuilt: dict[str, SourceOutcome] = {one.source: one for one in inputs.rebuild.sources} if inputs.rebuild else {}
    audited = {*names, *objects, *specs}
    known = (
        SourceKnowledge(
            source=name,
            objects=objects.get(name),
            rules=tuple(sorted(broken.rules.get(name, ()))),
            spec=specs.get(name),
            rebuilt=rebuilt.get(name),
            audited=name in audited,
        )
        for name in sorted(audited | rebuilt.keys())
    )
    problems = [
        *(f"{path} {one.detail}" for path, one in found.unread),
        *(f"{path} cannot be read: {reason}" for path, reason in (inputs.specs.unread if inputs.specs else {}).items()),
    ]
    return [_with_people(standing(one), inputs) for one in known], problems


def _specs(found: OptInSet, inputs: Inputs) -> dict[str, Declaration]:
    if inputs.specs is None:
        return {}
    return {one.source: one for one in declarations(found, inputs.specs, inputs.policy.macro)}


def _with_people(one: Standing, inputs: Inputs) -> Standing:
    """The standing with its owner and note; a cause in the note takes precedence over that of a rebuild."""
    note = inputs.notes.get(one.source)
    cause = note.cause if note and note.cause else one.cause
    return replace(one, owner=inputs.owners.get(one.source), note=note, cause=cause)
