# SPDX-License-Identifier: GPL-2.0-or-later
"""One file on one or more servers, in an unlinked file as far as it was asked for.

Servers are not trusted: never more is stored than the listed size of the file, and its digest decides.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.repositories.http import PartialFile, ServerError, ask

BLOCK = 1 << 18
"""The least that is asked for at once of a file that is not wanted whole."""

PROGRESS = 1 << 20
"""After so many new bytes the failures of a server are forgotten."""

ALGORITHMS = {
    "md5": "md5",
    "sha": "sha1",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
}
"""Digests by their names in repodata: those that createrepo_c writes. Python knows others, some without a length."""


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How files are fetched; `pause` and `stall` in seconds."""

    partial: bool = False
    """Never transfer what is not looked at; then a package as a whole is not verified, only what is looked at."""
    attempts: int = 4
    """How often one server may fail, with pauses between that double each time."""
    pause: float = 1.0
    stall: float = 30.0
    """How long a server may keep silent."""


def digest_for(checksum: str | None) -> Any:
    """An empty digest of the kind of a checksum, SHA-256 without one; raises Unavailable."""
    kind = checksum.partition(":")[0] if checksum else "sha256"
    if kind not in ALGORITHMS:
        raise Unavailable(Obstacle.UNVERIFIED, f"is listed with a digest of unknown kind, {kind}")
    return hashlib.new(ALGORITHMS[kind], usedforsecurity=False)


def checked(digest: Any, checksum: str | None) -> str:
    """The digest as a checksum; raises Unavailable when another one is expected."""
    found: str = digest.hexdigest()
    expected = checksum.partition(":")[2].lower() if checksum else found
    if found != expected:
        raise Unavailable(Obstacle.ALTERED, f"was altered: its {digest.name} is {found}, not {expected} as listed")
    return f"{digest.name}:{found}"


