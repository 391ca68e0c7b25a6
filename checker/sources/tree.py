# SPDX-License-Identifier: GPL-2.0-or-later
"""Build roots, folders and single files as sources of objects.

Nothing inside a folder is followed out of it: every component of a path is opened without following symbolic
links, and no FIFO, socket or device is opened.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from checker.limits import LIMITS
from checker.model import ArchiveItem, FileCount, Item, Kind, ObjectItem
from checker.objects import magic
from checker.objects.classify import unreadable
from checker.objects.source import FileSource, Malformed, Source
from checker.objects.walk import Opener, walk

DEBUG_FILES = "usr/lib/debug"
"""Where find-debuginfo puts debug information, in objects that nobody links."""

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Folder(NamedTuple):
    """A folder that is being walked: its descriptor, its path below the root, its subfolders still to be walked."""

    fd: int
    path: str
    subfolders: list[str]


def walk_tree(root: str, name_of: Callable[[str], str]) -> Iterator[Item]:
    """Every object below a folder, in the order of names; `name_of` turns a path below it into the one to report."""
    try:
        root_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        yield unreadable_item(root, f"cannot be opened: {error.strerror}")
        return
    walker = _Walker(root_fd, name_of)
    stack: list[_Folder] = []
    try:
        yield from walker.enter(stack, root_fd, "")
        while stack:
            folder = stack[-1]
            if not folder.subfolders:
                os.close(stack.pop().fd)
                continue
            name = folder.subfolders.pop()
            path = f"{folder.path}{name}"
            if path == DEBUG_FILES:
                continue
            if len(stack) >= LIMITS.folder_depth:
                yield unreadable_item(name_of(path), f"folders nested deeper than {LIMITS.folder_depth}")
                continue
            try:
                fd = os.open(name, FOLDER_FLAGS, dir_fd=folder.fd)
            except OSError as error:
                yield unreadable_item(name_of(path), f"cannot be opened: {error.strerror}")
                continue
            yield from walker.enter(stack, fd, f"{path}/")
    finally:
        for folder in stack:
            os.close(folder.fd)
    yield FileCount(walker.other_files)


def walk_file(path: str) -> Iterator[Item]:
    """Every object of a file that was named, through a symbolic link if it is one."""
    try:
        with open_file(path) as source:
            yield from walk(path, source, opener_beside(path))
    except Malformed as error:
        yield unreadable_item(path, str(error))


@contextmanager
def open_file(path: str) -> Iterator[Source]:
    """A file that was named, through a symbolic link if it is one; raises Malformed when it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise Malformed(f"cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    with closing_fd(fd):
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise Malformed("expected a regular file or a folder")
        yield FileSource(fd, status.st_size)


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a descriptor at the end."""
    try:
        yield fd
    finally:
        os.close(fd)


@dataclass(slots=True)
class _Known:
    """What is in a hard-linked file, and how many of its names are still to come."""

    items: list[ObjectItem | ArchiveItem]
    names_left: int


class _Walker:
    """What one walk over a tree remembers: hard links, and how many files were no objects."""

    def __init__(self, root_fd: int, name_of: Callable[[str], str]) -> None:
        self.other_files = 0
        self._root_fd = root_fd
        self._name_of = name_of
        self._links: dict[tuple[int, int], _Known] = {}

    def enter(self, stack: list[_Folder], fd: int, path: str) -> Iterator[Item]:
        """Put a folder on the stack, with its subfolders in reverse order, and give out the objects of its files."""
        folder = _Folder(fd, path, [])
        stack.append(folder)
        files = []
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        folder.subfolders.append(entry.name)
        except OSError as error:
            yield unreadable_item(self._name_of(path.rstrip("/")), f"cannot be read: {error.strerror}")
        folder.subfolders.sort(reverse=True)
        files.sort()
        yield from self._files(folder, files)

    def _files(self, folder: _Folder, names: list[str]) -> Iterator[Item]:
        for name in names:
            try:
                fd = os.open(name, FILE_FLAGS, dir_fd=folder.fd)
            except OSError as error:
                yield unreadable_item(self._name_of(folder.path + name), f"cannot be opened: {error.strerror}")
                continue
            try:
                if magic.is_no_object(os.read(fd, magic.HEAD_SIZE)):
                    self.other_files += 1
                else:
                    yield from self._object_file(fd, folder, name)
            except OSError as error:
                yield unreadable_item(self._name_of(folder.path + name), f"cannot be read: {error.strerror}")
            finally:
                os.close(fd)

    def _object_file(self, fd: int, folder: _Folder, name: str) -> Iterator[Item]:
        status = os.fstat(fd)
        path = self._name_of(folder.path + name)
        key = (status.st_dev, status.st_ino)
        known = self._links.get(key)
        items: Iterable[Item]
        if known is not None:
            items = (item._replace(path=path) for item in known.items)
            known.names_left -= 1
            if not known.names_left:
                del self._links[key]
        else:
            items = walk(path, FileSource(fd, status.st_size), opener_below(self._root_fd, folder.path))
            if status.st_nlink > 1:
                items = self._remember(key, status.st_nlink - 1, items)
        for item in items:
            if isinstance(item, ObjectItem) and is_program(item):
                self.other_files += 1
            else:
                yield item

    def _remember(
        self, key: tuple[int, int], names_left: int, items: Iterator[ObjectItem | ArchiveItem]
    ) -> Iterator[Item]:
        """Keep what is in a file that has other names, so that it is read once, unless it is very much."""
        kept: list[ObjectItem | ArchiveItem] | None = []
        for item in items:
            if kept is not None:
                kept.append(item)
                if len(kept) > LIMITS.shared_links:
                    kept = None
            yield item
        if kept is not None:
            self._links[key] = _Known(kept, names_left)


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
            fd = _open_below(root_fd, path.split("/"))
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
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Malformed(f"{folder}: {error.strerror}") from error
        with closing_fd(fd), opener_below(fd, "", folder)(name) as source:
            yield source

    return open_member


def _open_below(root_fd: int, components: list[str]) -> int:
    fd = os.dup(root_fd)
    for name in components[:-1]:
        with closing_fd(fd):
            inner = os.open(name, FOLDER_FLAGS, dir_fd=fd)
        fd = inner
    with closing_fd(fd):
        return os.open(components[-1], FILE_FLAGS, dir_fd=fd)


def is_program(item: ObjectItem) -> bool:
    """Whether this is a loose ELF file that is no object."""
    return item.position is None and item.facts.format == "elf" and item.facts.kind is Kind.OTHER


def unreadable_item(path: str, reason: str) -> ObjectItem:
    """What stands for a file or folder that could not be looked at."""
    return ObjectItem(path, None, None, unreadable(reason))
