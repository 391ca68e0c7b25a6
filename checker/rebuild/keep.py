# SPDX-License-Identifier: GPL-2.0-or-later
"""Logs and texts for the store: read in pieces, decompressed, and compressed."""

import hashlib
import io
import json
import zlib
from collections import deque
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.packages.package import opened
from checker.packages.payload import open_payload
from checker.rebuild.facts import Value, Values

COMPRESSED = (b"\x1f\x8b", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh")
"""First bytes of gzip, xz, zstd and bzip2."""

PIECE = 1 << 18
"""The size of a piece of a log in bytes."""


def pieces(log: Path, limits: Limits = LIMITS) -> Iterator[bytes]:
    """The pieces of a log, decompressed; raises Unavailable, after all pieces that can be read."""
    with opened(str(log)) as fd, open(fd, "rb", closefd=False) as file:
        if file.read(6).startswith(COMPRESSED):
            with open_payload(fd, 0, what="log", limit=limits.log) as payload:
                yield from payload.rest()
            return
        file.seek(0)
        left = limits.log
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise Unavailable(Obstacle.TOO_LARGE, f"has a log of more than {limits.log} bytes")
            yield piece


class Keeper:
    """Compresses a log while it is read; a long one is cut to its first and last `kept` bytes."""

    def __init__(self, kept: int = LIMITS.log_kept) -> None:
        self._kept = kept
        self._out = io.BytesIO()
        self._gzip = GzipFile(fileobj=self._out, mode="wb", compresslevel=4, mtime=0)
        self._left = kept
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0

    def feed(self, piece: bytes) -> None:
        """Add the next piece."""
        head, rest = piece[: self._left], piece[self._left :]
        self._gzip.write(head)
        self._left -= len(head)
        if rest:
            self._tail.append(rest)
            self._tail_size += len(rest)
            while self._tail_size - len(self._tail[0]) > self._kept:
                self._dropped += len(self._tail[0])
                self._tail_size -= len(self._tail.popleft())

    def finish(self) -> bytes:
        """The compressed log."""
        if self._dropped:
            self._gzip.write(f"\nltocheck: {self._dropped} bytes are left out here\n".encode())
        for piece in self._tail:
            self._gzip.write(piece)
        self._gzip.close()
        return self._out.getvalue()


def text(values: Values, texts: dict[str, bytes]) -> str | None:
    """Add values to `texts`, and return their digest; None if there are no values."""
    if not values:
        return None
    data = json.dumps(values, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()[:32]
    texts[digest] = zlib.compress(data, 9)
    return digest


def values(data: bytes) -> dict[str, dict[str, Value]]:
    """The values in a stored text; raises ValueError or TypeError for any other data."""
    try:
        stored = json.loads(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return {file: {name: Value(*value) for name, value in found.items()} for file, found in stored.items()}
