# SPDX-License-Identifier: GPL-2.0-or-later
"""The values of an audit's page beside its table of findings: the answer, numbers, changes and plots."""

from collections import Counter
from typing import Any, NamedTuple

from checker.model import Change, Form, Kind, Severity, SourceChange, Summary
from checker.model.audits import Need, Totals
from checker.report.names import plural, size
from checker.report.omissions import omitted_places
from checker.report.page import number
from checker.report.plots import Bars, PlotLine, bars, line
from checker.report.sink import Audited, Heading
from checker.report.tally import Tally

RISING, FALLING, GRID = "M-2 2L2-2M0 8L8 0M6 10L10 6", "M-2 6L2 10M0 0L8 8M6-2L10 2", "M0 4H8M4 0V8"
KINDS = {
    Kind.NATIVE: "",
    Kind.FAT: GRID,
    Kind.EMPTY: "",
    Kind.OTHER: "M3 4H5",
    Kind.SLIM: RISING,
    Kind.MIXED: FALLING,
    Kind.HOLLOW: RISING + FALLING,
    Kind.DAMAGED: "M0 4H8",
    Kind.UNREADABLE: "M4 0V8",
}
FORMS = {Form.GIMPLE: RISING, Form.BITCODE: FALLING, Form.FAT_SECTION: GRID, Form.EMBEDDED: "M3 4H5"}
"""Patterns drawn over the colours, in the order of a bar, so that nobody has to distinguish colours."""

NEEDS = tuple(Need)
"""The order of the opt-in set."""

NAMED = 12
"""Source packages that are named for each change."""

ALWAYS_SAID = (SourceChange.NEW, SourceChange.RESOLVED, SourceChange.REMAINING)
"""Changes that are counted even where there are none."""


class SourceCount(NamedTuple):
    """How many source packages something is true of."""

    title: str
    value: int
    more: str
    state: str
    """The filter of the rows that it links to."""


class Changed(NamedTuple):
    """The source packages that something became of since the older audit."""

    word: str
    total: int
    names: list[str]
    """The first of them."""


def page_values(
    heading: Heading, audit: Audited, summary: Summary, totals: Totals, tally: Tally, most: int
) -> dict[str, Any]:
    """Everything that the template shows of an audit, with at most `most` source packages of its opt-in set."""
    sources = totals.opt_in_set.sources
    changes = tally.source_changes() if totals.since else {}
    return {
        "title": f"ltocheck audit: {totals.run.name or totals.run.number}",
        "policy": heading.policy,
        "audit": audit,
        "listed": audit.packages + sum(sum(one.others.values()) for one in audit.repositories),
        "sentence": _sentence(totals, tally, Counter(changes.values())),
        "numbers": _numbers(summary, totals, tally),
        "changes": _changes(changes) if totals.since else (),
        "finding_changes": [(change, count) for change in Change if (count := tally.changes[change])],
        "summary": summary,
        "omitted": omitted_places(summary.not_looked_at),
        "totals": totals,
        "sources": sorted(sources, key=lambda source: NEEDS.index(source.need))[:most],
        "motifs": {**KINDS, **FORMS},
        "bar_plots": _bar_plots(totals),
        "lines": _lines(totals),
    }


def _sentence(totals: Totals, tally: Tally, changes: Counter[SourceChange]) -> str:
    """The answer: how many source packages have errors, and what became of them."""
    all_ = totals.sources or totals.opt_in_set.looked_at
    worst = tally.worst()
    errors, warnings = worst[Severity.ERROR], worst[Severity.WARNING]
    parts = [f"{_count(errors, 'None')} of {plural(all_, 'source package')} {_have(errors or 1)} errors"]
    if warnings:
        parts.append(f"{warnings:,} {'more ' if errors else ''}{_have(warnings)} warnings")
    if not totals.since:
        return f"{', '.join(parts)}."
    new, resolved = changes[SourceChange.NEW], changes[SourceChange.RESOLVED]
    since = totals.since.name or totals.since.number
    return (
        f"{', '.join(parts)}; since audit {since}, {_count(new, 'none')} {_are(new)} new"
        f" and {_count(resolved, 'none')} {_are(resolved)} resolved."
    )


def _count(count: int, none: str) -> str:
    return number(count) if count else none


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _are(count: int) -> str:
    return "is" if count <= 1 else "are"


def _numbers(summary: Summary, totals: Totals, tally: Tally) -> tuple[SourceCount, ...]:
    worst = tally.worst()
    needs = Counter(source.need for source in totals.opt_in_set.sources)
    needed, unknown = needs[Need.NEEDED], needs[Need.UNKNOWN]
    others = (totals.sources or totals.opt_in_set.looked_at) - needed - unknown
    parts = [f"{others:,} do not" if others != 1 else "1 does not"]
    if unknown:
        parts.append(f"{unknown:,} could not be read in full")
    return (
        SourceCount("have errors", worst[Severity.ERROR], plural(summary.errors, "error"), "findings.severity=error"),
        SourceCount(
            "have warnings, no error",
            worst[Severity.WARNING],
            f"{plural(summary.warnings, 'warning')} in all",
            "findings.severity=warning",
        ),
        SourceCount("need fat objects", needed, ", ".join(parts), "opt-in-set.need=needed"),
    )


def _changes(changes: dict[str, SourceChange]) -> list[Changed]:
    by_change: dict[SourceChange, list[str]] = {}
    for source, change in changes.items():
        by_change.setdefault(change, []).append(source)
    return [
        Changed(change.replace("-", " "), len(names), names[:NAMED])
        for change in SourceChange
        if (names := by_change.get(change, [])) or change in ALWAYS_SAID
    ]


def _bar_plots(totals: Totals) -> tuple[Bars, ...]:
    kinds, forms = tuple(KINDS), tuple(FORMS)
    return (
        bars("arch", "Kinds by architecture", "architecture", "No objects.", kinds, totals.kinds_by_arch),
        bars("compiler", "Kinds by compiler", "compiler", "No objects.", kinds, totals.kinds_by_compiler),
        bars("producer", "Objects with bytecode by its producer", "producer", "No bytecode.", forms, totals.producers),
    )


def _lines(totals: Totals) -> tuple[PlotLine, ...]:
    trend = totals.trend
    if len(trend) < 2:
        return ()
    names = [run.name or str(run.number) for run in trend]
    return (
        line("errors", "Errors", names, [run.errors for run in trend], number),
        line("warnings", "Warnings", names, [run.warnings for run in trend], number),
        line("sources", "Need the opt-in", names, [run.opt_in_set for run in trend], number),
        line("bytecode", "Bytecode shipped", names, [run.bytecode for run in trend], size),
    )
