# SPDX-License-Identifier: GPL-2.0-or-later
"""Spec files: where they are, and their bytes."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from checker.limits import LIMITS

SUFFIXES = (".spec", ".spec.in")
STANDARD_INPUT = "-"


def spec_paths(paths: list[str]) -> Iterator[str]:
    """Every path as it is, and for a folder the specs below it, sorted; links to folders are not followed."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))


def read_spec_file(path: str) -> bytes | str:
    """The bytes of a spec, one more than the limit at most, or why there are none."""
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(LIMITS.spec_size + 1)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return "no regular file"
            data = file.read(LIMITS.spec_size + 1)
    except OSError as error:
        return error.strerror or "cannot be opened"
    if data.startswith(b"\xed\xab\xee\xdb"):
        return "an RPM package; unpack it and give the spec that is in it"
    return data


def file_name(path: str) -> str:
    """What a spec is called in a report."""
    return "<stdin>" if path == STANDARD_INPUT else str(Path(path))
