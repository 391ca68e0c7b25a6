# SPDX-License-Identifier: GPL-2.0-or-later
"""A package as a source of objects: its header decides which files of its payload are read.

Nothing of a package is written under its own name, and nothing that its header does not promise is believed.
"""

import hashlib
import os
import re
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from posixpath import dirname, join, normpath
from typing import NoReturn

from checker.errors import Obstacle, Unavailable
from checker.lto.flags import lto_flags
from checker.model import ArchiveItem, FileCount, Item, ObjectItem, Omission, PackageFacts, Target, TargetType
from checker.objects import magic
from checker.objects.comment import CompilerName
from checker.objects.source import Malformed, Source
from checker.objects.walk import Opener, walk
from checker.packages.cpio import members
from checker.packages.filetable import FileTable
from checker.packages.header import Arriving, PackageHeader, read_header
from checker.packages.options import PackageOptions
from checker.packages.payload import Payload, open_payload
from checker.packages.spool import Chunk, Spool, SpooledRange
from checker.packages.verify import verify
from checker.trees.files import DEBUG_FILES, READ_FLAGS, is_debug_file, leads_to_debug_files
from checker.trees.links import LinkedFile
from checker.trees.tree import closing_fd

OBJECT_TYPE = re.compile(
    r"\bar archive|\bthin archive|\brelocatable\b|\bLLVM\b|\bCOFF object|^application/x-(archive|object|coff)\b"
)
"""What file(1) calls objects and archives."""

UNDECIDED_TYPES = frozenset({"", "data", "application/octet-stream"})
"""rpm 4 keeps only the words that it knows, so that bitcode has none; file(1) has no MIME type for it."""

OBJECT_NAME = re.compile(r"\.(?:a|o|lo|os|obj|lib|rlib|ko|bc)(?:\.\d++)*+$", re.IGNORECASE | re.ASCII)

OPT_IN_EVIDENCE = "the package's compiler flags (OPTFLAGS) ask for fat objects"


def package_at(path: str, options: PackageOptions) -> Target:
    """The package in a file, as a target; one that cannot be read is a target that says so."""
    return _package(path, partial(opened, path), options)


def package_in(fd: int, path: str, options: PackageOptions, arriving: Arriving | None = None) -> Target:
    """The same for an open file, which the caller closes, after the items were walked.

    Of a file that is still being downloaded, only what is read is waited for.
    """
    return _package(path, partial(_readable, fd), options, arriving)


def _package(
    path: str,
    open_file: Callable[[], AbstractContextManager[int]],
    options: PackageOptions,
    arriving: Arriving | None = None,
) -> Target:
    header = None
    try:
        with open_file() as fd:
            header = read_header(fd, arriving, limits=options.limits)
            if options.verify:
                if arriving:
                    arriving.reach(arriving.size)
                verify(fd, options.keys)
    except Unavailable as error:
        items: Iterator[Item] = iter([error])
    else:
        items = _Contents(open_file, arriving, header, options).items()
    return Target(path, TargetType.RPM, facts_of(header, options), items)


def facts_of(header: PackageHeader | None, options: PackageOptions) -> PackageFacts:
    """What the header of a package and the options of the user declare; None where the header could not be read."""
    opt_in, evidence = bool(options.opt_in), "--opt-in"
    flags = lto_flags(header.optflags).state if header and header.optflags else None
    if header and options.opt_in is None:
        opt_in, evidence = flags == "fat", OPT_IN_EVIDENCE
    facts = PackageFacts(opt_in=opt_in, opt_in_evidence=(evidence,) if opt_in else (), flags=flags, stage=options.stage)
    if header is None:
        return facts
    return facts._replace(name=header.nevra, source=header.source, arch=header.arch, built=header.built)


@contextmanager
def opened(path: str) -> Iterator[int]:
    """A package file, open; raises Unavailable for what cannot be opened or fails while it is read."""
    try:
        with (
            closing_fd(os.open(path, READ_FLAGS)) as fd,
            _readable(fd),
        ):
            yield fd
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {error.strerror}") from error


@contextmanager
def _readable(fd: int) -> Iterator[int]:
    """An open file that may be a package; raises Unavailable for what is none, or fails while it is read."""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Unavailable(Obstacle.NO_PACKAGE, "is no regular file")
        yield fd
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {error.strerror}") from error


def candidates(files: FileTable, thorough: bool = False) -> set[int]:
    """The files that have to be looked at: by their types, and by their names where the header has no opinion.

    A header that gives no file a type decides nothing: then every file is a candidate.
    """
    stored = _stored(files)
    if not thorough:
        stored -= _debug_files(files)
    if thorough or not any(files.types[index] for index in stored):
        return stored
    objects = {type_ for type_ in set(files.types) if OBJECT_TYPE.search(type_)}
    return {
        index
        for index in stored
        if files.types[index] in objects
        or (files.types[index] in UNDECIDED_TYPES and OBJECT_NAME.search(files.names[index]))
    }


def _stored(files: FileTable) -> set[int]:
    return {index for index, size in enumerate(files.sizes) if size and files.is_regular(index)}


def _debug_files(files: FileTable) -> set[int]:
    """The files that nobody links: of debug information, or beside it where no link from elsewhere leads there."""
    below = {index for index, name in enumerate(files.names) if name.startswith(f"/{DEBUG_FILES}/")}
    if below and any(
        target and index not in below and leads_to_debug_files(dirname(files.names[index]), target)
        for index, target in enumerate(files.targets)
    ):
        return {index for index in below if is_debug_file(files.names[index].lstrip("/"))}
    return below


