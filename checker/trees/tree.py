# SPDX-License-Identifier: GPL-2.0-or-later
"""Build roots, folders and single files as sources of objects."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.model import ArchiveItem, FileCount, Item, ObjectItem, Omission
from checker.objects.classify import unreadable
from checker.objects.source import FileSource, Malformed, Source
from checker.objects.walk import Opener, walk
from checker.trees.files import FILE_FLAGS, FOLDER_FLAGS, READ_FLAGS, ROOT_FLAGS, Files
from checker.trees.links import LinkedFile


def walk_tree(
    root: str, name_of: Callable[[str], str], is_root: bool = True, limits: Limits = LIMITS
) -> Iterator[Item]:
    """Every object below a folder, in the order of names; `name_of` turns a path below it into the one to report.

    Where it `is_root`, absolute symbolic links begin at the folder, as in a build root.
    """
    try:
        root_fd = os.open(root, ROOT_FLAGS)
    except OSError as error:
        yield unreadable_item(root, Unavailable(Obstacle.INACCESSIBLE, f"cannot be opened: {error.strerror}"))
        return
    with closing_fd(root_fd):
        files = Files(root_fd, limits.folder_depth, is_root)
        links = _Links(limits.shared_links)
        for file in files.candidates():
            path = name_of((file.folder + file.name).rstrip("/"))
            if file.unavailable:
                yield unreadable_item(path, file.unavailable)
                continue
            opener = opener_below(root_fd, file.folder)
            yield from links.items(path, file.fd, opener)
        yield count_of(files)


def count_of(files: Files) -> FileCount:
    """What a walk that has ended counted."""
    omitted = ((Omission.DEBUG, files.debug), (Omission.OUTSIDE, files.outside), (Omission.SPECIAL, files.special))
    return FileCount(files.others, tuple(one for one in omitted if one[1]))


def walk_file(path: str) -> Iterator[Item]:
    """Every object of a file that was named, through a symbolic link if it is one."""
    try:
        with open_file(path) as source:
            yield from walk(path, source, opener_beside(path))
    except Unavailable as error:
        yield unreadable_item(path, error)


@contextmanager
def open_file(path: str) -> Iterator[Source]:
    """A file that was named, through a symbolic link if it is one; raises Unavailable when it cannot be read."""
    try:
        fd = os.open(path, READ_FLAGS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be opened: {reason}") from error
    with closing_fd(fd):
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise Unavailable(Obstacle.MALFORMED, "expected a regular file or a folder")
        yield FileSource(fd, status.st_size)


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a descriptor at the end."""
    try:
        yield fd
    finally:
        os.close(fd)


class _Links:
    """Reads a hard-linked file once, whatever the number of its names."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._files: dict[tuple[int, int], LinkedFile] = {}
        self._names_left: dict[tuple[int, int], int] = {}

    def items(self, path: str, fd: int, opener: Opener) -> Iterator[ObjectItem | ArchiveItem]:
        """What is in an open file."""
        status = os.fstat(fd)

        def read(path: str) -> Iterator[ObjectItem | ArchiveItem]:
            return walk(path, FileSource(fd, status.st_size), opener)

        if status.st_nlink == 1:
            return read(path)
        key = (status.st_dev, status.st_ino)
        file = self._files.setdefault(key, LinkedFile(self._most))
        self._names_left[key] = self._names_left.get(key, status.st_nlink) - 1
        if not self._names_left[key]:
            del self._names_left[key], self._files[key]
        return file.under(path, read)


def opener_below(root_fd: int, folder: str, root: str | None = None) -> Opener:
    """How a thin archive in `folder` opens its members: beside it, never outside the root.

    `folder` is a path below the root, empty or ending in a slash. `root` is the root's own path, for archives that
    name their members by absolute paths.
    """

    @contextmanager
    def open_member(name: str) -> Iterator[Source]:
        if root and name.startswith(f"{root}/"):
            name = os.path.relpath(name, os.path.join(root, folder))
        path = os.path.normpath(folder + name)
        if name.startswith("/") or path.startswith(".."):
            raise Malformed(f"{name} is outside of the folder that is looked at")
        try:
            fd = open_below(root_fd, path.split("/"))
        except (OSError, ValueError) as error:
            raise Malformed(f"{name}: {getattr(error, 'strerror', None) or error}") from error
        with closing_fd(fd):
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise Malformed(f"{name} is not a regular file")
            yield FileSource(fd, status.st_size)

    return open_member


def opener_beside(path: str) -> Opener:
    """How a thin archive that was named opens its members: beside it."""

    @contextmanager
    def open_member(name: str) -> Iterator[Source]:
        folder = os.path.dirname(os.path.realpath(path))
        try:
            fd = os.open(folder, ROOT_FLAGS)
        except OSError as error:
            raise Malformed(f"{folder}: {error.strerror}") from error
        with closing_fd(fd), opener_below(fd, "", folder)(name) as source:
            yield source

    return open_member


def open_below(root_fd: int, components: list[str]) -> int:
    """A file below a folder, no component of whose path is a symbolic link; raises OSError."""
    fd = os.dup(root_fd)
    for name in components[:-1]:
        with closing_fd(fd):
            inner = os.open(name, FOLDER_FLAGS, dir_fd=fd)
        fd = inner
    with closing_fd(fd):
        return os.open(components[-1], FILE_FLAGS, dir_fd=fd)


def unreadable_item(path: str, why: Unavailable) -> ObjectItem:
    """What stands for a file or folder that could not be looked at."""
    return ObjectItem(path, None, None, unreadable(why.detail, obstacle=why.obstacle))
