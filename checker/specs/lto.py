# SPDX-License-Identifier: GPL-2.0-or-later
"""A spec's LTO state, from everything that touches the flags in the order in which it takes effect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from checker.model import LtoState, Mark, Sign, Spot
from checker.specs.conditions import Truth
from checker.specs.flags import (
    FLAG_MACROS,
    KNOBS,
    PROJECT_LTO,
    Effect,
    effect_of_command,
    effect_of_macro,
    flags_in,
)
from checker.specs.macros import Verb
from checker.specs.sections import Line, Reading, Setting

SHELL = ("prep", "generate_buildrequires", "conf", "build", "install")
LTO_WORD = re.compile(r"lto|INTERPROCEDURAL|ltcg|_(?:LTO|IPO)\b")
DISABLING = frozenset({"_disable_lto"})
"""OpenMandriva's switch: whatever its text is, being defined is enough."""

STATE = {
    Effect.OFF: LtoState.DISABLED,
    Effect.FAT: LtoState.FAT,
    Effect.SLIM: LtoState.SLIM,
    Effect.ODD: LtoState.MODIFIED,
}


class Event(NamedTuple):
    """One thing that touches the flags."""

    spot: Spot
    effect: Effect
    truth: Truth
    setting: Setting | None
    is_whole: bool
    """It reaches all that is compiled, and so replaces what was there before."""
    lacks_lto: bool = False
    """It asks for fat objects, and for no LTO."""

    @property
    def word(self) -> str | None:
        """The flags in it as one word, if it holds any."""
        lto, fat = flags_in(self.spot.text)
        return None if (lto, fat) == (None, None) else "none" if not lto else "fat" if fat else "slim"


@dataclass(slots=True)
class LtoFindings:
    """What the events amount to."""

    state: LtoState = LtoState.DEFAULT
    spots: list[Spot] = field(default_factory=list)
    opt_in: bool = False
    opt_in_spots: list[Spot] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


def look_at_lto(reading: Reading, macro: str) -> LtoFindings:
    """The LTO state of a spec; `macro` is the declarative opt-in, without the percent sign."""
    found = LtoFindings()
    lines = _shell_lines(reading)
    events = sorted([*_macro_events(reading), *_shell_events(lines)], key=lambda event: event.spot[:2])
    states = _fold(events, found, LtoState.DEFAULT)
    _declared(reading, macro, events, states, found)
    found.state = _verdict(states, has_project_lto=_project_lto(lines, found))
    if found.opt_in and found.state is LtoState.DEFAULT:
        found.state = LtoState.FAT
    return found


def shell_state(reading: Reading, start: LtoState, word: str) -> LtoState:
    """The state after the shell text of a spec that rpm has expanded; macros have led to `start` and to `word`.

    Where the distribution's flags were, their expansion stands: flags that ask for `word` say nothing new.
    """
    lines = _shell_lines(reading)
    events = [event for event in _shell_events(lines) if event.effect is Effect.OFF or event.word != word]
    found = LtoFindings()
    states = _fold(events, found, start)
    return _verdict(states, has_project_lto=_project_lto(lines, found))


def _verdict(states: set[LtoState], *, has_project_lto: bool) -> LtoState:
    if LtoState.MODIFIED in states or (has_project_lto and not states & {LtoState.FAT, LtoState.SLIM}):
        return LtoState.MODIFIED
    return LtoState.CONDITIONAL if len(states) > 1 else next(iter(states))


def _macro_events(reading: Reading) -> Iterator[Event]:
    stack: dict[str, list[tuple[Effect, bool]]] = {}
    for setting in reading.settings:
        definition, spot, _, truth, _ = setting
        name = definition.name
        if truth is Truth.NEVER:
            continue
        if definition.verb is Verb.SWITCH:
            yield from _switch_event(setting)
        elif name in KNOBS or name in FLAG_MACROS:
            below = stack.setdefault(name, [])
            if definition.verb is Verb.UNDEFINE:
                if below:
                    below.pop()
                effect, lacks = below[-1] if below else (Effect.OFF if name in KNOBS else Effect.NONE, False)
            else:
                effect, lacks = effect_of_macro(name, definition.body)
                below.append((effect, lacks))
            if effect is not Effect.NONE:
                yield Event(spot, effect, truth, setting, is_whole=True, lacks_lto=lacks)
        elif name in DISABLING and definition.verb is not Verb.UNDEFINE:
            yield Event(spot, Effect.OFF, truth, setting, is_whole=True)


def _switch_event(setting: Setting) -> Iterator[Event]:
    """ALT's %add_optflags and %remove_optflags."""
    definition = setting.definition
    if definition.name == "remove_optflags" and "optflags_lto" in definition.body:
        yield Event(setting.spot, Effect.OFF, setting.truth, setting, is_whole=True)
    elif definition.name == "add_optflags" and (flags := flags_in(definition.body)) != (None, None):
        effect = Effect.OFF if flags.lto is False else Effect.FAT if flags.fat else Effect.SLIM
        yield Event(setting.spot, effect, setting.truth, setting, is_whole=True)


def commands(lines: list[Line]) -> Iterator[tuple[Line, str]]:
    """Shell commands that mention LTO, with the line that does; continued lines are joined."""
    for position, line in enumerate(lines):
        if not LTO_WORD.search(line.text) or line.text.lstrip().startswith("#"):
            continue
        first = position
        while first and position - first < 50 and lines[first - 1].text.endswith("\\"):
            first -= 1
        before = " ".join(part.text.rstrip("\\") for part in lines[first:position])
        yield line, f"{before} {line.text.rstrip()}".strip()


