# SPDX-License-Identifier: GPL-2.0-or-later
"""Where audits are kept: one SQLite file with the facts of packages, by their checksums, and the runs that met them.

Facts are written as they come, a run only when it is complete. So an audit that was killed leaves facts and no run; the
next one finds the facts, and its run is the one that would have been. Several audits may write into one store.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from checker import __version__
from checker.audit.database import errors, open_to_read, open_to_write
from checker.audit.facts import DAMAGE, FACTS, replayed
from checker.audit.rows import OTHERS, Run, RunPackage, entry_of, row_of, run_of, stored
from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS
from checker.model import Item, PackageFacts, Target, TargetType
from checker.model.audits import PackageName, Repository, Scope

BATCH = 0.5
"""Seconds between commits: one for each package costs more than looking at a small one."""


class Store:
    """One file of audits; raises UsageError for a file that is no such store, or cannot be used."""

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self._path = path
        self._pending: list[tuple[str, str, bytes]] = []
        self._files: list[tuple[str | None, str, str]] = []
        self._committed = monotonic()
        self._db = open_to_write(path) if write else open_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            if not isinstance(error, UsageError):
                self.flush()
        finally:
            self._db.close()

    # What is known of packages.

    def find(self, checksum: str, depth: str) -> int | None:
        """The row of a package that was examined to this depth, with facts of this version; None if there is none."""
        with errors(self._path):
            row = self._db.execute(
                "SELECT id FROM packages WHERE checksum = ? AND reading = ? AND tool = ?",
                (checksum, depth, str(FACTS)),
            ).fetchone()
        return int(row[0]) if row else None

    def row(self, checksum: str, depth: str) -> int:
        """The row of a package that was added and flushed."""
        row = self.find(checksum, depth)
        assert row is not None, "facts that were kept are there"
        return row

    def add(self, checksum: str, depth: str, facts: bytes) -> None:
        """Keep the record of a package; it is written within BATCH seconds, and at once by `flush`."""
        self._pending.append((checksum, depth, facts))
        if monotonic() - self._committed > BATCH:
            self.flush()

    def checksum_of(self, path: str, identity: str) -> str | None:
        """The checksum of a local file that had the same identity when it was read."""
        with errors(self._path):
            row = self._db.execute(
                "SELECT checksum FROM files WHERE path = ? AND identity = ?", (stored(path), identity)
            ).fetchone()
        return str(row[0]) if row else None

    def remember_file(self, path: str, identity: str, checksum: str) -> None:
        """Keep the checksum of a local file, which need not be read again while its identity is the same."""
        self._files.append((stored(path), identity, checksum))

    def flush(self) -> None:
        """Write what was added."""
        if self._pending or self._files:
            with errors(self._path), self._db:
                self._db.executemany(
                    "INSERT OR IGNORE INTO packages (checksum, reading, tool, facts) VALUES (?, ?, ?, ?)",
                    ((checksum, depth, str(FACTS), facts) for checksum, depth, facts in self._pending),
                )
                self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", self._files)
        self._pending, self._files, self._committed = [], [], monotonic()

    # Runs.

    def add_run(
        self,
        name: str | None,
        sources: int,
        repositories: Iterable[Repository],
        entries: Iterable[RunPackage],
        others: Iterable[tuple[int, PackageName]] = (),
        scope: Scope = Scope(),  # noqa: B008 a constant
    ) -> int:
        """Keep a complete audit; returns its number. `others` are packages not looked at, each with its repository."""
        self.flush()
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        described = json.dumps([repository._asdict() for repository in repositories])
        not_looked_at = zlib.compress(json.dumps([[place, *other] for place, other in others]).encode())
        with errors(self._path), self._db:
            cursor = self._db.execute(
                "INSERT INTO runs (name, finished, tool, sources, repositories, scope, others) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (stored(name), finished, __version__, sources, described, json.dumps(scope), not_looked_at),
            )
            run = cursor.lastrowid
            assert run is not None
            rows = ((run, number, *row_of(entry)) for number, entry in enumerate(entries))
            self._db.executemany("INSERT INTO run_packages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return run

    def runs(self) -> list[Run]:
        """All complete audits, the oldest first."""
        with errors(self._path):
            rows = self._db.execute(
                "SELECT id, name, finished, tool, sources, repositories, scope FROM runs ORDER BY id"
            ).fetchall()
        return [self._run(row) for row in rows]

    def run(self, wanted: str | None = None) -> Run:
        """The audit of a number, the latest of a name, or the latest that could read anything; raises UsageError."""
        runs = self.runs()
        if not runs:
            raise UsageError(f"{self._path}: holds no complete audit yet")
        for run in reversed(runs):
            if wanted in (str(run.id), run.name) if wanted is not None else not self.has_failed(run):
                return run
        if wanted is None:
            raise UsageError(f"{self._path}: no audit in it could read anything; the last is {runs[-1].id}")
        names = {name for run in runs for name in (run.name, str(run.id)) if name}
        near = get_close_matches(wanted, names, 1)
        meant = f"did you mean {near[0]}? There" if near else "there"
        raise UsageError(f"{self._path}: has no audit {wanted!r}; {meant} are {_listed(runs)}")

    def refuse_name(self, name: str | None) -> None:
        """Raise UsageError for a name that an audit has already: each stands for one."""
        for run in self.runs() if name is not None else ():
            if run.name == name and not self.has_failed(run):
                raise UsageError(f"--name {name}: audit {run.id} of {self._path} has this name; choose another")

    def has_failed(self, run: Run) -> bool:
        """Whether nothing of its repositories could be read."""
        is_empty = not self.count(run) and not any(sum(one.others.values()) for one in run.repositories)
        return is_empty and any(repository.problems for repository in run.repositories)

    def chosen(self, wanted: Sequence[str]) -> list[Run]:
        """The audits of these numbers or names, the oldest first, each once; the latest where none is wanted."""
        runs = {run.id: run for run in (map(self.run, wanted) if wanted else [self.run()])}
        return [runs[number] for number in sorted(runs)]

    def count(self, run: Run) -> int:
        """How many packages a run has."""
        with errors(self._path):
            row = self._db.execute("SELECT count(*) FROM run_packages WHERE run = ?", (run.id,)).fetchone()
        return int(row[0])

    def entries(self, run: Run) -> Iterator[RunPackage]:
        """The packages of a run, in its order."""
        with errors(self._path):
            rows = self._db.execute(
                "SELECT location, package, obstacle, detail, name, source, arch, repository FROM run_packages "
                "WHERE run = ? ORDER BY number",
                (run.id,),
            )
            for number, row in enumerate(rows):
                try:
                    yield entry_of(row)
                except DAMAGE as error:
                    yield RunPackage(f"package {number} of audit {run.id}", None, self._lost(error))

    def others(self, run: Run) -> list[RunPackage]:
        """Packages that the repositories of a run list and that were not looked at: they hold no object."""
        with errors(self._path):
            row = self._db.execute("SELECT others FROM runs WHERE id = ?", (run.id,)).fetchone()
        try:
            unpacked = zlib.decompressobj().decompress(row[0], LIMITS.record)
            rows = OTHERS(json.loads(unpacked))
        except DAMAGE as error:
            raise self._damaged(run.id, error) from error
        return [RunPackage("", None, name=name, source=source, repository=place) for place, name, source in rows]

    def listed(self, run: Run) -> Iterator[RunPackage]:
        """All packages that the repositories of a run list, those first that were looked at."""
        yield from self.entries(run)
        yield from self.others(run)

    def target(self, entry: RunPackage) -> Target:
        """A package of a run, to be judged."""
        if entry.package is None:
            unread = iter([entry.unread]) if entry.unread else iter(())
            facts = PackageFacts(entry.name, entry.source, entry.arch)
            return Target(entry.location, TargetType.RPM, facts, unread)
        try:
            (record,) = self._db.execute("SELECT facts FROM packages WHERE id = ?", (entry.package,)).fetchone()
            target = replayed(record, entry.location)
        except (*DAMAGE, sqlite3.DatabaseError) as error:
            return Target(entry.location, TargetType.RPM, PackageFacts(), iter([self._lost(error)]), entry.package)
        return target._replace(items=self._undamaged(target.items), record=entry.package)

    def _undamaged(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items up to where they are damaged, and then that they are."""
        try:
            yield from items
        except DAMAGE as error:
            yield self._lost(error)

    def _run(self, row: tuple[Any, ...]) -> Run:
        try:
            return run_of(row)
        except DAMAGE as error:
            raise self._damaged(row[0], error) from error

    def _damaged(self, run: int, error: Exception) -> UsageError:
        return UsageError(f"{self._path}: the store is damaged: audit {run}: {error}")

    def _lost(self, error: Exception) -> Unavailable:
        return Unavailable(Obstacle.LOST, f"is damaged in the store {self._path}: {error}")

    def problems(self, run: Run) -> Iterator[Target]:
        """The repositories of a run that have problems."""
        for repository in run.repositories:
            for obstacle, detail in repository.problems:
                unread = Unavailable(Obstacle(obstacle), detail)
                yield Target(repository.location, TargetType.REPOSITORY, PackageFacts(), iter([unread]))

    def targets(self, run: Run) -> Iterator[Target]:
        """Everything of a run: the repositories that have problems, and all packages."""
        yield from self.problems(run)
        for entry in self.entries(run):
            yield self.target(entry)


def _listed(runs: list[Run]) -> str:
    names = [f"{run.id} ({run.name})" if run.name else str(run.id) for run in runs[-10:]]
    return ", ".join(names) + (" and older ones" if len(runs) > len(names) else "")
