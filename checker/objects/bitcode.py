# SPDX-License-Identifier: GPL-2.0-or-later
"""LLVM bitcode: its producer, its target, and whether it defines anything.

The names and numbers are those of LLVM's bit code file format (llvm/docs/BitCodeFormat.rst) and of
llvm/Bitcode/LLVMBitCodes.h. Blocks are skipped by their length, and a module is read only up to its first global, so an
object of any size costs the same few kilobytes.

Definitions are read from the module, not from the symbol table block beside it: that block is missing if the compiler
did not know the target's assembler, and it leaves out assembler text that defines no symbol.
"""

import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checker.objects.bitstream import ENTER_SUBBLOCK, Bits, enter, records
from checker.objects.source import Malformed, Source

MAGIC = b"BC\xc0\xde"
WRAPPER = b"\xde\xc0\x17\x0b"
"""The magic of Apple's header around bitcode: five little-endian words, of which 3 and 4 are its offset and size."""

WRAPPER_HEADER = struct.Struct("<4s4I")
MOST_WRAPPED = 1 << 12
"""The greatest offset of bitcode in a wrapper, in bytes; Apple and LLVM write 20."""

MODULE_BLOCK, IDENTIFICATION_BLOCK, STRTAB_BLOCK = 8, 13, 23
FIRST_BLOCKS = (IDENTIFICATION_BLOCK, MODULE_BLOCK)
"""Blocks that bitcode may begin with: the identification since LLVM 3.8, the module before."""

IDENTIFICATION_STRING = 1
MODULE_VERSION, MODULE_TRIPLE, MODULE_SOURCE = 1, 2, 16

ASM, GLOBALVAR, FUNCTION = 4, 7, 8
MODULE_CONTENT = frozenset({ASM, GLOBALVAR, FUNCTION, 9, 14, 15})
"""Records ASM, GLOBALVAR, FUNCTION, ALIAS_OLD, ALIAS and IFUNC; LLVM writes the other ones named here before them."""

FRONTENDS = ((re.compile(r"-cgu\.[0-9]+\Z|\A[0-9a-z]{13,}\Z"), "rustc"), (re.compile(r"\.di?\Z"), "ldc2"))
"""Compilers by the names of their sources; rustc's are units of code (CodegenUnitNameBuilder in rustc_middle).

Such a unit is named by the crate and a number or by a hash alone, as that of the allocator is.
"""

NAMES_OUTSIDE = 2
"""The first module version (LLVM 5) whose names are in a string table block after the module."""

SLACK = 8
"""Bytes after the last block that are ignored, as LLVM does, because some `ar` pad members."""

TEXT = 1 << 10
"""Bytes kept of a triple or a producer; real ones have less than 100."""


APPENDING, AVAILABLE_EXTERNALLY = 2, 12
"""Linkages of globals that are no definitions: llvm.used and the like, and functions that another unit defines."""

PADDING = 16
"""Zeros that a linker may put between the bitcode of two objects."""


class Bitcode(NamedTuple):
    """The facts of bitcode; `version` and `triple` are None if it does not name them."""

    producer: str
    version: str | None
    triple: str | None
    empty: bool
    """Whether no module has a global (not even a declaration), an alias or assembler; true for a ThinLTO index."""
    defines: bool
    """Whether a module has a definition that machine code should have, too; assumed unless everything is read."""
    files: int = 1
    """The number of bitcode files in it, one after the other."""
    frontend: str | None = None
    """The compiler, where the name of its source shows that it is one of FRONTENDS."""


class Module(NamedTuple):
    """The facts of one module."""

    triple: str | None
    frontend: str | None
    empty: bool
    defines: bool
    names_outside: bool
    """Whether its names are in a string table block that follows."""


class _BitcodeBlocks:
    """The facts of the blocks that were read so far."""

    def __init__(self) -> None:
        self.identification: str | None = None
        self.triple: str | None = None
        self.frontend: str | None = None
        self.modules = 0
        self.empty = True
        self.defines = False
        self.unnamed = False


def read_bitcode(source: Source, *, whole: bool = False) -> Bitcode:
    """The facts of bitcode, wrapped or bare; `whole` reads all globals, not only the first. Raises Malformed.

    `ld -r` puts the bitcode of several objects one after the other.
    """
    bits = _opened(source)
    reading = _BitcodeBlocks()
    files = 1
    _read_blocks(bits, reading, whole)
    while _next_file(bits):
        files += 1
        _read_blocks(bits, reading, whole)
    if not reading.modules:
        raise Malformed("bitcode without a module", source.size)
    producer, version = _producer(reading.identification)
    return Bitcode(producer, version, reading.triple, reading.empty, reading.defines, files, reading.frontend)


def is_bitcode(source: Source) -> bool:
    """Whether bitcode's structure follows its magic: one of FIRST_BLOCKS, or a wrapper."""
    if source.size < 8:
        return False
    if source.read(0, 4) == WRAPPER:
        if source.size < WRAPPER_HEADER.size:
            return False
        _, version, at, _, _ = WRAPPER_HEADER.unpack(source.read(0, WRAPPER_HEADER.size))
        if version or at < WRAPPER_HEADER.size or at > MOST_WRAPPED or at + 8 > source.size:
            return False
        return source.read(at, 4) == MAGIC and _begins_with_block(source.read(at + 4, 4))
    return _begins_with_block(source.read(4, 4))


