# SPDX-License-Identifier: GPL-2.0-or-later
"""A real HTTP server for tests, which serves a folder and can be told to behave badly."""

import re
import socket
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote, urlsplit

BLOCK = 1 << 16


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append((path, self.headers.get("Range")))
        self.server.headers.append(self.headers)
        waiting = self.server.behaviours[path]
        behave = waiting.pop(0) if len(waiting) > 1 else waiting[0] if waiting else Handler.serve
        try:
            behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def file(self) -> bytes | None:
        """What is asked for."""
        path = self.server.root / unquote(urlsplit(self.path).path).lstrip("/")
        return path.read_bytes() if path.is_file() else None

    def serve(self) -> None:
        """What a good server does, with ranges."""
        data = self.file()
        if data is None:
            self.answer(404, b"")
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found or not self.server.knows_ranges:
            self.answer(200, data)
            return
        start, end = int(found[1]), min(int(found[2] or len(data)), len(data) - 1) + 1
        self.answer(206, data[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, size: int | None = None) -> None:
        """An answer, whose length may be a lie."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.send(body)

    def send(self, body: bytes) -> None:
        """Some bytes; they are counted before, so that nobody who has received them sees them uncounted."""
        for start in range(0, len(body), BLOCK):
            block = body[start : start + BLOCK]
            self.server.sent += len(block)
            self.wfile.write(block)

    def log_message(self, *_: object) -> None:
        pass


Behaviour = Callable[[Handler], None]


def status(code: int, body: bytes = b"") -> Behaviour:
    """Answers with this status."""
    return lambda handler: handler.answer(code, body)


def redirect(place: str) -> Behaviour:
    """Names another place."""
    return lambda handler: handler.answer(302, b"", {"Location": place})


def cut(after: int) -> Behaviour:
    """Ends the connection in the middle of the file."""

    def behave(handler: Handler) -> None:
        data = handler.file() or b""
        found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        if found and handler.server.knows_ranges:
            start = int(found[1])
            where = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            handler.answer(206, data[start : start + after], where, len(data) - start)
        else:
            handler.answer(200, data[:after], size=len(data))
        handler.close_connection = True

    return behave


def reset(handler: Handler) -> None:
    """Breaks the connection before any answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()
    handler.rfile.close()


def stall(handler: Handler) -> None:
    """Sends half of the file, and then nothing more."""
    data = handler.file() or b""
    handler.answer(200, data[: len(data) // 2], size=len(data))
    handler.server.over.wait(20)
    handler.close_connection = True


def silent(handler: Handler) -> None:
    """Takes the question and says nothing."""
    handler.server.over.wait(20)
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """Sends a byte from time to time."""
    data = handler.file() or b""
    handler.answer(200, b"", size=len(data))
    for byte in data:
        handler.send(bytes([byte]))
        if handler.server.over.wait(0.02):
            break
    handler.close_connection = True


def _dripping(start: bytes, drop: bytes) -> Behaviour:
    """Sends something that is no body a little at a time, for ever."""

    def behave(handler: Handler) -> None:
        handler.send(start)
        while not handler.server.over.wait(0.02):
            handler.send(drop)
        handler.close_connection = True

    return behave


DRIPS = {
    "status line": _dripping(b"HTTP/1.1 200 ", b"O"),
    "interim answers": _dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": _dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "size of a chunk": _dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "after the last chunk": _dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "body of a redirect": _dripping(b"HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 99999\r\n\r\n", b"x"),
}
"""A server that keeps its client waiting, and where."""


def flood(handler: Handler) -> None:
    """Sends interim answers as fast as it can."""
    while not handler.server.over.is_set():
        handler.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
    handler.close_connection = True


def crumbs(handler: Handler) -> None:
    """Sends a body in chunks of one byte, without end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.send(b"1\r\nx\r\n" * 1000)


def slow_redirect(handler: Handler) -> None:
    """Names itself again, after some time."""
    handler.server.over.wait(0.15)
    handler.answer(302, b"", {"Location": handler.path, "Retry-After": "1000"})


def endless(handler: Handler) -> None:
    """Sends the file without its length, and goes on and on."""
    handler.send_response(200)
    handler.end_headers()
    handler.send(handler.file() or b"")
    while not handler.server.over.is_set():
        handler.send(bytes(BLOCK))
    handler.close_connection = True


def other(data: bytes) -> Behaviour:
    """Serves something else under this name."""
    return lambda handler: handler.answer(200, data)


def ranges_of(data: bytes) -> Behaviour:
    """Answers questions for ranges from another file."""

    def behave(handler: Handler) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
        assert found
        start, end = int(found[1]), min(int(found[2] or len(data)), len(data) - 1) + 1
        handler.answer(206, data[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})

    return behave


class Server(ThreadingHTTPServer):
    """Serves a folder; `behaviours`, by path, are what it does instead, each once, the last one from then on."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.knows_ranges = True
        self.behaviours: defaultdict[str, list[Behaviour]] = defaultdict(list)
        self.asked: list[tuple[str, str | None]] = []
        self.headers: list[Message] = []
        self.sent = 0
        self.over = Event()

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error."""


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """A server as long as it is needed."""
    server = Server(root)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
