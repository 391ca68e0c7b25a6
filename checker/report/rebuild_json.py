# SPDX-License-Identifier: GPL-2.0-or-later
"""A rebuild as JSON, as docs/reference/rebuild.schema.json describes it."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any, TextIO

from checker.model.rebuilds import ArchOutcome, ArmResult, Objects, Rebuild, SourceOutcome
from checker.rebuild.compare import CHANGES, RebuildComparison
from checker.rebuild.cost import costs

SCHEMA = "ltocheck-rebuild/1"


def write_rebuild_json(rebuild: Rebuild, comparison: RebuildComparison | None, out: TextIO) -> None:
    """Write everything that is known of a rebuild."""
    value = {
        "schema": SCHEMA,
        "rebuild": {key: item for key, item in asdict(rebuild).items() if key != "sources"},
        "sources": [_source(source) for source in rebuild.sources],
        "summary": {
            "outcomes": dict(sorted(Counter(source.outcome for source in rebuild.sources).items())),
            "cost": [cost._asdict() for cost in costs(rebuild)],
        },
        "changes": comparison and {"since": comparison.since, **{change: comparison.of(change) for change in CHANGES}},
    }
    json.dump(value, out, indent=2)
    out.write("\n")


def _source(source: SourceOutcome) -> dict[str, Any]:
    deciding = source.deciding
    return {
        "source": source.source,
        "outcome": source.outcome,
        "cause": source.cause.name if source.cause else None,
        "why": deciding.why,
        "arch": source.arch,
        "arms": {arm: _arm(result) for arm, result in deciding.arms.items()},
        "proven": source.proven,
        "superfluous": source.superfluous,
        "archs": {arch: _arch(outcome) for arch, outcome in source.archs.items()},
        "hints": [hint._asdict() for hint in source.hints],
    }


def _arch(outcome: ArchOutcome) -> dict[str, Any]:
    return {
        "outcome": outcome.outcome,
        "why": outcome.why,
        "arms": {arm: _arm(result) for arm, result in outcome.arms.items()},
        "differences": [difference._asdict() for difference in outcome.differences],
        "more_differences": outcome.more_differences,
        "proven": outcome.proven,
        "superfluous": outcome.superfluous,
    }


def _arm(result: ArmResult) -> dict[str, Any]:
    objects = result.objects
    return {
        "result": result.result,
        "phase": result.phase,
        "cause": result.cause._asdict() if result.cause else None,
        "reason": result.reason,
        "missing": list(result.missing),
        "opted_in": result.opted_in,
        "cpu": {
            phase: {"median": spread.median, "min": spread.low, "max": spread.high, "runs": spread.runs}
            for phase, spread in (result.cpu or {}).items()
        },
        "objects": objects and _objects(objects),
        "packages_bytes": result.packages_bytes,
        "findings": [{"rule": rule, "count": count} for rule, count in result.findings],
    }


def _objects(objects: Objects) -> dict[str, int]:
    counts = {"fat": objects.fat, "slim": objects.slim, "native": objects.native}
    return {"count": objects.count, "bytes": objects.size, **counts}
