# SPDX-License-Identifier: GPL-2.0-or-later
"""The lexical look: SpecFacts from a spec's text alone. Nothing in the spec is executed or expanded."""

from checker.limits import LIMITS
from checker.model.specs import Look, LtoState, Mark, Ships, Sign, SpecFacts, Spot
from checker.specs.files import look_at_files
from checker.specs.lto import look_at_lto
from checker.specs.sections import read_spec
from checker.specs.signs import package_name, signs_in


def look_lexically(data: bytes, macro: str) -> SpecFacts:
    """What the bytes of a spec say; `macro` is the opt-in macro, without the percent sign."""
    if len(data) > LIMITS.spec_size:
        return unreadable(f"larger than {LIMITS.spec_size} bytes")
    if b"\0" in data:
        return unreadable("holds a NUL byte: no text")
    if data.count(b"\n") > LIMITS.spec_lines:
        return unreadable(f"more than {LIMITS.spec_lines} lines")
    reading = read_spec(data.decode("utf-8", "surrogateescape"))
    lto = look_at_lto(reading, macro)
    files = look_at_files(reading)
    marks = sorted([*reading.marks, *lto.marks, *signs_in(reading, macro)], key=lambda mark: mark.spot[:2])
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
        marks=tuple(marks),
    )


def unreadable(reason: str) -> SpecFacts:
    """The facts of a spec that cannot be read."""
    mark = Mark(Sign.UNREADABLE, Spot(1, 1, ""), reason)
    return SpecFacts(Look.LEXICAL, LtoState.UNKNOWN, Ships.UNKNOWN, opt_in=False, marks=(mark,))
