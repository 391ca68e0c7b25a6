# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong, and the one table of exit codes."""

import errno
import os
from collections.abc import Iterable
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """The exit status of every command and of the hook."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    BUG = 4
    INTERRUPTED = 130


EXIT_CODES = {
    ExitCode.OK: "nothing was found that makes it fail",
    ExitCode.FINDINGS: "findings that make it fail",
    ExitCode.USAGE: "usage or configuration error: a bad option, a bad policy file",
    ExitCode.UNREADABLE: "some input could not be read; the rest was checked. Returned even if there were findings (1)",
    ExitCode.BUG: "internal error: a bug of ltocheck, reported in one line",
    ExitCode.INTERRUPTED: "interrupted; what was done so far is kept",
}


class LtocheckError(Exception):
    """An error that is printed as one line."""

    exit_code = ExitCode.BUG


class UsageError(LtocheckError):
    """An option, a policy or a setting that cannot be used."""

    exit_code = ExitCode.USAGE


def unknown(what: str, word: str, known: Iterable[str], more: str = "") -> UsageError:
    """The error for an unknown word: names the nearest known one, and all."""
    from difflib import get_close_matches  # noqa: PLC0415 only for those who err

    names = [*known]
    near = get_close_matches(word, names, 1)
    meant = f"; did you mean {near[0]}?" if near else ";"
    return UsageError(f"no {what} '{word}'{meant} There are {', '.join(names)}{more}".replace("; There", "; there"))


def described(error: OSError) -> str:
    """An error of the system as text, with the name of the file where it is known."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.EMFILE, errno.ENFILE):
        reason = f"{reason}, allow more with `ulimit -n`"
    return f"{error.filename}: {reason}" if error.filename else reason


class Obstacle(StrEnum):
    """Why something cannot be had, or not to its end."""

    INACCESSIBLE = "inaccessible"
    FORBIDDEN = "forbidden"
    """This user may not read it."""
    ELSEWHERE = "elsewhere"
    """A thin archive names it, and no such file is beside the archive."""
    NO_PACKAGE = "no-package"
    DELTA = "delta"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    """Something in it contradicts its header or a digest."""
    UNVERIFIED = "unverified"
    """The verification that was asked for failed."""
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    """A server, or the work that something makes, takes longer than anything sound does."""
    LOST = "lost"
    """What an audit kept of it is damaged."""
    REFUSED = "refused"
    """One line in a spec would not surely do what is asked for."""
    CRASHED = "crashed"
    """The code that read it failed unexpectedly, or its process died."""


class Unavailable(Exception):  # noqa: N818 a statement about what is read, not a fault of the program
    """A file, package, repository or spec, or the rest of one, that could not be had; an item where others were.

    `detail` continues a sentence about it: "is truncated". Two are equal when they say the same.
    """

    def __init__(self, obstacle: Obstacle, detail: str) -> None:
        super().__init__(obstacle, detail)
        self.obstacle = obstacle
        self.detail = detail

    def __str__(self) -> str:
        return self.detail

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unavailable) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)


def crash(error: Exception) -> Unavailable:
    """What stands for something on which the program itself failed; the place of the bug is named for its report."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f" in {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    return Unavailable(Obstacle.CRASHED, f"makes ltocheck fail: {type(error).__name__}{where}: {error}")
