# SPDX-License-Identifier: GPL-2.0-or-later
"""Spec files: where they are, and their bytes."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS

SUFFIXES = (".spec", ".spec.in", ".src.rpm")
STANDARD_INPUT = "-"
PACKAGE_MAGIC = b"\xed\xab\xee\xdb"


class SpecFile(NamedTuple):
    """A file that was read: its bytes or those of the spec in it, at most one more than LIMITS.spec_size."""

    path: str
    data: bytes
    is_package: bool = False


def spec_paths(paths: list[str], links: list[str] | None = None) -> Iterator[str]:
    """Every path as it is, and for a folder the specs below it, sorted.

    A folder comes itself where it cannot be listed or no spec is below it. Links to folders are not followed, but
    noted in `links`.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _below(path, links)
        else:
            yield path


def _below(top: str, links: list[str] | None) -> Iterator[str]:
    is_empty = True
    unlisted: list[str] = []
    for folder, below, names in os.walk(top, onerror=lambda error: unlisted.append(os.fsdecode(error.filename))):
        below.sort()
        if links is not None:
            links += filter(os.path.islink, (os.path.join(folder, name) for name in below))
        for path in [*unlisted, *(os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))]:
            is_empty = False
            yield path
        unlisted.clear()
    if unlisted or is_empty:
        yield from unlisted or [top]


def read_spec_file(path: str) -> SpecFile:
    """A spec or the one in a source package; raises Unavailable."""
    if path == STANDARD_INPUT:
        return SpecFile(path, sys.stdin.buffer.read(LIMITS.spec_size + 1))
    if os.path.isdir(path):
        raise _without_specs(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
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


def file_name(path: str) -> str:
    """What a spec is called in a report."""
    return "<stdin>" if path == STANDARD_INPUT else str(Path(path))
