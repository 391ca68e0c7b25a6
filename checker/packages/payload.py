# SPDX-License-Identifier: GPL-2.0-or-later
"""The payload of a package, or another compressed file, decompressed by libarchive while it is read front to back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import (
    PYFUNCTYPE,
    addressof,
    byref,
    c_int,
    c_longlong,
    c_size_t,
    c_ssize_t,
    c_void_p,
    create_string_buffer,
    py_object,
    pythonapi,
    string_at,
)
from typing import Any

from checker import requires
from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS
from checker.packages.header import Arriving

NO_FILTER = 0
COMPRESSIONS = (
    (b"\x1f\x8b", 1),
    (b"\x28\xb5\x2f\xfd", 14),
    (b"\xfd7zXZ\0", 6),
    (b"BZh", 2),
    (b"\x5d\0\0", 5),
    (b"0707", NO_FILTER),
    (b"<", NO_FILTER),
)
"""First bytes of gzip, zstd, xz, bzip2, lzma, cpio and XML, and the numbers of libarchive's filters (archive.h)."""

READ_SIZE = 1 << 17
"""Compressed bytes asked of the system at once."""

_memoryview_at = PYFUNCTYPE(py_object, c_void_p, c_ssize_t, c_int)(("PyMemoryView_FromMemory", pythonapi))
READ_ONLY = 0x100
"""PyBUF_READ."""


def libarchive() -> Any:
    """The bindings of libarchive; raises UsageError that names the package to install."""
    try:
        import libarchive.read  # noqa: PLC0415 only packages need it
    except (ImportError, OSError, AttributeError) as error:  # AttributeError: the bindings found no library
        raise UsageError(requires.LIBARCHIVE.missing(error)) from error
    return libarchive


class _Feed:
    """Feeds a file to libarchive while it is downloaded."""

    def __init__(self, fd: int, position: int, arriving: Arriving) -> None:
        self.failure: BaseException | None = None
        self._fd = fd
        self._position = position
        self._arriving = arriving
        self._buffer = create_string_buffer(READ_SIZE)

    def read(self, _archive: Any, _context: Any, block: Any) -> int:
        """What libarchive calls; an exception would be lost in it, so it is kept."""
        try:
            self._arriving.reach(self._position + READ_SIZE)
            size = os.preadv(self._fd, [self._buffer], self._position)
        except BaseException as error:  # raised again by those who called libarchive
            self.failure = error
            return -1
        self._position += size
        block[0] = addressof(self._buffer)
        return size


class Payload:
    """Decompressed bytes, read front to back; what is skipped is not copied."""

    def __init__(self, archive: Any, what: str, limit: int, feed: _Feed | None) -> None:
        self.position = 0
        self._what = what
        self._limit = limit
        self._feed = feed
        self._archive = archive
        self._library = libarchive()
        self._block = c_void_p()
        self._size = c_size_t()
        self._offset = c_longlong()
        self._used = 0

    def chunks(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes in parts, each gone when the next is taken; raises Unavailable when they end early."""
        for address, length in self._parts(size):
            yield _memoryview_at(address, length, READ_ONLY)

    def read(self, size: int) -> bytes:
        """Exactly the next `size` bytes; raises Unavailable when they are not there."""
        return b"".join(string_at(address, length) for address, length in self._parts(size))

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes; raises Unavailable when they are not there."""
        for _ in self._parts(size):
            pass

    def rest(self) -> Iterator[bytes]:
        """Everything up to the end, in parts; raises Unavailable."""
        while self._next_block():
            self.position += self._size.value
            if self.position > self._limit:
                raise self._too_large()
            yield string_at(self._block, self._size.value)

    def _parts(self, size: int) -> Iterator[tuple[int, int]]:
        if self.position + size > self._limit:
            raise self._too_large()
        while size:
            there = self._size.value - self._used
            if not there:
                if not self._next_block():
                    raise Unavailable(
                        Obstacle.TRUNCATED, f"has a {self._what} that ends early, at byte {self.position}"
                    )
                continue
            length = min(there, size)
            start = (self._block.value or 0) + self._used
            self._used += length
            self.position += length
            size -= length
            yield start, length

    def _next_block(self) -> bool:
        """Take the next block from libarchive; false at the end."""
        self._used = 0
        try:
            status = self._library.ffi.read_data_block(
                self._archive, byref(self._block), byref(self._size), byref(self._offset)
            )
        except self._library.ArchiveError as error:
            if self._feed and self._feed.failure:
                raise self._feed.failure from None
            raise Unavailable(
                Obstacle.ALTERED,
                f"has a {self._what} that cannot be decompressed beyond byte {self.position}: {error.msg}",
            ) from error
        return bool(status != self._library.ffi.ARCHIVE_EOF)

    def _too_large(self) -> Unavailable:
        return Unavailable(Obstacle.TOO_LARGE, f"has a {self._what} that unpacks to more than {self._limit} bytes")


def _use_filter(library: Any, archive: Any, number: int) -> None:
    """Have libarchive decompress in this way, once.

    Given the choice, it would unpack what is packed several times, with no bound on what is in between, and start
    programs for compressions that it does not know. The bindings do not declare this function.
    """
    if number == NO_FILTER:
        return
    append = library.ffi.libarchive.archive_read_append_filter
    append.argtypes, append.restype = (library.ffi.c_archive_p, c_int), c_int
    library.ffi.check_int(append(archive, number), append, (archive,))


@contextmanager
def open_payload(
    fd: int, start: int, arriving: Arriving | None = None, what: str = "payload", limit: int = LIMITS.payload
) -> Iterator[Payload]:
    """The payload that begins at byte `start` of a package; raises Unavailable, which calls it `what`.

    Any other compressed file can be read like it.
    """
    library = libarchive()
    if arriving:
        arriving.reach(start + 6)
    head = os.pread(fd, 6, start)
    number = next((number for magic, number in COMPRESSIONS if head.startswith(magic)), None)
    if number is None:
        raise Unavailable(Obstacle.ALTERED, f"has a {what} of no known compression")
    feed = _Feed(fd, start, arriving) if arriving else None
    try:
        with library.read.new_archive_read("raw", "none") as archive:
            _use_filter(library, archive, number)
            if feed:
                read = library.ffi.READ_CALLBACK(feed.read)  # libarchive calls it as long as the name holds it
                library.ffi.read_open(archive, None, library.ffi.NO_OPEN_CB, read, library.ffi.NO_CLOSE_CB)
            else:
                os.lseek(fd, start, os.SEEK_SET)
                library.ffi.read_open_fd(archive, fd, READ_SIZE)
            library.ffi.read_next_header(archive, byref(c_void_p()))  # the raw format has one entry
            yield Payload(archive, what, limit, feed)
    except library.ArchiveError as error:
        if feed and feed.failure:
            raise feed.failure from None
        raise Unavailable(Obstacle.ALTERED, f"has a {what} that cannot be decompressed: {error.msg}") from error
