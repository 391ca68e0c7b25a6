# SPDX-License-Identifier: GPL-2.0-or-later
"""The expanded look: what rpm makes of a spec, for every distribution and architecture that is asked for."""

from collections.abc import Iterable

from checker.errors import Unavailable
from checker.lto.flags import lto_flags
from checker.model.flags import Lto
from checker.model.specs import Look, LtoState, Observed, Ships, SpecFacts, SpecTarget, Spot
from checker.specs.branches import mark
from checker.specs.files import look_at_files
from checker.specs.lto import shell_state
from checker.specs.parse import parsed
from checker.specs.profiles import Profile
from checker.specs.sandbox import Sandbox
from checker.specs.sections import read_expanded
from checker.specs.text import SpecText
from checker.specs.waivers import EXCLUDE_FROM, Exceptions

FLAG_VALUES = ("build_cflags", "build_cxxflags", "build_fflags")
LTO_VALUES = ("_lto_cflags", "optflags_lto")
EXPORTS = "_auto_set_build_flags"
"""Fedora's: the build script exports %build_cflags and its like before anything else."""

HARM = (Lto.NONE, Lto.FAT, Lto.SLIM)
"""From harmless to harmful: of several languages the last counts."""

STATES = {Lto.NONE: LtoState.DISABLED, Lto.FAT: LtoState.FAT, Lto.SLIM: LtoState.SLIM}
FLAGS = {state: flags for flags, state in STATES.items()}


class Expansion:
    """The expanded look at one spec."""

    def __init__(self, data: bytes, spec: SpecText, facts: SpecFacts, macro: str) -> None:
        self._spec = spec
        self._facts = facts
        self._macro = macro
        self._marked = mark(data)

    def look(self, sandbox: Sandbox, profiles: Iterable[Profile], arches: Iterable[str]) -> SpecFacts:
        """The facts of the lexical look, and what rpm says for each target; raises SandboxError."""
        arches = tuple(arches)
        facts = self._facts
        targets = tuple(self._target(sandbox, profile, arch) for profile in profiles for arch in arches)
        parsed = [target for target in targets if target.failure is None]
        if not parsed:
            return facts._replace(targets=targets)
        lto, ships = facts.lto, facts.ships
        if len(parsed) == len(targets):
            if lto is not LtoState.CONDITIONAL:
                lto = parsed[0].lto if len({target.lto for target in parsed}) == 1 else LtoState.CONDITIONAL
            if ships is not Ships.CONDITIONAL:
                ships = parsed[0].ships if len({target.ships for target in parsed}) == 1 else Ships.CONDITIONAL
            facts = _without_dead(facts, self._dead(parsed))
        opt_in = facts.opt_in or all(target.opt_in for target in targets)
        declared = facts.declared or all(target.opt_in and target.declared for target in targets)
        return facts._replace(
            look=Look.EXPANDED, lto=lto, ships=ships, targets=targets, opt_in=opt_in, declared=declared
        )

    def _target(self, sandbox: Sandbox, profile: Profile, arch: str) -> SpecTarget:
        names = [self._macro, *LTO_VALUES, *FLAG_VALUES, "optflags", EXPORTS, EXCLUDE_FROM]
        try:
            text, before, after, conditions = parsed(self._marked, sandbox, profile.text, arch, names)
        except Unavailable as error:
            return SpecTarget(profile.name, arch, failure=error.detail)
        base, flags = _flags(before), _flags(after)
        spec = read_expanded(text)
        state = shell_state(spec, self._state(before, after, base, flags), flags)
        flags = FLAGS.get(state, flags)
        target = SpecTarget(profile.name, arch, state, flags=flags, conditions=conditions)
        exceptions = Exceptions(after[EXCLUDE_FROM])
        files = look_at_files(spec, exceptions, self._spec, profile.name, self._dead([target]))
        if spec.budget.is_spent:
            return SpecTarget(profile.name, arch, failure="looking at what it expands to takes too long")
        declared = after[self._macro] not in ("", "0")
        return target._replace(
            opt_in=declared or state is LtoState.FAT,
            declared=declared,
            ships=files.ships,
            reached=files.reached,
            excluded=bool(files.excluded),
            exports_flags=after[EXPORTS] not in ("", "0"),
        )

    def _state(self, before: dict[str, str], after: dict[str, str], base: Lto, flags: Lto) -> LtoState:
        """The state by macros; the distribution decides where the spec says nothing of flags."""
        if flags is not base:
            return STATES[flags]
        if self._facts.lto not in (LtoState.SLIM, LtoState.MODIFIED):
            return STATES[flags] if _has_own(before, after, base) else LtoState.DEFAULT
        return STATES[flags] if any(before[name] != after[name] for name in LTO_VALUES) else LtoState.MODIFIED

    def _dead(self, targets: list[SpecTarget]) -> list[tuple[int, int]]:
        """First and last lines of the branches that rpm takes for none of the targets."""
        taken = {one.line for target in targets for one in target.conditions if one.holds}
        known = {one.line for target in targets for one in target.conditions}
        return [branch for branch in self._spec.branches if branch[0] in known - taken]


def _has_own(before: dict[str, str], after: dict[str, str], base: Lto) -> bool:
    """Whether LTO flags were set that are equivalent to the distribution's; another compiler's do not count."""
    changed = [name for name in LTO_VALUES if before[name] != after[name]]
    return any(lto_flags(after[name]).state is not base for name in changed)


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


def _flags(values: dict[str, str]) -> Lto:
    """The LTO flags of all languages together; without flags for a language, %optflags are its flags."""
    return max((lto_flags(values[name] or values["optflags"]).state for name in FLAG_VALUES), key=HARM.index)
