# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of a spec as evidence of the rules on specs."""

from checker.model.specs import Spot
from checker.model.statements import Evidence, Statement, say

SHOWN, QUOTED = 5, 200
"""The most lines that one finding shows, and the most characters of each."""


def lines(spots: tuple[Spot, ...]) -> tuple[Statement, ...]:
    """Lines of a spec as evidence: the first ones, and the number of the others."""
    shown = tuple(say(Evidence.LINE, line=spot.line, text=spot.text[:QUOTED]) for spot in spots[:SHOWN])
    return (*shown, say(Evidence.MORE, count=len(spots) - SHOWN)) if len(spots) > SHOWN else shown
