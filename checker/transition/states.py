# SPDX-License-Identifier: GPL-2.0-or-later
"""The state of a source package, decided from its objects, its spec and a rebuild, in this one place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from checker.model import Kind
from checker.model.audits import Declaration, Need, SourceObjects, SpecState
from checker.model.rebuilds import OutcomeWord, ResultWord, SourceOutcome
from checker.model.statements import Ground, Statement, say
from checker.model.transition import Answer, Standing, State

BROKEN_RULES = frozenset(
    {"slim-object", "slim-despite-opt-in", "mixed-object", "hollow-object", "suspected-hollow", "bytecode-left"}
)
"""Findings that make a source package broken where the policy calls them errors."""

BROKEN_KINDS = (Kind.HOLLOW, Kind.MIXED, Kind.SLIM, Kind.FAT, Kind.DAMAGED)
"""Kinds of objects that these rules are about."""

FAT, SLIM = "fat", "slim"
"""Arms of a rebuild."""

SHOWS_NEED = (
    OutcomeWord.NEEDS_OPT_IN,
    OutcomeWord.UNDOES_FLAGS,
    OutcomeWord.MIXED,
    OutcomeWord.CONFIGURES_DIFFERENTLY,
)

OUTCOMES = {
    OutcomeWord.NEEDS_OPT_IN: Ground.NEEDS_OPT_IN,
    OutcomeWord.MIXED: Ground.MIXED,
    OutcomeWord.CONFIGURES_DIFFERENTLY: Ground.CONFIGURES_DIFFERENTLY,
    OutcomeWord.UNDOES_FLAGS: Ground.UNDOES_FLAGS,
    OutcomeWord.FINE: Ground.BUILDS_ALIKE,
    OutcomeWord.FAILS_IN_EVERY_ARM: Ground.FAILS_EVERYWHERE,
}
"""What a rebuild shows, where it shows something."""


@dataclass(frozen=True, slots=True)
class SourceKnowledge:
    """All that is known of one source package; None where no audit, spec or rebuild says."""

    source: str
    objects: SourceObjects | None = None
    rules: tuple[str, ...] = ()
    """Rules of BROKEN_RULES by which it has errors that are not waived."""
    spec: Declaration | None = None
    rebuilt: SourceOutcome | None = None
    audited: bool = True
    """Whether an audit looked at packages of it."""


def standing(known: SourceKnowledge) -> Standing:
    """The state of a source package, with the evidence."""
    opted_in = _opted_in(known)
    need, reasons = _need(known)
    state, why = _state(known, need, opted_in)
    objects, rebuilt = known.objects, known.rebuilt
    return Standing(
        known.source,
        state,
        need,
        opted_in,
        rebuilt.proven if rebuilt else None,
        tuple(dict.fromkeys([*why, *reasons])),
        {one.arch: dict(one.kinds) for one in objects.architectures} if objects else {},
        objects.files if objects else (),
        objects.more_files if objects else 0,
        objects.packages if objects else (),
        known.rules,
        rebuilt.cause.name if rebuilt and rebuilt.cause else None,
        rebuilt.outcome if rebuilt else None,
    )


def _opted_in(known: SourceKnowledge) -> bool | None:
    """By its spec, or else by its packages; where a rebuild shows that slim objects harm it, as the build says."""
    if known.spec and known.spec.opted_in is not None:
        return known.spec.opted_in
    if known.objects and known.objects.opted_in is not None:
        return known.objects.opted_in
    if known.rebuilt and known.rebuilt.outcome in SHOWS_NEED and SLIM in known.rebuilt.deciding.arms:
        return known.rebuilt.deciding.arms[SLIM].opted_in
    return None


def _need(known: SourceKnowledge) -> tuple[Answer, list[Statement]]:
    """Whether it needs the opt-in, by the best evidence that there is, and that evidence."""
    reasons = [known.objects.why] if known.objects else []
    if known.rebuilt and known.rebuilt.outcome in OUTCOMES:
        shown = say(OUTCOMES[known.rebuilt.outcome])
        reasons.insert(0, say(Ground.REBUILD_SHOWS, outcome=shown, why=known.rebuilt.deciding.why))
        if known.rebuilt.outcome in SHOWS_NEED:
            return Answer.YES, reasons
        if known.rebuilt.outcome is OutcomeWord.FINE and not _needs_by_objects(known):
            return Answer.NO, reasons
    if known.objects is not None and known.objects.need is not Need.UNKNOWN:
        return (Answer.YES if known.objects.need is Need.NEEDED else Answer.NO), reasons
    return (Answer.NO if known.audited and known.objects is None else Answer.UNKNOWN), reasons


def _needs_by_objects(known: SourceKnowledge) -> bool:
    return known.objects is not None and known.objects.need is Need.NEEDED


def _state(known: SourceKnowledge, need: Answer, opted_in: bool | None) -> tuple[State, Iterable[Statement]]:
    """The first state that is true, and why."""
    if known.rules:
        return State.BROKEN, [_broken(known)]
    if opted_in and (conflict := _conflict(known)):
        return State.CONFLICT, [conflict]
    if not opted_in and (failure := _fails_slim(known)):
        return State.FAILS_SLIM, [failure]
    if need is Answer.UNKNOWN:
        return State.UNKNOWN, [say(Ground.NEED_UNKNOWN)]
    if need is Answer.YES:
        if opted_in is None:
            return State.UNKNOWN, [say(Ground.OPT_IN_UNKNOWN)]
        return (State.DONE, [say(Ground.OPTED_IN)]) if opted_in else (State.TO_DO, _left(known))
    if opted_in:
        return State.SUPERFLUOUS, [say(Ground.NO_NEED)]
    return State.NOT_NEEDED, [say(Ground.NO_OBJECTS)] if known.audited and not known.objects else []


def _broken(known: SourceKnowledge) -> Statement:
    """How many objects are broken, and where."""
    rules = ", ".join(known.rules)
    if known.objects is None:
        return say(Ground.BROKEN, rules=rules)
    counts: Counter[Kind] = Counter()
    archs = []
    for one in known.objects.architectures:
        broken = Counter({kind: count for kind, count in one.kinds if kind in BROKEN_KINDS})
        counts += broken
        archs += [one.arch] if broken else []
    if not counts:
        return say(Ground.BROKEN, rules=rules)
    shown = tuple(say(Ground.COUNT, count=f"{count:,}", kind=kind) for kind, count in counts.most_common())
    ground = Ground.BROKEN_OBJECT if counts.total() == 1 else Ground.BROKEN_OBJECTS
    return say(ground, counts=shown, archs=", ".join(archs), rules=rules)


def _left(known: SourceKnowledge) -> Iterable[Statement]:
    """What is to be done to opt in."""
    spec = known.spec
    if spec is None or spec.state is not SpecState.REFUSED or spec.reason is None:
        return [say(Ground.NO_OPT_IN)]
    return [say(Ground.NO_OPT_IN), say(Ground.ONE_LINE_WOULD_NOT_DO, reason=spec.reason)]


def _conflict(known: SourceKnowledge) -> Statement | None:
    """What undoes the opt-in."""
    if known.rebuilt and known.rebuilt.outcome is OutcomeWord.UNDOES_FLAGS:
        return say(Ground.BUILD_UNDOES, why=known.rebuilt.deciding.why)
    if known.spec and known.spec.undone:
        return say(Ground.TAKEN_BACK, line=known.spec.undone)
    if known.spec and known.spec.state is SpecState.REFUSED and known.spec.reason:
        return say(Ground.SPEC_UNDOES, reason=known.spec.reason)
    return None


def _fails_slim(known: SourceKnowledge) -> Statement | None:
    """Where it builds fat and not slim."""
    if known.rebuilt is None:
        return None
    for arch, one in known.rebuilt.archs.items():
        fat, slim = one.arms.get(FAT), one.arms.get(SLIM)
        if fat and slim and (fat.result, slim.result) == (ResultWord.BUILT, ResultWord.FAILED):
            if slim.cause:
                return say(Ground.FAILS_SLIM_WITH, arch=arch, line=slim.cause.line)
            return say(Ground.FAILS_SLIM, arch=arch)
    return None
