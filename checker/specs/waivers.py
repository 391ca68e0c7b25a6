# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that a spec excludes from the check: `%__brp_ltocheck_exclude_from`, an expression over installed paths."""

import re
from contextlib import suppress

from checker.limits import LIMITS

EXCLUDE_FROM = "__brp_ltocheck_exclude_from"
WHY = "__brp_ltocheck_exclude_why"
"""Free text: why, for whoever reads the build log or a report."""

REPEATED_GROUP = re.compile(r"\)[*+{?]|\\[1-9]|\(\?")
UNBOUNDED = re.compile(r"(?<!\\)[*+{]")
MOST_UNBOUNDED = 3
"""Repetitions in one expression; with more of them, an expression may take time without end on one path."""

MACROS_OF_PATHS = re.compile(r"%\{?(?:_(\w+))\}?")
FOLDERS = {
    "libdir": "/usr/lib64",
    "prefix": "/usr",
    "libexecdir": "/usr/libexec",
    "datadir": "/usr/share",
    "lib": "lib64",
}


class Exceptions:
    """The paths that a spec excepts; of an expression that may take long, none are."""

    def __init__(self, expression: str | None) -> None:
        self._pattern: re.Pattern[str] | None = None
        if expression and _is_quick(expression):
            with suppress(re.error, OverflowError, RecursionError):
                self._pattern = re.compile(_with_folders(expression))

    def cover(self, path: str) -> bool:
        """Whether everything that a path or pattern of %files names is excepted."""
        if self._pattern is None or not path:
            return False
        example = _with_folders(path).replace("*", "x").replace("?", "x")
        return self._pattern.search(example) is not None


def _is_quick(expression: str) -> bool:
    """Whether it can be matched with any text in a short time."""
    is_plain = not REPEATED_GROUP.search(expression) and len(UNBOUNDED.findall(expression)) <= MOST_UNBOUNDED
    return is_plain and len(expression) <= LIMITS.spec_line


def _with_folders(text: str) -> str:
    """The text with the usual folders in place of rpm's macros for them."""
    return MACROS_OF_PATHS.sub(lambda found: FOLDERS.get(found[1], found[0]), text)
