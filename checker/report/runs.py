# SPDX-License-Identifier: GPL-2.0-or-later
"""The audits in a store, as a table and as JSON, the oldest first."""

import json
from collections.abc import Callable, Sequence
from typing import TextIO

from checker.audit.rows import Run
from checker.report.names import for_data, for_terminal

SCHEMA = "ltocheck-runs/1"
HEAD = ("RUN", "NAME", "FINISHED", "PACKAGES", "REPOSITORIES")

Rows = Sequence[tuple[Run, int]]
"""Audits, and how many packages each looked at."""


def write_runs_text(rows: Rows, out: TextIO) -> None:
    """Write a table."""
    if not rows:
        out.write("no audits\n")
        return
    table = [HEAD]
    for run, packages in rows:
        places = " ".join(one.location for one in run.repositories)
        table.append((str(run.id), run.name or "-", run.finished[:16].replace("T", " "), str(packages), places))
    cells = [[for_terminal(cell) for cell in row] for row in table]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, name, finished, packages_, places in cells:
        line = (number.rjust(widths[0]), name.ljust(widths[1]), finished.ljust(widths[2]), packages_.rjust(widths[3]))
        out.write(f"{'  '.join((*line, places))}\n")


def write_runs_json(rows: Rows, out: TextIO) -> None:
    """Write what `ltocheck report` takes, with what each audit was of."""
    fields = [
        {
            "run": run.id,
            "name": run.name and for_data(run.name),
            "finished": run.finished,
            "tool": run.tool,
            "packages": packages,
            "sources": run.sources,
            "repositories": [for_data(one.location) for one in run.repositories],
            "could_not_read": [for_data(one.location) for one in run.repositories if one.problems],
        }
        for run, packages in rows
    ]
    json.dump({"schema": SCHEMA, "runs": fields}, out, indent=1)
    out.write("\n")


RUN_FORMATS: dict[str, Callable[[Rows, TextIO], None]] = {"text": write_runs_text, "json": write_runs_json}
