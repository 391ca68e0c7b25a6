# SPDX-License-Identifier: GPL-2.0-or-later
"""Spec files: where they are, and their bytes."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.packages.header import read_header
from checker.packages.package import opened, with_data
from checker.packages.payload import open_payload

SUFFIXES = (".spec", ".spec.in", ".src.rpm")
STANDARD_INPUT = "-"
PACKAGE_MAGIC = b"\xed\xab\xee\xdb"

SPEC_FILE = 1 << 5
"""RPMFILE_SPECFILE (rpm's rpmfiles.h)."""


def spec_paths(paths: list[str]) -> Iterator[str]:
    """Every path as it is, and for a folder the specs below it, sorted; links to folders are not followed."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))


def read_spec_file(path: str) -> bytes:
    """The bytes of a spec, one more than the limit at most; raises Unavailable."""
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(LIMITS.spec_size + 1)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Unavailable(Obstacle.INACCESSIBLE, "no regular file")
            data = file.read(LIMITS.spec_size + 1)
    except OSError as error:
        raise Unavailable(Obstacle.INACCESSIBLE, error.strerror or "cannot be opened") from error
    return _spec_in_package(path) if data.startswith(PACKAGE_MAGIC) else data


def _spec_in_package(path: str) -> bytes:
    """The spec in a source package, whose header says which of its files is the spec; raises Unavailable."""
    try:
        with opened(path) as fd:
            header = read_header(fd, with_sources=True)
            files = header.files
            wanted = {index for index, flags in enumerate(files.flags) if flags & SPEC_FILE and files.is_regular(index)}
            if len(wanted) != 1:
                raise Unavailable(Obstacle.NO_PACKAGE, f"has {len(wanted)} specs; a source package has one")
            with open_payload(fd, header.payload_at) as payload:
                for _, size in with_data(payload, files, wanted):
                    return payload.read(min(size, LIMITS.spec_size + 1))
            raise Unavailable(Obstacle.NO_PACKAGE, "has an empty spec")
    except Unavailable as error:
        raise Unavailable(error.obstacle, f"the package {error.detail}") from error


def is_package(path: str) -> bool:
    """Whether a file that can be read is a package and not a spec itself."""
    with open(path, "rb") as file:
        return file.read(len(PACKAGE_MAGIC)) == PACKAGE_MAGIC


def file_name(path: str) -> str:
    """What a spec is called in a report."""
    return "<stdin>" if path == STANDARD_INPUT else str(Path(path))
