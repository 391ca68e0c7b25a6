# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as JUnit XML, as GitLab, Koji and Testing Farm read it: a suite for each target, a case for each file."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO, TextIO

from checker.judging.stream import Report
from checker.model import ArchiveItem, Judged, ObjectItem, Severity
from checker.model.specs import SpecItem
from checker.report.findings import label
from checker.report.names import for_terminal
from checker.report.text import MEMBERS_SHOWN, Group, grouped, members_of, plural
from checker.rules import RULES_BY_NAME

RESULTS = {"error": "errors", "failure": "failures", "skipped": "skipped"}
"""Elements that say how a case ended, the worst first, and the attributes that count them."""


def write_junit(report: Report, out: TextIO) -> None:
    """Write suite by suite; the cases of one wait on disk, because their counts come before them."""
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ltocheck">\n')
    for judged in report.targets:
        target = judged.target
        _write_suite(target.package.name or target.path, _by_file(judged.items), out)
    leftovers = report.outcome().leftovers
    if leftovers:
        entries = (Judged(None, (finding,)) for finding in leftovers)
        _write_suite(f"policy {report.policy}", _by_file(entries), out)
    out.write("</testsuites>\n")


def _by_file(entries: Iterable[Judged]) -> Iterator[tuple[str, list[Group]]]:
    """Every file that was judged with its findings, grouped; all items of a file come one after the other."""

    def file_of(entry: Judged) -> str | None:
        if isinstance(entry.item, ObjectItem | ArchiveItem | SpecItem):
            return entry.item.path
        return entry.findings[0].path if entry.findings else None

    for path, of_file in groupby(entries, file_of):
        if path is not None:
            yield path, list(grouped((found for entry in of_file for found in entry.findings), MEMBERS_SHOWN))


def _write_suite(name: str, files: Iterable[tuple[str, list[Group]]], out: TextIO) -> None:
    counts: Counter[str] = Counter()
    with TemporaryFile("w+", encoding="utf-8", prefix="ltocheck-") as cases:
        for path, groups in files:
            counts["tests"] += 1
            _write_case(name, path, groups, cases, counts)
        cases.seek(0)
        shown = " ".join(f'{key}="{counts[key]}"' for key in ("tests", *RESULTS.values()))
        out.write(f"<testsuite name={_attribute(name)} {shown}>\n")
        shutil.copyfileobj(cases, out)
        out.write("</testsuite>\n")


def _write_case(suite: str, path: str, groups: list[Group], cases: IO[str], counts: Counter[str]) -> None:
    """One case has one result: what blocks comes before what is waived, and the rest is talk."""
    blocking = [group for group in groups if _result(group) in ("error", "failure")]
    telling = blocking or [group for group in groups if _result(group)]
    cases.write(f"<testcase classname={_attribute(suite)} name={_attribute(path)}>")
    if telling:
        result = min((_result(group) for group in telling), key=[*RESULTS].index)
        counts[RESULTS[result]] += 1
        first = next(group for group in telling if _result(group) == result).first
        message = f"{first.rule}: {first.message if first.waived is None else first.waived}"
        cases.write(f"<{result} message={_attribute(message)} type={_attribute(first.rule)}>")
        cases.write(f"{_text(telling)}</{result}>")
    aside = [group for group in groups if group not in telling]
    if aside:
        cases.write(f"<system-out>{_text(aside)}</system-out>")
    cases.write("</testcase>\n")


def _result(group: Group) -> str:
    """The element by which a group decides how its case ends; none for warnings and notes."""
    if group.first.severity is not Severity.ERROR:
        return ""
    if group.first.waived is not None:
        return "skipped"
    return "error" if RULES_BY_NAME[group.first.rule].is_unreadable else "failure"


def _text(groups: Iterable[Group]) -> str:
    return "\n".join(_xml(line) for group in groups for line in _lines(group))


def _lines(group: Group) -> Iterator[str]:
    finding = group.first
    members = f" in {plural(group.count, 'object')} ({members_of(group)})" if group.members else ""
    spot = f" at line {finding.line}, column {finding.column}" if finding.line is not None else ""
    yield f"{label(finding)}: {finding.rule}{members}{spot}: {finding.message}"
    yield f"reason: {finding.waived}" if finding.waived is not None else f"fix: {finding.remedy}"


def _xml(line: str) -> str:
    """A line as character data in ASCII, so that the encoding of the stream cannot matter."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 it brings half of the network library with it

    return _ascii(escape(for_terminal(line)))


def _attribute(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415 as above

    return _ascii(quoteattr(for_terminal(text)))


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
