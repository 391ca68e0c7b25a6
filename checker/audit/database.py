# SPDX-License-Identifier: GPL-2.0-or-later
"""The SQLite file of a store: its tables, and how it is opened. An error of SQLite is raised as UsageError."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from checker.errors import UsageError

VERSION = 2
"""Of the tables; SQLite keeps it as user_version."""

APPLICATION = 0x6C746F63
"""SQLite's application_id of our files, so that none is mistaken for another program's: `ltoc`."""

TABLES = """
CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    checksum TEXT NOT NULL,
    reading TEXT NOT NULL,
    tool TEXT NOT NULL,
    facts BLOB NOT NULL,
    UNIQUE (checksum, reading, tool)
);
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    checksum TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    name TEXT,
    finished TEXT NOT NULL,
    tool TEXT NOT NULL,
    sources INTEGER NOT NULL,
    repositories TEXT NOT NULL,
    scope TEXT NOT NULL,
    others BLOB NOT NULL
);
CREATE TABLE run_packages (
    run INTEGER NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    location TEXT NOT NULL,
    package INTEGER REFERENCES packages,
    obstacle TEXT,
    detail TEXT,
    name TEXT,
    source TEXT,
    arch TEXT,
    repository INTEGER NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE rebuilds (
    id INTEGER PRIMARY KEY, name TEXT, plan TEXT NOT NULL, finished TEXT, tool TEXT NOT NULL, described TEXT NOT NULL
);
CREATE TABLE rebuild_builds (
    rebuild INTEGER NOT NULL REFERENCES rebuilds, source TEXT NOT NULL, arch TEXT NOT NULL, arm TEXT NOT NULL,
    number INTEGER NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (rebuild, source, arch, arm, number)
) WITHOUT ROWID;
CREATE TABLE rebuild_texts (digest TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
"""

WAIT = 60
"""Seconds to wait for another audit that writes into the store."""


def open_to_write(path: Path) -> sqlite3.Connection:
    """A store that audits write into, created if it does not exist; raises UsageError."""
    _refuse_special(path)
    for place in (path, path.absolute().parent):  # SQLite keeps files beside the store
        if place.exists() and not os.access(place, os.W_OK):
            raise UsageError(f"{path}: the store cannot be used: {place} cannot be written to")
    with errors(path), _closed_on_error(sqlite3.connect(path, timeout=WAIT)) as db:
        # In this order, because another audit may be making the tables and the mark at this moment, both at once.
        has_tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        is_ours = _is_ours(db)
        if has_tables and not is_ours:
            raise _no_store(path)
        _use_wal(db)
        db.execute("PRAGMA synchronous = NORMAL")
        if not is_ours:
            _create(db)
        _check_version(path, db)
        _check_tables(path, db)
        return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """A store that exists; raises UsageError."""
    if not path.exists():
        raise UsageError(f"{path}: there is no such store; `ltocheck audit` makes it")
    _refuse_special(path)
    with errors(path):
        try:
            db = _opened(path, "mode=ro")
        except sqlite3.OperationalError:
            # A folder that cannot be written to: SQLite makes files beside the store even to read it.
            db = _opened(path, "immutable=1")
        with _closed_on_error(db):
            if not _is_ours(db):
                raise _no_store(path)
            _check_version(path, db)
            _check_tables(path, db)
        return db


@contextmanager
def _closed_on_error(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield db
    except BaseException:
        db.close()
        raise


def _refuse_special(path: Path) -> None:
    """Raise UsageError for a pipe, a device or a folder: SQLite would wait for what never comes."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: the store cannot be used: it is no regular file")


def labels(path: Path, table: str) -> list[tuple[int, str | None, str]]:
    """Number, name and end of the runs in one of the tables, the latest first; raises UsageError."""
    db = open_to_read(path)
    with errors(path), closing(db):
        ended = f"SELECT id, name, finished FROM {table} WHERE finished IS NOT NULL ORDER BY id DESC"  # noqa: S608 ours
        return db.execute(ended).fetchall()


@contextmanager
def errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as UsageError, with the name of the store."""
    try:
        yield
    except sqlite3.Error as error:
        raise UsageError(f"{path}: the store cannot be used: {error}") from error


def _use_wal(db: sqlite3.Connection) -> None:
    """Let writers and readers work at once; of all statements only this one does not honour the timeout."""
    end = monotonic() + WAIT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(0.01)
        else:
            return


def _create(db: sqlite3.Connection) -> None:
    """Make the tables, unless another audit did it at the same moment."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        if not _is_ours(db):
            for statement in TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute(f"PRAGMA application_id = {APPLICATION}")


def _opened(path: Path, how: str) -> sqlite3.Connection:
    with _closed_on_error(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=WAIT)) as db:
        db.execute("SELECT count(*) FROM sqlite_master")
        return db


def _is_ours(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION)


def _no_store(path: Path) -> UsageError:
    return UsageError(f"{path}: is a database, but no store of audits")


def _check_version(path: Path, db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise UsageError(f"{path}: is a store of version {version}; this ltocheck knows version {VERSION}")


def _check_tables(path: Path, db: sqlite3.Connection) -> None:
    """Refuse a store with other tables than ours; a view or a trigger among them could compute without end."""
    made = [statement.strip() for statement in TABLES.split(";") if statement.strip()]
    there = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    if sorted(made) != sorted(sql for (sql,) in there):
        raise UsageError(f"{path}: the store is damaged: its tables are not those of an audit")
