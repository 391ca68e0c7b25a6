# SPDX-License-Identifier: GPL-2.0-or-later
"""The words for files and folders that were not read, so that nobody takes them for clean."""

from collections.abc import Mapping

from checker.model import Omission, Summary

UNREADABLE = "unreadable"
WORDS = {
    Omission.EXCLUDED: "excluded",
    Omission.DEBUG: "of debug information",
    Omission.OUTSIDE: "behind links that lead outside",
    Omission.SPECIAL: "special",
    Omission.FORBIDDEN: "forbidden",
}
NOT_LOOKED_AT = "not looked at: "
IN_EVERY_BUILD = (Omission.DEBUG,)
"""What every build root has, so that the hook prints it in no build log."""


def omitted_places(omitted: Mapping[Omission, int], unreadable: int = 0) -> str:
    """How many by their reasons, as in `2 excluded, 1 unreadable`; empty where everything was looked at."""
    counts = [(unreadable, UNREADABLE), *((omitted.get(omission, 0), word) for omission, word in WORDS.items())]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def not_looked_at(summary: Summary, *, is_build: bool = False) -> str:
    """The same of a whole run, as a sentence; without what every build root has where it `is_build`."""
    expected = IN_EVERY_BUILD if is_build else ()
    omitted = {omission: count for omission, count in summary.not_looked_at.items() if omission not in expected}
    places = omitted_places(omitted, summary.unreadable)
    return f"{NOT_LOOKED_AT}{places}" if places else ""
