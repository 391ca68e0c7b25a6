# SPDX-License-Identifier: GPL-2.0-or-later
"""Sources of a rebuild: source packages, folders with a spec and its sources, folders of these, and repositories."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS
from checker.model import SOURCE_ARCHITECTURES
from checker.packages.header import read_header
from checker.packages.package import opened, with_data
from checker.packages.payload import open_payload
from checker.packages.versions import Nevra, superseded
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import ListedPackage, fetched
from checker.repositories.repository import RepositoryOptions, read_repository
from checker.specs.source_package import SPEC_FILE

PACKAGE_SUFFIX = ".src.rpm"
SPEC_SUFFIX = ".spec"


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """One source package, named after its spec until a build knows its name."""

    name: str
    path: str
    """The path of a source package, or of a spec whose folder holds the sources."""
    listed: ListedPackage | None = None
    """Its entry in a repository from which it is downloaded; None for a local one."""

    @property
    def is_spec(self) -> bool:
        """Whether this is a spec with its sources beside it."""
        return self.path.endswith(SPEC_SUFFIX)


class LaidOut(NamedTuple):
    """A source package as rpmbuild needs it; `unread` has the files beside a spec that could not be read, and why."""

    spec: Path
    unread: Mapping[str, str] = {}


def find_sources(places: list[str], keys: tuple[str, ...] = ()) -> Iterator[SourcePackage]:
    """Every source package in these files, folders and repositories; raises UsageError for one without any."""
    for place in places:
        found = list(_at(place, keys))
        if not found:
            raise UsageError(f"{place}: holds neither a spec nor a source package")
        yield from found


def _at(place: str, keys: tuple[str, ...]) -> Iterator[SourcePackage]:
    if "://" in place or os.path.isdir(os.path.join(place, "repodata")):
        yield from _in_repository(place, keys)
    elif place.endswith((SPEC_SUFFIX, PACKAGE_SUFFIX)):
        if not os.path.isfile(place):
            raise UsageError(f"{place}: there is no such file")
        yield _source(place)
    elif os.path.isdir(place):
        for folder, below, names in os.walk(place):
            below.sort()
            yield from (
                _source(os.path.join(folder, name))
                for name in sorted(names)
                if name.endswith((SPEC_SUFFIX, PACKAGE_SUFFIX))
            )
    else:
        raise UsageError(f"{place}: a spec, a source package, a folder or a repository is expected")


def _in_repository(place: str, keys: tuple[str, ...]) -> Iterator[SourcePackage]:
    listing = read_repository(place, RepositoryOptions(frozenset(SOURCE_ARCHITECTURES), every_package=True, keys=keys))
    for problem in listing.problems:
        raise UsageError(f"{place}: {problem.detail}")
    packages = [listed for listed in listing.packages if listed.arch in SOURCE_ARCHITECTURES]
    old = superseded(listed.name for listed in packages if listed.name)
    for listed in packages:
        if listed.name not in old:
            name = Nevra.of(listed.name).name if listed.name else listed.location
            yield SourcePackage(name, listed.location, listed)


def _source(path: str) -> SourcePackage:
    name = os.path.basename(path)
    if name.endswith(SPEC_SUFFIX):
        return SourcePackage(name.removesuffix(SPEC_SUFFIX), os.path.abspath(path))
    return SourcePackage(name.rsplit("-", 2)[0], os.path.abspath(path))


def identities(sources: Iterable[SourcePackage]) -> Iterator[str]:
    """For each source a text that changes with it: names, sizes and times of its files, or its checksum."""
    folders: dict[str, str] = {}
    for source in sources:
        if source.listed is not None and source.listed.checksum is not None:
            yield source.listed.checksum
        elif source.is_spec:
            folder = os.path.dirname(source.path)
            if folder not in folders:  # once for all specs in it
                folders[folder] = "".join(_state(folder, name) for name in sorted(os.listdir(folder)))
            yield hashlib.sha256(folders[folder].encode(errors="surrogateescape")).hexdigest()
        else:
            yield _state(*os.path.split(source.path))


def _state(folder: str, name: str) -> str:
    try:
        status = os.stat(os.path.join(folder, name))
    except OSError as error:
        return f"{name!r} {error.strerror}\n"
    return f"{name!r} {status.st_size} {status.st_mtime_ns}\n"


def lay_out(source: SourcePackage, top: Path) -> LaidOut:
    """Put spec and sources below a folder as rpmbuild needs them; raises Unavailable."""
    sources = top / "SOURCES"
    sources.mkdir()
    if source.is_spec:
        return _copied(Path(source.path), sources)
    if source.listed is not None:
        with fetched(source.listed, FetchOptions()) as file:
            return LaidOut(_unpacked(file.fd, sources))
    with opened(source.path) as fd:
        return LaidOut(_unpacked(fd, sources))


def _copied(spec: Path, sources: Path) -> LaidOut:
    """Copy a spec and the files beside it; another spec only if this one names it, since folders may hold thousands."""
    unread: dict[str, str] = {}
    try:
        text = shutil.copyfile(spec, sources / spec.name).read_bytes()
        for entry in os.scandir(spec.parent):
            is_wanted = not entry.name.endswith(SPEC_SUFFIX) or os.fsencode(entry.name) in text
            if is_wanted and entry.name != spec.name and (why := _unread(entry, sources / entry.name)):
                unread[entry.name] = why
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be laid out: {error.filename}: {error.strerror}") from error
    return LaidOut(sources / spec.name, unread)


def _unread(entry: os.DirEntry[str], copy: Path) -> str | None:
    """Copy a file; returns the reason why it cannot be read, if so, because the spec may not need it."""
    try:
        if entry.is_file():
            shutil.copyfile(entry.path, copy)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise
        copy.unlink(missing_ok=True)
        return error.strerror or str(error)
    return None


def _unpacked(fd: int, sources: Path) -> Path:
    """Unpack the files of a source package, whose names have no folders, into `sources`."""
    header = read_header(fd, with_sources=True)
    files = header.files
    wanted = {index for index in range(len(files.names)) if files.is_regular(index)}
    specs = [index for index in wanted if files.flags[index] & SPEC_FILE]
    if len(specs) != 1:
        raise Unavailable(Obstacle.MALFORMED, f"has {len(specs)} specs; a source package has one")
    if not all(_is_plain(files.names[index]) for index in wanted):
        raise Unavailable(Obstacle.MALFORMED, "has sources in folders; a source package has none")
    with open_payload(fd, header.payload_at, limit=LIMITS.payload) as payload:
        for indices, size in with_data(payload, files, {index for index in wanted if files.sizes[index]}):
            first, *others = (sources / _base(files.names[index]) for index in indices)
            with first.open("wb") as out:
                for chunk in payload.chunks(size):
                    out.write(chunk)
            for other in others:
                shutil.copyfile(first, other)
    for index in wanted:
        (sources / _base(files.names[index])).touch()
    return sources / _base(files.names[specs[0]])


def _base(name: str) -> str:
    return name.lstrip("/")


def _is_plain(name: str) -> bool:
    base = _base(name)
    return bool(base) and "/" not in base and base not in (".", "..")
