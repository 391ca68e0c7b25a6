# SPDX-License-Identifier: GPL-2.0-or-later
"""The input of a command: paths given, paths from a list, standard input, less what is excluded."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

from checker.errors import UsageError, described
from checker.limits import LIMITS
from checker.model import ArchiveItem, FileCount, Item, ObjectItem, Omission, Target
from checker.packages.path import PACKAGE_SUFFIXES

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
"""What it is called in reports."""

MUCH = 1 << 29
"""Bytes from which on several processes are faster than one; a second of work for one of them."""

COMPRESSED = 50
"""How much longer a byte of a package takes than one of a file, most of which is not read."""


def listed(paths: list[str] | None, files_from: str | None, *, null: bool) -> list[str]:
    """The paths that are given, then those of a list, a line each or with NUL between them; raises UsageError."""
    if files_from is None:
        if null:
            raise UsageError("--null needs --files-from")
        if not paths:
            raise UsageError("nothing to look at: give paths, or --files-from FILE")
        return paths
    try:
        with nullcontext(sys.stdin.buffer) if files_from == STANDARD_INPUT else Path(files_from).open("rb") as file:
            text = file.read(LIMITS.file_list + 1)
    except OSError as error:
        raise UsageError(f"--files-from: {described(error)}") from error
    if len(text) > LIMITS.file_list:
        raise UsageError(f"--files-from: {files_from} has more than {LIMITS.file_list} bytes")
    return [*(paths or ()), *(os.fsdecode(path) for path in text.split(b"\0" if null else b"\n") if path)]


def standard_input() -> str:
    """A path of a copy of standard input, which can be read at any offset as long as this process lives.

    Raises UsageError for one that is endless, or fills the disk.
    """
    try:
        file = TemporaryFile(prefix="ltocheck-")  # noqa: SIM115 read until the process ends
        disk = os.fstatvfs(file.fileno())
        left = min(LIMITS.standard_input, disk.f_bavail * disk.f_frsize // 2)
        while part := sys.stdin.buffer.read(LIMITS.chunk):
            left -= len(part)
            if left < 0:
                raise UsageError(
                    f"standard input: larger than {LIMITS.standard_input >> 30} GB or half of what is free in "
                    f"{gettempdir()}; give a file, or a TMPDIR with more room"
                )
            file.write(part)
        file.flush()
    except OSError as error:
        raise UsageError(f"standard input: {described(error)}") from error
    return f"/proc/self/fd/{os.dup(file.fileno())}"


def renamed(target: Target, name: str) -> Target:
    """The target of one file under another name."""

    def items() -> Iterator[Item]:
        for item in target.items:
            yield item._replace(path=name) if isinstance(item, ObjectItem | ArchiveItem) else item

    return target._replace(path=name, items=items())


def without(target: Target, patterns: list[str], unused: set[str]) -> Target:
    """The target less the files that one of these shell patterns fits, by their whole path or their name.

    Patterns that fit one are no longer unused.
    """

    def kept(items: Iterator[Item]) -> Iterator[Item]:
        excluded, last = 0, None
        for item in items:
            fitting = _fitting(item.path, patterns) if isinstance(item, ObjectItem | ArchiveItem) else []
            if isinstance(item, ObjectItem | ArchiveItem) and fitting:
                unused.difference_update(fitting)
                excluded += item.path != last
                last = item.path
            else:
                yield item
        if excluded:
            yield FileCount(0, ((Omission.EXCLUDED, excluded),))

    return target._replace(items=kept(target.items)) if patterns else target


def _fitting(path: str, patterns: list[str]) -> list[str]:
    name = path.rpartition("/")[2]
    return [pattern for pattern in patterns if fnmatchcase(path, pattern) or fnmatchcase(name, pattern)]


def is_much(paths: Iterable[str]) -> bool:
    """Whether the files there are so large that several processes are faster than one."""
    size = 0
    for path in paths:
        for file in _files(path):
            try:
                size += os.stat(file).st_size * (COMPRESSED if file.endswith(PACKAGE_SUFFIXES) else 1)
            except (OSError, ValueError):
                continue
            if size >= MUCH:
                return True
    return False


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)
