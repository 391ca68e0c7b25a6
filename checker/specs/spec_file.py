# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes of a spec file, or of the spec in a source package."""

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.trees.files import READ_FLAGS

STANDARD_INPUT = "-"
PACKAGE_MAGIC = b"\xed\xab\xee\xdb"


class SpecFile(NamedTuple):
    """A file that was read: its bytes or those of the spec in it, at most one more than LIMITS.spec_size."""

    path: str
    data: bytes
    is_package: bool = False

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return "<stdin>" if self.path == STANDARD_INPUT else str(Path(self.path))


def read_spec_file(path: str) -> SpecFile:
    """A spec or the one in a source package; raises Unavailable."""
    if path == STANDARD_INPUT:
        return SpecFile(path, sys.stdin.buffer.read(LIMITS.spec_size + 1))
    if os.path.isdir(path):
        raise _without_specs(path)
    try:
        fd = os.open(path, READ_FLAGS)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Unavailable(Obstacle.INACCESSIBLE, "no regular file")
            data = file.read(LIMITS.spec_size + 1)
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, error.strerror or "cannot be opened") from error
    if data.startswith(PACKAGE_MAGIC):
        from checker.specs.source_package import spec_in_package  # noqa: PLC0415 few are, and it takes long to import

        return SpecFile(path, spec_in_package(path), is_package=True)
    return SpecFile(path, data)


def _without_specs(folder: str) -> Unavailable:
    try:
        os.scandir(folder).close()
    except OSError as error:
        return Unavailable(Obstacle.INACCESSIBLE, f"cannot be listed: {error.strerror}")
    return Unavailable(Obstacle.NO_PACKAGE, "no spec file or source package is in this folder")
