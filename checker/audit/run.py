# SPDX-License-Identifier: GPL-2.0-or-later
"""One audit: from repositories to their packages, from those that nobody knows yet to workers, and into the store."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from os.path import abspath

from checker.audit.examine import Depth, ExamineOptions, Record, examine, identity_at
from checker.audit.executors import Workers, each
from checker.audit.store import RunPackage, Store
from checker.errors import Obstacle, Unavailable
from checker.model import SOURCE_ARCHITECTURES
from checker.model.audits import Repository
from checker.repositories.fetch import Listed
from checker.repositories.repository import Listing, RepositoryOptions, read_repository

DEADLY = Unavailable(Obstacle.CRASHED, "ends every process that reads it")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be audited, and how."""

    locations: tuple[str, ...]
    examine: ExamineOptions
    arches: frozenset[str] | None = None
    keys: tuple[str, ...] = ()
    name: str | None = None


@dataclass(slots=True)
class Tally:
    """How far an audit has come."""

    packages: int = 0
    """To be looked at."""
    known: int = 0
    """Taken from the store."""
    examined: int = 0
    failed: int = 0
    downloaded: int = 0
    """Bytes."""
    size: int = 0
    """Bytes of all packages that the repositories list."""

    @property
    def done(self) -> int:
        """How many packages need no more work."""
        return self.known + self.examined + self.failed


def run(plan: Plan, store: Store, workers: Workers, tally: Tally, tell: Callable[[], None]) -> int:
    """Audit everything and keep it; returns the number of the run. `tell` is called whenever the tally has changed."""
    wanted = plan.examine
    options = RepositoryOptions(plan.arches, wanted.headers or wanted.thorough, plan.keys)
    listings = [read_repository(location, options) for location in plan.locations]
    packages = list(_distinct(listings))
    rows = {listed: row for listed in packages if (row := _known(listed, wanted.depths, store)) is not None}
    tally.packages, tally.known, tally.size = len(packages), len(rows), sum(listing.size for listing in listings)
    tell()
    unread: dict[Listed, Unavailable] = {}
    looked_at: dict[Listed, tuple[str, Depth]] = {}
    unknown = (listed for listed in packages if listed not in rows)
    with closing(each(workers, partial(examine, options=plan.examine), unknown)) as results:
        for listed, examined in results:
            result = examined.result if examined else DEADLY
            if isinstance(result, Record):
                if listed.checksum is None and listed.path is not None and result.identity is not None:
                    store.remember_file(listed.path, result.identity, result.checksum)
                store.add(result.checksum, result.depth, result.facts)
                looked_at[listed] = result.checksum, result.depth
                tally.examined += 1
            else:
                unread[listed] = result
                tally.failed += 1
            tally.downloaded += examined.downloaded if examined else 0
            tell()
    store.flush()
    for listed, key in looked_at.items():
        row = store.find(*key)
        assert row is not None
        rows[listed] = row
    entries = _entries(rows, unread, plan.arches, store)
    sources = {listed.source for listed in entries if listed.source}.union(*(listing.sources for listing in listings))
    return store.add_run(plan.name, len(sources), map(_described, listings), _in_order(entries))


def _distinct(listings: Iterable[Listing]) -> Iterator[Listed]:
    """Every package once, in whatever number of repositories it is."""
    seen: set[str] = set()
    for listing in listings:
        for listed in listing.packages:
            if listed.path is not None:  # workers may be in other folders
                listed = replace(listed, path=abspath(listed.path))
            file = listed.checksum or listed.path or listed.location
            if file not in seen:
                seen.add(file)
                yield listed


def _known(listed: Listed, depths: Iterable[Depth], store: Store) -> int | None:
    """The row of a package whose facts are of one of these depths."""
    checksum = listed.checksum
    if checksum is None and listed.path is not None and (identity := identity_at(listed.path)):
        checksum = store.checksum_of(listed.path, identity)
    if checksum is None:
        return None
    return next((row for depth in depths if (row := store.find(checksum, depth)) is not None), None)


def _entries(
    rows: dict[Listed, int], unread: dict[Listed, Unavailable], arches: frozenset[str] | None, store: Store
) -> dict[Listed, RunPackage]:
    """The packages of a run; where no metadata says what a package is, its own facts do."""
    entries = {
        listed: RunPackage(listed.location, None, why, listed.name, listed.source, listed.arch)
        for listed, why in unread.items()
    }
    for listed, row in rows.items():
        entry = RunPackage(listed.location, row)
        if listed.source is None or listed.name is None or listed.arch is None:
            package = store.target(entry).package
            listed = replace(listed, source=package.source, name=package.name, arch=package.arch)
        if listed.arch not in SOURCE_ARCHITECTURES and (arches is None or listed.arch is None or listed.arch in arches):
            entries[listed] = entry
    return entries


def _in_order(entries: dict[Listed, RunPackage]) -> Iterator[RunPackage]:
    """By source package, then by name, epoch, version, release and architecture, then by place."""
    met: set[int | None] = set()
    for listed in sorted(entries, key=_place_in_run):
        entry = entries[listed]
        if entry.package is None or entry.package not in met:  # files without metadata may be the same package
            met.add(entry.package)
            yield entry


def _place_in_run(listed: Listed) -> tuple[str, str, str, str]:
    return listed.source or "", listed.name or "", listed.location, listed.checksum or ""


def _described(listing: Listing) -> Repository:
    problems = tuple((problem.obstacle.value, problem.detail) for problem in listing.problems)
    return Repository(listing.location, dict(listing.others), len(listing.sources), listing.size, problems)
