# SPDX-License-Identifier: GPL-2.0-or-later
"""The sandbox of a build: its own folders to write to, the system read-only, no network, and bounded resources."""

import os
import select
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from checker import requires
from checker.errors import UsageError
from checker.rebuild.builders import BuildBounds
from checker.rebuild.memory import memory_below
from checker.specs.sandbox import NOBODY

TOP = "/builddir"
"""The path of the private topdir in the sandbox: the same in every arm, because objects contain it."""

HOOK = "/ltocheck"
"""The path of the hook in the sandbox."""

LOOK = 1.0
"""Seconds between measurements of a build's memory."""
REST = 100
"""The pause after a measurement of the disk, as a multiple of its duration."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a command: `status` is its exit status."""

    status: int
    stopped: str | None = None
    """The bound that ended it: timeout, out-of-memory or disk-full; None if it ended by itself."""


def bubblewrap(top: Path, hook: Path | None, environment: dict[str, str]) -> list[str]:
    """The beginning of a command that runs another one in the sandbox; raises UsageError without bubblewrap."""
    program = shutil.which("bwrap")
    if program is None:
        raise UsageError(requires.BUBBLEWRAP.missing("bwrap is not found; --trust does without"))
    user = str(NOBODY)
    command = [program, "--unshare-all", "--unshare-user", "--uid", user, "--gid", user, "--cap-drop", "ALL"]
    command += ["--die-with-parent", "--new-session", "--clearenv", "--hostname", "localhost"]
    for folder in ("/usr", "/etc"):
        command += ["--ro-bind", folder, folder]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        folder_path = Path("/", name)
        if folder_path.is_symlink():
            command += ["--symlink", str(folder_path.readlink()), str(folder_path)]
        elif folder_path.is_dir():
            command += ["--ro-bind", str(folder_path), str(folder_path)]
    for path in ("/var/lib/rpm", "/var/lib/texmf"):
        command += ["--ro-bind-try", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--bind", str(top), TOP]
    for path in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 -- on disk, where it is counted
        command += ["--bind", str(top / "tmp"), path]
    if hook is not None:
        command += ["--ro-bind", str(hook), HOOK]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return [*command, "--remount-ro", "/", "--chdir", TOP, "--"]


def bounded(command: list[str], bounds: BuildBounds) -> list[str]:
    """The command under limits that its processes inherit."""
    limits = [f"--as={bounds.memory}", f"--nproc={bounds.processes}", f"--fsize={bounds.disk}", "--core=0"]
    return ["prlimit", *limits, "--", *command]


def run(command: list[str], log: Path, top: Path, bounds: BuildBounds, environment: dict[str, str] | None) -> Ended:
    """Run a command to its end or its bounds, with its output in `log`; raises UsageError."""
    is_sandboxed = environment is None
    user = NOBODY if is_sandboxed and os.geteuid() == 0 else None
    if not is_sandboxed:
        command = ["setpriv", "--pdeathsig", "TERM", "--", *command]
    try:
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 -- of a builder, which the user chose
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=top, env=environment,
                user=user, group=user, extra_groups=None if user is None else [], start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise UsageError(f"{command[0]}: {error.strerror}") from error
    try:
        return _watched(process, log, top, bounds)
    except BaseException:
        _end(process)
        raise


def _watched(process: subprocess.Popen[bytes], log: Path, top: Path, bounds: BuildBounds) -> Ended:
    deadline = time.monotonic() + bounds.seconds
    next_look = 0.0
    ends = select.poll()
    with open(os.pidfd_open(process.pid), "rb", buffering=0) as handle:
        ends.register(handle, select.POLLIN)
        while not ends.poll(1000 * min(LOOK, max(0.0, deadline - time.monotonic()))):
            start = time.monotonic()
            if start >= deadline:
                return Ended(_end(process), "timeout")
            if memory_below(process.pid) > bounds.memory_together:
                return Ended(_end(process), "out-of-memory")
            if start >= next_look:
                if bytes_below(top) + log.stat().st_size > bounds.disk:
                    return Ended(_end(process), "disk-full")
                next_look = time.monotonic() + REST * (time.monotonic() - start)
    return Ended(process.wait())


def _end(process: subprocess.Popen[bytes]) -> int:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    return process.wait()


def bytes_below(folder: Path) -> int:
    """Bytes on disk of all files below a folder that can be examined."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return total


def removed(folder: Path) -> None:
    """Remove a folder, whatever permissions a build has set in it."""
    for where, _, _ in os.walk(folder):
        with suppress(OSError):
            os.chmod(where, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def given_to_nobody(folder: Path) -> None:
    """Give all files below a folder to the user that root becomes in the sandbox."""
    if os.geteuid() == 0:
        for where, names, files in os.walk(folder):
            for name in (".", *names, *files):
                os.chown(os.path.join(where, name), NOBODY, NOBODY, follow_symlinks=False)
