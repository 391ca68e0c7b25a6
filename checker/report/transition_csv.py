# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition as a table for trackers: CSV by RFC 4180, a row for each source package."""

import csv
from typing import TextIO

from checker.model.transition import Standing, Transition
from checker.report.csv import cell
from checker.report.needs_csv import yes_or_no
from checker.report.words import text_of

HEADINGS = (
    "source",
    "state",
    "need",
    "opted_in",
    "proven",
    "owner",
    "bug",
    "status",
    "cause",
    "text",
    "architectures",
    "objects",
    "rules",
    "why",
    "hits",
)


def write_transition_csv(found: Transition, standings: tuple[Standing, ...], out: TextIO) -> None:
    """Write one row for each; bugs, statuses, causes and texts can be edited there and given back as notes."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for one in standings:
        note = one.note
        cells = (
            one.source,
            one.state,
            one.need,
            yes_or_no(one.opted_in),
            yes_or_no(one.proven),
            one.owner,
            note and note.bug,
            note and note.status,
            one.cause,
            note and note.text,
            " ".join(one.archs),
            "; ".join(
                f"{arch}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}" for arch, kinds in one.archs.items()
            ),
            " ".join(one.rules),
            "; ".join(map(text_of, one.why)),
            " ".join(sorted({hit.source for hit in one.hits})),
        )
        writer.writerow([cell(text or "") for text in cells])
