# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of a project: `ltocheck.toml`, or `[tool.ltocheck]` in `pyproject.toml`, of this folder or one above.

They stand in for options that are not given; what the command line or the environment says comes first. They are of
the user: they are never looked for in what is scanned, and none counts that anybody could have put there.
"""

import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from checker.errors import Unavailable, UsageError, unknown
from checker.limits import LIMITS
from checker.toml import parsed
from checker.trees.named import read_file

OWN_FILE, SHARED_FILE = "ltocheck.toml", "pyproject.toml"

FILES = ("policy", "waivers", "store", "owners", "notes")
"""Settings that name a file, as seen from the folder of the settings; a policy may be a shipped one's name, too."""

SETTINGS = (*FILES, "target", "arch", "jobs")


class ProjectSettings(NamedTuple):
    """Where settings were found, and the options that they stand in for."""

    file: Path
    options: dict[str, Any]


def find_settings() -> ProjectSettings | None:
    """The settings that hold for the current folder; none are looked for above the checkout that it belongs to."""
    try:
        folder = Path.cwd()
    except OSError:  # it was removed, or may not be looked at
        return None
    for place in (folder, *folder.parents):
        for name in (OWN_FILE, SHARED_FILE):
            file = place / name
            if os.path.isfile(file) and not _is_of_strangers(file) and (table := _table(file)) is not None:
                return ProjectSettings(file, _options(file, table))
        if os.path.exists(place / ".git"):
            return None
    return None


def _is_of_strangers(file: Path) -> bool:
    """Whether somebody else has put a file into a folder in which everybody may, as /tmp is."""
    is_open = os.stat(file.parent).st_mode & stat.S_IWOTH
    return bool(is_open) and os.lstat(file).st_uid not in (0, os.geteuid())


def _table(file: Path) -> dict[str, Any] | None:
    try:
        text = read_file(file, LIMITS.policy)
    except Unavailable as error:
        raise UsageError(f"{file}: {error}") from error
    if file.name == SHARED_FILE and b"ltocheck" not in text:
        return None  # as most are, and to read one as TOML takes longer than many a command
    try:
        data = parsed(text.decode())
    except ValueError as error:
        if file.name == SHARED_FILE:
            return None  # it is not ours to judge
        raise UsageError(f"{file}: not TOML: {error}") from error
    if file.name == OWN_FILE:
        return data
    tools = data.get("tool")
    found = tools.get("ltocheck") if isinstance(tools, dict) else None
    return found if isinstance(found, dict) else None


def _options(file: Path, table: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in table.items():
        if key not in SETTINGS:
            raise UsageError(f"{file}: {unknown('setting', key, SETTINGS)}")
        if key == "jobs":
            if type(value) is not int:
                raise UsageError(f"{file}: {key}: expected a number")
            options[key] = value
        elif not isinstance(value, str):
            raise UsageError(f"{file}: {key}: expected text in quotes")
        elif key in FILES and (key != "policy" or "/" in value or value.endswith(".toml")):
            place = str(file.parent / value)
            options[key] = [place] if key == "waivers" else place
        else:
            options[key] = value
    return options
