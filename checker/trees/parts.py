# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder in parts for several processes: one walks it, each reads the files of its parts."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.model import FileCount, Item
from checker.objects.source import FileSource
from checker.objects.walk import walk
from checker.trees.files import ROOT_FLAGS, Files
from checker.trees.tree import closing_fd, count_of, open_below, opener_below, unreadable_item


class TreePart(NamedTuple):
    """Some files below a folder, in the order of a walk, each by its own folder and name."""

    files: tuple[tuple[str, str, Unavailable | None], ...]
    """The third value says why a file cannot be read; None for one that can."""
    total: FileCount | None = None
    """Of all files; in the last part, which has none."""

    def each(self) -> "Iterator[TreePart]":
        """Every file as a part of its own."""
        return (TreePart((file,)) for file in self.files)


def parts(root: str, is_root: bool, size: int, limits: Limits = LIMITS) -> Iterator[TreePart]:
    """All files of a folder that may be objects, `size` in a part; raises OSError where the folder cannot be opened."""
    with closing_fd(os.open(root, ROOT_FLAGS)) as root_fd:
        files = Files(root_fd, limits.folder_depth, is_root)
        some: list[tuple[str, str, Unavailable | None]] = []
        for file in files.candidates():
            some.append((file.folder, file.name, file.unavailable))
            if len(some) == size:
                yield TreePart(tuple(some))
                some = []
        if some:
            yield TreePart(tuple(some))
        yield TreePart((), count_of(files))


def walk_part(root: str, part: TreePart, prefix: str) -> Iterator[Item]:
    """What `walk_tree` finds in these files; `prefix` stands before their paths below the folder."""
    with closing_fd(os.open(root, ROOT_FLAGS)) as root_fd:
        for folder, name, unavailable in part.files:
            path = f"{prefix}{folder}{name}".rstrip("/")
            if unavailable:
                yield unreadable_item(path, unavailable)
                continue
            try:
                fd = open_below(root_fd, [*folder.split("/")[:-1], name])
            except OSError as error:
                yield unreadable_item(path, Unavailable(Obstacle.INACCESSIBLE, f"cannot be opened: {error.strerror}"))
                continue
            with closing_fd(fd):
                yield from walk(path, FileSource(fd, os.fstat(fd).st_size), opener_below(root_fd, folder))
    if part.total:
        yield part.total
