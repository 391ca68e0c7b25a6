# SPDX-License-Identifier: GPL-2.0-or-later
"""Where output goes: standard streams that are closed or full, and files that are replaced in one step."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO

from checker.errors import UsageError

OPEN_FILES = ("/dev/fd/", "/dev/std", "/proc/")
"""Prefixes of paths that name open files, which cannot be replaced."""


class _Lossy(io.FileIO):
    """A descriptor for messages: where it is full or closed, they are lost and nothing else happens."""

    def write(self, data: "memoryview | bytes") -> int:  # type: ignore[override]
        with suppress(OSError):
            return super().write(data)
        return len(data)


def prepare_streams() -> None:
    """Open those that are closed, so that no other file comes to be one, and never fail over standard error."""
    os.environ.pop("PYTHONIOENCODING", None)  # it is for these streams; what other processes print is read as UTF-8
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest descriptor that is free: this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 as long as the process
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 as long as the process
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = io.TextIOWrapper(_Lossy(2, "w", closefd=False), encoding, "backslashreplace", line_buffering=True)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file that takes the place of another one when it is complete, with its permissions; raises OSError.

    Pipes, terminals and the like are written to as they are; a pipe that nobody reads is an error and no wait.
    """
    path = os.fspath(path)
    status = _status(path)
    if path.startswith(OPEN_FILES) or (status and not stat.S_ISREG(status.st_mode)):
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        os.set_blocking(fd, True)
        with open(fd, "wb") as out:
            yield out
        return
    folder, name = os.path.split(os.path.realpath(path))
    temporary = os.path.join(folder, f".{name[:200]}.{os.urandom(4).hex()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with open(fd, "wb") as out:
            yield out
            out.flush()
            os.fsync(fd)
            if status:
                os.fchmod(fd, status.st_mode & 0o7777)
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(fd, status.st_uid, status.st_gid)
        os.replace(temporary, os.path.join(folder, name))
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextmanager
def replacing_text(path: str | os.PathLike[str], errors: str = "strict") -> Iterator[TextIO]:
    """The same for text in UTF-8."""
    with replacing(path) as out:
        text = io.TextIOWrapper(out, "utf-8", errors)
        try:
            yield text
        finally:
            text.detach()  # flushes it first


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
    except ValueError as error:  # a NUL in the path
        raise OSError(0, str(error)) from error


def flush_standard_output() -> None:
    """Write out what is buffered, unless an editor has ended the language server and closed it."""
    if not sys.stdout.closed:
        sys.stdout.flush()


def drop_standard_output() -> None:
    """Redirect standard output to /dev/null, because Python flushes its buffer once more at exit."""
    place = sys.stdout.fileno()
    os.close(place)  # first: there may be no descriptor left
    opened = os.open(os.devnull, os.O_WRONLY)
    if opened != place:
        os.dup2(opened, place)


@contextmanager
def report_stream(output: str | os.PathLike[str] | None) -> Iterator[TextIO]:
    """Where a report goes; raises UsageError when it cannot be written."""
    if output is None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            raise  # the reader went away, as `| head` does: no fault, and the end of the command
        except OSError as error:
            drop_standard_output()
            raise UsageError(f"the report cannot be written: {error.strerror}") from error
        return
    try:
        with replacing_text(output, "backslashreplace") as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}") from error
