# SPDX-License-Identifier: GPL-2.0-or-later
"""A rebuild as CSV: one row for each source package and architecture, made for trackers."""

import csv
from typing import TextIO

from checker.model.rebuilds import ArmResult, Phase, Rebuild
from checker.rebuild.arms import FAT, SLIM
from checker.report.csv import cell

HEADINGS = (
    "source", "arch", "outcome", "why", "cause", "proven", "superfluous", "fat", "slim", "fat_cpu", "slim_cpu",
    "fat_objects_bytes", "slim_objects_bytes", "fat_packages_bytes", "slim_packages_bytes",
)  # fmt: skip


def write_rebuild_csv(rebuild: Rebuild, out: TextIO) -> None:
    """Write the rows; what is not known is an empty cell."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for source in rebuild.sources:
        for arch, outcome in source.archs.items():
            arms = [outcome.arms.get(arm) for arm in (FAT, SLIM)]
            failed = next((arm.cause for arm in reversed([*outcome.arms.values()]) if arm.cause), None)
            columns = zip(*map(_numbers, arms), strict=True)
            about = (source.source, arch, outcome.outcome, outcome.why, failed.name if failed else None)
            known = (_word(outcome.proven), _word(outcome.superfluous), *(arm.result if arm else None for arm in arms))
            row = (*about, *known, *(value for pair in columns for value in pair))
            writer.writerow([cell("" if value is None else str(value)) for value in row])


def _numbers(arm: ArmResult | None) -> tuple[float | None, int | None, int | None]:
    """Seconds of processor time in all phases, bytes of objects and of packages."""
    if arm is None:
        return None, None, None
    cpu = round(sum(arm.cpu[phase].median for phase in Phase if phase in arm.cpu), 2) if arm.cpu else None
    return cpu, arm.objects.size if arm.objects else None, arm.packages_bytes


def _word(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
