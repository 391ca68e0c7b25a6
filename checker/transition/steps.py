# SPDX-License-Identifier: GPL-2.0-or-later
"""The steps of a transition, as in docs/adopt/transition.md, and which source packages block each."""

from collections.abc import Callable
from typing import NamedTuple

from checker.model.transition import OPEN, Answer, Standing, State


class Step(NamedTuple):
    """A step, what it waits for, and whether a source package holds it up."""

    number: int
    title: str
    waits_for: str
    is_blocked_by: Callable[[Standing], bool]


def _needs_care(one: Standing) -> bool:
    return one.state in OPEN or one.need is Answer.YES


def _lacks_line(one: Standing) -> bool:
    return one.need is Answer.YES and not one.opted_in


def _is_nobodys(one: Standing) -> bool:
    return one.state in OPEN and not (one.owner and one.note and one.note.bug)


STEPS = (
    Step(1, "Measure", "it is known of each whether it needs the opt-in", lambda one: one.need is Answer.UNKNOWN),
    Step(2, "Announce", "each that has to change has an owner", lambda one: _needs_care(one) and not one.owner),
    Step(3, "Opt in, all at once", "each that needs the opt-in has it", _lacks_line),
    Step(4, "Warn", "none ships objects undeclared", lambda one: _lacks_line(one) or one.state is State.CONFLICT),
    Step(5, "Rebuild slim, aside", "each that is open has an owner and a bug", _is_nobodys),
    Step(6, "Enforce", "no build would be stopped", lambda one: one.state in (State.BROKEN, State.CONFLICT)),
    Step(7, "Slim by default", "none is broken, undone or left to do", lambda one: one.state in OPEN),
    Step(8, "Keep it so", "none is broken or undone", lambda one: one.state in (State.BROKEN, State.CONFLICT)),
)
