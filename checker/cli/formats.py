# SPDX-License-Identifier: GPL-2.0-or-later
"""How reports are written: the formats, each a name and the sink that writes it, and how much of what is known."""

import os
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


def detail(
    out: TextIO, verbose: int, quiet: bool, color: str, statistics: bool = False, all_objects: bool = False
) -> "Detail":
    """How much the options ask to print."""
    from checker.report.sink import Detail

    return Detail(verbose, quiet, all_objects, is_colored(color, out), statistics)


def is_colored(color: str, out: TextIO) -> bool:
    """Whether to write colour there; NO_COLOR and FORCE_COLOR as no-color.org and force-color.org define them."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (out.isatty() and os.environ.get("TERM") != "dumb")
