# SPDX-License-Identifier: GPL-2.0-or-later
"""One package that a repository lists: fetched, verified, read and recorded. This is what workers do."""

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from checker.audit.facts import recorded
from checker.errors import LtocheckError
from checker.model import Obstacle, Unread
from checker.sources.header import PackageError, read_header
from checker.sources.package import Reading, candidates, package_in
from checker.sources.repository import FetchOptions, Listed, fetched, fetched_header


class Depth(StrEnum):
    """How much of a package its facts were learned from."""

    WHOLE = "whole"
    """The file has the checksum, and what its header calls objects was looked at."""
    THOROUGH = "thorough"
    """The file has the checksum, and every file in it was looked at."""
    HEADER = "header"
    """Its header calls nothing an object; the rest, and the checksum, nobody saw."""
    PARTIAL = "partial"
    """Fetched up to the last object; nobody saw the checksum."""


@dataclass(frozen=True, slots=True)
class Question:
    """How packages are to be looked at; a thorough look leaves nothing out, so it goes with none of the others."""

    thorough: bool = False
    headers: bool = False
    """Fetch headers first, and the rest only of packages with something in them that may be an object."""
    partial: bool = False
    """Stop fetching after the last object."""
    fetch: FetchOptions = field(default_factory=FetchOptions)

    @property
    def depths(self) -> tuple[Depth, ...]:
        """Whose facts answer it, the best first."""
        if self.thorough:
            return (Depth.THOROUGH,)
        by_header = (Depth.HEADER,) if self.headers else ()
        return (Depth.WHOLE, *by_header, *((Depth.PARTIAL,) if self.partial else ()))


class Record(NamedTuple):
    """What was learned of a package, and of which file."""

    checksum: str
    depth: Depth
    facts: bytes
    identity: str | None
    """Of a local file."""


class Examined(NamedTuple):
    """A package that was looked at, or why it could not be."""

    result: Record | Unread
    downloaded: int
    """Bytes."""


def examine(listed: Listed, question: Question) -> Examined:
    """Look at one package; a malformed one has facts that say so, one that cannot be had as it is listed has none."""
    try:
        return _by_header(listed, question) or _by_contents(listed, question)
    except PackageError as error:
        return Examined(Unread(error.obstacle, error.detail), 0)
    except LtocheckError:
        raise
    except Exception as error:  # one package in a distribution must not end the audit of all others
        detail = f"made ltocheck fail: {type(error).__name__}: {error}"
        return Examined(Unread(Obstacle.CRASHED, detail), 0)


def identity_of(status: os.stat_result) -> str:
    """What changes when a file is written to, replaced or restored."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_dev}"


def identity_at(path: str | None) -> str | None:
    """The identity of a local file; None where there is none."""
    try:
        return identity_of(os.stat(path)) if path is not None else None
    except (OSError, ValueError):
        return None


def _by_header(listed: Listed, question: Question) -> Examined | None:
    """What the header alone tells; None when it does not suffice."""
    if not question.headers or listed.checksum is None:
        return None
    with fetched_header(listed, question.fetch) as file:
        if candidates(read_header(file.fd).files):
            return None
        facts = recorded(package_in(file.fd, listed.location, Reading()))
        return Examined(Record(listed.checksum, Depth.HEADER, facts, None), file.downloaded)


def _by_contents(listed: Listed, question: Question) -> Examined:
    depth = Depth.THOROUGH if question.thorough else Depth.WHOLE
    identity = identity_at(listed.path)
    with fetched(listed, question.fetch) as file:
        facts = recorded(package_in(file.fd, listed.location, Reading(thorough=question.thorough)))
        if identity is not None and identity != identity_of(os.fstat(file.fd)):
            raise PackageError(Obstacle.ALTERED, "was written to while it was read")
        return Examined(Record(file.checksum, depth, facts, identity), file.downloaded)
