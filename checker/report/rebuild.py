# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats of reports on rebuilds."""

from collections.abc import Callable
from typing import TextIO

from checker.model.rebuilds import Rebuild
from checker.rebuild.compare import RebuildComparison
from checker.report.rebuild_csv import write_rebuild_csv
from checker.report.rebuild_json import write_rebuild_json
from checker.report.rebuild_junit import write_rebuild_junit
from checker.report.rebuild_text import write_rebuild_text

Renderer = Callable[[Rebuild, RebuildComparison | None, TextIO, int, bool], None]


def _write_html(rebuild: Rebuild, comparison: RebuildComparison | None, out: TextIO) -> None:
    from checker.report.rebuild_html import write_rebuild_html  # noqa: PLC0415 the template engine takes long to import

    write_rebuild_html(rebuild, comparison, out)


RENDERERS: dict[str, Renderer] = {
    "text": write_rebuild_text,
    "json": lambda made, changes, out, _verbose, _quiet: write_rebuild_json(made, changes, out),
    "csv": lambda made, _changes, out, _verbose, _quiet: write_rebuild_csv(made, out),
    "junit": lambda made, _changes, out, _verbose, _quiet: write_rebuild_junit(made, out),
    "html": lambda made, changes, out, _verbose, _quiet: _write_html(made, changes, out),
}
