# SPDX-License-Identifier: GPL-2.0-or-later
"""The cost of fat objects: processor time and sizes of fat builds compared with slim ones."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checker.model.rebuilds import ArmResult, OutcomeWord, Phase, Rebuild, ResultWord, Spread
from checker.rebuild.arms import FAT, SLIM

WORK = (Phase.CONF, Phase.BUILD)
"""Phases that configure and compile; many specs do both in %build."""


class Cost(NamedTuple):
    """The cost of one source package in two arms: seconds of processor time, and bytes."""

    source: str
    build_fat: float
    build_slim: float
    build_spread: float
    """The greatest difference between repetitions of one arm, as a share of its median."""
    all_fat: float
    all_slim: float
    objects_fat: int | None
    objects_slim: int | None
    packages_fat: int | None
    packages_slim: int | None
    runs: int


def costs(rebuild: Rebuild) -> list[Cost]:
    """The cost of every source package that was compiled fat and slim, on the architecture that decides its outcome."""
    found = []
    for source in rebuild.sources:
        arms = source.deciding.arms
        fat, slim = arms.get(FAT), arms.get(SLIM)
        if fat is None or slim is None or source.outcome is OutcomeWord.ARM_NOT_APPLIED:
            continue
        is_built = fat.result is slim.result is ResultWord.BUILT and fat.objects is not None and fat.objects.count
        if is_built and fat.cpu and slim.cpu and slim.opted_in is False:
            found.append(_cost(source.source, fat, slim))
    return found


def _cost(source: str, fat: ArmResult, slim: ArmResult) -> Cost:
    assert fat.cpu is not None
    assert slim.cpu is not None
    spreads = [cpu[phase] for cpu in (fat.cpu, slim.cpu) for phase in WORK if phase in cpu and cpu[phase].median]
    return Cost(
        source,
        _sum(fat.cpu, WORK),
        _sum(slim.cpu, WORK),
        round(max(((spread.high - spread.low) / spread.median for spread in spreads), default=0.0), 3),
        _sum(fat.cpu, Phase),
        _sum(slim.cpu, Phase),
        fat.objects.size if fat.objects else None,
        slim.objects.size if slim.objects else None,
        fat.packages_bytes,
        slim.packages_bytes,
        min(spread.runs for cpu in (fat.cpu, slim.cpu) for spread in cpu.values()),
    )


def _sum(cpu: Mapping[Phase, Spread], phases: Iterable[Phase]) -> float:
    return round(sum(cpu[phase].median for phase in phases if phase in cpu), 2)
