# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set as a table: CSV by RFC 4180, a row for each source package."""

import csv
from typing import TextIO

from checker.model.audits import ArchObjects, Declaration, SourceObjects
from checker.report.csv import cell
from checker.report.needs import OptInReport
from checker.report.sink import Detail
from checker.report.words import text_of

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


def write_needs_csv(report: OptInReport, out: TextIO, detail: Detail) -> None:
    """Write one row for each source package with objects, and for each without whose spec opts in."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    specs: dict[str, list[Declaration]] = {}
    for one in report.declarations or ():
        specs.setdefault(one.source, []).append(one)
    for source in report.found.sources:
        writer.writerow(map(cell, (*_source(source), *_specs(specs.pop(source.source, [])))))
    for name, several in specs.items():
        writer.writerow(map(cell, (name, *[""] * 8, *_specs(several))))


def _source(source: SourceObjects) -> tuple[str, ...]:
    more = (f"and {source.more_files} more",) if source.more_files else ()
    return (
        source.source,
        source.need,
        yes_or_no(source.opted_in),
        " ".join(one.arch for one in source.architectures),
        "; ".join(map(_objects, source.architectures)),
        "; ".join(source.compilers),
        "; ".join((*source.files, *more)),
        " ".join(source.packages),
        text_of(source.why),
    )


def yes_or_no(known: bool | None) -> str:
    """`yes`, `no`, or empty if it is unknown."""
    return "" if known is None else "yes" if known else "no"


def _objects(on: ArchObjects) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in on.kinds) or "none"
    return f"{on.arch}: {kinds}" + (f" (flags {on.flags})" if on.flags else "")


def _specs(several: list[Declaration]) -> tuple[str, str, str]:
    """State, path and reason; more than one spec may have the same name."""
    columns = (
        [one.state for one in several],
        [one.path for one in several],
        [text_of(one.reason) if one.reason else "" for one in several],
    )
    states, paths, reasons = ("; ".join(filter(None, column)) for column in columns)
    return states, paths, reasons
