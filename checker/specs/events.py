# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything in a spec that touches the LTO flags, and what it does to them: definitions of macros, and shell text."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from checker.lto.flags import FAT_FLAG, NO_FLAGS, Flags, lto_flags_in_shell
from checker.lto.macros import DISABLING, FLAG_MACROS, KNOBS
from checker.model.specs import Observation, Observed, Spot
from checker.specs.conditions import Truth
from checker.specs.macros import Verb
from checker.specs.text import Setting, SpecLine, SpecText

SHELL = ("prep", "generate_buildrequires", "conf", "build", "install")
CONTINUED = 50
"""Lines of a shell command that are read before the one that mentions LTO."""
LTO_WORD = re.compile(r"lto|INTERPROCEDURAL|ltcg|_(?:LTO|IPO)\b")


class Effect(StrEnum):
    """What flags do to the LTO state that was there before."""

    NONE = "none"
    OFF = "off"
    FAT = "fat"
    SLIM = "slim"
    ODD = "odd"
    """Something else than flags, or flags for a part of the build only."""


OWN_MACRO = re.compile(
    r"%\{?[?!]*(?:_lto_cflags|_gcc_lto_cflags|_clang_lto_cflags|optflags(?:_lto)?|build_\w*flags|__global_\w+)\b"
)
OWN_REFERENCE = re.compile(OWN_MACRO.pattern + r"|\$\{?\(?\w*(?:FLAGS|_OPT)\w*")
"""The distribution's flags: by macro alone, and also by shell variable."""

SED = re.compile(r"\bsed\b")
REMOVAL = re.compile(r"([/,!|#@])\s*(-f(?:no-)?(?:lto|fat-lto-objects)[^/,!|#@]*)\1([^/,!|#@]*)\1")
SUBSTITUTION = re.compile(r"\$\{\w{0,40}FLAGS\w{0,40}//?\s*(-f(?:lto|fat-lto-objects)[^/}]*)(?:/([^}]*))?\}")


def edits(text: str) -> Effect:
    """What a sed, or the shell's `${FLAGS/-flto/}`, takes from flags."""
    effect = Effect.NONE
    pairs = [(found[2], found[3]) for found in REMOVAL.finditer(text)] if SED.search(text) else []
    pairs += [(found[1], found[2] or "") for found in SUBSTITUTION.finditer(text)]
    for old, new in pairs:
        if old.startswith("-flto") and "-flto" not in new:
            return Effect.OFF
        if old.startswith(FAT_FLAG) and FAT_FLAG not in new:
            effect = Effect.SLIM
    return effect


def effect_of_macro(name: str, body: str) -> tuple[Effect, bool]:
    """What a definition of a macro does, and whether it asks for fat objects without LTO of its own."""
    text = re.sub(r"%\{nil\}|%nil\b", "", body).strip()
    if name in KNOBS and not text:
        return Effect.OFF, False
    if (edited := edits(text)) is not Effect.NONE:
        return edited, False
    flags = lto_flags_in_shell(text)
    is_own = OWN_REFERENCE.search(text) is not None
    if flags == NO_FLAGS:
        return (Effect.NONE if is_own or name not in KNOBS else Effect.ODD), False
    if flags.lto is False:
        return Effect.OFF, False
    if flags.fat:
        has_base = is_own or flags.lto is True
        return (Effect.FAT, False) if has_base else (Effect.OFF, True)
    if is_own and flags.fat is None:
        return Effect.ODD, False  # -flto behind flags that may be fat leaves them so
    return Effect.SLIM, False


LTO_FLAG = re.compile(r"-f(?:no-)?(?:fat-)?lto\b")
ASSIGNMENT = re.compile(r"(?:^|[\s;\"'(\\]|-D)(\w{1,80})(?::STRING)?\s{0,9}\+?=")
IN_PLACE = re.compile(r"\s-\w{0,9}i\b|\s--in-place\b")
COMPILER_FLAGS = re.compile(
    r"(?:\w*_)?(?:CFLAGS|CXXFLAGS|CPPFLAGS|FFLAGS|FCFLAGS|OPT_?FLAGS|CMAKE_\w+_FLAGS)(?:_\w+)?$|OPTFLAGS|OPT$"
)


LINK_FLAGS = re.compile(r"LD_?FLAGS|LINKER_FLAGS|LINK_FLAGS")


