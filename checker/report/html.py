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
from checker.model import (
    MISSING,
    Finding,
    Judged,
    PackageFacts,
    Target,
)
from checker.report.audit_page import page_values
from checker.report.groups import FindingGroup, members_of
from checker.report.page import environment, page_hash, source_of, style_of
from checker.report.sink import Detail, GroupSink, Heading, WithMissing, spool
from checker.report.tally import Tally
from checker.rules import RULES_BY_NAME

WEIGHTS = {"error": 4, "warning": 3, "note": 2, "waived": 1, "fixed": 0, "gone": 0, "out-of-scope": 0}
"""Sort keys of the rows, in their order."""

CHUNK = 200
"""Rows of a table that a browser lays out at once."""


class RuleRow(NamedTuple):
    """A rule in the report."""

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
        self._rows = _RowSpool(self._templates, detail.rows)
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
                **page_values(self.heading, self._audited, outcome.summary, totals, self._tally, self.detail.rows),
                version=__version__,
                chunk=CHUNK,
                **rows.values(),
                style=style,
                style_hash=page_hash(style),
                script=script,
                script_hash=page_hash(script),
            )
            # In ASCII, so that the encoding of the stream cannot matter.
            self.out.writelines(part.encode("ascii", "xmlcharrefreplace").decode("ascii") for part in page)


class _RowSpool:
    """The rows of the table of findings, kept on disk until they are written, and their counts."""

    def __init__(self, templates: Environment, most: int) -> None:
        self._most = most
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
        word = finding.change if finding.change in MISSING else finding.label
        self._counts[word] += 1
        if not is_missing:
            self._findings[finding.rule] += group.count
            sources = self._sources.setdefault(finding.rule, set())
            if package.source is not None:
                sources.add(package.source)
        if self._counts[word] <= self._most:
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
        """The values for the template."""
        total = self._counts.total()
        return {
            "rows": self._markup(),
            "row_count": total,
            "shown_count": min(total, self._most),
            "rules": [
                RuleRow(name, count, len(self._sources[name]), *_explained(name))
                for name, count in self._findings.most_common()
            ],
        }

    def _markup(self) -> Iterator[Markup]:
        room = self._most
        for word, file in self._files.items():
            file.seek(0)
            yield from map(Markup, islice(file, room))
            room = max(0, room - self._counts[word])


def _explained(rule: str) -> tuple[str, list[str]]:
    """The first sentence of a rule's text, and the paragraphs after it."""
    short, *paragraphs = RULES_BY_NAME[rule].explanation.split("\n\n")
    return " ".join(short.split()), [" ".join(text.split()) for text in paragraphs]
