# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to servers: one file or a range of it.

A server may be silent, send a byte a second, headers without end or one redirect after the other. So whatever is waited
for has one deadline, down to the single read from the socket, and a bound on the bytes around the body.
"""

import os
import re
import time
from functools import cache
from io import BufferedReader, RawIOBase
from threading import local
from typing import Any, cast
from urllib.parse import unquote, urljoin, urlsplit

from checker import __version__, requires
from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS

SCHEMES = ("http", "https")

OK, PARTIAL_CONTENT = 200, 206
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses of HTTP after which the same server is asked again."""

CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)", re.ASCII)
CHUNK = 1 << 16
CONNECTIONS = 16
"""Kept to one server, for the threads of one process."""


class ServerError(Unavailable):
    """One server did not give a file, or the rest of it; after a passing failure the same server is asked again."""

    def __init__(self, detail: str, *, passing: bool = False, obstacle: Obstacle = Obstacle.INACCESSIBLE) -> None:
        super().__init__(obstacle, detail)
        self.passing = passing

    def about(self, url: str) -> "ServerError":
        """The same, with the address that was asked for."""
        return ServerError(f"{self.detail}, from {url}", passing=self.passing, obstacle=self.obstacle)


@cache
def urllib3() -> Any:
    """The library for HTTP; raises UsageError that names the package to install."""
    try:
        import urllib3 as library  # noqa: PLC0415 only repositories on servers need it
    except ImportError as error:
        raise UsageError(requires.URLLIB3.missing(error)) from error
    return library


def is_url(location: str) -> bool:
    """Whether this names something on a server, not a file."""
    try:
        parts = urlsplit(location)
        return parts.scheme in SCHEMES and bool(parts.hostname)
    except ValueError:
        return False


def without_credentials(url: str) -> str:
    """A URL as it may be shown; anything else as it is."""
    if not is_url(url):
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class _TransferBudget(local):
    """The time and bytes left for the exchange that this thread waits for; set before every wait."""

    deadline = 0.0
    """On the monotonic clock."""
    size = 0
    """Bytes."""

    def allow(self, deadline: float, size: int) -> None:
        self.deadline, self.size = deadline, size

    def seconds(self) -> float:
        """How long may be waited now; raises ServerError when the time is up."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ServerError("no answer in time", obstacle=Obstacle.TOO_SLOW)
        return left

    def take(self, size: int) -> None:
        """Count what was received; raises ServerError when that was too much."""
        self.size -= size
        if self.size < 0:
            raise ServerError(
                f"sends more than {LIMITS.http_head} bytes around its answer", obstacle=Obstacle.TOO_LARGE
            )


_budget = _TransferBudget()


class _BoundedFile(RawIOBase):
    """What is received by a socket, within the budget of the thread that waits for it."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_budget.seconds())
        try:
            size = cast("int | None", self._file.readinto(buffer))
        except TimeoutError:
            raise ServerError("no answer in time", obstacle=Obstacle.TOO_SLOW) from None
        _budget.take(size or 0)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


class _BoundedSocket:
    """As much of a socket as an answer needs."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_BoundedFile(self._sock))


@cache
def _pool_classes() -> dict[str, Any]:
    """The library's pools of connections by scheme, with connections whose answers have a budget."""
    from http.client import HTTPResponse  # noqa: PLC0415 as urllib3

    class Response(HTTPResponse):
        def __init__(self, sock: Any, *arguments: Any, **more: Any) -> None:
            super().__init__(cast("Any", _BoundedSocket(sock)), *arguments, **more)

    def bounded(pool: Any) -> Any:
        connection = type("Connection", (pool.ConnectionCls,), {"response_class": Response})
        return type("Pool", (pool,), {"ConnectionCls": connection})

    library = urllib3()
    return {"http": bounded(library.HTTPConnectionPool), "https": bounded(library.HTTPSConnectionPool)}


