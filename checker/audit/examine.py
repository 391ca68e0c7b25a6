# SPDX-License-Identifier: GPL-2.0-or-later
"""One package that a repository lists: fetched, verified, read and recorded. This is what workers do."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from checker.audit.facts import recorded
from checker.errors import LtocheckError, Obstacle, Unavailable, crash
from checker.model import Item, Target
from checker.packages.header import read_header
from checker.packages.options import PackageOptions
from checker.packages.package import candidates, package_in
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import Fetched, ListedPackage, fetched, fetched_header


class Depth(StrEnum):
    """How much of a package was read for its facts."""

    WHOLE = "whole"
    """The file has the checksum, and what its header calls objects was looked at."""
    THOROUGH = "thorough"
    """The file has the checksum, and every file in it was looked at."""
    HEADER = "header"
    """Its header calls nothing an object; the rest was not read, nor the checksum verified."""
    PARTIAL = "partial"
    """Fetched up to the last object; the checksum was not verified."""


@dataclass(frozen=True, slots=True)
class ExamineOptions:
    """How packages are to be looked at; a thorough look leaves nothing out, so it excludes all the others."""

    thorough: bool = False
    headers: bool = False
    """Fetch headers first, and the rest only of packages with something in them that may be an object."""
    partial: bool = False
    """Stop fetching after the last object."""
    fetch: FetchOptions = field(default_factory=FetchOptions)

    @property
    def depths(self) -> tuple[Depth, ...]:
        """Depths of stored facts that satisfy these options, the best first."""
        if self.thorough:
            return (Depth.THOROUGH,)
        if self.partial:
            return (Depth.WHOLE, Depth.HEADER, Depth.PARTIAL)
        return (Depth.WHOLE, Depth.HEADER) if self.headers else (Depth.WHOLE,)


class Record(NamedTuple):
    """The facts of a package, and the file that they are of."""

    checksum: str
    depth: Depth
    facts: bytes
    identity: str | None
    """Of a local file."""


class Examined(NamedTuple):
    """A package that was looked at, or why it could not be."""

    result: Record | Unavailable
    downloaded: int
    """Bytes."""


def examine(listed: ListedPackage, options: ExamineOptions) -> Examined:
    """Examine one package: a malformed one has facts that say so, one that differs from its listing has none."""
    downloaded = 0
    try:
        if listed.checksum is not None and Depth.HEADER in options.depths:
            with fetched_header(listed, options.fetch) as file:
                depth = Depth.PARTIAL if candidates(read_header(file.fd, file.arriving).files) else Depth.HEADER
                if depth in options.depths:
                    facts = _facts(listed, file, PackageOptions(origins=True))
                    return Examined(Record(listed.checksum, depth, facts, None), file.downloaded)
                downloaded = file.downloaded
        identity = identity_at(listed.path)
        with fetched(listed, options.fetch) as file:
            facts = _facts(listed, file, PackageOptions(thorough=options.thorough, origins=True))
            if identity is not None and identity != identity_of(os.fstat(file.fd)):
                raise Unavailable(Obstacle.ALTERED, "was written to while it was read")
            checksum = listed.checksum or file.checksum
            assert checksum is not None
            return Examined(Record(checksum, options.depths[0], facts, identity), downloaded + file.downloaded)
    except Unavailable as error:
        return Examined(error, downloaded)
    except LtocheckError:
        raise
    except Exception as error:  # one package in a distribution must not end the audit of all others
        return Examined(crash(error), downloaded)


def _facts(listed: ListedPackage, file: Fetched, options: PackageOptions) -> bytes:
    """What is to be kept of a package; raises Unavailable for what is no fact about it.

    In a file that was verified, whatever cannot be read is the package's own; in another one it may be the network's.
    """
    met: list[Unavailable] = []

    def watched(items: Iterator[Item]) -> Iterator[Item]:
        for item in items:
            if isinstance(item, Unavailable):
                met.append(item)
            yield item

    target: Target = package_in(file.fd, listed.location, options, file.arriving)
    facts = recorded(target._replace(items=watched(target.items)))
    for unread in met:
        if file.checksum is None or unread.obstacle is Obstacle.INACCESSIBLE:
            raise unread
    return facts


def identity_of(status: os.stat_result) -> str:
    """Size, times, inode and device: at least one changes when a file is written to, replaced or restored."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_dev}"


def identity_at(path: str | None) -> str | None:
    """The identity of a local file; None where there is none."""
    try:
        return identity_of(os.stat(path)) if path is not None else None
    except (OSError, ValueError):
        return None
