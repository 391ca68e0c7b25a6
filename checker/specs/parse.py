# SPDX-License-Identifier: GPL-2.0-or-later
"""What rpm makes of a spec for one target. Its answer comes from the spec's own process, so that it may be anything."""

import base64
import re
from typing import Any, NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.model.specs import Condition
from checker.specs.branches import MarkedSpec
from checker.specs.sandbox import Sandbox

ERROR = re.compile(r"^error: (?!lua script failed$)(.*)", re.MULTILINE)
OWN_FILE = re.compile(r"/proc/self/fd/\d+:\s*(?:line )?")
"""What rpm calls a spec that exists in memory only."""
LONGEST_REASON = 300
"""Characters that are kept of why rpm could not parse a spec."""
LEFT_OVER = re.compile(r"%\{?[?!]*([A-Za-z_]\w*)")
DIRECTIVES = frozenset(
    {"if", "ifarch", "ifnarch", "ifos", "ifnos", "elif", "else", "endif", "include", "files", "package", "description"}
)


class Parsed(NamedTuple):
    """A spec as rpm has parsed it."""

    text: str
    """What it expands to."""
    before: dict[str, str]
    """Values of macros as the distribution sets them."""
    after: dict[str, str]
    """Values of the same macros in the end."""
    conditions: tuple[Condition, ...]


def parsed(marked: MarkedSpec, sandbox: Sandbox, profile: bytes, arch: str, names: list[str]) -> Parsed:
    """Have rpm parse a spec and say what macros of these names are; raises Unavailable, and SandboxError."""
    answer = sandbox.parse(marked.data, profile, arch, [*names, *marked.macros])
    if marked.lines and answer.get("failure") == "":  # once more without marks: they move the lines that rpm names
        marked = marked.unmarked
        answer = sandbox.parse(marked.data, profile, arch, names)
    if "failure" in answer:
        raise Unavailable(Obstacle.MALFORMED, _failure(answer))
    text, before, after = _text(answer), _values(answer, "before", names), _values(answer, "after", names)
    if text is None or before is None or after is None:
        detail = f"what it expands to is no spec, or has more than {LIMITS.spec_lines} lines"
        raise Unavailable(Obstacle.MALFORMED, detail)
    return Parsed(marked.without_marks(text), before, after, marked.conditions(after))


def _text(answer: dict[str, Any]) -> str | None:
    """The expanded spec, unless it is none or too long to be read."""
    text = answer.get("text")
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None
    if data is None or data.count(b"\n") > LIMITS.spec_lines:
        return None
    return data.decode("utf-8", "surrogateescape")


def _values(answer: dict[str, Any], key: str, names: list[str]) -> dict[str, str] | None:
    """The values of all macros."""
    values = answer.get(key)
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
        return None
    return values


def _failure(answer: dict[str, Any]) -> str:
    """Why rpm could not parse it, and the macro that it missed, if that was why."""
    if answer["failure"]:
        return str(answer["failure"])[:LONGEST_REASON]
    errors = [line.strip() for line in ERROR.findall(str(answer.get("messages", ""))) if line.strip()]
    if not errors:
        return "rpm does not say why"
    text = OWN_FILE.sub("line ", errors[-1])[:LONGEST_REASON]
    missing = next((name for name in LEFT_OVER.findall(text) if name not in DIRECTIVES), None)
    return f"{text} (%{missing} is not defined)" if missing else text
