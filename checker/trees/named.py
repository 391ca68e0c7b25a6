# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that a user or a setting names: opened without blocking, and read up to a bound."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from checker.errors import Obstacle, Unavailable
from checker.trees.files import READ_FLAGS


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[int]:
    """A regular file, through a symbolic link if it is one; raises Unavailable, also for errors while it is open."""
    try:
        fd = os.open(path, READ_FLAGS)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Unavailable(Obstacle.INACCESSIBLE, "is no regular file")
            yield fd
        finally:
            os.close(fd)
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {error}") from error


def read_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """What is in a file; raises Unavailable, also when that is more than `limit` bytes."""
    with opened(path) as fd, open(fd, "rb", closefd=False) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Unavailable(Obstacle.TOO_LARGE, f"has more than {limit} bytes")
    return data
