# SPDX-License-Identifier: GPL-2.0-or-later
"""The payload of a package, decompressed by libarchive while it is read from front to back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_int, c_longlong, c_size_t, c_void_p, string_at
from typing import Any

from checker import requires
from checker.errors import UsageError
from checker.limits import LIMITS
from checker.model import Obstacle
from checker.sources.header import PackageError

NO_FILTER = 0
COMPRESSIONS = (
    (b"\x1f\x8b", 1),
    (b"\x28\xb5\x2f\xfd", 14),
    (b"\xfd7zXZ\0", 6),
    (b"BZh", 2),
    (b"\x5d\0\0", 5),
    (b"0707", NO_FILTER),
)
"""First bytes of gzip, zstd, xz, bzip2, lzma and cpio, and the numbers of libarchive's filters (archive.h)."""

READ_SIZE = 1 << 17
"""Compressed bytes asked of the system at once."""


def libarchive() -> Any:
    """The bindings of libarchive; raises UsageError that says what to install."""
    try:
        import libarchive.read  # noqa: PLC0415 only packages need it
    except (ImportError, OSError, AttributeError) as error:  # AttributeError: the bindings found no library
        raise UsageError(requires.LIBARCHIVE.missing(error)) from error
    return libarchive


class Payload:
    """Decompressed bytes that are taken one after the other; what is skipped is never copied."""

    def __init__(self, archive: Any) -> None:
        self.position = 0
        self._archive = archive
        self._library = libarchive()
        self._block = c_void_p()
        self._size = c_size_t()
        self._offset = c_longlong()
        self._used = 0

    def chunks(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in parts; raises PackageError when they are not there."""
        for address, length in self._parts(size):
            yield string_at(address, length)

    def read(self, size: int) -> bytes:
        """Exactly the next `size` bytes; raises PackageError when they are not there."""
        return b"".join(self.chunks(size))

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes; raises PackageError when they are not there."""
        for _ in self._parts(size):
            pass

    def _parts(self, size: int) -> Iterator[tuple[int, int]]:
        if self.position + size > LIMITS.payload:
            raise PackageError(Obstacle.TOO_LARGE, f"unpacks to more than {LIMITS.payload} bytes")
        while size:
            there = self._size.value - self._used
            if not there:
                self._next_block()
                continue
            length = min(there, size)
            start = (self._block.value or 0) + self._used
            self._used += length
            self.position += length
            size -= length
            yield start, length

    def _next_block(self) -> None:
        self._used = 0
        try:
            status = self._library.ffi.read_data_block(
                self._archive, byref(self._block), byref(self._size), byref(self._offset)
            )
        except self._library.ArchiveError as error:
            raise PackageError(
                Obstacle.ALTERED, f"has a payload that cannot be decompressed beyond byte {self.position}: {error.msg}"
            ) from error
        if status == self._library.ffi.ARCHIVE_EOF:
            raise PackageError(Obstacle.TRUNCATED, f"has a payload that ends early, at byte {self.position}")


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
def open_payload(fd: int, start: int) -> Iterator[Payload]:
    """The payload that begins at byte `start` of a package; raises PackageError."""
    library = libarchive()
    head = os.pread(fd, 6, start)
    number = next((number for magic, number in COMPRESSIONS if head.startswith(magic)), None)
    if number is None:
        raise PackageError(Obstacle.ALTERED, "has a payload of no known compression")
    os.lseek(fd, start, os.SEEK_SET)
    try:
        with library.read.new_archive_read("raw", "none") as archive:
            _use_filter(library, archive, number)
            library.ffi.read_open_fd(archive, fd, READ_SIZE)
            entry = library.entry.ArchiveEntry(archive)
            library.ffi.read_next_header2(archive, entry._entry_p)  # noqa: SLF001 the raw format has one entry
            yield Payload(archive)
    except library.ArchiveError as error:
        raise PackageError(Obstacle.ALTERED, f"has a payload that cannot be decompressed: {error.msg}") from error
