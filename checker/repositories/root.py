# SPDX-License-Identifier: GPL-2.0-or-later
"""The location of a repository, and its repomd.xml with a valid signature."""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import ListedPackage, fetched
from checker.repositories.http import is_url, without_credentials
from checker.repositories.mirrors import REPOMD, Mirrors, parse_mirrors
from checker.repositories.signature import verify_signature

IN_URL = "/%:~+^@!$&'()*,;=[]"
"""What stays as it is in a name that becomes a part of a URL; the percent sign, because it may be encoded already."""


@dataclass(frozen=True, slots=True)
class RepositoryRoot:
    """Where a repository is: a folder, or the same on several servers."""

    folder: str | None = None
    bases: tuple[str, ...] = ()

    def file(self, href: str, base: str = "") -> ListedPackage:
        """One of its files, or one below the URL `base`; raises Unavailable for a name that leads anywhere else."""
        plain = unquote(href)
        leads_out = ".." in plain.split("/") or plain.startswith("/") or "://" in plain
        if not plain or leads_out or "\0" in plain or len(href) > LIMITS.member_name:
            raise Unavailable(Obstacle.MALFORMED, f"lists {href}, which is outside of it")
        if base and not is_url(base):
            raise Unavailable(Obstacle.MALFORMED, f"lists {href} below {base}, which is no place on an HTTP server")
        if self.folder is not None and not base:
            path = os.path.join(self.folder, href)
            if not os.path.lexists(path):
                path = os.path.join(self.folder, plain)
            return ListedPackage(path, path=path)
        urls = tuple(f"{root.rstrip('/')}/{quote(href, safe=IN_URL)}" for root in ((base,) if base else self.bases))
        return ListedPackage(without_credentials(urls[0]), urls=urls)


def find_on_servers(location: str, keys: tuple[str, ...], fetch: FetchOptions) -> tuple[RepositoryRoot, bytes]:
    """The location of the repository, a server that works first, and its repomd.xml; raises Unavailable."""
    location = location.removesuffix(REPOMD)
    no_repository = None
    if not urlsplit(location).query:
        root = RepositoryRoot(bases=(location,))
        try:
            return root, read_repomd(root, keys, fetch)
        except Unavailable as error:
            if error.obstacle is not Obstacle.INACCESSIBLE:
                raise  # among others, of a server that was waited for in vain
            no_repository = error
    try:
        mirrors = parse_mirrors(_read(ListedPackage(location, urls=(location,)), fetch))
    except Unavailable as error:
        raise no_repository or error from None
    return _first_mirror(mirrors, keys, fetch)


def _first_mirror(mirrors: Mirrors, keys: tuple[str, ...], fetch: FetchOptions) -> tuple[RepositoryRoot, bytes]:
    for number, base in enumerate(mirrors.bases):
        try:
            repomd = read_repomd(RepositoryRoot(bases=(base,)), keys, fetch, mirrors.checksums)
        except Unavailable as error:
            last = error
        else:
            return RepositoryRoot(bases=(base, *mirrors.bases[:number], *mirrors.bases[number + 1 :])), repomd
    raise Unavailable(last.obstacle, f"has no mirror that can be used; the last one {last.detail}")


def read_repomd(
    root: RepositoryRoot, keys: tuple[str, ...], fetch: FetchOptions, checksums: Collection[str] = ()
) -> bytes:
    """The repomd.xml; raises Unavailable if it has none of the checksums, or no signature by one of the keys."""
    try:
        repomd = _read(root.file(REPOMD), fetch)
    except Unavailable as error:
        raise Unavailable(error.obstacle, f"has a repomd.xml that {error.detail}") from error
    kind = next(iter(checksums), "").partition(":")[0]
    if kind and f"{kind}:{hashlib.new(kind, repomd).hexdigest()}" not in checksums:
        raise Unavailable(Obstacle.ALTERED, "has a repomd.xml that does not match its digest in the metalink")
    if keys:
        try:
            signature = _read(root.file(f"{REPOMD}.asc"), fetch)
        except Unavailable as error:
            raise Unavailable(Obstacle.UNVERIFIED, f"has no signature that can be read: {error.detail}") from error
        verify_signature(repomd, signature, keys)
    return repomd


def _read(listed: ListedPackage, fetch: FetchOptions) -> bytes:
    with fetched(listed, fetch, LIMITS.repomd) as file:
        return os.pread(file.fd, LIMITS.repomd, 0)
