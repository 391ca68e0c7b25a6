# SPDX-License-Identifier: GPL-2.0-or-later
"""Hard-linked files: read once, and reported under each of their names."""

from collections.abc import Callable, Iterator

from checker.model import ArchiveItem, ObjectItem


class LinkedFile:
    """The items of one file, kept for its other names unless there are more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: list[ObjectItem | ArchiveItem] | None = None

    def under(
        self, path: str, read: Callable[[str], Iterator[ObjectItem | ArchiveItem]]
    ) -> Iterator[ObjectItem | ArchiveItem]:
        """The items under one of the names; the file is read where they were not kept."""
        if self._items is not None:
            yield from (item._replace(path=path) for item in self._items)
            return
        kept: list[ObjectItem | ArchiveItem] = []
        for item in read(path):
            if len(kept) <= self._most:
                kept.append(item)
            yield item
        if len(kept) <= self._most:
            self._items = kept
