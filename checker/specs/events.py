# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything in a spec that touches the LTO flags: definitions of macros, and shell text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from checker.lto.flags import NO_FLAGS, Flags, lto_flags_in_shell
from checker.lto.macros import DISABLING, FLAG_MACROS, KNOBS
from checker.model.flags import Lto
from checker.model.specs import Spot
from checker.specs.conditions import Truth
from checker.specs.flags import Effect, effect_of_command, effect_of_macro
from checker.specs.macros import Verb
from checker.specs.sections import Setting, SpecLine, SpecText

SHELL = ("prep", "generate_buildrequires", "conf", "build", "install")
LTO_WORD = re.compile(r"lto|INTERPROCEDURAL|ltcg|_(?:LTO|IPO)\b")


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
    def state(self) -> Lto | None:
        """What the flags in it ask for, if it holds any."""
        flags = lto_flags_in_shell(self.spot.text)
        return None if flags == NO_FLAGS else flags.state


def macro_events(spec: SpecText) -> Iterator[Event]:
    """What definitions do to the flags, in order; an %undefine brings back what the spec had before."""
    stack: dict[str, list[tuple[Effect, bool]]] = {}
    for setting in spec.settings:
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
    elif definition.name == "add_optflags" and (flags := lto_flags_in_shell(definition.body)) != NO_FLAGS:
        effect = _added(flags)
        yield Event(setting.spot, effect, setting.truth, setting, is_whole=True)


def _added(flags: Flags) -> Effect:
    """What flags do behind others; -flto alone leaves them as fat or slim as they are."""
    if flags.lto is False:
        return Effect.OFF
    return Effect.FAT if flags.fat else Effect.ODD if flags.fat is None else Effect.SLIM


def commands(lines: list[SpecLine]) -> Iterator[tuple[SpecLine, str]]:
    """Shell commands that mention LTO, with the line that does; continued lines are joined."""
    for position, line in enumerate(lines):
        if not LTO_WORD.search(line.text) or line.text.lstrip().startswith("#"):
            continue
        first = position
        while first and position - first < 50 and lines[first - 1].text.endswith("\\"):
            first -= 1
        before = " ".join(part.text.rstrip("\\") for part in lines[first:position])
        yield line, f"{before} {line.text.rstrip()}".strip()


def shell_lines(spec: SpecText) -> list[SpecLine]:
    """Shell text in sections, and in macros that are defined anywhere; a definition's first line is no shell text."""
    defined = {setting.spot.line for setting in spec.settings}
    lines = [line for line in spec.of(*SHELL) if line.number not in defined]
    for setting in spec.settings:
        definition = setting.definition
        name, body = definition.name, definition.body
        is_flags = name in KNOBS or name in FLAG_MACROS or "ldflags" in name
        if is_flags or definition.verb is Verb.SWITCH or setting.in_comment or not LTO_WORD.search(body):
            continue
        lines += [
            SpecLine(number, text, setting.section, setting.truth)
            for number, text in enumerate(body.split("\n"), setting.spot.line)
            if setting.truth is not Truth.NEVER
        ]
    return lines


def shell_events(lines: list[SpecLine]) -> Iterator[Event]:
    """What shell text does to the flags."""
    for line, command in commands(lines):
        effect, is_whole = effect_of_command(command)
        if effect is not Effect.NONE:
            column = len(line.text) - len(line.text.lstrip()) + 1
            yield Event(Spot(line.number, column, line.text.strip()), effect, line.truth, None, is_whole)
