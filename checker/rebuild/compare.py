# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes from one rebuild to another, by source package."""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.model.rebuilds import OutcomeWord, Rebuild

TROUBLE = (
    OutcomeWord.FLAKY,
    OutcomeWord.FAILS_IN_EVERY_ARM,
    OutcomeWord.ARM_NOT_APPLIED,
    OutcomeWord.NEEDS_OPT_IN,
    OutcomeWord.UNDOES_FLAGS,
    OutcomeWord.MIXED,
    OutcomeWord.CONFIGURES_DIFFERENTLY,
)
"""Outcomes that need the attention of a packager."""

CHANGES = ("new", "resolved", "remaining", "gone", "flaky")


@dataclass(frozen=True, slots=True)
class RebuildComparison:
    """The source packages that need attention, compared with an earlier rebuild."""

    since: int
    changes: dict[str, str]
    """The change of each source package."""

    def of(self, change: str) -> list[str]:
        """The source packages with a change, by name."""
        return sorted(source for source, its in self.changes.items() if its == change)


def compared(now: Rebuild, before: Rebuild) -> RebuildComparison:
    """Compare two rebuilds; a source package that was not rebuilt this time is gone, never resolved."""
    return RebuildComparison(before.id, dict(_changes(now, before)))


def _changes(now: Rebuild, before: Rebuild) -> Iterator[tuple[str, str]]:
    old = {source.source: source.outcome for source in before.sources}
    new = {source.source: source.outcome for source in now.sources}
    for source in old.keys() | new.keys():
        was, is_ = old.get(source), new.get(source)
        if is_ is None:
            if was in TROUBLE:
                yield source, "gone"
        elif OutcomeWord.FLAKY in (was, is_):
            yield source, "flaky"
        elif is_ in TROUBLE:
            yield source, "remaining" if was in TROUBLE else "new"
        elif was in TROUBLE and is_ is OutcomeWord.FINE:
            yield source, "resolved"
