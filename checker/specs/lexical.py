# SPDX-License-Identifier: GPL-2.0-or-later
"""The lexical look: SpecFacts from a spec's text alone. Nothing in the spec is executed or expanded."""

from collections.abc import Iterator

from checker.limits import LIMITS
from checker.model.specs import Look, LtoState, Mark, Ships, Sign, SpecFacts, Spot
from checker.specs.buildsystems import Makers
from checker.specs.files import look_at_files
from checker.specs.hookmarks import hook_marks
from checker.specs.lto import look_at_lto
from checker.specs.sections import Reading, read_spec
from checker.specs.traps import package_name, signs_in
from checker.specs.waivers import exceptions_in


def look_lexically(data: bytes, macro: str) -> SpecFacts:
    """What the bytes of a spec say; `macro` is the opt-in macro, without the percent sign."""
    reading = read(data)
    return unreadable(reading) if isinstance(reading, str) else look_at_text(reading, macro)


def read(data: bytes) -> Reading | str:
    """A spec taken apart, or why it cannot be."""
    if len(data) > LIMITS.spec_size:
        return f"larger than {LIMITS.spec_size} bytes"
    if b"\0" in data:
        return "holds a NUL byte: no text"
    if data.count(b"\n") > LIMITS.spec_lines:
        return f"more than {LIMITS.spec_lines} lines"
    return read_spec(data.decode("utf-8", "surrogateescape"))


def look_at_text(reading: Reading, macro: str) -> SpecFacts:
    """What a spec says that was taken apart."""
    lto = look_at_lto(reading, macro)
    exceptions = exceptions_in(reading)
    files = look_at_files(reading, Makers(reading), exceptions)
    marks = [*reading.marks, *lto.marks, *signs_in(reading, macro), *hook_marks(reading), *_left_out(reading)]
    return SpecFacts(
        look=Look.LEXICAL,
        lto=lto.state,
        ships=files.ships,
        opt_in=lto.opt_in,
        declared=lto.declared,
        name=package_name(reading),
        lto_spots=tuple(lto.spots),
        ships_spots=tuple(files.spots),
        opt_in_spots=tuple(lto.opt_in_spots),
        reached=files.reached,
        reached_spots=files.reached_spots,
        excluded_spots=files.excluded,
        excepted_spots=files.excepted,
        excepted_why=exceptions.why,
        own_flags=files.own_flags,
        marks=tuple(sorted(marks, key=lambda mark: mark.spot[:2])),
    )


def _left_out(reading: Reading) -> Iterator[Mark]:
    """What the budget did not suffice for."""
    top = Spot(1, 1, "")
    if reading.budget.is_spent:
        yield Mark(Sign.UNSEEN, top, f"what takes longer than {LIMITS.spec_seconds:g} seconds")
    if reading.budget.is_expansion_spent:
        yield Mark(Sign.UNSEEN, top, f"macros that expand to more than {LIMITS.spec_expansion} characters")


def unreadable(reason: str) -> SpecFacts:
    """The facts of a spec that cannot be read."""
    mark = Mark(Sign.UNREADABLE, Spot(1, 1, ""), reason)
    return SpecFacts(Look.LEXICAL, LtoState.UNKNOWN, Ships.UNKNOWN, opt_in=False, marks=(mark,))
