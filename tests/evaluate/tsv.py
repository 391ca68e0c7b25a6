# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables in files: tab separated, no quoting, one line of headings."""

import csv
from pathlib import Path


def read_table(file: Path) -> tuple[frozenset[str], list[dict[str, str]]]:
    """The headings and the rows; lines before the headings may be comments."""
    with file.open(encoding="utf-8", newline="") as stream:
        lines = (line for line in stream if not line.startswith("# "))
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = list(table)
        return frozenset(table.fieldnames or ()), rows


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows alone."""
    return read_table(file)[1]
