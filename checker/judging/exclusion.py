# SPDX-License-Identifier: GPL-2.0-or-later
"""The waiver that a package brings itself: a POSIX extended regular expression over installed paths.

It is matched by `grep -E`, as in the brp scripts of rpm, which every build root has, and which can be stopped when an
expression takes time without end. Characters are those of UTF-8, whatever the locale of the build.
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import IO

from checker.errors import UsageError
from checker.limits import LIMITS
from checker.trees.files import ROOT_FLAGS, Files

MATCHED, NOT_MATCHED = 0, 1
"""What grep returns; anything else is a mistake in the expression, or its end by force."""


def excluded_paths(expression: str, root: str) -> Iterator[str]:
    """The installed paths that an expression matches; raises UsageError, whose text continues a sentence."""
    try:
        with TemporaryFile() as paths, TemporaryFile() as found:
            for path in _candidates(root):
                paths.write(os.fsencode(path) + b"\0")
            paths.seek(0)
            _grep(expression, paths, found)
            found.seek(0)
            yield from _split(found)
    except OSError as error:
        raise UsageError(f"cannot be matched: {error.strerror}") from error


def _candidates(root: str) -> Iterable[str]:
    root_fd = os.open(root, ROOT_FLAGS)
    try:
        files = Files(root_fd, LIMITS.folder_depth).candidates()
        yield from (f"/{file.folder}{file.name}".rstrip("/") for file in files)
    finally:
        os.close(root_fd)


def _grep(expression: str, paths: IO[bytes], found: IO[bytes]) -> None:
    program = shutil.which("grep")
    if program is None:
        raise UsageError("cannot be matched: grep is not installed")
    if len(expression) > LIMITS.exclusion:
        raise UsageError(f"has more than {LIMITS.exclusion} characters")
    try:
        done = subprocess.run(  # noqa: S603 no shell
            [program, "-E", "-a", "-z", "-e", expression.encode("utf-8", "surrogateescape")],
            stdin=paths,
            stdout=found,
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C.UTF-8"},
            timeout=LIMITS.exclusion_seconds,
            preexec_fn=_bound,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"takes more than {LIMITS.exclusion_seconds} seconds to match") from error
    if done.returncode not in (MATCHED, NOT_MATCHED):
        said = done.stderr.decode("utf-8", "replace").strip().rpartition(": ")[2]  # without names of programs and files
        raise UsageError(f"is no regular expression of grep -E: {said or 'it is too large'}")


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMITS.exclusion_memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _split(file: IO[bytes]) -> Iterator[str]:
    rest = b""
    while block := file.read(LIMITS.chunk):
        *paths, rest = (rest + block).split(b"\0")
        yield from map(os.fsdecode, paths)
