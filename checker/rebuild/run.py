# SPDX-License-Identifier: GPL-2.0-or-later
"""One rebuild: builds of all sources in all arms, in random order, kept in the store."""

import hashlib
import json
import os
import platform
import random
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from checker.audit.executors import Workers, each
from checker.errors import UsageError
from checker.model.rebuilds import OutcomeWord, ResultWord
from checker.rebuild.arms import OPT_IN, Arm
from checker.rebuild.build import build
from checker.rebuild.collect import Collected, collect
from checker.rebuild.cross import Cross
from checker.rebuild.facts import BuildFacts
from checker.rebuild.outcomes import outcomes
from checker.rebuild.sources import SourcePackage, identities
from checker.rebuild.store import Described, RebuildStore
from checker.rebuild.tasks import BuildSettings, Built, Key, Task, not_tried
from checker.rebuild.workspace import sweep

DIED = "ends every process that works on it"


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """The sources, arms and settings of a rebuild."""

    sources: tuple[SourcePackage, ...]
    arms: tuple[Arm, ...]
    settings: BuildSettings
    target: str
    arches: tuple[tuple[str, Cross | None], ...]
    repeat: int = 1
    seed: int | None = None
    name: str | None = None

    def digest(self) -> str:
        """A digest that is equal for the same rebuild, so that an interrupted one continues."""
        parts = [
            [source.name for source in self.sources],
            list(identities(self.sources)),
            [(arm.name, arm.macros) for arm in self.arms],
            [repr(replace(self.settings, cpus=0)), self.target, self.arches, self.repeat, self.seed, self.name],
        ]
        return hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()


@dataclass(slots=True)
class RebuildProgress:
    """The progress of a rebuild."""

    builds: int = 0
    """The number of builds to do that are known so far."""
    known: int = 0
    """The number of builds that an interrupted run of this rebuild has done."""
    done: int = 0
    failed: int = 0


def run(
    plan: RebuildPlan, store: RebuildStore, workers: Workers, tally: RebuildProgress, tell: Callable[[], None]
) -> int:
    """Build everything and keep it; returns the number of the rebuild. `tell` is called on progress."""
    sweep()
    seed = plan.seed if plan.seed is not None else secrets.randbits(32)
    arms = tuple(arm.name for arm in plan.arms)
    described = Described(plan.target, plan.settings.builder.name, arms, plan.repeat, seed, machine())
    number, described = store.begin(plan.digest(), plan.name, described)
    chance = random.Random(described.seed)  # noqa: S311 -- for an order, not a secret
    first = [arm for arm in plan.arms if arm.name != OPT_IN]
    _build_all(_tasks(plan, plan.sources, first, chance), plan, store, number, workers, tally, tell)
    following = [arm for arm in plan.arms if arm.name == OPT_IN]
    if following:
        wanting = [source for source in plan.sources if source.name in _needing(store, number)]
        _build_all(_tasks(plan, wanting, following, chance), plan, store, number, workers, tally, tell)
    store.finish(number)
    return number


def _tasks(
    plan: RebuildPlan, sources: Iterable[SourcePackage], arms: Iterable[Arm], chance: random.Random
) -> Iterator[Task]:
    """All builds once in random order, then the next repetition, so that a rebuild cut short has complete ones."""
    builds = [(source, arm, *where) for source in sources for arm in arms for where in plan.arches]
    for number in range(1, plan.repeat + 1):
        chance.shuffle(builds)
        for source, arm, arch, cross in builds:
            yield Task(source, arm, number, secrets.token_hex(16), arch, cross)


def _needing(store: RebuildStore, number: int) -> set[str]:
    """The sources whose slim arm shows that the opt-in may help."""
    builds = store.builds(number)
    found = outcomes(builds, store.values, None)
    words = (OutcomeWord.NEEDS_OPT_IN, OutcomeWord.CONFIGURES_DIFFERENTLY)
    packages = {outcome.source for outcome in found if any(arch.outcome in words for arch in outcome.archs.values())}
    return {key.source for key, facts in builds.items() if (facts.package or key.source) in packages}


def _build_all(
    tasks: Iterable[Task],
    plan: RebuildPlan,
    store: RebuildStore,
    number: int,
    workers: Workers,
    tally: RebuildProgress,
    tell: Callable[[], None],
) -> None:
    known, asked = store.builds(number), list(tasks)
    left = [task for task in asked if task.key not in known]
    tally.builds += len(asked)
    tally.known += len(asked) - len(left)
    tell()
    with closing(each(workers, partial(build, settings=plan.settings), left)) as results:
        for task, built in results:
            made = built or not_tried(task, DIED)
            store.add(number, task.key, made)
            _count(made, tally)
            tell()


def gather(
    places: list[Collected],
    name: str | None,
    store: RebuildStore,
    workers: Workers,
    tally: RebuildProgress,
    tell: Callable[[], None],
) -> int:
    """Keep the facts of builds made elsewhere; returns the number of the rebuild."""
    arms = tuple(dict.fromkeys(place.arm for place in places if place.arm))
    plan = hashlib.sha256(json.dumps([name, *(_place(place) for place in places)]).encode()).hexdigest()
    number, _ = store.begin(plan, name, Described("", "collected", arms, 1, 0, ""))
    known = {(key.source, key.arch, key.arm) for key in store.builds(number)}
    left = [place for place in places if place.arm is None or (place.source, place.arch, place.arm) not in known]
    tally.builds, tally.known = len(places), len(places) - len(left)
    tell()
    with closing(each(workers, collect, left)) as results:
        for place, found in results:
            arm, made = found or (None, Built(BuildFacts(ResultWord.NOT_TRIED, place.arch, reason=DIED), b"", {}))
            name_of_arm = place.arm or arm
            if name_of_arm is None:
                raise UsageError(f"{place.folder}: the log does not name its arm; name it with --arm")
            store.add(number, Key(place.source, place.arch, name_of_arm, 1), made)
            _count(made, tally)
            tell()
    store.finish(number)
    return number


def _place(place: Collected) -> list[str | None]:
    return [place.source, place.arch, place.folder, place.arm]


def _count(built: Built, tally: RebuildProgress) -> None:
    tally.done += 1
    tally.failed += built.facts.result is ResultWord.FAILED


def machine() -> str:
    """A description of this machine for readers of times."""
    count = len(os.sched_getaffinity(0))
    cpus = f"{count} processor{'s' * (count != 1)} of {_processor() or platform.machine()}"
    tools = (_first_line(["gcc", "--version"]), _first_line(["rpm", "--version"]))
    return ", ".join([cpus, *filter(None, tools), f"load {os.getloadavg()[0]:.1f} before it"])


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return ""


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0]


def distinct(sources: Iterable[SourcePackage]) -> Iterator[SourcePackage]:
    """The sources; raises UsageError if two have the same name, because it identifies builds."""
    seen: dict[str, str] = {}
    for source in sources:
        if source.name in seen:
            raise UsageError(f"{source.path}: {seen[source.name]} is of the same name; leave one of them out")
        seen[source.name] = source.path
        yield source
