# SPDX-License-Identifier: GPL-2.0-or-later
"""The outcome of a source package's builds: by arm, by architecture, and altogether."""

from collections.abc import Callable, Iterable, Mapping
from statistics import median_low

from checker.model.rebuilds import (
    ArchOutcome,
    ArmResult,
    Difference,
    OutcomeWord,
    Phase,
    ResultWord,
    SourceOutcome,
    Spread,
)
from checker.rebuild.arms import FAT, OPT_IN, WITHOUT_OPT_IN
from checker.rebuild.differences import differences
from checker.rebuild.facts import BuildFacts, Values
from checker.rebuild.tasks import Key

Texts = Callable[[str], Values]
Builds = Mapping[Key, BuildFacts]

ORDER = tuple(OutcomeWord)
FOLLOWING = (OPT_IN, WITHOUT_OPT_IN)
"""Arms that are compared with another one; the outcome does not depend on them."""

SHIPS_SLIM = ("slim-object", "hollow-object")
DESPITE = "slim-despite-opt-in"
MIXED = "mixed-object"
BROKEN = (*SHIPS_SLIM, DESPITE, MIXED)

MACHINE = ("out-of-memory", "disk-full", "network-wanted", "timeout")
"""Causes that lie in the machine: a failure by one of them in one arm proves nothing about that arm."""

SHOWN = 50
"""The most differences that are listed."""


def outcomes(builds: Builds, texts: Texts, architectures: frozenset[str] | None) -> tuple[SourceOutcome, ...]:
    """The outcome of every source package, by name; `architectures` are all of the distribution, None if unknown."""
    by_source: dict[str, dict[Key, BuildFacts]] = {}
    for key, facts in builds.items():
        by_source.setdefault(key.source, {})[key] = facts
    found = (_outcome(name, of_source, texts, architectures) for name, of_source in by_source.items())
    return tuple(sorted(found, key=lambda outcome: outcome.source))


def _outcome(name: str, builds: Builds, texts: Texts, architectures: frozenset[str] | None) -> SourceOutcome:
    by_arch: dict[str, dict[str, list[BuildFacts]]] = {}
    for key, facts in sorted(builds.items()):
        by_arch.setdefault(key.arch, {}).setdefault(key.arm, []).append(facts)
    archs = {arch: arch_outcome(arms, texts) for arch, arms in by_arch.items()}
    deciding = min(archs, key=lambda arch: _rank(archs[arch].outcome))
    hints = next((facts.hints for facts in builds.values() if facts.hints), ())
    said = next((facts.package for facts in builds.values() if facts.package), name)
    wanted = next((frozenset(facts.exclusive) for facts in builds.values() if facts.exclusive), architectures)
    superfluous = {arch for arch, outcome in archs.items() if outcome.superfluous}
    is_superfluous = None
    if any(outcome.superfluous is not None for outcome in archs.values()):
        is_superfluous = wanted is not None and wanted <= superfluous
    return SourceOutcome(said, archs[deciding].outcome, deciding, archs, is_superfluous, hints)


def _rank(outcome: OutcomeWord) -> int:
    """The place of an outcome in ORDER, whose least decides among architectures; untried ones come last."""
    return len(ORDER) if outcome is OutcomeWord.NOT_TRIED else ORDER.index(outcome)


def arch_outcome(builds: Mapping[str, list[BuildFacts]], texts: Texts) -> ArchOutcome:
    """The outcome of all arms on one architecture."""
    arms = {arm: arm_result(of_arm) for arm, of_arm in builds.items()}
    base = {arm: result for arm, result in arms.items() if arm not in FOLLOWING} or arms
    reference = FAT if FAT in base else next(iter(base))
    others = {arm: result for arm, result in base.items() if arm != reference}
    found: list[Difference] = []
    for arm, result in others.items():
        if result.result is arms[reference].result is ResultWord.BUILT:
            found += [item for item in differences(builds[reference], builds[arm], texts) if item not in found]
    outcome, why = _first_true(arms[reference], reference, others, found)
    return ArchOutcome(
        outcome=outcome,
        why=why,
        arms=arms,
        differences=tuple(found[:SHOWN]),
        more_differences=max(0, len(found) - SHOWN),
        superfluous=_is_without_fault(WITHOUT_OPT_IN, reference, builds, arms, texts),
        proven=_is_without_fault(OPT_IN, reference, builds, arms, texts),
    )


def _first_true(
    reference: ArmResult, name: str, others: Mapping[str, ArmResult], found: list[Difference]
) -> tuple[OutcomeWord, str]:
    base = {name: reference, **others}
    if said := _not_tried(base):
        return OutcomeWord.NOT_TRIED, said
    for arm, result in base.items():
        if result.result is ResultWord.FLAKY:
            return OutcomeWord.FLAKY, f"repeated builds in the arm {arm} came to different results"
    failed = {arm: result for arm, result in base.items() if result.result is ResultWord.FAILED}
    if len(failed) == len(base):
        return OutcomeWord.FAILS_IN_EVERY_ARM, _failure(failed)
    for arm, result in others.items():
        if not result.opted_in and _is_not_applied(reference, result):
            return OutcomeWord.ARM_NOT_APPLIED, f"{_kinds(reference)} in the arm {name}, and the same in the arm {arm}"
    broken = {arm: result for arm, result in failed.items() if arm != name}
    if broken:
        return OutcomeWord.NEEDS_OPT_IN, _failure(broken)
    outcome, why = _by_findings(reference, name, others, found)
    return outcome, f"{why}; {_failure(failed)}" if failed else why


