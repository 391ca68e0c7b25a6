# SPDX-License-Identifier: GPL-2.0-or-later
"""What a spec comes to for one target, by what rpm makes of it: the steps of the lexical look once more."""

from collections.abc import Mapping

from checker.lto.flags import lto_flags
from checker.model.flags import Lto
from checker.model.specs import LtoState, SpecTarget
from checker.specs.events import events_in
from checker.specs.files import look_at_files
from checker.specs.lto import shell_state
from checker.specs.parse import Parsed
from checker.specs.sections import read_expanded
from checker.specs.text import SpecText
from checker.specs.waivers import EXCLUDE_FROM, Exceptions

FLAG_VALUES = ("build_cflags", "build_cxxflags", "build_fflags")
LTO_VALUES = ("_lto_cflags", "optflags_lto")
EXPORTS = "_auto_set_build_flags"
"""Fedora's: the build script exports %build_cflags and its like before anything else."""

VALUES = (*LTO_VALUES, *FLAG_VALUES, "optflags", EXPORTS, EXCLUDE_FROM)
"""Macros whose values rpm is asked for, beside the opt-in macro."""

HARM = (Lto.NONE, Lto.FAT, Lto.SLIM)
"""From harmless to harmful: of several languages the last counts."""

STATES = {Lto.NONE: LtoState.DISABLED, Lto.FAT: LtoState.FAT, Lto.SLIM: LtoState.SLIM}
FLAGS = {state: flags for flags, state in STATES.items()}


def target_of(answer: Parsed, written: SpecText, lto: LtoState, macro: str) -> SpecTarget:
    """What a spec comes to for one target; `written` is its text, and `lto` its state by that."""
    profile, arch, text, before, after, conditions, failure = answer
    if failure is not None:
        return SpecTarget(profile, arch, failure=failure)
    base, flags = _flags(before), _flags(after)
    start = _start(lto, before, after, base, flags)
    dead = written.dead(conditions)
    spec = read_expanded(text)
    events = events_in(spec)
    state = shell_state(events, start, flags)
    files = look_at_files(spec, Exceptions(after[EXCLUDE_FROM]), written, profile, dead)
    if spec.budget.is_spent:
        return SpecTarget(profile, arch, failure="looking at what it expands to takes too long")
    declared = after[macro] not in ("", "0")
    return SpecTarget(
        profile,
        arch,
        state,
        flags=FLAGS.get(state, flags),
        conditions=conditions,
        opt_in=declared or state is LtoState.FAT,
        declared=declared,
        ships=files.ships,
        reached=files.reached,
        excluded=bool(files.excluded),
        exports_flags=after[EXPORTS] not in ("", "0"),
    )


def _start(lto: LtoState, before: Mapping[str, str], after: Mapping[str, str], base: Lto, flags: Lto) -> LtoState:
    """The state by macros; the distribution decides where the spec says nothing of flags."""
    if flags is not base:
        return STATES[flags]
    if lto not in (LtoState.SLIM, LtoState.MODIFIED):
        return STATES[flags] if _has_own(before, after, base) else LtoState.DEFAULT
    return STATES[flags] if any(before[name] != after[name] for name in LTO_VALUES) else LtoState.MODIFIED


def _has_own(before: Mapping[str, str], after: Mapping[str, str], base: Lto) -> bool:
    """Whether LTO flags were set that are equivalent to the distribution's; another compiler's do not count."""
    changed = [name for name in LTO_VALUES if before[name] != after[name]]
    return any(lto_flags(after[name]).state is not base for name in changed)


def _flags(values: Mapping[str, str]) -> Lto:
    """The LTO flags of all languages together; without flags for a language, %optflags are its flags."""
    return max((lto_flags(values[name] or values["optflags"]).state for name in FLAG_VALUES), key=HARM.index)
