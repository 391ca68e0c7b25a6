# SPDX-License-Identifier: GPL-2.0-or-later
"""What a piece of compiler flags, in a macro's body or in shell text, does to LTO."""

import re
from enum import StrEnum
from typing import NamedTuple


class Effect(StrEnum):
    """What flags do to the LTO state that was there before."""

    NONE = "none"
    OFF = "off"
    FAT = "fat"
    SLIM = "slim"
    ODD = "odd"
    """Something else than flags, or flags for a part of the build only."""


class Flags(NamedTuple):
    """Which flags of LTO a text holds, the last one of each pair."""

    lto: bool | None
    fat: bool | None


FLAG = re.compile(r"(?<![\w-])-f(no-)?(lto(?:=[\w.-]+)?|fat-lto-objects)(?![\w-])")


def flags_in(text: str) -> Flags:
    """The flags in a text; the last one of each pair wins, as in GCC and clang."""
    lto = fat = None
    for found in FLAG.finditer(text):
        if found[2].startswith("lto"):
            lto = not found[1]
        else:
            fat = not found[1]
    return Flags(lto, fat)


KNOBS = frozenset({"_lto_cflags", "_gcc_lto_cflags", "_clang_lto_cflags", "optflags_lto"})
"""Macros whose whole text is the LTO flags: Fedora's, openSUSE's and ALT's."""

FLAG_MACROS = frozenset(
    {
        "optflags",
        "build_cflags",
        "build_cxxflags",
        "build_fflags",
        "build_fcflags",
        "__global_compiler_flags",
        "_general_options",
        "__global_cflags",
    }
)
"""Macros that hold the LTO flags among others. What only links makes no object: %build_ldflags is none of them."""

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
        if old.startswith("-ffat-lto-objects") and "-ffat-lto-objects" not in new:
            effect = Effect.SLIM
    return effect


def effect_of_macro(name: str, body: str) -> tuple[Effect, bool]:
    """What a definition of a macro does, and whether it asks for fat objects without LTO of its own."""
    text = re.sub(r"%\{nil\}|%nil\b", "", body).strip()
    if name in KNOBS and not text:
        return Effect.OFF, False
    if (edited := edits(text)) is not Effect.NONE:
        return edited, False
    flags = flags_in(text)
    is_own = OWN_REFERENCE.search(text) is not None
    if flags == (None, None):
        return (Effect.NONE if is_own or name not in KNOBS else Effect.ODD), False
    if flags.lto is False:
        return Effect.OFF, False
    if flags.fat:
        has_base = is_own or flags.lto is True
        return (Effect.FAT, False) if has_base else (Effect.OFF, True)
    return Effect.SLIM, False


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
    flags = flags_in(command)
    if flags == (None, None):
        return Effect.NONE, False
    variable = _variable(command)
    if variable is not None and LINK_FLAGS.search(variable):
        return Effect.NONE, False
    if variable is None or not COMPILER_FLAGS.search(variable):
        return Effect.ODD, False
    if flags.lto is False:
        return Effect.OFF, True
    if flags.fat and not flags.lto and not OWN_REFERENCE.search(command):
        return Effect.ODD, False
    return (Effect.FAT if flags.fat else Effect.SLIM), True


def _variable(command: str) -> str | None:
    """The variable that the first LTO flag is assigned to."""
    flag = FLAG.search(command)
    assert flag is not None
    name = None
    for found in ASSIGNMENT.finditer(command, 0, flag.start()):
        name = found[1]
    return name


PROJECT_LTO = re.compile(
    r"--with-lto\b(?!=no)|--with-lto=(?!no)\S+|INTERPROCEDURAL_OPTIMIZATION\w*(?::\w+)?=(?:ON|TRUE|1|YES|on|true|yes)\b"
    r"|-Db_lto=true|CONFIG\s?\+=\s?\"?ltcg|-D\w{0,40}(?:ENABLE|USE|WITH)_(?:LTO|IPO)(?::\w+)?=(?:ON|TRUE|1|on|true)\b"
)
"""A project's own LTO switch: CPython's, CMake's, meson's, qmake's. `--enable-lto` is none: in GCC it is a feature."""
