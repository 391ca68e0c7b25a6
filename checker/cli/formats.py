# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats of reports, for every command that writes one."""

from collections.abc import Callable
from typing import NamedTuple, TextIO

from checker.cli.options import AuditFormat, Format
from checker.render.audit import write_audit
from checker.render.codequality import write_codequality
from checker.render.csv import write_csv
from checker.render.github import write_github
from checker.render.json import write_json
from checker.render.junit import write_junit
from checker.render.rpmlint import write_rpmlint
from checker.render.sarif import write_sarif
from checker.render.text import write_text
from checker.report import Report


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
    from checker.render.html import write_html  # noqa: PLC0415 the template engine takes longer than small reports

    write_html(report, out)


AUDIT_RENDERERS: dict[AuditFormat, Renderer] = {
    **{AuditFormat(format_): renderer for format_, renderer in RENDERERS.items()},
    AuditFormat.TEXT: lambda report, out, detail: write_audit(report, out, detail.verbose, detail.quiet),
    AuditFormat.HTML: lambda report, out, _: _write_html(report, out),
}