def _not_tried(base: Mapping[str, ArmResult]) -> str | None:
    """The reason why an arm was not built, or was ended by the machine; None if all arms were tried."""
    for arm, result in base.items():
        if result.result is ResultWord.NOT_TRIED:
            missing = f": {', '.join(result.missing)}" if result.missing else ""
            return f"arm {arm}: {result.reason}{missing}"
    if any(result.result is not ResultWord.FAILED for result in base.values()):
        for arm, result in base.items():
            if result.cause is not None and result.cause.name in MACHINE:
                return f"the machine ended a build: {_failure({arm: result})}"
    return None


def _by_findings(
    reference: ArmResult, name: str, others: Mapping[str, ArmResult], found: list[Difference]
) -> tuple[OutcomeWord, str]:
    base = {name: reference, **others}
    for arm, result in base.items():
        if (arm == FAT or result.opted_in) and (rule := _has(result, (DESPITE, *SHIPS_SLIM))):
            why = f"ships slim objects although its flags were fat, in the arm {arm} ({rule})"
            return OutcomeWord.UNDOES_FLAGS, why
    for arm, result in base.items():
        if rule := _has(result, SHIPS_SLIM):
            return OutcomeWord.NEEDS_OPT_IN, f"ships objects that are slim in the arm {arm} ({rule})"
    for arm, result in base.items():
        if _has(result, (MIXED,)):
            return OutcomeWord.MIXED, f"ships objects that are joined from slim and native ones, in the arm {arm}"
    if found:
        first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        change = f"{first.name} is {first.before or 'not there'} in the arm {name}, else {first.after or 'not there'}"
        return OutcomeWord.CONFIGURES_DIFFERENTLY, f"{first.file}: {change}{more}"
    return OutcomeWord.FINE, "builds with the same result"


def _is_without_fault(
    arm: str, reference: str, builds: Mapping[str, list[BuildFacts]], arms: Mapping[str, ArmResult], texts: Texts
) -> bool | None:
    """Whether an arm has the results of the reference and ships nothing slim; None if it was not built."""
    result = arms.get(arm)
    if result is None or result.result is ResultWord.NOT_TRIED:
        return None
    if result.result is not ResultWord.BUILT or _has(result, BROKEN):
        return False
    if arm == WITHOUT_OPT_IN and _is_not_applied(arms[reference], result):
        return False
    return arm == reference or not differences(builds[reference], builds[arm], texts)


def _has(result: ArmResult, rules: Iterable[str]) -> str | None:
    """The first of these rules with a finding in the arm; None if there is none."""
    broken = dict(result.findings)
    return next((rule for rule in rules if rule in broken), None)


def _is_not_applied(reference: ArmResult, other: ArmResult) -> bool:
    """Whether both arms have objects in the build tree, of the same kinds in spite of other flags."""
    before, after = reference.objects, other.objects
    if before is None or after is None or not before.count or not after.count:
        return False
    return after.slim <= before.slim and before.fat <= after.fat


def _kinds(result: ArmResult) -> str:
    objects = result.objects
    assert objects is not None
    return f"{objects.fat} fat, {objects.slim} slim and {objects.native} native objects in the build tree"


def _failure(failed: Mapping[str, ArmResult]) -> str:
    arm, result = next(iter(failed.items()))
    where = f"%{result.phase}" if result.phase else "the build"
    cause = result.cause
    return f"{where} fails in the arm {arm}: {cause.line or cause.name}" if cause else f"{where} fails in the arm {arm}"


def arm_result(builds: list[BuildFacts]) -> ArmResult:
    """The result of the repeated builds of one arm."""
    results = {facts.result for facts in builds}
    first = next((facts for facts in builds if facts.result is ResultWord.FAILED), builds[0])
    findings: dict[str, int] = {}
    for facts in builds:
        for rule, count in facts.findings:
            findings[rule] = max(count, findings.get(rule, 0))
    sizes = [facts.packages_bytes for facts in builds if facts.packages_bytes is not None]
    return ArmResult(
        result=results.pop() if len(results) == 1 else ResultWord.FLAKY,
        phase=first.phase,
        cause=first.cause,
        reason=next((facts.reason for facts in builds if facts.reason), None),
        missing=first.missing,
        opted_in=next((facts.opted_in for facts in builds if facts.opted_in is not None), None),
        cpu=_cpu(builds) or None,
        objects=next((facts.objects for facts in builds if facts.objects is not None), None),
        packages_bytes=median_low(sizes) if sizes else None,
        findings=tuple(sorted(findings.items())),
    )


def _cpu(builds: list[BuildFacts]) -> dict[Phase, Spread]:
    """Seconds of processor time by phase; failed builds count only if no build succeeded."""
    built = [facts for facts in builds if facts.result is ResultWord.BUILT] or builds
    times: dict[Phase, list[float]] = {}
    for facts in built:
        for phase, seconds in facts.cpu:
            times.setdefault(phase, []).append(seconds)
    return {phase: spread(times[phase]) for phase in Phase if phase in times}


def spread(values: list[float]) -> Spread:
    """The median, the least and the greatest of some values."""
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return Spread(round(middle, 3), ordered[0], ordered[-1], len(ordered))
