# SPDX-License-Identifier: GPL-2.0-or-later
"""The lexical look: SpecFacts from a spec's text alone. Nothing in the spec is executed or expanded."""

from checker.errors import Unavailable
from checker.model.specs import Look, LtoState, Observation, Observed, Ships, SpecFacts, Spot
from checker.specs.events import events_in
from checker.specs.files import look_at_files
from checker.specs.hookchanges import hook_observations
from checker.specs.lto import look_at_lto
from checker.specs.sections import read_spec
from checker.specs.text import SpecText
from checker.specs.traps import traps_in
from checker.specs.waivers import EXCLUDE_FROM, WHY, Exceptions


def look_lexically(data: bytes, macro: str) -> SpecFacts:
    """What the bytes of a spec say; `macro` is the opt-in macro, without the percent sign."""
    try:
        spec = read_spec(data)
    except Unavailable as error:
        return unreadable(error)
    return look_at_text(spec, macro)


def look_at_text(spec: SpecText, macro: str) -> SpecFacts:
    """What a spec says that was taken apart."""
    events = events_in(spec)
    lto = look_at_lto(spec, events, macro)
    files = look_at_files(spec, Exceptions(spec.value(EXCLUDE_FROM)), spec)
    observations = (
        *spec.observations,
        *lto.observations,
        *traps_in(spec, macro),
        *hook_observations(spec),
        *spec.left_out(),
    )
    return SpecFacts(
        look=Look.LEXICAL,
        lto=lto.state,
        ships=files.ships,
        opt_in=lto.opt_in,
        declared=lto.declared,
        name=spec.name,
        lto_spots=tuple(lto.spots),
        ships_spots=files.spots,
        opt_in_spots=tuple(lto.opt_in_spots),
        reached=files.reached,
        reached_spots=files.reached_spots,
        excluded_spots=files.excluded,
        excepted_spots=files.excepted,
        excepted_why=spec.value(WHY) or None,
        own_flags=files.own_flags,
        observations=tuple(sorted(observations, key=lambda seen: seen.spot[:2])),
    )


def unreadable(why: Unavailable) -> SpecFacts:
    """The facts of a spec that cannot be read."""
    seen = Observation(Observed.UNREADABLE, Spot(1, 1, ""), why.detail)
    return SpecFacts(Look.LEXICAL, LtoState.UNKNOWN, Ships.UNKNOWN, opt_in=False, observations=(seen,))
