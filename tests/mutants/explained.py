# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults that no test can find, or should: explained.txt has what the runner prints of each, below the reason."""

from pathlib import Path

FILE = Path(__file__).parent / "explained.txt"


def explained() -> set[str]:
    """The faults that are explained; raises ValueError for one without a reason above it."""
    found: set[str] = set()
    reason = ""
    for line in FILE.read_text().splitlines():
        if line.startswith("# "):
            reason = line
        elif not line:
            reason = ""
        elif not reason:
            raise ValueError(f"{FILE}: no reason above {line}")
        else:
            found.add(line)
    return found
