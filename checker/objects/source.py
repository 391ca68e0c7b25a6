# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounded positional reads over a descriptor or a buffer; no size from a file is trusted.

Not a memory map: a map counts every touched page against the process, and a file that is truncated under it
kills the process with SIGBUS.
"""

import os

READ_AHEAD = 1 << 15


class Malformed(Exception):  # noqa: N818 a statement about bytes, not a fault of the program
    """The bytes are not what their format demands; `offset` is counted from the start of the object."""

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        return self.reason if self.offset is None else f"{self.reason} (at offset {self.offset})"


class Source:
    """A range of bytes that is read by position."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; raises Malformed when they are not all there."""
        raise NotImplementedError

    def slice(self, offset: int, size: int) -> "Source":
        """A part of this source as a source of its own."""
        raise NotImplementedError


class FileSource(Source):
    """A range of an open file; the descriptor stays the caller's."""

    __slots__ = ("_at", "_base", "_fd", "_window")

    def __init__(self, fd: int, size: int, base: int = 0) -> None:
        super().__init__(size)
        self._fd = fd
        self._base = base
        self._at = 0
        self._window = b""

    def read(self, offset: int, length: int) -> bytes:  # noqa: D102 as in Source
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Malformed(f"{length} bytes wanted, the data ends at {self.size}", offset)
        start = offset - self._at
        if start >= 0 and start + length <= len(self._window):
            return self._window[start : start + length]
        if length >= READ_AHEAD:
            data = self._pread(offset, length)
        else:
            self._window = self._pread(offset, min(READ_AHEAD, self.size - offset))
            self._at = offset
            data = self._window[:length]
        if len(data) < length:
            raise Malformed("the file became shorter while it was read", offset)
        return data

    def slice(self, offset: int, size: int) -> Source:  # noqa: D102 as in Source
        start = offset - self._at
        if start >= 0 and start + size <= len(self._window):
            return BufferSource(self._window[start : start + size])
        return FileSource(self._fd, size, self._base + offset)

    def _pread(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._fd, length, self._base + offset)
        except OSError as error:
            raise Malformed(f"cannot be read: {error.strerror}", offset) from error


class BufferSource(Source):
    """Bytes that are in memory already."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        super().__init__(len(data))
        self._data = data

    def read(self, offset: int, length: int) -> bytes:  # noqa: D102 as in Source
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Malformed(f"{length} bytes wanted, the data ends at {self.size}", offset)
        return self._data[offset : offset + length]

    def slice(self, offset: int, size: int) -> Source:  # noqa: D102 as in Source
        return BufferSource(self.read(offset, size))
