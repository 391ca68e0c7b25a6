# SPDX-License-Identifier: GPL-2.0-or-later
"""The inside of the sandbox: has rpm parse one spec after the other, each in a process of its own.

Runs under the system's Python, which has rpm's bindings, and so imports nothing of ours. Every message is a JSON text
behind its length in four bytes. What a spec does in its process can only change the answer about itself: that process
has none of the channels, it is not allowed to write, and all that it leaves running is killed.
"""

import base64
import contextlib
import ctypes
import json
import os
import re
import resource
import select
import signal
import struct
import sys
import time
from typing import Any, NoReturn

import rpm

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
LOOK = 0.05
"""Seconds between looks at how much memory a spec takes; most are parsed before the first."""
RSS_ANON = re.compile(rb"^RssAnon:\s*(\d+) kB", re.MULTILINE)
HEADER_SIZE = 1 << 20
"""Bytes of a child's answer before the expanded spec."""


def main(requests: int, answers: int) -> None:
    """Answer requests until there are no more."""
    _prctl(PR_SET_DUMPABLE, 0)  # nothing that runs as the same user may look into this process
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _send(answers, {"ready": rpm.__version__})
    while (request := _receive(requests)) is not None:
        try:
            answer = _in_child(request, (requests, answers))
        except OSError as error:
            answer = {"failure": f"the sandbox is out of {error.strerror}"}
        _send(answers, answer)


def _in_child(request: dict[str, Any], channels: tuple[int, ...]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        for channel in (*channels, reading):
            os.close(channel)
        _parse_and_exit(request, writing)
    os.close(writing)
    together = request["memory_together"] if request["alone"] else None
    data, reason = _collect(reading, request["seconds"], request["answer_size"], together)
    os.close(reading)
    status = _kill_all(child, alone=request["alone"])
    if reason:
        return {"failure": reason}
    return _answer(data) or {"failure": _how_it_died(status)}


def _answer(data: bytes) -> dict[str, Any] | None:
    """The answer of a child: a line of JSON, then the expanded spec. A hostile one may write anything."""
    end = data.find(b"\n", 0, HEADER_SIZE)
    if end < 0:
        return None
    try:
        answer = json.loads(data[:end])
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    return answer if "failure" in answer else {**answer, "text": base64.b64encode(data[end + 1 :]).decode()}


def _collect(reading: int, seconds: float, limit: int, together: int | None) -> tuple[bytes, str | None]:
    """What a child says, and why it is not to be heard to its end; `together` bounds the memory of all processes."""
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return b"", f"parsing took longer than {seconds:g} seconds"
        if not select.select([reading], [], [], min(left, LOOK))[0]:
            if together is not None and _memory_of_all() > together:
                return b"", f"its processes took more than {together >> 20} MB of memory together"
            continue
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts), None
        parts.append(part)
        size += len(part)
        if size > limit:
            return b"", f"it expands to more than {limit} bytes"


def _memory_of_all() -> int:
    """Bytes of memory of their own that all processes here have; none of them can see or end this one."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/status", "rb") as status:
                found = RSS_ANON.search(status.read(1 << 12))
                total += int(found[1]) << 10 if found else 0
    return total


def _kill_all(child: int, *, alone: bool) -> int:
    """End the child and, in a world of our own, all that it has started; returns the child's status."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            end(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if alone:
        for _ in range(1000):  # each round kills all there are, so a bomb that forks on loses in the end
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                break
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return status


def _how_it_died(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGKILL):
            return "parsing took too much processor time or memory"
        return f"rpm was killed by {signal.Signals(number).name} while parsing, as when memory runs out"
    return "rpm ended while parsing, as when memory runs out"


def _parse_and_exit(request: dict[str, Any], writing: int) -> NoReturn:
    _prctl(PR_SET_DUMPABLE, 1)  # or /proc/self/fd, by which rpm reads the spec, would be closed to us
    spec, profile = _as_file(request["spec"]), _as_file(request["profile"])
    for name, value in request["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    messages = os.memfd_create("messages")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(messages, 2)
    text = b""
    try:
        answer, text = _parse(request, spec, profile)
    except (rpm.error, ValueError, SystemError, MemoryError):
        answer = {"failure": ""}
    answer["messages"] = os.pread(messages, 1 << 16, 0).decode("utf-8", "replace")
    data = memoryview(json.dumps(answer).encode() + b"\n" + text)
    while data:
        data = data[os.write(writing, data) :]
    os._exit(0)


def _parse(request: dict[str, Any], spec_file: str, profile: str) -> tuple[dict[str, Any], bytes]:
    rpm.reloadConfig(f"{request['arch']}-linux")
    rpm.expandMacro(f"%{{load:{profile}}}")
    rpm.expandMacro("%{?_ltocheck_late}")
    if request["sources"]:
        os.chdir(request["sources"])
        for name in ("_sourcedir", "_specdir"):
            rpm.addMacro(name, request["sources"])
    before = _values(request["macros"])
    spec = rpm.spec(spec_file, rpm.RPMSPEC_ANYARCH | rpm.RPMSPEC_FORCE)
    parsed = spec.parsed
    text = parsed.encode("utf-8", "surrogateescape") if isinstance(parsed, str) else parsed
    return {"before": before, "after": _values(request["macros"])}, text


def _values(names: list[str]) -> dict[str, str]:
    return {name: rpm.expandMacro(f"%{{?{name}}}") for name in names}


def _as_file(encoded: str) -> str:
    """A file that exists in memory only."""
    fd = os.memfd_create("spec")
    data = base64.b64decode(encoded)
    while data:
        data = data[os.write(fd, data) :]
    return f"/proc/self/fd/{fd}"


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _receive(channel: int) -> dict[str, Any] | None:
    header = _exactly(channel, 4)
    if header is None:
        return None
    data = _exactly(channel, struct.unpack(">I", header)[0])
    return None if data is None else json.loads(data)


def _exactly(channel: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(channel, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send(channel: int, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(channel, data) :]


if __name__ == "__main__":
    inner, outer = os.dup(0), os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    sys.stdout = sys.stderr = open(quiet, "w", closefd=False)  # noqa: SIM115
    main(inner, outer)
