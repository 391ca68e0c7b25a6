# SPDX-License-Identifier: GPL-2.0-or-later
"""A line on standard error that tells how far long work has come, when somebody is there to read it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from checker.model import Item, ObjectItem, Target
from checker.render.names import for_terminal

FIRST_AFTER = 1.0
EVERY = 0.2
"""Seconds."""


def with_progress(target: Target) -> Target:
    """The target, telling its progress while it is walked; unchanged where standard error is no terminal."""
    return replace(target, items=_told(target.items)) if sys.stderr.isatty() else target


def _told(items: Iterator[Item]) -> Iterator[Item]:
    start = monotonic()
    due = start + FIRST_AFTER
    objects = 0
    shown = False
    try:
        for item in items:
            if isinstance(item, ObjectItem):
                objects += 1
                if monotonic() >= due:
                    now = monotonic()
                    due, shown = now + EVERY, True
                    rate = objects / (now - start)
                    line = f"{objects} objects, {rate:,.0f}/s, {for_terminal(item.path)}"
                    print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)
            yield item
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
