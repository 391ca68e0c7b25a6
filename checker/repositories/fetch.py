# SPDX-License-Identifier: GPL-2.0-or-later
"""What a repository says of one file, and the file itself: open and verified, wherever it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.packages.header import Arriving
from checker.packages.package import opened
from checker.repositories.download import Download, FetchOptions, checked, digest_for


@dataclass(frozen=True, slots=True)
class ListedPackage:
    """What a repository says of one package; None where it says nothing. Sizes and positions in bytes."""

    location: str
    """What reports show: the path or URL, without credentials."""
    path: str | None = None
    """Where it is, when that is no server."""
    urls: tuple[str, ...] = ()
    """Where it can be downloaded, the best place first."""
    checksum: str | None = None
    """As `sha256:HEX`; md5, sha1, sha224, sha384 and sha512 too."""
    size: int | None = None
    header: tuple[int, int] | None = None
    """Where the package's header begins and ends."""
    name: str | None = None
    """NEVRA."""
    arch: str | None = None
    source: str | None = None
    """Name of the source package."""


class Fetched:
    """A package file that is open: whole and verified, or, without `checksum`, as far as it was asked for."""

    def __init__(self, fd: int, checksum: str | None, download: Download | None = None) -> None:
        self.fd = fd
        self.checksum = checksum
        self._download = download

    @property
    def arriving(self) -> Arriving | None:
        """How to have more of the file, when it is not there whole."""
        return self._download if self.checksum is None else None

    @property
    def downloaded(self) -> int:
        """Bytes over the network so far."""
        return self._download.downloaded if self._download else 0


@contextmanager
def fetched(listed: ListedPackage, fetch: FetchOptions, limit: int = LIMITS.package) -> Iterator[Fetched]:
    """The file of a package, open; raises Unavailable for one that is not there or is not the one that was listed.

    With `fetch.partial` nothing is compared with the checksum, and of a remote file only that is transferred which is
    asked for, which may raise Unavailable later.
    """
    if listed.path is not None:
        with opened(listed.path) as fd:
            yield Fetched(fd, None if fetch.partial else _verified(fd, listed, limit))
        return
    first = {"first": listed.header[1]} if listed.header else {}
    with Download(listed.urls, fetch, size=listed.size, checksum=listed.checksum, limit=limit, **first) as download:
        yield Fetched(download.fd, None if fetch.partial else download.finish(), download)


@contextmanager
def fetched_header(listed: ListedPackage, fetch: FetchOptions) -> Iterator[Fetched]:
    """The same, of which only the header is there at first: one question to a server when its place is listed."""
    with fetched(listed, replace(fetch, partial=True)) as file:
        yield file


def _verified(fd: int, listed: ListedPackage, limit: int) -> str:
    size = os.fstat(fd).st_size
    if size > limit:
        raise Unavailable(Obstacle.TOO_LARGE, f"has {size} bytes, more than {limit}")
    if listed.size is not None and size != listed.size:
        obstacle = Obstacle.TRUNCATED if size < listed.size else Obstacle.ALTERED
        raise Unavailable(obstacle, f"is not as listed: it has {size} bytes, not {listed.size}")
    digest = digest_for(listed.checksum)
    buffer = bytearray(LIMITS.chunk)
    position = 0
    while count := os.preadv(fd, [buffer], position):
        digest.update(memoryview(buffer)[:count])
        position += count
    return checked(digest, listed.checksum)
