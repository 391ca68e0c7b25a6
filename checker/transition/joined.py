# SPDX-License-Identifier: GPL-2.0-or-later
"""Several audits as one, such as a release and what of it has been rebuilt: of each package the newest counts."""

from collections.abc import Iterator, Sequence

from checker.audit.rows import Run, RunPackage
from checker.audit.store import Store
from checker.model import Target
from checker.packages.versions import Nevra, compare_versions
from checker.transition.scope import package_key


def joined_entries(store: Store, runs: Sequence[Run]) -> list[RunPackage]:
    """The packages of all these audits, the newest of each; of the same version the later audit's."""
    if len(runs) == 1:
        return list(store.entries(runs[0]))
    newest: dict[str, tuple[str, RunPackage | None]] = {}

    def add(name: str | None, location: str, entry: RunPackage | None) -> None:
        key = package_key(name, location)
        known = newest.get(key)
        if known is None or not name or not known[0] or compare_versions(Nevra.of(name), Nevra.of(known[0])) >= 0:
            newest[key] = name or "", entry

    for run in runs:
        for other in store.others(run):  # without objects, and newer than one with objects perhaps
            add(other.name, other.location, None)
        for entry in store.entries(run):
            add(entry.name, entry.location, entry)
    return [entry for _, (_, entry) in sorted(newest.items()) if entry is not None]


def joined_targets(store: Store, runs: Sequence[Run]) -> Iterator[Target]:
    """The same, to be judged; before them the repositories that have problems."""
    for run in runs:
        yield from store.problems(run)
    for entry in joined_entries(store, runs):
        yield store.target(entry)


def joined_sources(store: Store, runs: Sequence[Run]) -> int:
    """From how many source packages everything that is listed was built."""
    if len(runs) == 1:
        return runs[0].sources
    return len(source_names(store, runs))


def source_names(store: Store, runs: Sequence[Run]) -> set[str]:
    """The source packages that an audit knows by name, with objects or without."""
    return {entry.source for run in runs for entry in store.listed(run) if entry.source}
