# SPDX-License-Identifier: GPL-2.0-or-later
"""Work folders of builds: on disk, each with a lock, so that folders of dead builds are found and removed."""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from checker.errors import UsageError
from checker.rebuild.sandbox import removed

PREFIX = "ltocheck-rebuild-"
LOCK = "lock"


def base() -> Path:
    """TMPDIR, or /var/tmp, because builds are large and it is on disk."""
    return Path(os.environ.get("TMPDIR") or "/var/tmp")  # noqa: S108 -- folders of our own are made in it


@contextmanager
def workspace(name: str | None) -> Iterator[Path]:
    """A work folder for one build, removed afterwards; waits for another build in a folder of the same name.

    Raises UsageError if no folder can be made.
    """
    try:
        folder, lock = _random() if name is None else _named(name)
    except OSError as error:
        raise UsageError(f"{base()}: {error.strerror}; builds need this folder; TMPDIR chooses another") from error
    try:
        folder.chmod(0o711)  # the build runs as nobody if root starts it, and must get through
        yield folder
    finally:
        removed(folder)
        os.close(lock)


def _random() -> tuple[Path, int]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base()))
    return folder, _locked(folder)


def _named(name: str) -> tuple[Path, int]:
    folder = base() / f"{PREFIX}{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:16]}"
    while True:
        with suppress(FileExistsError):
            folder.mkdir(0o700)
        if not _is_ours(folder):
            raise UsageError(f"{folder}: belongs to somebody else; remove it, or set TMPDIR")
        with suppress(FileNotFoundError):  # the build that held it has removed it
            lock = _locked(folder)
            if os.path.exists(folder / LOCK) and os.path.samestat(os.fstat(lock), os.stat(folder / LOCK)):
                return folder, lock
            os.close(lock)


def _locked(folder: Path, how: int = fcntl.LOCK_EX) -> int:
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, how)
    except BlockingIOError:
        os.close(fd)
        raise
    return fd


def _is_ours(folder: Path) -> bool:
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def sweep() -> None:
    """Remove folders of builds that were killed."""
    for folder in base().glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_ours(folder) and (folder / LOCK).exists():
                lock = _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                removed(folder)
                os.close(lock)
