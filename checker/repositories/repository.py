# SPDX-License-Identifier: GPL-2.0-or-later
"""A package repository as a source of packages: a folder, or a place on servers.

Its metadata says which packages may hold objects. Nothing that it says is believed further than a digest goes, and
no name in it leads out of the repository.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from sys import getsizeof

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.model import SOURCE_ARCHITECTURES
from checker.model.audits import PackageName
from checker.packages.payload import libarchive
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import ListedPackage, fetched
from checker.repositories.http import is_url, urllib3, without_credentials
from checker.repositories.metadata import (
    MetadataFile,
    PrimaryPackage,
    decompressed,
    parse_repomd,
    read_file_lists,
    read_primary,
)
from checker.repositories.mirrors import REPOMD
from checker.repositories.root import RepositoryRoot, find_on_servers, read_repomd


@dataclass(frozen=True, slots=True)
class RepositoryOptions:
    """Which packages of repositories to list."""

    arches: frozenset[str] | None = None
    """Architectures, `noarch` being one; all when None. A folder without metadata does not say any.

    Source packages hold no objects: they are listed where `src` and `nosrc` are asked for by name.
    """
    every_package: bool = False
    """Also packages that list no object by its name."""
    keys: tuple[str, ...] = ()
    """Files of keys; when there are some, one of them must have signed the metadata."""
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository lists; everything but `location` and `problems` without what other architectures have."""

    location: str
    packages: tuple[ListedPackage, ...] = ()
    """Those that are to be looked at."""
    others: Mapping[str, int] = field(default_factory=dict)
    """How many packages are not, by architecture: source packages, and those whose file list names no object."""
    without_object: tuple[PackageName, ...] = ()
    """The latter."""
    sources: frozenset[str] = frozenset()
    """Names of the source packages of all binary packages."""
    size: int = 0
    """Bytes of all packages."""
    problems: tuple[Unavailable, ...] = ()
    """Why the repository, or a part of it, could not be read; each continues a sentence about it."""


def read_repository(location: str, options: RepositoryOptions, fetch: FetchOptions | None = None) -> Listing:
    """What is in a folder, or in a repository on servers: its URL, that of a metalink or of a list of mirrors.

    A folder without metadata is a repository of every `.rpm` file in it. Raises nothing but UsageError.
    """
    libarchive()
    fetch = replace(fetch or FetchOptions(), partial=False)
    shown = without_credentials(location)
    try:
        if is_url(location):
            urllib3()
            root, repomd = find_on_servers(location, options.keys, fetch)
        elif os.path.lexists(os.path.join(location, REPOMD)):
            root = RepositoryRoot(location)
            repomd = read_repomd(root, options.keys, fetch)
        else:
            return _folder(location, options.limits)
        return _Metadata(shown, root, options, fetch).read(parse_repomd(repomd))
    except Unavailable as error:
        return Listing(shown, problems=(error,))


