# SPDX-License-Identifier: GPL-2.0-or-later
"""What a piece of compiler flags, in a macro's body or in shell text, does to LTO."""

import re
from enum import StrEnum

from checker.lto.flags import FAT_FLAG, NO_FLAGS, lto_flags_in_shell
from checker.lto.macros import KNOBS


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