class _Contents:
    """The objects in the payload of one package."""

    def __init__(
        self,
        open_file: Callable[[], AbstractContextManager[int]],
        arriving: Arriving | None,
        header: PackageHeader,
        options: PackageOptions,
    ) -> None:
        self._open_file = open_file
        self._arriving = arriving
        self._payload_at = header.payload_at
        self._files = header.files
        self._options = options
        self._object_files = 0

    def items(self) -> Iterator[Item]:
        """Every object, in the order of the payload, which is not touched when the header promises none."""
        wanted = candidates(self._files, self._options.thorough)
        try:
            if wanted:
                yield from self._objects(wanted)
        except Unavailable as error:
            yield error
        regular = sum(map(self._files.is_regular, range(len(self._files.names))))
        omitted = 0 if self._options.thorough else len(_debug_files(self._files) & _stored(self._files))
        yield FileCount(regular - self._object_files - omitted, ((Omission.DEBUG, omitted),) if omitted else ())

    def _objects(self, wanted: set[int]) -> Iterator[Item]:
        thin: list[tuple[list[str], SpooledRange]] = []
        with self._open_file() as fd, Spool(self._options.limits.in_memory) as spool:
            with self._payload(fd) as payload:
                for indices, size in with_data(payload, self._files, wanted):
                    head = payload.read(min(size, magic.HEAD_SIZE))
                    names = [self._files.names[index] for index in indices]
                    chunks = self._checked(indices, chain((head,), payload.chunks(size - len(head))))
                    if magic.is_no_object(head):
                        deque(chunks, maxlen=0)  # an object that was altered may look like none
                        continue
                    self._object_files += len(names)
                    if head.startswith(magic.AR_THIN):
                        thin.append((names, spool.keep(chunks)))
                    else:
                        yield from self._walk_links(names, spool.borrow(chunks, size), _nothing_beside)
            if thin:
                yield from self._thin_archives(fd, spool, thin)

    def _payload(self, fd: int) -> AbstractContextManager[Payload]:
        return open_payload(fd, self._payload_at, self._arriving, limit=self._options.limits.payload)

    def _walk_links(self, names: list[str], source: Source, opener: Opener) -> Iterator[ObjectItem | ArchiveItem]:
        """Every object of a file under each of its names; it is looked at once, unless there is very much in it."""
        file = LinkedFile(self._options.limits.shared_links if len(names) > 1 else 0)
        for name in names:
            yield from file.under(name, lambda name: walk(name, source, opener, self._compiler()))

    def _compiler(self) -> CompilerName | None:
        return CompilerName() if self._options.origins else None

    def _checked(self, indices: list[int], chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The data of a file; raises Unavailable at its end if the header has another digest."""
        algorithm = self._files.digest_algorithm
        digest = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
        for chunk in chunks:
            if digest:
                digest.update(chunk)
            yield chunk
        for index in indices:
            if digest and self._files.digests[index] not in ("", digest.hexdigest()):
                name = self._files.names[index]
                raise Unavailable(Obstacle.ALTERED, f"was altered: {name} does not match its digest in the header")

    def _thin_archives(self, fd: int, spool: Spool, thin: list[tuple[list[str], SpooledRange]]) -> Iterator[Item]:
        """Thin archives wait until the end, because the files that they name may be anywhere in the payload."""
        named: set[str] = set()
        for names, archive in thin:
            for _ in walk(names[0], spool.open(archive), _taking_names(dirname(names[0]), named)):
                pass
        wanted = {
            index
            for index, name in enumerate(self._files.names)
            if name in named and self._files.sizes[index] and self._files.is_regular(index)
        }
        kept: dict[str, SpooledRange] = {}
        if wanted:
            with self._payload(fd) as payload:
                for indices, size in with_data(payload, self._files, wanted):
                    data = spool.keep(self._checked(indices, payload.chunks(size)))
                    kept.update((self._files.names[index], data) for index in indices)
        for names, archive in thin:
            opener = _opener_among(dirname(names[0]), kept, spool)
            yield from self._walk_links(names, spool.open(archive), opener)


def with_data(payload: Payload, files: FileTable, wanted: set[int]) -> Iterator[tuple[list[int], int]]:
    """Each wanted file with the number of bytes to take from the payload now; hard links to one file come together.

    Ends after the last one, and raises Unavailable when the payload ends before.
    """
    left = set(wanted)
    waiting: dict[tuple[int, int], list[int]] = {}
    for index, size in members(payload, files):
        if not files.is_regular(index):
            continue
        if not size and files.sizes[index]:
            waiting.setdefault(files.inodes[index], []).append(index)
            continue
        here = [link for link in (*waiting.pop(files.inodes[index], ()), index) if link in left]
        if here:
            yield here, size
            left.difference_update(here)
            if not left:
                return
    name = files.names[min(left)]
    raise Unavailable(Obstacle.ALTERED, f"has a payload without {name}, which its header promises")


def _nothing_beside(name: str) -> NoReturn:
    """The opener for a thin archive inside another archive: no file is beside it."""
    raise Malformed(f"{name} is named by an archive inside of another one")


def _taking_names(folder: str, named: set[str]) -> Opener:
    def take_name(name: str) -> NoReturn:
        named.add(normpath(join(folder, name)))
        raise Malformed("not yet read")

    return take_name


def _opener_among(folder: str, kept: dict[str, SpooledRange], spool: Spool) -> Opener:
    @contextmanager
    def open_member(name: str) -> Iterator[Source]:
        file = kept.get(normpath(join(folder, name)))
        if file is None:
            raise Malformed(f"{name} is not in this package")
        yield spool.open(file)

    return open_member
