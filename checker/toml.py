# SPDX-License-Identifier: GPL-2.0-or-later
"""TOML that anybody may have written: policies, settings, notes, builders."""

from typing import Any

from checker.limits import LIMITS


def parsed(text: str) -> dict[str, Any]:
    """The tables of a TOML text; raises ValueError that says what is wrong, also of what would take too long."""
    import tomllib  # noqa: PLC0415 slow to import, and the hook needs none for a shipped policy

    if any(line.count(".") > LIMITS.policy_dots for line in text.split("\n")):
        raise ValueError(f"a line with more than {LIMITS.policy_dots} dots")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("brackets in brackets, too deep") from error
