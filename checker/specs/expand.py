# SPDX-License-Identifier: GPL-2.0-or-later
"""The expanded look: what rpm makes of a spec, for every distribution and architecture that is asked for."""

from checker.model.specs import Look, LtoState, Observed, Ships, SpecFacts, SpecTarget, Spot
from checker.specs.text import SpecText


def expanded(spec: SpecText, facts: SpecFacts, targets: tuple[SpecTarget, ...]) -> SpecFacts:
    """The facts of the lexical look, and what rpm says for each target."""
    parsed = [target for target in targets if target.failure is None]
    if not parsed:
        return facts._replace(targets=targets)
    lto, ships = facts.lto, facts.ships
    if len(parsed) == len(targets):
        if lto is not LtoState.CONDITIONAL:
            lto = parsed[0].lto if len({target.lto for target in parsed}) == 1 else LtoState.CONDITIONAL
        if ships is not Ships.CONDITIONAL:
            ships = parsed[0].ships if len({target.ships for target in parsed}) == 1 else Ships.CONDITIONAL
        facts = _without_dead(facts, spec.dead([one for target in parsed for one in target.conditions]))
    opt_in = facts.opt_in or all(target.opt_in for target in targets)
    declared = facts.declared or all(target.opt_in and target.declared for target in targets)
    return facts._replace(look=Look.EXPANDED, lto=lto, ships=ships, targets=targets, opt_in=opt_in, declared=declared)


def _without_dead(facts: SpecFacts, dead: list[tuple[int, int]]) -> SpecFacts:
    """The facts without what stands in branches that rpm does not take."""

    def lives(spot: Spot) -> bool:
        return not any(first < spot.line < last for first, last in dead)

    return facts._replace(
        lto_spots=tuple(filter(lives, facts.lto_spots)),
        excluded_spots=tuple(filter(lives, facts.excluded_spots)),
        # rpm has parsed it, so what seemed broken is not, and what was included was found.
        observations=tuple(
            one
            for one in facts.observations
            if lives(one.spot) and one.what not in (Observed.BROKEN, Observed.INCLUDED)
        ),
    )
