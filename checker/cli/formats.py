# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats of reports, for every command that writes one."""

from collections.abc import Callable
from typing import NamedTuple, TextIO

from checker.cli.options import AuditFormat, Format
from checker.judging.stream import Report
from checker.report.audit import write_audit
from checker.report.codequality import write_codequality
from checker.report.csv import write_csv
from checker.report.github import write_github
from checker.report.json import write_json
from checker.report.junit import write_junit
from checker.report.rpmlint import write_rpmlint
from checker.report.sarif import write_sarif
from checker.report.text import write_text


class Detail(NamedTuple):
    """How much the user wants to read; a format takes from it what it knows."""

    verbose: int = 0
    quiet: bool = False
    all_objects: bool = False


Renderer = Callable[[Report, TextIO, Detail], None]

RENDERERS: dict[Format, Renderer] = {
    Format.TEXT: lambda report, out, detail: write_text(report, out, detail.verbose, detail.quiet),
    Format.JSON: lambda report, out, detail: write_json(report, out, detail.all_objects),
    Format.SARIF: lambda report, out, _: write_sarif(report, out),
    Format.JUNIT: lambda report, out, _: write_junit(report, out),
    Format.CODEQUALITY: lambda report, out, detail: write_codequality(report, out, detail.quiet),
    Format.GITHUB: lambda report, out, detail: write_github(report, out, detail.quiet),
    Format.RPMLINT: lambda report, out, detail: write_rpmlint(report, out, detail.quiet),
    Format.CSV: lambda report, out, _: write_csv(report, out),
}


def _write_html(report: Report, out: TextIO) -> None:
    from checker.report.html import write_html  # noqa: PLC0415 the template engine takes longer than small reports

    write_html(report, out)


AUDIT_RENDERERS: dict[AuditFormat, Renderer] = {
    **{AuditFormat(format_): renderer for format_, renderer in RENDERERS.items()},
    AuditFormat.TEXT: lambda report, out, detail: write_audit(report, out, detail.verbose, detail.quiet),
    AuditFormat.HTML: lambda report, out, _: _write_html(report, out),
}
