# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong, and the one table of exit codes."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit status of every command and of the hook."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    BUG = 4
    INTERRUPTED = 130


EXIT_CODES = {
    ExitCode.OK: "nothing at or above --fail-on",
    ExitCode.FINDINGS: "findings",
    ExitCode.USAGE: "usage or configuration error: a bad option, a bad policy file",
    ExitCode.UNREADABLE: "some input could not be read; the rest was checked. Wins over 1",
    ExitCode.BUG: "internal error: a bug. One line on stderr, the traceback with --debug",
    ExitCode.INTERRUPTED: "interrupted; what was done so far is kept",
}


class LtocheckError(Exception):
    """An error that is told to the user in one line."""

    exit_code = ExitCode.BUG


class UsageError(LtocheckError):
    """An option, a policy or a setting that cannot be used."""

    exit_code = ExitCode.USAGE
