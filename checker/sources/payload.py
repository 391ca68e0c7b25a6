# SPDX-License-Identifier: GPL-2.0-or-later
"""The payload of a package, decompressed by libarchive while it is read from front to back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_longlong, c_size_t, c_void_p, string_at
from typing import Any

from checker.errors import UsageError
from checker.limits import LIMITS
from checker.model import Obstacle
from checker.sources.header import PackageError

COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x5d\0\0", "lzma"),
    (b"0707", "none"),
)
"""First bytes of a payload and libarchive's filter. Only that one is allowed: given the choice, libarchive would
unpack what is packed several times, and start programs for compressions that it does not know."""

READ_SIZE = 1 << 17
"""Compressed bytes asked of the system at once."""


def libarchive() -> Any:
    """The bindings of libarchive; raises UsageError that says what to install."""
    try:
        import libarchive.read  # noqa: PLC0415 only packages need it
    except (ImportError, OSError, AttributeError) as error:  # AttributeError: the bindings found no library
        raise UsageError(
            "scanning packages needs libarchive (libarchive13 on Debian and openSUSE, libarchive on Fedora) "
            f"and its Python bindings libarchive-c: {error}"
        ) from error
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


@contextmanager
def open_payload(fd: int, start: int) -> Iterator[Payload]:
    """The payload that begins at byte `start` of a package; raises PackageError."""
    library = libarchive()
    head = os.pread(fd, 6, start)
    compression = next((name for magic, name in COMPRESSIONS if head.startswith(magic)), None)
    if compression is None:
        raise PackageError(Obstacle.ALTERED, "has a payload of no known compression")
    os.lseek(fd, start, os.SEEK_SET)
    try:
        with library.read.new_archive_read("raw", compression) as archive:
            library.ffi.read_open_fd(archive, fd, READ_SIZE)
            entry = library.entry.ArchiveEntry(archive)
            library.ffi.read_next_header2(archive, entry._entry_p)  # noqa: SLF001 the raw format has one entry
            yield Payload(archive)
    except library.ArchiveError as error:
        raise PackageError(Obstacle.ALTERED, f"has a payload that cannot be decompressed: {error.msg}") from error
