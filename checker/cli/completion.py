# SPDX-License-Identifier: GPL-2.0-or-later
"""What a shell can complete besides options. Each imports what it asks only when it is asked, and never fails."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

ARCHITECTURES = (
    "aarch64", "armv7hl", "i386", "i586", "i686", "loongarch64", "noarch", "ppc64", "ppc64le", "riscv64", "s390x",
    "x86_64",
)  # fmt: skip
"""Those that distributions build for; rpm knows more."""

OFFERED = 500
"""Members that are offered of one archive or package."""


def several(names: Callable[[], Sequence[str]]) -> Callable[[str], list[str]]:
    """Completes the last of several names with commas between them, with one that is not there yet."""

    def complete(incomplete: str) -> list[str]:
        before, comma, _ = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names() if name not in before.split(",")]

    return complete


def rules() -> list[str]:
    """The names of rules."""
    from checker.rules import RULES_BY_NAME

    return [*RULES_BY_NAME]


def runs(ctx: Any) -> list[tuple[str, str]]:
    """Numbers and names of the audits in the store that the command line names, the latest first."""
    return _labels(ctx, "runs")


def rebuilds(ctx: Any) -> list[tuple[str, str]]:
    """The same of rebuilds."""
    return _labels(ctx, "rebuilds")


def _labels(ctx: Any, table: str) -> list[tuple[str, str]]:
    from pathlib import Path

    from checker.audit.database import labels
    from checker.errors import LtocheckError

    try:
        rows = labels(Path(ctx.params["store"]), table)
    except LtocheckError:
        return []
    named = {name: f"number {number}, {finished}" for number, name, finished in rows if name}
    numbered = {str(number): finished for number, name, finished in rows}
    return [*named.items(), *numbered.items()]


def members(incomplete: str) -> list[str]:
    """Members of the archive, or files of the package, that stands before the last colon or parenthesis."""
    from checker.cli.members import member_names
    from checker.errors import LtocheckError, Unavailable
    from checker.objects.source import Malformed

    end = max(incomplete.rfind(":"), incomplete.rfind("("))
    if end < 1:
        return []
    before, separator = incomplete[:end], incomplete[end]
    closing = ")" if separator == "(" else ""
    names: list[str] = []
    with suppress(OSError, LtocheckError, Malformed, Unavailable):  # those before the damage are offered
        names.extend(islice(member_names(before), OFFERED))
    return [f"{before}{separator}{name}{closing}" for name in names]
