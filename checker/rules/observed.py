# SPDX-License-Identifier: GPL-2.0-or-later
"""Observations and lines of a spec, as the rules on specs use them."""

from collections.abc import Iterator

from checker.model.specs import Observation, Observed, SpecFacts, SpecTarget, Spot
from checker.model.statements import Evidence, Statement, say

SHOWN, QUOTED = 5, 200
"""The most lines that one finding shows, and the most characters of each."""


def observations(facts: SpecFacts, *wanted: Observed) -> Iterator[Observation]:
    """The observations of these kinds."""
    return (seen for seen in facts.observations if seen.what in wanted)


def lines(spots: tuple[Spot, ...]) -> tuple[Statement, ...]:
    """Lines of a spec as evidence: the first ones, and the number of the others."""
    shown = tuple(say(Evidence.LINE, line=spot.line, text=spot.text[:QUOTED]) for spot in spots[:SHOWN])
    return (*shown, say(Evidence.MORE, count=len(spots) - SHOWN)) if len(spots) > SHOWN else shown


def parsed_targets(facts: SpecFacts) -> list[SpecTarget]:
    """The distributions and architectures for which rpm has parsed the spec."""
    return [target for target in facts.targets if target.failure is None]
