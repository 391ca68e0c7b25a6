# SPDX-License-Identifier: GPL-2.0-or-later
"""What compiler flags say about objects. macros.ltocheck reads them by the same table in Lua."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from checker.model.flags import Lto


class Flags(NamedTuple):
    """Which LTO flags there are, the last one of each pair; None where there is none."""

    lto: bool | None
    fat: bool | None

    @property
    def state(self) -> Lto:
        """What a compiler makes that gets these flags and no others."""
        return Lto.NONE if not self.lto else Lto.FAT if self.fat else Lto.SLIM


NO_FLAGS = Flags(None, None)

ON = ("-flto", "-flto=")
"""The flag alone, and the start of it with a value: auto, a number, thin, full, jobserver."""
OFF = "-fno-lto"
FAT_FLAG = "-ffat-lto-objects"
"""The one flag of GCC and clang that asks for machine code beside bytecode."""
NOT_FAT = "-fno-fat-lto-objects"
PASSED_ON = frozenset({"-Xlinker", "-Xassembler", "-Xpreprocessor"})
"""Flags after which the next word is for another program. `-Wl,-flto` is one word, and none of the above."""

BETWEEN = r"[\s\"'\\]+"
"""What stands between flags, and the quotes around them."""
BETWEEN_IN_SHELL = r"[\s\"'\\`;|&(){}<>:\[\]%]+"


def lto_flags(flags: str) -> Flags:
    """The LTO flags among compiler flags, as in the value of %build_cflags."""
    return _last_of_each(re.split(BETWEEN, flags))


def lto_flags_in_shell(text: str) -> Flags:
    """The LTO flags in shell text or in a macro's body."""
    return _last_of_each(map(_assigned, re.split(BETWEEN_IN_SHELL, text)))


def _assigned(word: str) -> str:
    """The first flag in an assignment: `CFLAGS=-flto`, `-DCMAKE_C_FLAGS=-flto`; other words as they are."""
    name, is_assignment, value = word.partition("=-")
    is_flags = name.removesuffix("+").isidentifier() or (name.startswith("-D") and "FLAGS" in name)
    return f"-{value}" if is_assignment and is_flags else word


def _last_of_each(words: Iterable[str]) -> Flags:
    """As compilers do: the last one of each pair wins."""
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
