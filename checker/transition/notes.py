# SPDX-License-Identifier: GPL-2.0-or-later
"""Notes: what people write of source packages, in one file that is edited and reviewed like any other.

A note is shown beside what was found and never hides it; a waiver in a policy does.
"""

import csv
from pathlib import Path
from typing import Any

from checker.errors import UsageError
from checker.model.transition import Note
from checker.toml import parsed
from checker.transition.owners import read_text

SUFFIX = ".csv"


def read_notes(path: Path) -> dict[str, Note]:
    """The notes by package, of TOML, or of CSV in a file that is called so; raises UsageError with the place."""
    text = read_text(path, "--notes")
    rows = _rows(path, text) if path.suffix == SUFFIX else _tables(path, text)
    notes: dict[str, Note] = {}
    for place, fields in rows:
        note = _note(path, place, fields)
        if note.package in notes:
            raise UsageError(f"--notes {path}: {place}: a second note about {note.package}")
        notes[note.package] = note
    return notes


def _tables(path: Path, text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        data = parsed(text)
    except ValueError as error:
        raise UsageError(f"--notes {path}: not TOML: {error}") from error
    tables = data.pop("note", [])
    if data or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        wrong = next(iter(data), "note")
        raise UsageError(f"--notes {path}: {wrong}: expected tables [[note]] with {', '.join(Note._fields)}")
    return [(f"note[{number}]", table) for number, table in enumerate(tables)]


def _rows(path: Path, text: str) -> list[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        rows = [(f"line {reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise UsageError(f"--notes {path}: line {reader.line_num}: {error}") from error
    if None in (keys := {key for _, row in rows for key in row}):
        raise UsageError(f"--notes {path}: a line has more cells than the first one has headings")
    # The table that `transition` writes can be edited and given back: its other columns say nothing new.
    known = [key for key in keys if key in Note._fields or key == "source"]
    fields = (
        (place, {"package" if key == "source" else key: row[key] or None for key in known}) for place, row in rows
    )
    return [(place, row) for place, row in fields if any(row[key] for key in row if key != "package")]


def _note(path: Path, place: str, fields: dict[str, Any]) -> Note:
    for key, value in fields.items():
        if key not in Note._fields:
            raise UsageError(f"--notes {path}: {place}.{key}: unknown key; valid are {', '.join(Note._fields)}")
        is_number = key == "bug" and isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not isinstance(value, str) and not is_number:
            raise UsageError(f"--notes {path}: {place}.{key}: expected text")
    package = fields.get("package")
    if not package:
        raise UsageError(f"--notes {path}: {place}.package: missing")
    values = (fields.get(key) for key in Note._fields[1:])
    return Note(str(package), *(None if value is None else str(value) for value in values))
