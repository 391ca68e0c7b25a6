# SPDX-License-Identifier: GPL-2.0-or-later
"""A spec's LTO state, from everything that touches the flags in the order in which it takes effect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from checker.lto.flags import FAT_FLAG, NO_FLAGS
from checker.lto.macros import KNOBS
from checker.model.flags import Lto
from checker.model.specs import LtoState, Observation, Observed, Spot
from checker.specs.conditions import Truth
from checker.specs.events import OWN_MACRO, SHELL, Effect, Event, Events
from checker.specs.macros import Definition, Verb
from checker.specs.text import Setting, SpecText

STATE = {
    Effect.OFF: LtoState.DISABLED,
    Effect.FAT: LtoState.FAT,
    Effect.SLIM: LtoState.SLIM,
    Effect.ODD: LtoState.MODIFIED,
}


@dataclass(slots=True)
class LtoFindings:
    """The LTO state that follows from the events."""

    state: LtoState = LtoState.DEFAULT
    spots: list[Spot] = field(default_factory=list)
    opt_in: bool = False
    declared: bool = False
    opt_in_spots: list[Spot] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)


def look_at_lto(spec: SpecText, touching: Events, macro: str) -> LtoFindings:
    """The LTO state of a spec; `macro` is the declarative opt-in, without the percent sign."""
    found = LtoFindings()
    events, switches = touching
    states = _fold(events, found, LtoState.DEFAULT)
    _declared(spec, macro, states, found)
    opt_ins = [one for one in spec.settings if one.spot in found.opt_in_spots]
    if opt_ins:
        found.observations += _late(spec, opt_ins)
    if found.declared and states == {LtoState.SLIM}:
        own = (event.spot for event in events if event.effect is Effect.SLIM and event.setting)
        found.observations += [Observation(Observed.FAT_UNDONE, spot, f"%{macro}") for spot in own]
    found.observations += switches
    found.spots += [seen.spot for seen in switches]
    found.state = _verdict(states, has_project_lto=bool(switches))
    if found.opt_in and found.state is LtoState.DEFAULT:
        found.state = LtoState.FAT
    return found


def shell_state(touching: Events, start: LtoState, flags: Lto) -> LtoState:
    """The state after the shell text of a spec that rpm has expanded; macros have led to `start` and to `flags`.

    Where the distribution's flags were, their expansion stands: flags that ask for the same say nothing new.
    """
    events, switches = touching
    new = [
        event for event in events if event.effect is Effect.OFF or event.flags == NO_FLAGS or event.flags.state != flags
    ]
    return _verdict(_fold(new, LtoFindings(), start), has_project_lto=bool(switches))


def _verdict(states: set[LtoState], *, has_project_lto: bool) -> LtoState:
    if LtoState.MODIFIED in states or (has_project_lto and not states & {LtoState.FAT, LtoState.SLIM}):
        return LtoState.MODIFIED
    return LtoState.CONDITIONAL if len(states) > 1 else next(iter(states))


def _fold(events: list[Event], found: LtoFindings, start: LtoState) -> set[LtoState]:
    """The states that are possible at the end; notes what undoes what on the way."""
    states = {start}
    for event in events:
        state = STATE[event.effect]
        _note(event, state, states, found)
        if event.only_adds and states == {LtoState.DISABLED}:
            continue  # fat objects without LTO are native ones
        found.spots.append(event.spot)
        states = {state} if event.truth.by_default and event.is_whole else states | {state}
        if event.effect is Effect.FAT:
            found.opt_in_spots.append(event.spot)
    found.opt_in = states == {LtoState.FAT}
    return states


def _note(event: Event, state: LtoState, states: set[LtoState], found: LtoFindings) -> None:
    spot = event.spot
    if event.lacks_lto or (event.only_adds and LtoState.DISABLED in states):
        found.observations.append(Observation(Observed.FAT_WITHOUT_LTO, spot, FAT_FLAG))
    if event.effect is Effect.OFF and not event.lacks_lto:
        found.observations.append(
            Observation(Observed.LTO_OFF, spot, event.setting.definition.name if event.setting else "-fno-lto")
        )
    was_fat = LtoState.FAT in states
    if (state is LtoState.SLIM and "fat-lto-objects" in spot.text) or (
        was_fat and state not in states and event.is_whole
    ):
        found.observations.append(Observation(Observed.FAT_UNDONE, spot, FAT_FLAG))
    asks_for_fat = event.effect is Effect.FAT or (event.effect is Effect.ODD and event.flags.fat)
    if event.setting is None and asks_for_fat:
        found.observations.append(Observation(Observed.SHELL_OPT_IN, spot, FAT_FLAG))
    if event.setting is None and event.effect in (Effect.FAT, Effect.SLIM, Effect.ODD) and event.flags.lto:
        found.observations.append(Observation(Observed.HARDCODED_LTO, spot, "-flto"))


def _declared(spec: SpecText, macro: str, states: set[LtoState], found: LtoFindings) -> None:
    """The declarative opt-in: the last definition counts, and it must stand before flags are expanded."""
    opted, spots = False, []
    for setting in spec.settings:
        definition, spot, _, truth, _ = setting
        if definition.name != macro:
            continue
        is_on = _switches_on(definition)
        if truth is Truth.NEVER:
            found.observations += [Observation(Observed.DEAD_OPT_IN, spot, macro)] * is_on
        elif not truth.by_default:
            spots += [spot] * is_on
        else:
            found.observations += [Observation(Observed.FAT_UNDONE, spot, macro)] * (opted and not is_on)
            opted, spots = is_on, [spot] * is_on
    if opted and states == {LtoState.DISABLED}:
        found.observations.append(Observation(Observed.FAT_WITHOUT_LTO, spots[0], macro))
    if opted:
        found.observations = [seen for seen in found.observations if seen.what is not Observed.SHELL_OPT_IN]
    found.declared = opted
    found.opt_in = found.opt_in or opted
    found.opt_in_spots += spots


def _switches_on(definition: Definition) -> bool:
    """Whether the opt-in macro is set to something that means yes: not to nothing, and not to 0."""
    body = NOTHING.sub("", definition.body).strip()
    return definition.verb is not Verb.UNDEFINE and body not in ("", "0")


NOTHING = re.compile(r"%\{nil\}|%nil\b")


def _late(spec: SpecText, opt_ins: list[Setting]) -> Iterator[Observation]:
    """Opt-ins below something that has expanded the compiler flags: a %global, or a command of the build."""
    frozen = _first_global_of_flags(spec)
    shell = spec.of(*SHELL)
    as_text = min((line.number for line in shell if OWN_MACRO.search(line.text)), default=frozen)
    by_macro = min((line.number for line in shell if SETS_FLAGS.search(line.text)), default=frozen)
    for setting in opt_ins:
        spot = setting.spot
        if min(frozen, as_text) < spot.line:
            yield Observation(Observed.LATE_OPT_IN, spot, setting.definition.name)
        elif by_macro < spot.line:
            yield Observation(Observed.LATE_IN_BUILD, spot, setting.definition.name)


SETS_FLAGS = re.compile(r"%\{?[?!]*(?:configure|cmake|meson|set_build_flags|qmake\w*|make_build|scons)\b")
"""Macros that set compiler flags where the environment has none."""


def _first_global_of_flags(spec: SpecText) -> float:
    """The first line whose %global takes the flags as they are there; a %define takes them when it is used."""
    lines = (
        setting.spot.line
        for setting in spec.settings
        if setting.definition.verb is Verb.GLOBAL
        and setting.truth is not Truth.NEVER
        and not (setting.definition.name in KNOBS and FAT_FLAG in setting.definition.body)
        and OWN_MACRO.search(setting.definition.body)
    )
    return next(lines, float("inf"))
