# SPDX-License-Identifier: GPL-2.0-or-later
"""The Python bindings of rpm, and values of a header as they give them."""

from functools import cache
from typing import Any

from checker import requires
from checker.errors import UsageError


@cache
def rpm() -> Any:
    """The bindings of rpm; raises UsageError that names the package to install."""
    try:
        import rpm as bindings  # noqa: PLC0415 only packages need it
    except ImportError as error:
        raise UsageError(requires.RPM.missing(error)) from error
    bindings.setVerbosity(bindings.RPMLOG_EMERG)  # what is wrong with a package becomes a finding
    return bindings


def text(raw: Any, tag: int) -> str:
    """The text of a tag, empty where the header has none."""
    value = raw[tag]
    return value if isinstance(value, str) else ""


def integer(raw: Any, tag: int) -> int | None:
    """The number of a tag, None where the header has none."""
    value = raw[tag]
    return value if isinstance(value, int) else None
