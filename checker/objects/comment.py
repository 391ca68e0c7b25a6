# SPDX-License-Identifier: GPL-2.0-or-later
"""The compilers that objects name in `.comment`."""

import re

from checker.model import Kind, ObjectFacts
from checker.objects.elf import Elf
from checker.objects.source import Malformed, Source

COMMENT = b".comment"
READ = 1 << 12
"""Bytes of a section that are read; `ld -r` joins the texts of all its inputs."""

LENGTH = 64
"""Bytes of a name that are kept."""

WITH_CODE = (Kind.NATIVE, Kind.FAT, Kind.MIXED)

NO_COMPILER = re.compile(r"Linker: |The Netwide Assembler|yasm ")
"""The texts of linkers and assemblers: LLD, nasm, yasm."""

DOES_LTO = re.compile(r"GCC: |(\S+ )*(clang|flang) version ")
"""The texts of all compilers of GCC, including gfortran, gnat and gdc, and of LLVM after any vendor's name."""


def does_lto(compiler: str) -> bool:
    """Whether a distribution's LTO flags have an effect on the compiler of this name."""
    return DOES_LTO.match(compiler) is not None


class CompilerName:
    """The compiler of a file among those that its objects name: the first that does LTO, else the first."""

    __slots__ = ("_settled", "name")

    def __init__(self) -> None:
        self.name: str | None = None
        self._settled = False

    def look_at(self, source: Source, facts: ObjectFacts) -> None:
        """Take the compiler of one more object into account, unless it cannot change the result."""
        if self._settled or facts.format != "elf" or facts.kind not in WITH_CODE:
            return
        for name in _names(source):
            self._settled = does_lto(name)
            if self._settled or self.name is None:
                self.name = name
            if self._settled:
                return


def _names(source: Source) -> list[str]:
    """The compilers that an ELF object names, each the beginning of a text up to NUL; none if it is malformed."""
    try:
        elf = Elf(source)
        if not elf.may_have(COMMENT):
            return []
        starts_with = elf.name_test()
        for offset, _, _, at, size in elf.brief_rows():
            if starts_with(COMMENT, offset) and elf.name(offset) == COMMENT:
                data = source.read(at, min(size, READ))
                texts = (text[:LENGTH].decode("utf-8", "surrogateescape") for text in data.split(b"\0") if text)
                return [text for text in texts if not NO_COMPILER.match(text)]
    except Malformed:
        pass  # the object's own facts report the damage
    return []
