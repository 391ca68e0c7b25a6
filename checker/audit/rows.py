# SPDX-License-Identifier: GPL-2.0-or-later
"""Audits and their packages as values, and as rows of the store; a damaged row raises one of DAMAGE."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from checker.audit.typed import reader
from checker.errors import Obstacle, Unavailable
from checker.model.audits import AuditName, Repository, Scope


class RunPackage(NamedTuple):
    """A package of a run: its row in the store, or why it could not be read and what its repository says of it."""

    location: str
    package: int | None
    unread: Unavailable | None = None
    name: str | None = None
    source: str | None = None
    arch: str | None = None
    repository: int = 0
    """Its place among those of the run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One complete audit."""

    id: int
    name: str | None
    finished: str
    """UTC, as ISO 8601 writes it."""
    tool: str
    sources: int
    """Source packages from which everything that the repositories list was built."""
    repositories: tuple[Repository, ...]
    scope: Scope

    @property
    def known_as(self) -> AuditName:
        """What it is known by."""
        return AuditName(self.id, self.name, self.finished, tuple(one.location for one in self.repositories))


def row_of(entry: RunPackage) -> tuple[str | int | None, ...]:
    """The row of a package, without its run and number."""
    obstacle, detail = (entry.unread.obstacle, entry.unread.detail) if entry.unread else (None, None)
    about = map(stored, (detail, entry.name, entry.source, entry.arch))
    return stored(entry.location), entry.package, obstacle, *about, entry.repository


def stored(name: str | None) -> str | None:
    """A name that may hold surrogates, as text that SQLite takes: as JSON where it must."""
    return None if name is None else json.dumps(name)[1:-1]


def named(text: str | None) -> str | None:
    """The name that was stored; raises one of DAMAGE."""
    if text is None or "\\" not in text:  # as almost all are: nothing in it is escaped
        return text
    return str(json.loads(f'"{text}"'))


def entry_of(row: tuple[Any, ...]) -> RunPackage:
    """A package from its row; raises one of DAMAGE."""
    location, package, obstacle, detail, name, source, arch, repository = _ENTRY(row)
    if package is None and obstacle is None:
        raise ValueError("a package with neither facts nor a reason why there are none")
    unread = Unavailable(obstacle, named(detail) or "") if obstacle else None
    return RunPackage(named(location) or "", package, unread, named(name), named(source), named(arch), repository)


def run_of(row: tuple[Any, ...]) -> Run:
    """An audit from its row; raises one of DAMAGE."""
    id_, name, finished, tool, sources, repositories, scope = _RUN(row)
    datetime.fromisoformat(finished)
    listed = _REPOSITORIES([[one[field] for field in Repository._fields] for one in json.loads(repositories)])
    for repository in listed:
        for obstacle, _ in repository.problems:
            Obstacle(obstacle)
    return Run(id_, named(name), finished, tool, sources, listed, _SCOPE(json.loads(scope)))


_ENTRY = reader(tuple[str, int | None, Obstacle | None, str | None, str | None, str | None, str | None, int])
_RUN = reader(tuple[int, str | None, str, str, int, str, str])
_REPOSITORIES = reader(tuple[Repository, ...])
_SCOPE = reader(Scope)
OTHERS = reader(tuple[tuple[int, str, str], ...])
