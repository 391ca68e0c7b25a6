# SPDX-License-Identifier: GPL-2.0-or-later
"""What an audit has to do: which packages there are, and of which the store knows enough."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from os.path import abspath

from checker.audit.examine import Depth, ExamineOptions, identity_at
from checker.audit.store import Store
from checker.repositories.fetch import Listed
from checker.repositories.repository import Listing, RepositoryOptions, read_repository


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be audited, and how."""

    locations: tuple[str, ...]
    examine: ExamineOptions
    arches: frozenset[str] | None = None
    keys: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """The packages of an audit."""

    listings: list[Listing]
    packages: list[Listed]
    """Each once."""
    known: dict[Listed, int]
    """Rows of those whose facts are in the store."""

    @property
    def pending(self) -> Iterator[Listed]:
        """Packages that have to be examined."""
        return (listed for listed in self.packages if listed not in self.known)


def work_of(plan: Plan, store: Store) -> Work:
    """Read the repositories, and see what is known of their packages."""
    wanted = plan.examine
    options = RepositoryOptions(plan.arches, wanted.headers or wanted.thorough, plan.keys)
    listings = [read_repository(location, options) for location in plan.locations]
    packages = list(_distinct(listings))
    known = {listed: row for listed in packages if (row := _known(listed, wanted.depths, store)) is not None}
    return Work(listings, packages, known)


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
