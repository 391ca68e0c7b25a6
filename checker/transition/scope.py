# SPDX-License-Identifier: GPL-2.0-or-later
"""What two audits both cover: a package is gone only if the audit that lacks it would have seen it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from posixpath import basename

from checker.audit.rows import Run
from checker.audit.store import Store
from checker.model import SOURCE_ARCHITECTURES, Target, TargetType
from checker.model.audits import Scope
from checker.packages.package import OBJECT_NAME
from checker.packages.versions import Nevra

NO_ARCHITECTURE = "noarch"


class Presence(Enum):
    """What an audit knows of a package that another audit looked at."""

    LISTED = auto()
    """It is there, in whatever version, with objects or without."""
    ABSENT = auto()
    """It would have been seen, and is not there."""
    OUT_OF_SCOPE = auto()
    """The audit did not look where it would be, or could not."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one audit looked at, and what it would have seen; packages are known by name and architecture."""

    scope: Scope
    packages: Mapping[str, str]
    """All packages that its repositories list, by `NAME.ARCH`, and the location of the repository of each.

    Repositories are there too, by their locations.
    """
    arches: Mapping[str, frozenset[str]]
    """Every repository by its location, and the architectures that it has packages for."""
    unread: frozenset[str] = field(default_factory=frozenset)
    """Locations of repositories that could not be read, or not to their end."""

    def presence(self, package: str, other: "Coverage") -> Presence:
        """What this audit knows of a package that the other one looked at."""
        if package in self.packages:
            return Presence.LISTED
        would_be_seen = self._would_see(package.rpartition(".")[2], other.packages.get(package), other)
        return Presence.ABSENT if would_be_seen else Presence.OUT_OF_SCOPE

    def reaches(self, path: str, other: "Coverage") -> bool:
        """Whether this audit looks into a file that the other one found something in."""
        return self.scope.reach >= other.scope.reach or OBJECT_NAME.search(path) is not None

    def _would_see(self, arch: str, location: str | None, other: "Coverage") -> bool:
        if self.scope.arches is not None and arch not in self.scope.arches:
            return False
        if location in self.arches:
            return location not in self.unread
        # A release may lie elsewhere than the one before it: then it is in a repository that the other did not have.
        successors = self.arches.keys() - other.arches.keys()
        if not successors or successors & self.unread:
            return False
        return arch == NO_ARCHITECTURE or any(arch in self.arches[one] for one in successors)


def package_key(name: str | None, location: str) -> str:
    """What a package is known by, in whatever version: `NAME.ARCH`.

    Of one that could not be read, only the name of its file is known: name-version-release.arch.rpm.
    """
    nevra = Nevra.of(name or basename(location).removesuffix(".rpm"))
    return f"{nevra.name}.{nevra.arch}"


def key_of(target: Target) -> str:
    """The same for a target; repositories are known by their locations."""
    return target.path if target.type is TargetType.REPOSITORY else package_key(target.package.name, target.path)


def coverage(store: Store, run: Run) -> Coverage:
    """What an audit of a store looked at."""
    locations = [repository.location for repository in run.repositories]
    packages = {location: location for location in locations}
    arches = {one.location: set(one.others) - set(SOURCE_ARCHITECTURES) for one in run.repositories}
    for entry in store.listed(run):
        location = locations[entry.repository]
        packages.setdefault(package_key(entry.name, entry.location), location)
        if entry.arch:
            arches[location].add(entry.arch)
    return Coverage(
        run.scope,
        packages,
        {location: frozenset(names) for location, names in arches.items()},
        frozenset(one.location for one in run.repositories if one.problems),
    )
