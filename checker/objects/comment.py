# SPDX-License-Identifier: GPL-2.0-or-later
"""The compilers that objects name in `.comment`."""

import re

from checker.model import Kind, ObjectFacts
from checker.objects.elf import Elf
from checker.objects.source import Malformed, Source

COMMENT = b".comment"
READ = 1 << 12
"""Bytes of a section that are looked at; `ld -r` joins the texts of all its inputs."""

LENGTH = 64
"""Characters of a name that are kept."""

WITH_CODE = (Kind.NATIVE, Kind.FAT, Kind.MIXED)

NO_COMPILER = re.compile(r"Linker: |The Netwide Assembler|yasm ")
"""What linkers and assemblers write there: LLD, nasm, yasm."""

DOES_LTO = re.compile(r"GCC: |(\S+ )*(clang|flang) version ")
"""How all of GCC names itself, gfortran, gnat and gdc too, and LLVM with whatever vendor's name in front."""


def does_lto(compiler: str) -> bool:
    """Whether a distribution's LTO flags mean something to the compiler."""
    return DOES_LTO.match(compiler) is not None


class CompilerName:
    """The compiler of a file, out of what its objects name: the first that does LTO, else the first."""

    __slots__ = ("_settled", "name")

    def __init__(self) -> None:
        self.name: str | None = None
        self._settled = False

    def look_at(self, source: Source, facts: ObjectFacts) -> None:
        """Look at one object more, unless it cannot change the answer."""
        if self._settled or facts.format != "elf" or facts.kind not in WITH_CODE:
            return
        for name in _names(source):
            self._settled = does_lto(name)
            if self._settled or self.name is None:
                self.name = name
            if self._settled:
                return


def _names(source: Source) -> list[str]:
    """The compilers that an ELF object names, each on the first characters of a text that ends by a NUL."""
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
        pass  # the object's own facts say what matters
    return []
