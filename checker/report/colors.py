# SPDX-License-Identifier: GPL-2.0-or-later
"""Colour on terminals: severities, files and rules; a word never means something by its colour alone."""

from enum import StrEnum

from checker.model import Kind, Severity

RESET = "\033[0m"


class Style(StrEnum):
    """The control sequence (ECMA-48, SGR) that begins a style."""

    BOLD = "\033[1m"
    FAINT = "\033[2m"
    RED = "\033[1;31m"
    YELLOW = "\033[1;33m"
    CYAN = "\033[36m"
    GREEN = "\033[32m"


KIND_STYLES = {
    Kind.SLIM: Style.RED, Kind.MIXED: Style.RED, Kind.HOLLOW: Style.RED, Kind.DAMAGED: Style.RED,
    Kind.UNREADABLE: Style.YELLOW, Kind.FAT: Style.GREEN, Kind.NATIVE: Style.GREEN,
}  # fmt: skip
"""Others are as plain as they look."""
SEVERITY_STYLES = {Severity.ERROR: Style.RED, Severity.WARNING: Style.YELLOW, Severity.NOTE: Style.CYAN}


def painted_kind(kind: Kind, *, is_on: bool) -> str:
    """The word for a kind of object, in its style."""
    return painted(str(kind), KIND_STYLES[kind], is_on=is_on) if kind in KIND_STYLES else str(kind)


def painted(text: str, style: Style, *, is_on: bool) -> str:
    """The text in a style, or as it is where colour is off."""
    return f"{style}{text}{RESET}" if is_on and text else text