class PartialFile:
    """The body of an answer: bytes `start` to `end` of a file that has `size` bytes, as far as the server says."""

    def __init__(self, response: Any, start: int, end: int | None, size: int | None, stall: float) -> None:
        self.start = start
        self.end = end
        self.size = size
        self._response = response
        self._stall = stall
        self._since = time.monotonic()
        self._received = 0
        self._pieces = LIMITS.http_pieces

    def chunk(self) -> bytes:
        """The next bytes, none at the end; raises ServerError, also when they come too slowly to be worth waiting."""
        _budget.allow(time.monotonic() + self._stall, CHUNK + LIMITS.http_head)
        try:
            chunk: bytes = self._response.read1(CHUNK, decode_content=False)
        except (urllib3().exceptions.HTTPError, OSError) as error:
            raise ServerError(_words(error), passing=True, obstacle=Obstacle.TRUNCATED) from error
        self._received += len(chunk)
        self._pieces += len(chunk) // LIMITS.http_piece - 1
        if self._pieces < 0:
            raise ServerError(f"sends pieces of less than {LIMITS.http_piece} bytes", obstacle=Obstacle.TOO_SLOW)
        now = time.monotonic()
        if now - self._since > self._stall:
            if self._received < LIMITS.slowest * self._stall:
                raise ServerError(f"sends less than {LIMITS.slowest} bytes a second", obstacle=Obstacle.TOO_SLOW)
            self._since, self._received = now, 0
        return chunk

    def close(self) -> None:
        """Keep the connection for the next question when everything was read, end it otherwise."""
        if self._response.length_remaining == 0:
            self._response.release_conn()
        else:
            self._response.close()


def ask(url: str, start: int, end: int | None, stall: float) -> PartialFile:
    """Ask for a file from byte `start` on, up to `end` if there is one; raises ServerError.

    The server may ignore the range, so that the answer begins at 0. From here to the body it has `stall` seconds.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": f"ltocheck/{__version__}", **_credentials(url)}
    if start or end is not None:
        headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
    deadline = time.monotonic() + stall
    url = place = without_credentials(url)
    try:
        for _ in range(LIMITS.redirects + 1):
            response = _request(place, headers, deadline)
            target = response.get_redirect_location()
            if not target:
                return _answer(response, start, stall)
            response.close()  # not to be read to its end: it may have none
            origin, place = place, urljoin(place, target)
            if urlsplit(place)[:2] != urlsplit(origin)[:2]:
                headers.pop("authorization", None)
    except ServerError as failure:
        raise failure.about(url) from failure
    except ValueError as error:
        raise ServerError(f"{error}, from {url}") from error
    raise ServerError(f"too many redirects, from {url}")


def _request(url: str, headers: dict[str, str], deadline: float) -> Any:
    """An answer whose body is still to come; raises ServerError."""
    library = urllib3()
    if not is_url(url):
        raise ServerError(f"a redirect to {url}, which is no place on an HTTP server")
    _budget.allow(deadline, LIMITS.http_head)
    left = _budget.seconds()
    try:
        return _pool(os.getpid(), urlsplit(url).scheme, urlsplit(url).hostname).request(
            "GET",
            url,
            headers=headers,
            preload_content=False,
            timeout=library.Timeout(connect=left, read=left),
            retries=False,
            redirect=False,
        )
    except (library.exceptions.SSLError, library.exceptions.LocationValueError) as error:
        raise ServerError(_words(error)) from error
    except (library.exceptions.HTTPError, OSError) as error:
        raise ServerError(_words(error), passing=True) from error


def _answer(response: Any, start: int, stall: float) -> PartialFile:
    try:
        if response.status == OK:
            return PartialFile(response, 0, response.length_remaining, response.length_remaining, stall)
        if response.status != PARTIAL_CONTENT:
            raise ServerError(f"{response.status} {response.reason}", passing=response.status in PASSING)
        found = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if not found or int(found[1]) != start:
            raise ServerError("an answer that is not the range that was asked for")
        return PartialFile(response, start, int(found[2]) + 1, int(found[3]) if found[3] else None, stall)
    except ServerError:
        response.close()
        raise


@cache
def _pool(_process: int, scheme: str, host: str) -> Any:
    """Connections that are used again; each process has its own, because a forked one would share their sockets."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 as urllib3

    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        pool = urllib3().PoolManager(maxsize=CONNECTIONS)
    else:
        credentials = _credentials(proxy, "proxy_basic_auth")
        pool = urllib3().ProxyManager(without_credentials(proxy), maxsize=CONNECTIONS, proxy_headers=credentials)
    pool.pool_classes_by_scheme = _pool_classes()
    return pool


def _credentials(url: str, kind: str = "basic_auth") -> dict[str, str]:
    """The header for a name and a password in a URL; redirects to other hosts are followed without it."""
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    return dict(urllib3().make_headers(**{kind: unquote(user)})) if at else {}


def _words(error: BaseException) -> str:
    """What went wrong, without the library's own objects in it."""
    exceptions = urllib3().exceptions
    match error:
        case exceptions.IncompleteRead() | exceptions.ProtocolError():
            return "the connection ended early"
        case exceptions.NewConnectionError() | exceptions.NameResolutionError():
            return "no connection"
        case exceptions.TimeoutError():
            return "no answer in time"
    return str(error) or type(error).__name__