def effect_of_command(command: str) -> tuple[Effect, bool]:
    """What a shell command does, and whether it does it to the flags of everything that is compiled."""
    if "CGO_" in command or "RUSTFLAGS" in command:
        return Effect.NONE, False
    if SED.search(command) or "/-f" in command:
        edits_file = IN_PLACE.search(command) is not None
        is_own = OWN_REFERENCE.search(command) is not None
        return (edits(command), True) if is_own and not edits_file else (Effect.NONE, False)
    flags = lto_flags_in_shell(command)
    if flags == NO_FLAGS:
        return Effect.NONE, False
    variable = _variable(command)
    if variable is not None and LINK_FLAGS.search(variable):
        return Effect.NONE, False
    if variable is None or not COMPILER_FLAGS.search(variable):
        return Effect.ODD, False
    if flags.lto is False:
        return Effect.OFF, True
    is_own = OWN_REFERENCE.search(command) is not None
    if flags.lto and is_own and flags.fat is None:
        return Effect.ODD, False  # -flto behind flags that may be fat leaves them so
    if flags.fat and not flags.lto and not is_own:
        return Effect.ODD, False
    return (Effect.FAT if flags.fat else Effect.SLIM), True


def _variable(command: str) -> str | None:
    """The variable that the first LTO flag is assigned to."""
    flag = LTO_FLAG.search(command)
    name = None
    for found in ASSIGNMENT.finditer(command, 0, flag.start() if flag else len(command)):
        name = found[1]
    return name


PROJECT_LTO = re.compile(
    r"--with-lto\b(?!=no)|--with-lto=(?!no)\S+|INTERPROCEDURAL_OPTIMIZATION\w*(?::\w+)?=(?:ON|TRUE|1|YES|on|true|yes)\b"
    r"|-Db_lto=true|CONFIG\s?\+=\s?\"?ltcg|-D\w{0,40}(?:ENABLE|USE|WITH)_(?:LTO|IPO)(?::\w+)?=(?:ON|TRUE|1|on|true)\b"
)
"""A project's own LTO switch: CPython's, CMake's, meson's, qmake's. `--enable-lto` is none: in GCC it is a feature."""


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
    def flags(self) -> Flags:
        """The LTO flags in its text."""
        return lto_flags_in_shell(self.spot.text)

    @property
    def only_adds(self) -> bool:
        """Whether it is a definition that asks for fat objects and leaves LTO itself as it was."""
        if self.setting is None or self.effect is not Effect.FAT:
            return False
        return lto_flags_in_shell(self.setting.definition.body).lto is None


class Events(NamedTuple):
    """Everything in a spec that concerns LTO."""

    of_flags: list[Event]
    """What touches the flags, in the order in which it takes effect."""
    switches: list[Observation]
    """LTO switches of the project's build system."""


def events_in(spec: SpecText) -> Events:
    """What of a spec concerns LTO; of one that rpm has expanded, only shell text is left."""
    lines = _shell_lines(spec)
    events = sorted([*_macro_events(spec), *_shell_events(lines)], key=lambda event: event.spot[:2])
    return Events(events, list(_project_switches(lines)))


def _macro_events(spec: SpecText) -> Iterator[Event]:
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


def _commands(lines: list[SpecLine]) -> Iterator[tuple[SpecLine, str]]:
    """Shell commands that mention LTO, with the line that does; continued lines are joined."""
    for position, line in enumerate(lines):
        if not LTO_WORD.search(line.text) or line.text.lstrip().startswith("#"):
            continue
        first = position
        while first and position - first < CONTINUED and lines[first - 1].text.endswith("\\"):
            first -= 1
        before = " ".join(part.text.rstrip("\\") for part in lines[first:position])
        yield line, f"{before} {line.text.rstrip()}".strip()


def _shell_lines(spec: SpecText) -> list[SpecLine]:
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


def _shell_events(lines: list[SpecLine]) -> Iterator[Event]:
    """What shell text does to the flags."""
    for line, command in _commands(lines):
        effect, is_whole = effect_of_command(command)
        if effect is not Effect.NONE:
            yield Event(line.spot, effect, line.truth, None, is_whole)


def _project_switches(lines: list[SpecLine]) -> Iterator[Observation]:
    """The LTO switches of the project's own build system in shell text."""
    for line, _ in _commands(lines):
        if option := PROJECT_LTO.search(line.text):
            spot = Spot(line.number, option.start() + 1, option[0])
            yield Observation(Observed.PROJECT_LTO, spot, option[0])
