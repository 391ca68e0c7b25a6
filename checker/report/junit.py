# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as JUnit XML, as GitLab, Koji and Testing Farm read it: a suite for each target, a case for each file."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, TextIO

from checker.judging.stream import Outcome, Sink
from checker.model import ArchiveItem, FileCount, Judged, ObjectItem, Omission, Severity, Target
from checker.model.specs import SpecItem
from checker.report.groups import MEMBERS_SHOWN, FindingGroup, Groups, members_of
from checker.report.names import for_terminal, plural
from checker.report.omissions import omitted_places
from checker.report.sink import Detail, Heading, spool
from checker.report.words import text_of
from checker.rules import RULES_BY_NAME

RESULTS = {"error": "errors", "failure": "failures", "skipped": "skipped"}
"""Elements that say how a case ended, the worst first, and the attributes that count them."""


class JunitReport(Sink):
    """Writes suite by suite."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        self._out, self._heading = out, heading
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ltocheck">\n')
        self._suite: _Suite | None = None

    def begin(self, target: Target) -> None:
        self._suite = _Suite(target.package.name or target.path)

    def item(self, judged: Judged) -> None:
        assert self._suite
        self._suite.add(judged)

    def end(self, target: Target) -> None:
        assert self._suite
        self._suite.close(self._out)

    def finish(self, outcome: Outcome) -> None:
        if outcome.leftovers:
            suite = _Suite(f"policy {self._heading.policy}")
            for finding in outcome.leftovers:
                suite.add(Judged(None, (finding,)))
            suite.close(self._out)
        self._out.write("</testsuites>\n")


class _Suite:
    """The cases of one target, which wait on disk, because their counts come before them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts: Counter[str] = Counter()
        self._not_looked_at: Counter[Omission] = Counter()
        self._cases: IO[str] = spool()
        self._path: str | None = None
        self._groups = Groups(MEMBERS_SHOWN)
        self._of_file: list[FindingGroup] = []

    def add(self, judged: Judged) -> None:
        """Take in an item; all items of a file come one after the other."""
        path = _file_of(judged)
        if path != self._path:
            self._end_file()
            self._path = path
        for finding in judged.findings:
            self._of_file += self._groups.add(finding)
        if isinstance(judged.item, FileCount):
            self._not_looked_at.update(dict(judged.item.not_looked_at))

    def _end_file(self) -> None:
        groups = self._of_file + self._groups.rest()
        self._of_file = []
        if self._path is not None:
            self._counts["tests"] += 1
            _write_case(self._name, self._path, groups, self._cases, self._counts)

    def close(self, out: TextIO) -> None:
        """Write the suite."""
        self._end_file()
        shown = " ".join(f'{key}="{self._counts[key]}"' for key in ("tests", *RESULTS.values()))
        out.write(f"<testsuite name={_attribute(self._name)} {shown}>\n")
        omitted = omitted_places(self._not_looked_at)
        if omitted:
            out.write(f'<properties><property name="not looked at" value={_attribute(omitted)}/></properties>\n')
        with self._cases as cases:
            cases.seek(0)
            shutil.copyfileobj(cases, out)
        out.write("</testsuite>\n")


def _file_of(judged: Judged) -> str | None:
    if isinstance(judged.item, ObjectItem | ArchiveItem | SpecItem):
        return judged.item.path
    return judged.findings[0].path if judged.findings else None


def _write_case(suite: str, path: str, groups: list[FindingGroup], cases: IO[str], counts: Counter[str]) -> None:
    """A case has one result: blocking findings come before waived ones; the others are output of the case."""
    blocking = [group for group in groups if _result(group) in ("error", "failure")]
    telling = blocking or [group for group in groups if _result(group)]
    cases.write(f"<testcase classname={_attribute(suite)} name={_attribute(path)}>")
    if telling:
        result = min((_result(group) for group in telling), key=[*RESULTS].index)
        counts[RESULTS[result]] += 1
        first = next(group for group in telling if _result(group) == result).first
        message = f"{first.rule}: {text_of(first.message) if first.waived is None else first.waived}"
        cases.write(f"<{result} message={_attribute(message)} type={_attribute(first.rule)}>")
        cases.write(f"{_text(telling)}</{result}>")
    aside = [group for group in groups if group not in telling]
    if aside:
        cases.write(f"<system-out>{_text(aside)}</system-out>")
    cases.write("</testcase>\n")


def _result(group: FindingGroup) -> str:
    """The element by which a group decides how its case ends; none for warnings and notes."""
    if group.first.severity is not Severity.ERROR:
        return ""
    if group.first.waived is not None:
        return "skipped"
    return "error" if RULES_BY_NAME[group.first.rule].is_unreadable else "failure"


def _text(groups: Iterable[FindingGroup]) -> str:
    return "\n".join(_xml(line) for group in groups for line in _lines(group))


def _lines(group: FindingGroup) -> Iterator[str]:
    finding = group.first
    members = f" in {plural(group.count, 'object')} ({members_of(group)})" if group.members else ""
    spot = f" at line {finding.line}, column {finding.column}" if finding.line is not None else ""
    yield f"{finding.label}: {finding.rule}{members}{spot}: {text_of(finding.message)}"
    yield f"reason: {finding.waived}" if finding.waived is not None else f"fix: {text_of(finding.remedy)}"


def _xml(line: str) -> str:
    """A line as character data in ASCII, so that the encoding of the stream cannot matter."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 it brings half of the network library with it

    return _ascii(escape(for_terminal(line)))


def _attribute(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415 as above

    return _ascii(quoteattr(for_terminal(text)))


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
