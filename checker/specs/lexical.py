# SPDX-License-Identifier: GPL-2.0-or-later
"""The lexical look: SpecFacts from a spec's text alone. Nothing in the spec is executed or expanded."""

from collections.abc import Iterator

from checker.limits import LIMITS
from checker.model.specs import Look, LtoState, Observation, Observed, Ships, SpecFacts, Spot
from checker.specs.buildsystems import Makers
from checker.specs.files import look_at_files
from checker.specs.hookchanges import hook_observations
from checker.specs.lto import look_at_lto
from checker.specs.sections import SpecText, read_spec
from checker.specs.traps import package_name, traps_in
from checker.specs.waivers import exceptions_in


def look_lexically(data: bytes, macro: str) -> SpecFacts:
    """What the bytes of a spec say; `macro` is the opt-in macro, without the percent sign."""
    spec = read(data)
    return unreadable(spec) if isinstance(spec, str) else look_at_text(spec, macro)


def read(data: bytes) -> SpecText | str:
    """A spec taken apart, or why it cannot be."""
    if len(data) > LIMITS.spec_size:
        return f"larger than {LIMITS.spec_size} bytes"
    if b"\0" in data:
        return "holds a NUL byte: no text"
    if data.count(b"\n") > LIMITS.spec_lines:
        return f"more than {LIMITS.spec_lines} lines"
    return read_spec(data.decode("utf-8", "surrogateescape"))


def look_at_text(spec: SpecText, macro: str) -> SpecFacts:
    """What a spec says that was taken apart."""
    lto = look_at_lto(spec, macro)
    exceptions = exceptions_in(spec)
    files = look_at_files(spec, Makers(spec), exceptions)
    marks = [*spec.observations, *lto.observations, *traps_in(spec, macro), *hook_observations(spec), *_left_out(spec)]
    return SpecFacts(
        look=Look.LEXICAL,
        lto=lto.state,
        ships=files.ships,
        opt_in=lto.opt_in,
        declared=lto.declared,
        name=package_name(spec),
        lto_spots=tuple(lto.spots),
        ships_spots=tuple(files.spots),
        opt_in_spots=tuple(lto.opt_in_spots),
        reached=files.reached,
        reached_spots=files.reached_spots,
        excluded_spots=files.excluded,
        excepted_spots=files.excepted,
        excepted_why=exceptions.why,
        own_flags=files.own_flags,
        observations=tuple(sorted(marks, key=lambda seen: seen.spot[:2])),
    )


def _left_out(spec: SpecText) -> Iterator[Observation]:
    """What the budget did not suffice for."""
    top = Spot(1, 1, "")
    if spec.budget.is_spent:
        yield Observation(Observed.UNSEEN, top, f"what takes longer than {LIMITS.spec_seconds:g} seconds")
    if spec.budget.is_expansion_spent:
        yield Observation(Observed.UNSEEN, top, f"macros that expand to more than {LIMITS.spec_expansion} characters")


def unreadable(reason: str) -> SpecFacts:
    """The facts of a spec that cannot be read."""
    seen = Observation(Observed.UNREADABLE, Spot(1, 1, ""), reason)
    return SpecFacts(Look.LEXICAL, LtoState.UNKNOWN, Ships.UNKNOWN, opt_in=False, observations=(seen,))
