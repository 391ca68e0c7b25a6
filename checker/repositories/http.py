# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to servers: one file or a range of it, with bounds on how long they may take to answer."""

import os
import re
import time
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

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


@cache
def urllib3() -> Any:
    """The library for HTTP; raises UsageError that says what to install."""
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


class Answer:
    """The body of an answer: bytes `start` to `end` of a file that has `size` bytes, as far as the server says."""

    def __init__(self, response: Any, start: int, end: int | None, size: int | None, stall: float) -> None:
        self.start = start
        self.end = end
        self.size = size
        self._response = response
        self._stall = stall
        self._since = time.monotonic()
        self._received = 0

    def chunk(self) -> bytes:
        """The next bytes, none at the end; raises ServerError, also when they come too slowly to be worth waiting."""
        try:
            chunk: bytes = self._response.read1(CHUNK, decode_content=False)
        except (urllib3().exceptions.HTTPError, OSError) as error:
            raise ServerError(_words(error), passing=True, obstacle=Obstacle.TRUNCATED) from error
        self._received += len(chunk)
        now = time.monotonic()
        if now - self._since > self._stall:
            if self._received < LIMITS.slowest * self._stall:
                raise ServerError(f"sends less than {LIMITS.slowest} bytes a second", passing=True)
            self._since, self._received = now, 0
        return chunk

    def close(self) -> None:
        """Keep the connection for the next question when everything was read, end it otherwise."""
        if self._response.length_remaining == 0:
            self._response.release_conn()
        else:
            self._response.close()


def ask(url: str, start: int, end: int | None, stall: float) -> Answer:
    """Ask for a file from byte `start` on, up to `end` if there is one; raises ServerError.

    The server may ignore the range, so that the answer begins at 0.
    """
    library = urllib3()
    headers = {"Accept-Encoding": "identity", "User-Agent": f"ltocheck/{__version__}", **_credentials(url)}
    if start or end is not None:
        headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
    url = without_credentials(url)
    try:
        response = _pool(os.getpid(), urlsplit(url).scheme, urlsplit(url).hostname).request(
            "GET",
            url,
            headers=headers,
            preload_content=False,
            timeout=library.Timeout(connect=stall, read=stall),
            retries=library.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=LIMITS.redirects),
        )
    except library.exceptions.MaxRetryError as error:
        lasting = isinstance(error.reason, library.exceptions.ResponseError | library.exceptions.SSLError)
        raise ServerError(f"{_words(error.reason)}, from {url}", passing=not lasting) from error
    except (library.exceptions.HTTPError, OSError, ValueError) as error:
        raise ServerError(f"{_words(error)}, from {url}") from error
    try:
        return _answer(response, start, stall)
    except ServerError as failure:
        response.close()
        failure.detail += f", from {url}"
        raise


def _answer(response: Any, start: int, stall: float) -> Answer:
    if response.status == OK:
        return Answer(response, 0, response.length_remaining, response.length_remaining, stall)
    if response.status != PARTIAL_CONTENT:
        raise ServerError(f"{response.status} {response.reason}", passing=response.status in PASSING)
    found = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if not found or int(found[1]) != start:
        raise ServerError("an answer that is not the range that was asked for")
    return Answer(response, start, int(found[2]) + 1, int(found[3]) if found[3] else None, stall)


@cache
def _pool(_process: int, scheme: str, host: str) -> Any:
    """Connections that are used again; each process has its own, because a forked one would share their sockets."""
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        return urllib3().PoolManager(maxsize=CONNECTIONS)
    credentials = _credentials(proxy, "proxy_basic_auth")
    return urllib3().ProxyManager(without_credentials(proxy), maxsize=CONNECTIONS, proxy_headers=credentials)


def _credentials(url: str, kind: str = "basic_auth") -> dict[str, str]:
    """The header for a name and a password in a URL; redirects to other hosts are followed without it."""
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    return dict(urllib3().make_headers(**{kind: unquote(user)})) if at else {}


def _words(error: BaseException | None) -> str:
    """What went wrong, without the library's own objects in it."""
    exceptions = urllib3().exceptions
    match error:
        case exceptions.ResponseError():
            return "too many redirects" if "redirect" in str(error) else str(error)
        case exceptions.IncompleteRead() | exceptions.ProtocolError():
            return "the connection ended early"
        case exceptions.NewConnectionError() | exceptions.NameResolutionError():
            return "no connection"
        case exceptions.TimeoutError():
            return "no answer in time"
    return str(error) or type(error).__name__
