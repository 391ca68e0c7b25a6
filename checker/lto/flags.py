# SPDX-License-Identifier: GPL-2.0-or-later
"""The effect of compiler flags on objects; macros.ltocheck applies the same table in Lua."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from checker.model.flags import Lto


class Flags(NamedTuple):
    """The LTO flags in effect, the last of each pair; None if neither is given."""

    lto: bool | None
    fat: bool | None

    @property
    def state(self) -> Lto:
        """The objects that a compiler makes with these flags alone."""
        return Lto.NONE if not self.lto else Lto.FAT if self.fat else Lto.SLIM


NO_FLAGS = Flags(None, None)

ON = ("-flto", "-flto=")
"""The flag alone, and its beginning with a value: auto, a number, thin, full, jobserver."""
OFF = "-fno-lto"
FAT_FLAG = "-ffat-lto-objects"
"""The flag of GCC and clang that requests machine code beside bytecode."""
NOT_FAT = "-fno-fat-lto-objects"
PASSED_ON = frozenset({"-Xlinker", "-Xassembler", "-Xpreprocessor"})
"""Flags whose next word goes to another program; `-Wl,-flto` is one word, and no LTO flag of the compiler."""

BETWEEN = r"[\s\"'\\]+"
"""Separators of flags, those of ASCII as in a shell, and the quotes around them."""
BETWEEN_IN_SHELL = r"[\s\"'\\`;|&(){}<>:\[\]%]+"


def lto_flags(flags: str) -> Flags:
    """The LTO flags among compiler flags, as in the value of %build_cflags."""
    return _last_of_each(re.split(BETWEEN, flags, flags=re.ASCII))


def lto_flags_in_shell(text: str) -> Flags:
    """The LTO flags in shell text or in a macro's body."""
    return _last_of_each(map(_assigned, re.split(BETWEEN_IN_SHELL, text, flags=re.ASCII)))


def _assigned(word: str) -> str:
    """The first flag in an assignment: `CFLAGS=-flto`, `-DCMAKE_C_FLAGS=-flto`; other words as they are."""
    name, is_assignment, value = word.partition("=-")
    is_flags = name.removesuffix("+").isidentifier() or (name.startswith("-D") and "FLAGS" in name)
    return f"-{value}" if is_assignment and is_flags else word


def _last_of_each(words: Iterable[str]) -> Flags:
    """The LTO flags among words; the last of each pair wins, as in compilers."""
    lto = fat = None
    is_passed_on = False
    for word in words:
        if is_passed_on:
            is_passed_on = False
        elif word == ON[0] or word.startswith(ON[1]):
            lto = True
        elif word == OFF:
            lto = False
        elif word in (FAT_FLAG, NOT_FAT):
            fat = word == FAT_FLAG
        else:
            is_passed_on = word in PASSED_ON
    return Flags(lto, fat)
