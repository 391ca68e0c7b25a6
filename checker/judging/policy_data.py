# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the tables of a policy come from: a shipped one is a part of the program, others are TOML or JSON files."""

import os
from contextlib import suppress
from datetime import date
from typing import Any

from checker.errors import Unavailable, UsageError, unknown
from checker.judging.shipped_policies import POLICIES
from checker.limits import LIMITS
from checker.toml import parsed
from checker.trees.named import read_file

SUFFIX = ".toml"
COMPILED = ".json"
"""Of a policy with all that it extends, made by `ltocheck policy compile`; the hook in rpm's Lua reads no other."""


def tables_of(name: str, beside: str | None = None) -> tuple[str, dict[str, Any]]:
    """The file by which users know a policy, and what stands in it; raises UsageError that names it.

    `name` is that of a shipped policy or of a file, as seen from the policy `beside`.
    """
    if name in POLICIES:
        return f"{name}{SUFFIX}", POLICIES[name]
    if "\0" in name:
        raise UsageError(f"{name}: no path of a policy: it holds a NUL")
    if "/" in name or name.endswith((SUFFIX, COMPILED)):
        file = os.path.realpath(os.path.join(os.path.dirname(beside), name) if beside else name)
        return file, tables_in(file)
    place = f"{beside}: extends: " if beside else ""
    raise UsageError(f"{place}{unknown('policy', name, sorted(POLICIES), f', or a file {name}{SUFFIX}')}")


def tables_in(file: str) -> dict[str, Any]:
    """The tables of a policy file, TOML or compiled; raises UsageError that names it."""
    try:
        text = read_file(file, LIMITS.policy).decode()
    except Unavailable as error:
        raise UsageError(f"{file}: {error.detail}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text") from error
    if any(line.count(".") > LIMITS.policy_dots for line in text.split("\n")):
        raise UsageError(f"{file}: a line with more than {LIMITS.policy_dots} dots")
    return _json(file, text) if file.endswith(COMPILED) else _toml(file, text)


def _toml(file: str, text: str) -> dict[str, Any]:
    try:
        return parsed(text)
    except ValueError as error:
        raise UsageError(f"{file}: not TOML: {error}") from error


def _json(file: str, text: str) -> dict[str, Any]:
    import json  # noqa: PLC0415 slow to import, and shipped policies need none

    def with_date(table: dict[str, Any]) -> dict[str, Any]:
        expires = table.get("expires")
        with suppress(ValueError):
            return {**table, "expires": date.fromisoformat(expires)} if isinstance(expires, str) else table
        return table

    try:
        data = json.loads(text, object_hook=with_date)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not JSON: {error}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{file}: expected an object")
    return data
