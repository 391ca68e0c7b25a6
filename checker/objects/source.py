# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounded positional reads over a descriptor or a buffer; no size from a file is trusted.

Not a memory map: a map counts every touched page against the process, and a file that is truncated under it
kills the process with SIGBUS.
"""

import os
from collections.abc import Hashable, Iterator

from checker.limits import LIMITS

READ_AHEAD = 1 << 12
"""Bytes that are read in addition to a shorter read; and the least that is read before a table."""

NEXT_HEADER = 192
"""Bytes that are read after a table: the header of the next member and that of the object in it."""

WINDOW_LIMIT = 1 << 20


class Malformed(Exception):  # noqa: N818 a statement about bytes, not a fault of the program
    """Bytes that contradict their format; `offset` is counted from the start of the object, in bytes."""

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        return self.reason if self.offset is None else f"{self.reason} (at offset {self.offset})"


class Source:
    """A range of bytes that is read by position; all offsets and sizes are in bytes."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def identity(self) -> Hashable:
        """A key that is equal only for the same bytes; None if there is none."""
        return None

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; raises Malformed if the source ends before."""
        raise NotImplementedError

    def prefetch(self, offset: int, size: int, before: int = 0) -> None:
        """A hint that a range is read next, with `before` bytes in front of it; ignored if it is not in the source."""

    def slice(self, offset: int, size: int) -> "Source":
        """A part of this source as a source of its own; raises Malformed if the source ends before."""
        raise NotImplementedError


class _Window:
    """An open file and the part of it that is in memory, shared by all slices of the file."""

    __slots__ = ("at", "data", "fd")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.at = 0
        self.data = b""


class FileSource(Source):
    """A range of an open file; the caller closes the descriptor."""

    __slots__ = ("_base", "_window")

    def __init__(self, fd: int, size: int, base: int = 0, window: _Window | None = None) -> None:
        self.size = size  # without super(): one of these is made for every member
        self._base = base
        self._window = window or _Window(fd)

    def read(self, offset: int, length: int) -> bytes:  # noqa: D102 as in Source
        if length < 0 or not 0 <= offset <= self.size - length:
            raise Malformed(f"{length} bytes wanted, the data ends at {self.size}", offset)
        window = self._window
        start = self._base + offset - window.at
        if start >= 0 and start + length <= len(window.data):
            return window.data[start : start + length]
        if length >= READ_AHEAD:
            data = self._pread(offset, length)
        else:
            self._move_window(offset, length + READ_AHEAD)
            data = window.data[:length]
        if len(data) < length:
            raise Malformed("the file became shorter while it was read", offset)
        return data

    @property
    def identity(self) -> Hashable:  # noqa: D102 as in Source
        status = os.fstat(self._window.fd)
        return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, self._base, self.size

    def prefetch(self, offset: int, size: int, before: int = 0) -> None:  # noqa: D102 as in Source
        start = self._base + offset - self._window.at
        is_there = 0 <= offset <= self.size - size
        if is_there and 0 <= size <= WINDOW_LIMIT and (start < 0 or start + size > len(self._window.data)):
            before = min(offset, max(before, READ_AHEAD))
            self._move_window(offset - before, before + size + NEXT_HEADER)

    def slice(self, offset: int, size: int) -> Source:  # noqa: D102 as in Source
        if size < 0 or not 0 <= offset <= self.size - size:
            raise Malformed(f"{size} bytes wanted, the data ends at {self.size}", offset)
        return FileSource(self._window.fd, size, self._base + offset, self._window)

    def _move_window(self, offset: int, size: int) -> None:
        self._window.data = self._pread(offset, size)
        self._window.at = self._base + offset

    def _pread(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._window.fd, length, self._base + offset)
        except OSError as error:
            raise Malformed(f"cannot be read: {error.strerror}", offset) from error


class BufferSource(Source):
    """A range of bytes in memory, which is never copied as a whole."""

    __slots__ = ("_base", "_data")

    def __init__(self, data: bytes | bytearray | memoryview, base: int = 0, size: int | None = None) -> None:
        super().__init__(len(data) if size is None else size)
        self._data = memoryview(data)
        self._base = base

    def read(self, offset: int, length: int) -> bytes:  # noqa: D102 as in Source
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Malformed(f"{length} bytes wanted, the data ends at {self.size}", offset)
        start = self._base + offset
        return self._data[start : start + length].tobytes()

    def slice(self, offset: int, size: int) -> Source:  # noqa: D102 as in Source
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Malformed(f"{size} bytes wanted, the data ends at {self.size}", offset)
        return BufferSource(self._data, self._base + offset, size)


def chunks(source: Source, offset: int, size: int) -> Iterator[bytes]:
    """A range in parts of LIMITS.chunk, each beginning with the last 64 bytes of the one before.

    Raises Malformed before the first part if the source ends before the range does.
    """
    whole = source.slice(offset, size)
    at = 0
    while at < size:
        yield whole.read(at, min(LIMITS.chunk, size - at))
        if at + LIMITS.chunk >= size:
            return
        at += LIMITS.chunk - 64