def _begins_with_block(data: bytes) -> bool:
    word = int.from_bytes(data, "little")
    return word & 3 == ENTER_SUBBLOCK and word >> 2 & 0xFF in FIRST_BLOCKS and 2 <= word >> 10 & 0xF <= 8


def _opened(source: Source) -> Bits:
    """The bit stream after its magic; raises Malformed."""
    first, end = 0, source.size
    if source.read(0, 4) == WRAPPER:
        first, size = struct.unpack("<2I", source.read(8, 8))
        end = first + size
        if end > source.size:
            raise Malformed(f"the wrapper says that bitcode ends at {end}, the data ends at {source.size}", 8)
    if first + 4 > end or source.read(first, 4) != MAGIC:
        raise Malformed("no bitcode magic", first)
    bits = Bits(source, first, end)
    bits.skip(32)
    return bits


def _next_file(bits: Bits) -> bool:
    """Move past the magic of the next bitcode file; False if none follows."""
    if bits.end - bits.at <= SLACK * 8:
        return False
    at = bits.at
    for _ in range(PADDING // 4):
        if (word := bits.fixed(32).to_bytes(4, "little")) == MAGIC:
            return True
        if word.strip(b"\0") or bits.end - bits.at < 32:
            break
    bits.at = at
    raise bits.malformed("no block begins where the last one ended")


def _read_blocks(bits: Bits, reading: _BitcodeBlocks, whole: bool) -> None:
    """Read the top-level blocks of one bitcode file; raises Malformed."""
    end = bits.end
    reading.unnamed = False
    while end - bits.at > SLACK * 8 and bits.peek(2) == ENTER_SUBBLOCK:
        bits.skip(2)
        block, width, size = enter(bits)
        bits.end = bits.at + size
        if block == IDENTIFICATION_BLOCK and reading.identification is None:
            reading.identification = _identification(bits, width)
        elif block == MODULE_BLOCK:
            reading.modules += 1
            if reading.empty or (whole and not reading.defines):
                module = _module(bits, width, whole)
                reading.triple = reading.triple or module.triple
                reading.frontend = reading.frontend or module.frontend
                reading.empty &= module.empty
                reading.defines |= module.defines
                reading.unnamed |= module.names_outside
        elif block == STRTAB_BLOCK:
            reading.unnamed = False
        bits.at, bits.end = bits.end, end
    if reading.unnamed:
        raise Malformed("bitcode without the string table that its module needs", bits.at >> 3)


def _identification(bits: Bits, width: int) -> str | None:
    """The string in which the producer names itself."""
    for code, fields in records(bits, width):
        if code == IDENTIFICATION_STRING:
            return _text(bits, fields)
    return None


def _module(bits: Bits, width: int, whole: bool) -> Module:
    """The facts of a module, read up to its first global, or with `whole` up to its first definition."""
    triple = frontend = None
    outside = False
    empty = True
    for code, fields in records(bits, width):
        if code == MODULE_VERSION:
            outside = next(fields, 0) >= NAMES_OUTSIDE
        elif code == MODULE_TRIPLE:
            triple = _text(bits, fields)
        elif code == MODULE_SOURCE:
            frontend = _frontend(_text(bits, fields) or "")
        elif code in MODULE_CONTENT:
            empty = False
            if not whole or (code != ASM and _is_definition(code, fields, outside)):
                return Module(triple, frontend, False, True, outside)
    return Module(triple, frontend, empty, False, outside)


def _frontend(source_name: str) -> str | None:
    return next((name for pattern, name in FRONTENDS if pattern.search(source_name)), None)


def _is_definition(code: int, fields: Iterator[int], outside: bool) -> bool:
    """Whether a global's record is a definition that machine code has, too; see LLVM's parseGlobalVarRecord."""
    if code not in (GLOBALVAR, FUNCTION):
        return True
    skipped = 4 if outside else 2
    told = list(islice(fields, skipped, skipped + 2))
    if len(told) < 2:
        return True
    value, linkage = told
    is_there = value != 0 if code == GLOBALVAR else value == 0
    return is_there and linkage not in (APPENDING, AVAILABLE_EXTERNALLY)


def _text(bits: Bits, fields: Iterator[int]) -> str | None:
    """The text whose bytes are the fields, cut to TEXT; None for an empty one."""
    try:
        return bytes(islice(fields, TEXT)).decode("utf-8", "backslashreplace") or None
    except ValueError as error:
        raise bits.malformed("a text whose characters are no bytes") from error


def _producer(identification: str | None) -> tuple[str, str | None]:
    """`LLVM14.0.6` split into producer and version; Apple's and Zig's names for themselves are kept."""
    match = re.match(r"([A-Za-z]+)[-_ ]*(.*)", identification or "", re.DOTALL)
    if not match:
        return "llvm", identification
    return match[1].lower(), match[2] or None
