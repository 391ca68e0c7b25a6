# SPDX-License-Identifier: GPL-2.0-or-later
"""Who owns which source package: a table, or the files that distributions publish.

Fedora publishes `pagure_owner_alias.json` and `pagure_bz.json`; openSUSE has `_maintainership.json` in the repository
of a project, and the Open Build Service answers to `/search/owner`.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checker.errors import Unavailable, UsageError
from checker.limits import LIMITS
from checker.repositories.xml import parse_xml

PACKAGE_COLUMNS = ("source", "package", "name", "component")
OWNER_COLUMNS = ("owner", "maintainer", "assignee", "poc")
ROLES = ("bugowner", "maintainer")
"""Of the Open Build Service, the one that counts first."""

EXPECTED = "expected CSV with a column for the package and one for the owner, or an owner file of Fedora or openSUSE"


def read_owners(path: Path) -> dict[str, str]:
    """The first owner of each package; raises UsageError that names the file and what was expected."""
    text = read_text(path, "--owners")
    start = text.lstrip()[:1]
    try:
        owners = dict(
            _from_json(json.loads(text)) if start == "{" else _from_xml(text) if start == "<" else _rows(text)
        )
    except (ValueError, RecursionError, csv.Error, Unavailable) as error:
        raise UsageError(f"--owners {path}: {EXPECTED}: {error}") from error
    if not owners:
        raise UsageError(f"--owners {path}: names no owner; {EXPECTED}")
    return owners


def read_text(path: Path, option: str) -> str:
    """A file that a user gives; raises UsageError."""
    try:
        with path.open("rb") as file:
            text = file.read(LIMITS.table + 1)  # of a file, a pipe or a device
        if len(text) > LIMITS.table:
            raise UsageError(f"{option} {path}: larger than {LIMITS.table} bytes")
        return text.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{option} {path}: not UTF-8 text") from error


def _rows(text: str) -> Iterator[tuple[str, str]]:
    rows = csv.reader(text.splitlines())
    heading = [cell.strip().lower() for cell in next(rows, [])]
    package = next((heading.index(word) for word in PACKAGE_COLUMNS if word in heading), None)
    owner = next((heading.index(word) for word in OWNER_COLUMNS if word in heading), None)
    if package is None or owner is None:
        raise ValueError(f"its first line is {','.join(heading)[:100]!r}")
    for row in rows:
        if len(row) > max(package, owner) and row[package].strip() and row[owner].strip():
            yield row[package].strip(), row[owner].strip()


def _from_json(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Of all known files: a package with a name, a list of names, or tables that hold such lists."""
    for key in ("rpms", "packages"):
        data = data[key] if isinstance(data.get(key), dict) else data
    for package, value in data.items():
        name = next(_names(value), None)
        if package and name:  # openSUSE's entry without a name is for the project
            yield package, name


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)
    elif isinstance(value, dict):
        for key in ("users", "groups", "fedora", "owner", "assignee"):
            if key in value:
                yield from _names(value[key])


def _from_xml(text: str) -> Iterator[tuple[str, str]]:
    for owner in parse_xml(text.encode(), "file of owners").iter("owner"):
        people = [(person.get("role", ""), person.get("name", "")) for person in owner]
        known = [(ROLES.index(role), name) for role, name in people if role in ROLES and name]
        package = owner.get("package")
        if package and known:
            yield package, min(known, key=lambda one: one[0])[1]