def _folder(location: str, limits: Limits) -> Listing:
    """Every package in a folder and those below, in the order of their names; symbolic links are not followed."""
    packages: list[ListedPackage] = []
    problems: list[Unavailable] = []

    def note(error: OSError) -> None:
        problems.append(Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {error.strerror}: {error.filename}"))

    try:
        for folder, folders, names in os.walk(location, onerror=note):
            folders.sort()
            for path in (os.path.join(folder, name) for name in sorted(names) if name.endswith(".rpm")):
                if not os.path.islink(path):
                    _check_number(len(packages), limits)
                    packages.append(ListedPackage(path, path=path, size=_size(path)))
    except Unavailable as error:
        problems.append(error)
    size = sum(package.size or 0 for package in packages)
    return Listing(location, tuple(packages), size=size, problems=tuple(problems))


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None  # who opens it will say why


class _Metadata:
    """Reads the metadata of one repository: first which packages list objects, then where these packages are."""

    def __init__(self, location: str, root: RepositoryRoot, options: RepositoryOptions, fetch: FetchOptions) -> None:
        self._location = location
        self._root = root
        self._options = options
        self._limits = options.limits
        self._fetch = fetch
        self._with_object: set[str] = set()
        self._without_object: set[str] = set()
        self._text = 0
        self._seen: set[tuple[str, str, str]] = set()
        self._packages: list[ListedPackage] = []
        self._others: Counter[str] = Counter()
        self._named: list[PackageName] = []
        self._sources: set[str] = set()
        self._size = 0
        self._problems: list[Unavailable] = []

    def read(self, records: Mapping[str, MetadataFile]) -> Listing:
        """Everything that can be read of the metadata."""
        file_lists, primary = (records.get(kind) or records.get(f"{kind}_zck") for kind in ("filelists", "primary"))
        if primary is None:
            forms = sorted(kind for kind in records if kind.startswith("primary"))
            unknown = f"; it has {', '.join(forms)}, which is not read" if forms else ""
            self._note(Unavailable(Obstacle.MALFORMED, f"lists no packages in XML{unknown}"))
        else:
            if file_lists and not self._options.every_package:
                self._read_metadata(file_lists, self._read_file_lists)
            self._read_metadata(primary, self._read_packages)
        return Listing(
            self._location,
            tuple(self._packages),
            dict(self._others),
            tuple(self._named),
            frozenset(self._sources),
            self._size,
            tuple(self._problems),
        )

    def _read_metadata(self, record: MetadataFile, read: Callable[[int], None]) -> None:
        try:
            if record.checksum is None:
                raise Unavailable(Obstacle.UNVERIFIED, f"lists {record.href} without a digest")
            listed = replace(self._root.file(record.href, record.base), checksum=record.checksum)
            with ExitStack() as stack:
                try:
                    file = stack.enter_context(fetched(listed, self._fetch, self._limits.metadata))
                except Unavailable as error:
                    raise Unavailable(error.obstacle, f"has a {record.href} that {error.detail}") from error
                read(file.fd)
        except Unavailable as error:
            self._note(error)

    def _read_file_lists(self, fd: int) -> None:
        unread = 0
        for number, found in enumerate(read_file_lists(decompressed(fd, self._limits), self._limits)):
            _check_number(number, self._limits)
            if found is None:
                unread += 1
            else:
                id_, has_object = found
                (self._with_object if has_object else self._without_object).add(id_)
        if unread:
            self._note(Unavailable(Obstacle.MALFORMED, f"has {unread} file lists that cannot be read"))

    def _read_packages(self, fd: int) -> None:
        first, others = None, 0
        for number, entry in enumerate(read_primary(decompressed(fd, self._limits), self._limits)):
            _check_number(number, self._limits)
            try:
                self._add(entry)
            except Unavailable as error:
                others += first is not None
                first = first or error
        if first:
            self._note(first, f", and so {others} others" if others else "")

    def _add(self, entry: PrimaryPackage | None) -> None:
        """Add one package to the listing; raises Unavailable."""
        if entry is None:
            raise Unavailable(Obstacle.MALFORMED, "lists a package in a way that cannot be read")
        arches, place = self._options.arches, (entry.href, entry.base, entry.id)
        if (arches is not None and entry.arch not in arches) or place in self._seen:
            return
        self._text += sum(map(getsizeof, entry.words))
        if self._text > self._limits.repository_text:
            most = f"{self._limits.repository_text} bytes"
            raise Unavailable(
                Obstacle.TOO_LARGE, f"names its packages with more than {most}; the rest is not looked at"
            )
        self._seen.add(place)
        self._size += entry.size or 0
        if entry.arch in SOURCE_ARCHITECTURES and arches is None:
            self._others[entry.arch] += 1
            return
        self._sources.add(entry.source)
        if entry.id in self._without_object and entry.id not in self._with_object:
            self._others[entry.arch] += 1
            self._named.append(PackageName(entry.name, entry.source))
            return
        self._packages.append(
            replace(
                self._root.file(entry.href, entry.base),
                checksum=entry.checksum,
                size=entry.size,
                header=entry.header,
                name=entry.name,
                arch=entry.arch,
                source=entry.source,
            )
        )

    def _note(self, error: Unavailable, more: str = "") -> None:
        self._problems.append(Unavailable(error.obstacle, error.detail + more))


def _check_number(number: int, limits: Limits) -> None:
    if number >= limits.repository_packages:
        raise Unavailable(
            Obstacle.TOO_LARGE, f"has more than {limits.repository_packages} packages; the rest is not looked at"
        )
