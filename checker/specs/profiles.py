# SPDX-License-Identifier: GPL-2.0-or-later
"""The distributions that specs are parsed for."""

from pathlib import Path
from typing import NamedTuple

from checker.errors import UsageError, unknown
from checker.shipped import shipped_targets, targets_folder


class Profile(NamedTuple):
    """A distribution as macros."""

    name: str
    text: bytes


def load_profile(name: str) -> Profile:
    """A shipped profile or a file of macros; raises UsageError."""
    file = Path(name) if "/" in name else targets_folder() / name
    try:
        return Profile(name, file.read_bytes())
    except FileNotFoundError as error:
        more = ", or a file of macros with a slash in its name"
        raise UsageError(f"--target {name}: {unknown('distribution', name, shipped_targets(), more)}") from error
    except OSError as error:
        raise UsageError(f"--target {name}: {error.strerror}") from error