class Download:
    """A file that comes from the first of its servers that gives it; `downloaded` counts bytes over the network.

    `size` is what the file is to have. It is taken from a server where it is None, and must not exceed `limit`. `first`
    are the bytes that are wanted at least.
    """

    def __init__(
        self,
        urls: Sequence[str],
        options: FetchOptions,
        *,
        size: int | None = None,
        checksum: str | None = None,
        limit: int = LIMITS.package,
        first: int = BLOCK,
    ) -> None:
        if size is not None and size > limit:
            raise Unavailable(Obstacle.TOO_LARGE, f"has {size} bytes, more than {limit}")
        self.downloaded = 0
        self._urls = list(urls)
        self._options = options
        self._listed_size = size
        self._size = size
        self._checksum = checksum
        self._digest = digest_for(checksum)
        self._limit = limit
        self._first = first
        self._have = 0
        self._most = 0
        self._failures = 0
        self._was_resumed = False
        self._answer: PartialFile | None = None
        try:
            self._file = TemporaryFile(buffering=0, prefix="ltocheck-")  # noqa: SIM115 closed by __exit__
        except OSError as error:
            raise _not_stored(error) from error
        self.fd = self._file.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()
        self._file.close()

    @property
    def size(self) -> int:
        """How many bytes the whole file has; raises Unavailable when that has to be asked for."""
        if self._size is None:
            self.reach(1)
        return self._size or 0

    def reach(self, end: int) -> None:
        """Have at least the first `end` bytes there, or all of a shorter file; raises Unavailable."""
        while self._size is None or self._have < min(end, self._size):
            try:
                self._receive(end)
            except ServerError as failure:
                self._hang_up()
                self._recover(failure)

    def finish(self) -> str:
        """Have everything there; returns its checksum, and raises Unavailable when it is not the expected one."""
        may_repeat = True
        while True:
            self.reach(self._limit)
            try:
                return checked(self._digest, self._checksum)
            except Unavailable:
                # The parts of a file that was exchanged in between do not fit: then it is fetched anew, once.
                if self._was_resumed and may_repeat:
                    may_repeat = False
                elif len(self._urls) > 1:
                    del self._urls[0]
                else:
                    raise
                self._restart()

    def _receive(self, end: int) -> None:
        """Take some bytes more, up to the end of what was asked for; raises ServerError."""
        if self._answer is None:
            self._answer = self._ask(end)
        chunk = self._answer.chunk()
        if chunk:
            self._store(chunk)
        elif self._size is None:
            self._size = self._have
        expected = self._answer.end or self._size
        if expected is not None and self._have >= expected:
            self._hang_up()
        elif not chunk:
            raise ServerError("the connection ended early", passing=True, obstacle=Obstacle.TRUNCATED)

    def _ask(self, end: int) -> PartialFile:
        if self._have and not self._checksum and not self._options.partial:
            self._restart()  # nothing would tell whether the parts fit
        range_end = self._range_end(end)
        answer = ask(self._urls[0], self._have, range_end, self._options.stall)
        if answer.start != self._have:
            self._restart()
        try:
            self._compare(answer, range_end)
        except ServerError:
            answer.close()
            raise
        self._was_resumed |= answer.start > 0
        return answer

    def _range_end(self, end: int) -> int | None:
        """The end of the range to ask for: beyond what is needed now, so that few bytes cost no request each."""
        if not self._options.partial:
            return None
        ahead = self._have + max(BLOCK, self._have // 4) if self._have else self._first
        return max(end, ahead) if self._size is None else min(max(end, ahead), self._size)

    def _compare(self, answer: PartialFile, range_end: int | None) -> None:
        """Raises ServerError for an answer about another file, or about less than was asked for."""
        if self._size is None:
            self._size = answer.size
        elif answer.size not in (None, self._size):
            obstacle = Obstacle.TRUNCATED if (answer.size or 0) < self._size else Obstacle.ALTERED
            raise ServerError(f"{answer.size} bytes are there, not {self._size} as listed", obstacle=obstacle)
        wanted = self._size if range_end is None else range_end
        if wanted is not None and answer.end is not None and answer.end < wanted:
            raise ServerError("the server sends less than was asked for", passing=True, obstacle=Obstacle.TRUNCATED)

    def _store(self, chunk: bytes) -> None:
        self.downloaded += len(chunk)
        size = self._have + len(chunk)
        if max(size, self._size or 0) > self._limit:
            raise Unavailable(Obstacle.TOO_LARGE, f"has more than {self._limit} bytes")
        if self._size is not None and size > self._size:
            raise ServerError(f"the server sends more than the listed {self._size} bytes", obstacle=Obstacle.ALTERED)
        try:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.pwrite(self.fd, rest, size - len(rest)) :]
        except OSError as error:
            raise _not_stored(error) from error
        self._digest.update(chunk)
        self._have = size

    def _restart(self) -> None:
        self._hang_up()
        self._have = 0
        self._size = self._listed_size
        self._was_resumed = False
        self._digest = digest_for(self._checksum)

    def _hang_up(self) -> None:
        if self._answer:
            self._answer.close()
            self._answer = None

    def _recover(self, failure: ServerError) -> None:
        """Wait, or go on with the next server; raises Unavailable when there is none."""
        has_progressed = self._have >= self._most + PROGRESS
        if has_progressed:
            self._failures = 0
            self._most = self._have
        self._failures += 1
        # A server that was waited for in vain is not waited for again.
        may_repeat = failure.passing or (failure.obstacle is Obstacle.TOO_SLOW and has_progressed)
        if may_repeat and self._failures < self._options.attempts:
            time.sleep(self._options.pause * 2 ** (self._failures - 1))
            return
        self._failures = 0
        if len(self._urls) == 1:
            raise Unavailable(failure.obstacle, f"cannot be downloaded: {failure.detail}")
        del self._urls[0]
        if self._listed_size is None:
            self._restart()  # the next server may have another version


def _not_stored(error: OSError) -> Unavailable:
    return Unavailable(Obstacle.INACCESSIBLE, f"cannot be stored: {error.strerror}")
