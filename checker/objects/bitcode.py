# SPDX-License-Identifier: GPL-2.0-or-later
"""LLVM bitcode: who wrote it, for what target, and whether it defines anything.

The names and numbers are those of LLVM's bit code file format (llvm/docs/BitCodeFormat.rst) and of
llvm/Bitcode/LLVMBitCodes.h. Blocks are hopped over by their length; of a module only what stands before its first
global is read, so an object of any size costs the same few kilobytes.

What a module defines is taken from the module, not from the symbol table block beside it: that block is missing when
the compiler did not know the target's assembler, and it says nothing of assembler text that defines no symbol.
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
"""Apple's header around a bitcode file: five little-endian words, the third and fourth are offset and size."""

WRAPPER_HEADER = struct.Struct("<4s4I")
MOST_WRAPPED = 1 << 12
"""Where bitcode begins in a wrapper at the latest; Apple's and LLVM's begins at 20."""

MODULE_BLOCK, IDENTIFICATION_BLOCK, STRTAB_BLOCK = 8, 13, 23
FIRST_BLOCKS = (IDENTIFICATION_BLOCK, MODULE_BLOCK)
"""LLVM 3.8 and newer begin with the identification, older ones with the module."""

IDENTIFICATION_STRING = 1
MODULE_VERSION, MODULE_TRIPLE = 1, 2

ASM, GLOBALVAR, FUNCTION = 4, 7, 8
MODULE_CONTENT = frozenset({ASM, GLOBALVAR, FUNCTION, 9, 14, 15})
"""Records ASM, GLOBALVAR, FUNCTION, ALIAS_OLD, ALIAS and IFUNC; LLVM writes the triple before the first of them."""

NAMES_OUTSIDE = 2
"""From this module version on (LLVM 5) names are in a string table block, which follows the module."""

SLACK = 8
"""Bytes after the last block that are no block; LLVM ignores as many, because some `ar` pad members."""

TEXT = 1 << 10
"""Bytes kept of a triple or a producer; real ones have less than 100."""


APPENDING, AVAILABLE_EXTERNALLY = 2, 12
"""Linkages of what is no definition: llvm.used and its like, and functions that another unit defines."""

PADDING = 16
"""Zeros that a linker may put between the bitcode of two objects."""


class Bitcode(NamedTuple):
    """What bitcode says of itself; `version` and `triple` are None where it does not."""

    producer: str
    version: str | None
    triple: str | None
    empty: bool
    """No module in it has a global, not even a declared one, an alias or assembler; a ThinLTO index never has."""
    defines: bool
    """A module in it defines something that machine code should define, too; taken for granted unless all is read."""
    files: int = 1
    """How many bitcode files it is, one after the other."""


class Module(NamedTuple):
    """What one module says."""

    triple: str | None
    empty: bool
    defines: bool
    names_outside: bool
    """Its names are in a string table block that follows."""


class _BitcodeBlocks:
    """What has been read of bitcode so far."""

    def __init__(self) -> None:
        self.identification: str | None = None
        self.triple: str | None = None
        self.modules = 0
        self.empty = True
        self.defines = False
        self.unnamed = False


def read_bitcode(source: Source, *, whole: bool = False) -> Bitcode:
    """What bitcode says of itself, wrapped or bare, with `whole` after a look at all globals; raises Malformed.

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
    return Bitcode(producer, version, reading.triple, reading.empty, reading.defines, files)


def is_bitcode(source: Source) -> bool:
    """Whether the structure of bitcode follows its magic: a block that is known to come first, or a wrapper."""
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
    """The bit stream, behind its magic."""
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
    """Go behind the magic of one more bitcode file, if one follows."""
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
    """The blocks of one bitcode file at top level."""
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
                reading.empty &= module.empty
                reading.defines |= module.defines
                reading.unnamed |= module.names_outside
        elif block == STRTAB_BLOCK:
            reading.unnamed = False
        bits.at, bits.end = bits.end, end
    if reading.unnamed:
        raise Malformed("bitcode without the string table that its module needs", bits.at >> 3)


def _identification(bits: Bits, width: int) -> str | None:
    """The string by which the producer names itself."""
    for code, fields in records(bits, width):
        if code == IDENTIFICATION_STRING:
            return _text(bits, fields)
    return None


def _module(bits: Bits, width: int, whole: bool) -> Module:
    """What a module says before its first global, or before its first definition if `whole`."""
    triple = None
    outside = False
    empty = True
    for code, fields in records(bits, width):
        if code == MODULE_VERSION:
            outside = next(fields, 0) >= NAMES_OUTSIDE
        elif code == MODULE_TRIPLE:
            triple = _text(bits, fields)
        elif code in MODULE_CONTENT:
            empty = False
            if not whole or (code != ASM and _is_definition(code, fields, outside)):
                return Module(triple, False, True, outside)
    return Module(triple, empty, False, outside)


def _is_definition(code: int, fields: Iterator[int], outside: bool) -> bool:
    """Whether a global's record stands for something that machine code defines; see LLVM's parseGlobalVarRecord."""
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
    """Fields that are the bytes of a text; None for an empty one."""
    try:
        return bytes(islice(fields, TEXT)).decode("utf-8", "backslashreplace") or None
    except ValueError as error:
        raise bits.malformed("a text whose characters are no bytes") from error


def _producer(identification: str | None) -> tuple[str, str | None]:
    """`LLVM14.0.6` as producer and version; Apple's and Zig's own names for themselves stay visible."""
    match = re.match(r"([A-Za-z]+)[-_ ]*(.*)", identification or "", re.DOTALL)
    if not match:
        return "llvm", identification
    return match[1].lower(), match[2] or None
