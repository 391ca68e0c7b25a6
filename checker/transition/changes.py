# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of source packages since another audit, inside the scope that both share."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from checker.audit.rows import Run
from checker.audit.store import Store
from checker.model.statements import Ground, say
from checker.model.transition import OPEN, Changes, Standing, State
from checker.transition.scope import Coverage, Presence, coverage, package_key


class Audits:
    """Several audits taken for one: the packages of each source package, and what the audits covered."""

    def __init__(self, store: Store, runs: Sequence[Run]) -> None:
        self.known_as = runs[-1].known_as
        self._store, self._runs = store, runs
        self.packages: dict[str, set[str]] = {}
        """Of each source package, by `NAME.ARCH`."""
        for run in runs:
            for entry in store.listed(run):
                if entry.source:
                    key = package_key(entry.name, entry.location)
                    self.packages.setdefault(entry.source, set()).add(key)

    @cached_property
    def coverages(self) -> list[Coverage]:
        """What each audit covered."""
        return [coverage(self._store, run) for run in self._runs]

    @property
    def sources(self) -> Iterable[str]:
        """All source packages, with objects or without."""
        return self.packages.keys()

    def presence(self, source: str, other: "Audits") -> Presence:
        """What is known of a source package that another audit has; the worst that any architecture says.

        Where it has a package on an architecture, it was built there: other packages of it were dropped.
        """
        built_for = {_arch(package) for package in self.packages.get(source, ())}
        missing = {package for package in other.packages.get(source, ()) if _arch(package) not in built_for}
        presences = {self._presence(package, other) for package in missing}
        if Presence.OUT_OF_SCOPE in presences:
            return Presence.OUT_OF_SCOPE
        return Presence.ABSENT if Presence.ABSENT in presences else Presence.LISTED

    def _presence(self, package: str, other: "Audits") -> Presence:
        presences = {one.presence(package, before) for one in self.coverages for before in other.coverages}
        ordered = (Presence.LISTED, Presence.ABSENT, Presence.OUT_OF_SCOPE)
        return next(presence for presence in ordered if presence in presences)


def changes_between(
    before: Sequence[Standing], now: Sequence[Standing], older: Audits, newer: Audits
) -> tuple[Changes, list[Standing]]:
    """The changes by source package, and those that are gone."""
    was_open = {one.source: one for one in before if one.state in OPEN}
    is_open = {one.source for one in now if one.state in OPEN}
    closed = {name: newer.presence(name, older) for name in was_open if name not in is_open}
    listed, present = set(older.sources), set(newer.sources)

    def fated(presence: Presence) -> tuple[str, ...]:
        return tuple(sorted(name for name, fate in closed.items() if fate is presence))

    changes = Changes(
        older.known_as,
        new=tuple(sorted(name for name in is_open - was_open.keys() if _was_seen(name, listed, older, newer))),
        resolved=fated(Presence.LISTED),
        remaining=tuple(sorted(is_open & was_open.keys())),
        gone=fated(Presence.ABSENT),
        out_of_scope=fated(Presence.OUT_OF_SCOPE),
    )
    gone = [
        replace(one, state=State.GONE, why=(say(Ground.WAS, state=one.state, audit=older.known_as.title), *one.why))
        for one in before
        if one.packages and one.source not in present and newer.presence(one.source, older) is Presence.ABSENT
    ]
    absent = {one.source for one in now}
    return changes, [one for one in gone if one.source not in absent]


def _was_seen(source: str, listed: set[str], older: Audits, newer: Audits) -> bool:
    """Whether the older audit would have found it, so that it is new."""
    return source in listed or older.presence(source, newer) is not Presence.OUT_OF_SCOPE


def _arch(package: str) -> str:
    return package.rpartition(".")[2]
