# SPDX-License-Identifier: GPL-2.0-or-later
"""The store of rebuilds: tables in the store of audits, and logs in a folder beside it.

Every build is kept at once, and a rebuild is visible once it is complete. An interrupted rebuild continues when the
same one is started again.
"""

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from checker import __version__
from checker.audit.database import errors, open_to_read, open_to_write
from checker.errors import UsageError
from checker.model.rebuilds import Rebuild
from checker.rebuild import keep
from checker.rebuild.facts import BuildFacts, Values
from checker.rebuild.outcomes import outcomes
from checker.rebuild.tasks import Built, Key

ARCHITECTURES = {
    "fedora": frozenset({"x86_64", "aarch64", "ppc64le", "s390x"}),
    "opensuse": frozenset({"x86_64", "aarch64", "ppc64le", "s390x", "i586"}),
}
"""All architectures of a distribution, by its profile's name: an opt-in is superfluous only if it is on all of them."""


PART = 70
"""Bytes of a source, an architecture or an arm in the name of a log; file systems allow 255 for all of it."""


@dataclass(frozen=True, slots=True)
class Described:
    """The description of a whole rebuild; see Rebuild in checker.model."""

    target: str
    builder: str
    arms: tuple[str, ...]
    repeat: int
    seed: int
    machine: str


class RebuildStore:
    """The rebuilds in one store; raises UsageError for a file that is no store or cannot be used."""

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self._path = path
        self._db = open_to_write(path) if write else open_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @property
    def folder(self) -> Path:
        """The folder of the logs."""
        return self._path.with_name(f"{self._path.name}.logs")

    def begin(self, plan: str, name: str | None, described: Described) -> tuple[int, Described]:
        """Begin a rebuild, or continue one of the same plan; returns its number and description."""
        with errors(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute(
                "SELECT id, described FROM rebuilds WHERE plan = ? AND finished IS NULL AND tool = ?",
                (plan, __version__),
            ).fetchone()
            if row is not None:
                return int(row[0]), _described(row[1])
            cursor = self._db.execute(
                "INSERT INTO rebuilds (name, plan, tool, described) VALUES (?, ?, ?, ?)",
                (name, plan, __version__, json.dumps(asdict(described))),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid, described

    def add(self, rebuild: int, key: Key, built: Built) -> None:
        """Keep one build; its log is written first, so that stored facts always have their log."""
        if built.log:
            place = self._log(rebuild, key)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                _write(place, built.log)
            except OSError as error:
                raise UsageError(f"{place}: the log cannot be kept: {error.strerror}") from error
        with errors(self._path), self._db:
            self._db.executemany("INSERT OR IGNORE INTO rebuild_texts VALUES (?, ?)", built.texts.items())
            self._db.execute(
                "INSERT OR REPLACE INTO rebuild_builds VALUES (?, ?, ?, ?, ?, ?)",
                (rebuild, *_stored(key), built.facts.to_json()),
            )

    def finish(self, rebuild: int) -> None:
        """Mark a rebuild as complete."""
        with errors(self._path), self._db:
            finished = datetime.now(UTC).isoformat(timespec="seconds")
            self._db.execute("UPDATE rebuilds SET finished = ? WHERE id = ?", (finished, rebuild))

    def builds(self, rebuild: int) -> dict[Key, BuildFacts]:
        """All builds of a rebuild that are kept."""
        with errors(self._path):
            rows = self._db.execute(
                "SELECT source, arch, arm, number, facts FROM rebuild_builds WHERE rebuild = ? "
                "ORDER BY source, arch, arm, number",
                (rebuild,),
            ).fetchall()
        try:
            return {Key(_name(source), *rest): BuildFacts.from_json(facts) for source, *rest, facts in rows}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self._path}: the store is damaged: {error}") from error

    def values(self, digest: str) -> Values:
        """Results of configure, or symbols and needed libraries, by their digest."""
        with errors(self._path):
            row = self._db.execute("SELECT text FROM rebuild_texts WHERE digest = ?", (digest,)).fetchone()
        try:
            return keep.values(row[0])
        except (ValueError, TypeError) as error:
            raise UsageError(f"{self._path}: the store is damaged: {error}") from error

    def rebuild(self, wanted: str | None = None) -> Rebuild:
        """The complete rebuild with a number, or the latest with a name, or the latest of all; raises UsageError."""
        rows = list(self._complete())
        for id_, name, finished, tool, described in reversed(rows):
            if wanted is None or wanted in (str(id_), name):
                said = _described(described)
                found = outcomes(self.builds(id_), self.values, ARCHITECTURES.get(said.target))
                return Rebuild(id_, name, finished, tool, **asdict(said), sources=found)
        if not rows:
            raise UsageError(f"{self._path}: holds no complete rebuild yet")
        known = ", ".join(f"{row[0]} ({row[1]})" if row[1] else str(row[0]) for row in rows[-10:])
        raise UsageError(f"{self._path}: has no rebuild {wanted!r}; there are {known}")

    def log(self, rebuild: int, source: str, arm: str | None) -> bytes:
        """A log of a source package, of one arm if given, preferably of a failed build; raises UsageError."""
        builds = self.builds(rebuild)
        keys = [key for key, facts in builds.items() if source in (key.source, facts.package)]
        keys = [key for key in keys if arm in (None, key.arm)]
        for key in sorted(keys, key=lambda key: builds[key].phase is None):
            with suppress(OSError, EOFError), gzip.open(self._log(rebuild, key)) as file:
                return file.read()
        raise UsageError(f"{self._path}: keeps no log of {source}" + (f" in the arm {arm}" if arm else ""))

    def _complete(self) -> Iterator[tuple[int, str | None, str, str, str]]:
        with errors(self._path), closing(self._db.cursor()) as cursor:
            yield from cursor.execute(
                "SELECT id, name, finished, tool, described FROM rebuilds WHERE finished IS NOT NULL ORDER BY id"
            )

    def _log(self, rebuild: int, key: Key) -> Path:
        source, arch, arm = map(_file_name, key[:3])
        return self.folder / str(rebuild) / f"{source}.{arch}.{arm}.{key.number}.log.gz"


def _write(place: Path, data: bytes) -> None:
    """Write a file that exists completely or not at all."""
    fd, temporary = tempfile.mkstemp(prefix=".", dir=place.parent)
    try:
        with os.fdopen(fd, "wb") as out:
            out.write(data)
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _file_name(part: str) -> str:
    """A part of a file name; a long one is cut and ends in a digest of the whole."""
    quoted = quote(part, safe="", errors="surrogateescape")
    if len(quoted) <= PART:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()[:16]
    return f"{quoted[: PART - len(digest) - 1]}.{digest}"


def _stored(key: Key) -> tuple[str, str, str, int]:
    """A key as SQLite accepts it, because a source's name may contain surrogates."""
    return json.dumps(key.source), key.arch, key.arm, key.number


def _name(stored: str) -> str:
    return str(json.loads(stored))


def _described(text: str) -> Described:
    values = json.loads(text)
    return Described(**{**values, "arms": tuple(values["arms"])})


def load(path: Path, wanted: str | None = None) -> Rebuild:
    """A rebuild from a store with its outcomes, to join with audits and specs; raises UsageError."""
    with RebuildStore(path) as store:
        return store.rebuild(wanted)
