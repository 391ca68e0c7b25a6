# SPDX-License-Identifier: GPL-2.0-or-later
"""A sandbox in which rpm parses untrusted specs: no network, no writing, bounded time, memory and processes."""

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from checker import requires
from checker.errors import LtocheckError
from checker.limits import SANDBOX, SandboxBounds
from checker.specs.answers import RpmAnswer, answer_of

PYTHON = "/usr/bin/python3"
"""The system's Python: the one that has rpm's bindings."""

NO_RPM = "No module named 'rpm'"
"""What it says when it has none."""

NOBODY = 65534
"""The limit on processes binds no process of root's, so that root becomes nobody before it enters the sandbox."""

SHARED = ("/etc/rpm", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/alternatives", "/var/lib/rpm")
"""What rpm and the shell read besides /usr."""


SOURCES = "/sources"
"""Where the files beside a spec are, in the sandbox."""


class SandboxError(LtocheckError):
    """A sandbox cannot be started, or it broke."""


class Sandbox:
    """One sandboxed worker; broken by a spec, it is replaced by a new one."""

    def __init__(
        self,
        bounds: SandboxBounds = SANDBOX,
        *,
        trusted: bool = False,
        files: Mapping[str, int] | None = None,
        folder: str | None = None,
    ) -> None:
        """`files` are open ones that rpm finds beside the spec, by name; they stay the caller's to close.

        Without a sandbox, rpm looks for them in `folder`.
        """
        self._bounds = bounds
        self._trusted = trusted
        self._files = files or {}
        self._sources = folder if trusted else SOURCES if files else None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, spec: bytes, profile: bytes, arch: str, macros: list[str]) -> RpmAnswer:
        """What rpm makes of one spec, with values of macros; raises SandboxError when there is no sandbox any more."""
        bounds = self._bounds
        request = {
            "spec": base64.b64encode(spec).decode(),
            "profile": base64.b64encode(profile).decode(),
            "arch": arch,
            "macros": macros,
            "seconds": bounds.seconds,
            "answer_size": bounds.answer,
            "alone": not self._trusted,
            "memory_together": bounds.memory_together,
            "sources": self._sources,
            "limits": {
                "CPU": bounds.cpu,
                "AS": bounds.memory,
                "FSIZE": bounds.file_size,
                "CORE": 0,
                **({} if self._trusted else {"NPROC": bounds.processes}),
            },
        }
        if self._process is None:
            self._start()
        try:
            self._send(request)
            answer = self._receive(bounds.seconds + 5)
        except (OSError, ValueError):
            self.close()
            return RpmAnswer(failure="it broke the sandbox or took too long, and was stopped")
        return answer_of(answer, macros)

    def close(self) -> None:
        """End the worker and everything in its sandbox."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _start(self) -> None:
        command = _worker_command()
        user = None
        if not self._trusted:
            command = [*_bubblewrap(self._files), *command]
            user = NOBODY if os.geteuid() == 0 else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- the command is made here, of constants
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                pass_fds=tuple(self._files.values()),
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                bufsize=0,
            )
            self._receive(self._bounds.start)
        except (OSError, ValueError) as error:
            process, self._process = self._process, None
            said = ""
            if process is not None:
                process.kill()
                said = process.communicate()[1].decode(errors="replace").strip()
            reason = said.rpartition("\n")[2] or str(error)
            raise SandboxError(requires.SYSTEM_RPM.missing(reason) if NO_RPM in reason else reason) from error

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        data = json.dumps(message).encode()
        data = struct.pack(">I", len(data)) + data
        view = memoryview(data)
        while view:
            view = view[os.write(self._process.stdin.fileno(), view) :]

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        size = struct.unpack(">I", self._exactly(4, deadline))[0]
        if size > self._bounds.answer * 2:
            raise ValueError("the answer is too large")
        answer = json.loads(self._exactly(size, deadline))
        if not isinstance(answer, dict):
            raise ValueError("the answer is none")
        return answer

    def _exactly(self, size: int, deadline: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        parts = []
        while size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise ValueError("no answer in time")
            part = os.read(fd, min(size, 1 << 20))
            if not part:
                raise ValueError("the worker ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _worker_command() -> list[str]:
    """The worker as text on the command line: the sandbox does not see the folder that it is in."""
    return [PYTHON, "-I", "-c", Path(__file__).with_name("worker.py").read_text(encoding="utf-8")]


def _bubblewrap(files: Mapping[str, int]) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(requires.BUBBLEWRAP.missing("bwrap is not found"))
    command = [program, "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    command += ["--die-with-parent", "--new-session", "--clearenv", "--ro-bind", "/usr", "/usr"]
    command += ["--setenv", "PATH", "/usr/bin:/bin:/usr/sbin:/sbin", "--setenv", "LC_ALL", "C.UTF-8"]
    command += ["--setenv", "HOME", "/nowhere"]
    for name in ("bin", "sbin", "lib", "lib64"):
        folder = Path("/", name)
        if folder.is_symlink():
            command += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            command += ["--ro-bind", str(folder), str(folder)]
    for path in SHARED:
        command += ["--ro-bind-try", path, path]
    command += ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]  # noqa: S108 -- the sandbox's own
    if files:
        command += ["--dir", SOURCES]
    for name, fd in files.items():
        os.lseek(fd, 0, os.SEEK_SET)
        command += ["--ro-bind-data", str(fd), f"{SOURCES}/{name}"]
    for path in ("/tmp", "/dev", "/"):  # noqa: S108
        command += ["--remount-ro", path]
    return [*command, "--"]
