# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats of reports, for every command that writes one: a name and the sink that writes it."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from checker.judging.stream import Sink
    from checker.report.sink import Detail, Heading

    Report = Callable[[TextIO, Heading, Detail], Sink]

FORMATS = {
    "text": "checker.report.text:TextReport",
    "json": "checker.report.json:JsonReport",
    "sarif": "checker.report.sarif:SarifReport",
    "junit": "checker.report.junit:JunitReport",
    "codequality": "checker.report.codequality:CodeQualityReport",
    "github": "checker.report.github:GithubReport",
    "rpmlint": "checker.report.rpmlint:RpmlintReport",
    "csv": "checker.report.csv:CsvReport",
}
AUDIT_FORMATS = {**FORMATS, "text": "checker.report.audit:AuditReport", "html": "checker.report.html:HtmlReport"}
"""Each is imported when it is asked for."""


def report_class(place: str) -> "Report":
    """What makes the sink of a format, by its place in one of the tables."""
    module, _, name = place.partition(":")
    return cast("Report", getattr(import_module(module), name))
