# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set as a table: CSV by RFC 4180, a row for each source package."""

import csv
from typing import TextIO

from checker.model import ArchObjects, Declaration, SourceObjects
from checker.render.csv import cell
from checker.report import OptInReport

HEADINGS = (
    "source",
    "need",
    "opted_in",
    "architectures",
    "objects",
    "compilers",
    "files",
    "packages",
    "why",
    "spec_state",
    "spec",
    "spec_reason",
)


def write_needs_csv(report: OptInReport, out: TextIO) -> None:
    """Write one row for each source package with objects, and for each spec that opts in without need."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    specs = {one.source: one for one in report.declarations or ()}
    for source in report.found.sources:
        writer.writerow(map(cell, (*_source(source), *_spec(specs.pop(source.source, None)))))
    for one in specs.values():
        writer.writerow(map(cell, (one.source, *[""] * 8, *_spec(one))))


def _source(source: SourceObjects) -> tuple[str, ...]:
    more = (f"and {source.more_files} more",) if source.more_files else ()
    return (
        source.source,
        source.need,
        "yes" if source.opted_in else "no",
        " ".join(one.arch for one in source.architectures),
        "; ".join(map(_objects, source.architectures)),
        "; ".join(source.compilers),
        "; ".join((*source.files, *more)),
        " ".join(source.packages),
        source.why,
    )


def _objects(on: ArchObjects) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in on.kinds) or "none"
    return f"{on.arch}: {kinds}" + (f" (flags {on.flags})" if on.flags else "")


def _spec(one: Declaration | None) -> tuple[str, str, str]:
    return (one.state, one.path or "", one.reason) if one else ("", "", "")
