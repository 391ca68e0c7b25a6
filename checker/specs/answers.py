# SPDX-License-Identifier: GPL-2.0-or-later
"""What a sandbox answers about a spec. It comes from the spec's own process, so that it may be anything."""

import base64
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from checker.limits import LIMITS

ERROR = re.compile(r"^error: (?!lua script failed$)(.*)", re.MULTILINE)
OWN_FILE = re.compile(r"/proc/self/fd/\d+:\s*(?:line )?")
"""What rpm calls a spec that exists in memory only."""
LONGEST_REASON = 300
"""Characters that are kept of why rpm could not parse a spec."""
LEFT_OVER = re.compile(r"%\{?[?!]*([A-Za-z_]\w*)")
DIRECTIVES = frozenset(
    {"if", "ifarch", "ifnarch", "ifos", "ifnos", "elif", "else", "endif", "include", "files", "package", "description"}
)


class RpmAnswer(NamedTuple):
    """What rpm makes of a spec."""

    text: str = ""
    """What it expands to."""
    before: Mapping[str, str] = {}
    """Values of macros as the distribution sets them."""
    after: Mapping[str, str] = {}
    """Values of the same macros in the end."""
    failure: str | None = None
    """Why there is none of this."""
    is_rejected: bool = False
    """It was rpm that refused the spec, with a message that may name a line."""


def answer_of(data: dict[str, Any], names: list[str]) -> RpmAnswer:
    """The answer in what was received, with the values of macros of these names."""
    if "failure" in data:
        return RpmAnswer(failure=_failure(data), is_rejected=data["failure"] == "")
    text, before, after = _text(data), _values(data, "before", names), _values(data, "after", names)
    if text is None or before is None or after is None:
        return RpmAnswer(failure=f"what it expands to is no spec, or has more than {LIMITS.spec_lines} lines")
    return RpmAnswer(text, before, after)


def _text(data: dict[str, Any]) -> str | None:
    """The expanded spec, unless it is none or too long to be read."""
    text = data.get("text")
    try:
        decoded = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None
    if decoded is None or decoded.count(b"\n") > LIMITS.spec_lines:
        return None
    return decoded.decode("utf-8", "surrogateescape")


def _values(data: dict[str, Any], key: str, names: list[str]) -> dict[str, str] | None:
    """The values of all macros."""
    values = data.get(key)
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
        return None
    return values


def _failure(data: dict[str, Any]) -> str:
    """Why rpm could not parse it, and the macro that it missed, if that was why."""
    if data["failure"]:
        return str(data["failure"])[:LONGEST_REASON]
    errors = [line.strip() for line in ERROR.findall(str(data.get("messages", ""))) if line.strip()]
    if not errors:
        return "rpm does not say why"
    text = OWN_FILE.sub("line ", errors[-1])[:LONGEST_REASON]
    missing = next((name for name in LEFT_OVER.findall(text) if name not in DIRECTIVES), None)
    return f"{text} (%{missing} is not defined)" if missing else text
