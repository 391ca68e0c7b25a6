# SPDX-License-Identifier: GPL-2.0-or-later
"""Random access to bytes that come as a stream: kept in memory, or in an unlinked file."""

import os
from collections.abc import Iterable
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, NamedTuple, Self

from checker.limits import LIMITS
from checker.objects.source import BufferSource, FileSource, Source

Chunk = bytes | memoryview
"""Bytes that may be gone when the next are taken."""


class SpooledRange(NamedTuple):
    """Where something is in a spool."""

    offset: int
    size: int


class Spool:
    """Holds what is wanted later, or has more than `in_memory` bytes, in a temporary file that never has a name."""

    def __init__(self, in_memory: int = LIMITS.in_memory) -> None:
        self._in_memory = in_memory
        self._file: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def borrow(self, chunks: Iterable[Chunk], size: int) -> Source:
        """The chunks, `size` bytes together, to be read until the next call; raises OSError."""
        if size <= self._in_memory:
            buffer = bytearray(size)
            at = 0
            for chunk in chunks:
                buffer[at : at + len(chunk)] = chunk
                at += len(chunk)
            return BufferSource(buffer)
        return self.open(SpooledRange(self._end, self._write(chunks, self._end)))

    def keep(self, chunks: Iterable[Chunk]) -> SpooledRange:
        """Hold the chunks as long as the spool is there; raises OSError."""
        kept = SpooledRange(self._end, self._write(chunks, self._end))
        self._end += kept.size
        return kept

    def open(self, kept: SpooledRange) -> Source:
        """What was kept, to be read by position."""
        return FileSource(self._fd, kept.offset + kept.size).slice(*kept)

    @property
    def _fd(self) -> int:
        if self._file is None:
            self._file = TemporaryFile(buffering=0, prefix="ltocheck-")  # noqa: SIM115 closed by __exit__
        return self._file.fileno()

    def _write(self, chunks: Iterable[Chunk], start: int) -> int:
        at = start
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                written = os.pwrite(self._fd, rest, at)
                at += written
                rest = rest[written:]
        return at - start
