# SPDX-License-Identifier: GPL-2.0-or-later
"""The work of an audit: the packages of its repositories, less those that the store knows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import abspath

from checker.audit.examine import Depth, ExamineOptions, identity_at
from checker.audit.store import Store
from checker.model.audits import Reach, Scope
from checker.packages.versions import superseded
from checker.repositories.fetch import ListedPackage
from checker.repositories.repository import Listing, RepositoryOptions, read_repository


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """What is to be audited, and how."""

    locations: tuple[str, ...]
    examine: ExamineOptions
    arches: frozenset[str] | None = None
    keys: tuple[str, ...] = ()
    name: str | None = None
    all_versions: bool = False
    """Also packages of which there is a newer version."""

    @property
    def scope(self) -> Scope:
        """What is asked for, as it is stored."""
        wanted = self.examine
        reach = Reach.THOROUGH if wanted.thorough else Reach.HEADERS if wanted.headers else Reach.LISTS
        return Scope(tuple(sorted(self.arches)) if self.arches is not None else None, reach, self.all_versions)

    def replaced(self, packages: Iterable[str | None], listings: Iterable[Listing]) -> frozenset[str | None]:
        """Packages that an update replaces, also by one that holds no object any more; none where all are wanted."""
        if self.all_versions:
            return frozenset()
        without_object = (other.name for listing in listings for other in listing.without_object)
        return superseded([*(name for name in packages if name is not None), *without_object])


@dataclass(frozen=True, slots=True)
class Work:
    """The packages of an audit."""

    listings: list[Listing]
    packages: Mapping[ListedPackage, int]
    """Each once, with the place of its repository among the listings."""
    known: dict[ListedPackage, int]
    """Rows of those whose facts are in the store."""

    @property
    def pending(self) -> Iterator[ListedPackage]:
        """Packages that have to be examined."""
        return (listed for listed in self.packages if listed not in self.known)


def work_of(plan: AuditPlan, store: Store) -> Work:
    """Read the repositories, and look up their packages in the store."""
    wanted = plan.examine
    options = RepositoryOptions(plan.arches, wanted.headers or wanted.thorough, plan.keys)
    listings = [read_repository(location, options) for location in plan.locations]
    distinct = dict(_distinct(listings))
    replaced = plan.replaced((listed.name for listed in distinct), listings)
    packages = {listed: place for listed, place in distinct.items() if listed.name not in replaced}
    known = {listed: row for listed in packages if (row := _known(listed, wanted.depths, store)) is not None}
    return Work(listings, packages, known)


def _distinct(listings: Iterable[Listing]) -> Iterator[tuple[ListedPackage, int]]:
    """Every package once, however many repositories list it, with the place of the first of these."""
    seen: set[str] = set()
    for place, listing in enumerate(listings):
        for listed in listing.packages:
            if listed.path is not None:  # workers may be in other folders
                listed = replace(listed, path=abspath(listed.path))
            file = listed.checksum or listed.path or listed.location
            if file not in seen:
                seen.add(file)
                yield listed, place


def _known(listed: ListedPackage, depths: Iterable[Depth], store: Store) -> int | None:
    """The row of a package whose facts are of one of these depths."""
    checksum = listed.checksum
    if checksum is None and listed.path is not None and (identity := identity_at(listed.path)):
        checksum = store.checksum_of(listed.path, identity)
    if checksum is None:
        return None
    return next((row for depth in depths if (row := store.find(checksum, depth)) is not None), None)