def _shell_lines(reading: Reading) -> list[Line]:
    """Shell text in sections, and in macros that are defined anywhere; a definition's first line is no shell text."""
    defined = {setting.spot.line for setting in reading.settings}
    lines = [line for line in reading.of(*SHELL) if line.number not in defined]
    for setting in reading.settings:
        definition = setting.definition
        name, body = definition.name, definition.body
        is_flags = name in KNOBS or name in FLAG_MACROS or "ldflags" in name
        if is_flags or definition.verb is Verb.SWITCH or setting.in_comment or not LTO_WORD.search(body):
            continue
        lines += [
            Line(number, text, setting.section, setting.truth)
            for number, text in enumerate(body.split("\n"), setting.spot.line)
            if setting.truth is not Truth.NEVER
        ]
    return lines


def _shell_events(lines: list[Line]) -> Iterator[Event]:
    for line, command in commands(lines):
        effect, is_whole = effect_of_command(command)
        if effect is not Effect.NONE:
            column = len(line.text) - len(line.text.lstrip()) + 1
            yield Event(Spot(line.number, column, line.text.strip()), effect, line.truth, None, is_whole)


def _fold(events: list[Event], found: LtoFindings, start: LtoState) -> set[LtoState]:
    """The states that are possible at the end; notes what undoes what on the way."""
    states = {start}
    for event in events:
        state = STATE[event.effect]
        _note(event, state, states, found)
        if event.effect is Effect.FAT and event.setting and states == {LtoState.DISABLED} and _only_adds(event):
            continue  # fat objects without LTO are native ones
        found.spots.append(event.spot)
        states = {state} if event.truth.by_default and event.is_whole else states | {state}
        if event.effect is Effect.FAT:
            found.opt_in_spots.append(event.spot)
    found.opt_in = states == {LtoState.FAT}
    return states


def _only_adds(event: Event) -> bool:
    """Whether a definition asks for fat objects and leaves LTO itself as it was."""
    assert event.setting is not None
    return flags_in(event.setting.definition.body).lto is None


def _note(event: Event, state: LtoState, states: set[LtoState], found: LtoFindings) -> None:
    spot = event.spot
    if event.lacks_lto or (
        event.effect is Effect.FAT and LtoState.DISABLED in states and event.setting and _only_adds(event)
    ):
        found.marks.append(Mark(Sign.FAT_WITHOUT_LTO, spot, "-ffat-lto-objects"))
    if event.effect is Effect.OFF and not event.lacks_lto:
        found.marks.append(Mark(Sign.LTO_OFF, spot, event.setting.definition.name if event.setting else "-fno-lto"))
    was_fat = LtoState.FAT in states
    if (state is LtoState.SLIM and "fat-lto-objects" in spot.text) or (
        was_fat and state not in states and event.is_whole
    ):
        found.marks.append(Mark(Sign.FAT_UNDONE, spot, "-ffat-lto-objects"))
    if event.setting is None and event.effect is Effect.FAT:
        found.marks.append(Mark(Sign.SHELL_OPT_IN, spot, "-ffat-lto-objects"))
    has_lto = flags_in(spot.text).lto
    if event.effect in (Effect.FAT, Effect.SLIM, Effect.ODD) and has_lto and event.setting is None:
        found.marks.append(Mark(Sign.HARDCODED_LTO, spot, "-flto"))


def _declared(reading: Reading, macro: str, events: list[Event], states: set[LtoState], found: LtoFindings) -> None:
    """The declarative opt-in: the last definition counts, and it must stand before flags are expanded."""
    frozen = next((event.spot for event in events if event.setting and event.truth is not Truth.NEVER), None)
    opted, spots = False, []
    for setting in reading.settings:
        definition = setting.definition
        if definition.name != macro:
            continue
        is_on = definition.verb is not Verb.UNDEFINE and definition.body.replace("%{nil}", "").strip() not in (
            "",
            "0",
            "%nil",
        )
        if setting.truth is Truth.NEVER:
            if is_on:
                found.marks.append(Mark(Sign.DEAD_OPT_IN, setting.spot, macro))
            continue
        if not setting.truth.by_default:
            spots += [setting.spot] * is_on
            continue
        if opted and not is_on:
            found.marks.append(Mark(Sign.FAT_UNDONE, setting.spot, macro))
        opted = is_on
        spots = [setting.spot] if is_on else []
        is_late = setting.section.kind != "preamble" or (frozen is not None and frozen.line < setting.spot.line)
        if is_on and is_late:
            found.marks.append(Mark(Sign.LATE_OPT_IN, setting.spot, macro))
    if opted and states == {LtoState.DISABLED}:
        found.marks.append(Mark(Sign.FAT_WITHOUT_LTO, spots[0], macro))
    if opted:
        found.marks = [mark for mark in found.marks if mark.sign is not Sign.SHELL_OPT_IN]
    found.opt_in = found.opt_in or opted
    found.opt_in_spots += spots


def _project_lto(lines: list[Line], found: LtoFindings) -> bool:
    """Look for LTO switches of the project's own build system."""
    before = len(found.marks)
    for line, _ in commands(lines):
        if option := PROJECT_LTO.search(line.text):
            spot = Spot(line.number, option.start() + 1, option[0])
            found.marks.append(Mark(Sign.PROJECT_LTO, spot, option[0]))
            found.spots.append(spot)
    return len(found.marks) > before
