# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of an audit as one HTML file: no request leaves it, and without JavaScript it says the same."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO, Any, NamedTuple, Self, TextIO

from jinja2 import Environment
from markupsafe import Markup

from checker import __version__
from checker.judging.stream import Outcome
from checker.limits import LIMITS
from checker.model import (
    MISSING,
    Change,
    Finding,
    Form,
    Judged,
    Kind,
    PackageFacts,
    Severity,
    SourceChange,
    Summary,
    Target,
)
from checker.model.audits import Need, Totals
from checker.report.groups import FindingGroup, label, members_of
from checker.report.names import plural, size
from checker.report.page import environment, number, page_hash, source_of, style_of
from checker.report.plots import Bars, PlotLine, bars, line
from checker.report.sink import Audited, Detail, GroupSink, Heading, WithMissing, spool
from checker.report.tally import Tally
from checker.rules import RULES_BY_NAME

WEIGHTS = {"error": 4, "warning": 3, "note": 2, "waived": 1, "fixed": 0, "gone": 0, "out-of-scope": 0}
"""How much a finding counts, in the order of the rows."""

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
"""What is drawn on the colours, in the order of a bar, so that nobody needs to tell colours apart."""

NEEDS = tuple(Need)
"""The order of the opt-in set."""

CHUNK = 200
"""Rows of a table that a browser lays out at once."""


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
    """The rows that it leads to."""


class Changed(NamedTuple):
    """The source packages that something became of since the older audit."""

    word: str
    total: int
    names: list[str]
    """The first of them."""


class RuleRow(NamedTuple):
    """What a report says of one rule."""

    name: str
    findings: int
    sources: int
    short: str
    paragraphs: list[str]


class HtmlReport(GroupSink, WithMissing):
    """Writes one page at the end; the rows of findings wait on disk, because totals come before them."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail)
        assert heading.audited, "only an audit is written like this"
        assert heading.audited.history, "with its numbers"
        self._audited, self._history = heading.audited, heading.audited.history
        self._templates = environment()
        self._rows = _RowSpool(self._templates)
        self._tally = Tally()

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._history.current.begin(target)

    def item(self, judged: Judged) -> None:
        self._history.current.item(judged)
        super().item(judged)

    def end(self, target: Target) -> None:
        self._history.current.end(target)
        super().end(target)

    def missing(self, target: Target, findings: tuple[Finding, ...]) -> None:
        super().begin(target)
        for finding in findings:
            self.finding(finding)
        super().end(target)

    def finding(self, finding: Finding) -> None:
        if self.target:
            self._tally.add(finding, self.target)
        super().finding(finding)

    def group(self, group: FindingGroup) -> None:
        self._rows.add(group, self.target.package if self.target else PackageFacts())

    def finish(self, outcome: Outcome) -> None:
        super().finish(outcome)
        totals = self._history.totals()
        style, script = style_of(self._templates, "report"), source_of(self._templates, "report.js")
        with self._rows as rows:
            page = self._templates.get_template("report.html").generate(
                **_page(self.heading, self._audited, outcome.summary, totals, self._tally),
                **rows.values(),
                style=style,
                style_hash=page_hash(style),
                script=script,
                script_hash=page_hash(script),
            )
            # In ASCII, so that the encoding of the stream cannot matter.
            self.out.writelines(part.encode("ascii", "xmlcharrefreplace").decode("ascii") for part in page)


class _RowSpool:
    """The rows of the table of findings, on disk until it is their turn, and what is counted of them."""

    def __init__(self, templates: Environment) -> None:
        self._template = templates.get_template("row.html")
        self._stack = ExitStack()
        self._files: dict[str, IO[str]] = {}
        self._counts: Counter[str] = Counter()
        self._findings: Counter[str] = Counter()
        self._sources: dict[str, set[str]] = {}
        for word in WEIGHTS:
            file = spool()
            self._files[word] = self._stack.enter_context(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, group: FindingGroup, package: PackageFacts) -> None:
        """Keep the row of one rule in one file."""
        finding = group.first
        is_missing = finding.change in MISSING
        word = finding.change if finding.change in MISSING else label(finding)
        self._counts[word] += 1
        if not is_missing:
            self._findings[finding.rule] += group.count
            sources = self._sources.setdefault(finding.rule, set())
            if package.source is not None:
                sources.add(package.source)
        if self._counts[word] <= LIMITS.report_rows:
            row = self._template.render(
                word=word,
                weight=WEIGHTS[word],
                finding=finding,
                package=package,
                count=group.count,
                members=members_of(group),
            )
            self._files[word].write(f"{row}\n")

    def values(self) -> dict[str, Any]:
        """What the page says of them."""
        total = self._counts.total()
        return {
            "rows": self._markup(),
            "row_count": total,
            "shown_count": min(total, LIMITS.report_rows),
            "rules": [
                RuleRow(name, count, len(self._sources[name]), *_explained(name))
                for name, count in self._findings.most_common()
            ],
        }

    def _markup(self) -> Iterator[Markup]:
        room = LIMITS.report_rows
        for word, file in self._files.items():
            file.seek(0)
            yield from map(Markup, islice(file, room))
            room = max(0, room - self._counts[word])


def _explained(rule: str) -> tuple[str, list[str]]:
    """The first sentence of a rule's text, and the paragraphs after it."""
    short, *paragraphs = RULES_BY_NAME[rule].explanation.split("\n\n")
    return " ".join(short.split()), [" ".join(text.split()) for text in paragraphs]


def _page(heading: Heading, audit: Audited, summary: Summary, totals: Totals, tally: Tally) -> dict[str, Any]:
    sources = totals.opt_in_set.sources
    changes = tally.source_changes() if totals.since else {}
    return {
        "title": f"ltocheck audit: {totals.run.name or totals.run.number}",
        "version": __version__,
        "policy": heading.policy,
        "audit": audit,
        "listed": audit.packages + sum(sum(one.others.values()) for one in audit.repositories),
        "sentence": _sentence(totals, tally, Counter(changes.values())),
        "numbers": _numbers(summary, totals, tally),
        "changes": _changes(changes) if totals.since else (),
        "finding_changes": [(change, count) for change in Change if (count := tally.changes[change])],
        "summary": summary,
        "totals": totals,
        "sources": sorted(sources, key=lambda source: NEEDS.index(source.need))[: LIMITS.report_rows],
        "chunk": CHUNK,
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
        parts.append(f"of {unknown:,} something could not be read")
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
