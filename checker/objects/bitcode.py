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
from dataclasses import dataclass
from itertools import islice

from checker.objects.bitstream import ENTER_SUBBLOCK, Bits, enter, records
from checker.objects.source import Malformed, Source

MAGIC = b"BC\xc0\xde"
WRAPPER = b"\xde\xc0\x17\x0b"
"""Apple's header around a bitcode file: five little-endian words, the third and fourth are offset and size."""

MODULE_BLOCK, IDENTIFICATION_BLOCK, STRTAB_BLOCK = 8, 13, 23
IDENTIFICATION_STRING = 1
MODULE_VERSION, MODULE_TRIPLE = 1, 2

MODULE_CONTENT = frozenset({4, 7, 8, 9, 14, 15})
"""Records ASM, GLOBALVAR, FUNCTION, ALIAS_OLD, ALIAS and IFUNC; LLVM writes the triple before the first of them."""

NAMES_OUTSIDE = 2
"""From this module version on (LLVM 5) names are in a string table block, which follows the module."""

SLACK = 8
"""Bytes after the last block that are no block; LLVM ignores as many, because some `ar` pad members."""

TEXT = 1 << 10
"""Bytes kept of a triple or a producer; real ones have less than 100."""


@dataclass(frozen=True, slots=True)
class Bitcode:
    """What one bitcode file says of itself; `version` and `triple` are None where it does not."""

    producer: str
    version: str | None
    triple: str | None
    empty: bool
    """No module in it has a global, not even a declared one, an alias or assembler; a ThinLTO index never has."""


def read_bitcode(source: Source) -> Bitcode:
    """What a bitcode file, wrapped or bare, says of itself; raises Malformed."""
    bits = _opened(source)
    identification = triple = None
    modules = 0
    empty = True
    unnamed = False
    for block, width in _blocks(bits):
        if block == IDENTIFICATION_BLOCK and identification is None:
            identification = _identification(bits, width)
        elif block == MODULE_BLOCK:
            modules += 1
            if empty:
                found, empty, outside = _module(bits, width)
                triple = triple or found
                unnamed = unnamed or outside
        elif block == STRTAB_BLOCK:
            unnamed = False
    if not modules:
        raise Malformed("bitcode without a module", source.size)
    if unnamed:
        raise Malformed("bitcode without the string table that its module needs", source.size)
    producer, version = _producer(identification)
    return Bitcode(producer, version, triple, empty)


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


def _blocks(bits: Bits) -> Iterator[tuple[int, int]]:
    """The blocks at top level: their ids, and the width of the abbreviation ids inside."""
    end = bits.end
    while end - bits.at > SLACK * 8:
        if bits.fixed(2) != ENTER_SUBBLOCK:
            raise bits.malformed("no block begins where the last one ended")
        block, width, size = enter(bits)
        bits.end = bits.at + size
        yield block, width
        bits.at, bits.end = bits.end, end


def _identification(bits: Bits, width: int) -> str | None:
    """The string by which the producer names itself."""
    for code, fields in records(bits, width):
        if code == IDENTIFICATION_STRING:
            return _text(bits, fields)
    return None


def _module(bits: Bits, width: int) -> tuple[str | None, bool, bool]:
    """A module's triple, whether it is empty, and whether its names are in a string table outside."""
    triple = None
    outside = False
    for code, fields in records(bits, width):
        if code == MODULE_VERSION:
            outside = next(fields, 0) >= NAMES_OUTSIDE
        elif code == MODULE_TRIPLE:
            triple = _text(bits, fields)
        elif code in MODULE_CONTENT:
            return triple, False, outside
    return triple, True, outside


def _text(bits: Bits, fields: Iterator[int]) -> str | None:
    """Fields that are the bytes of a text; None for an empty one."""
    try:
        return bytes(islice(fields, TEXT)).decode("utf-8", "surrogateescape") or None
    except ValueError as error:
        raise bits.malformed("a text whose characters are no bytes") from error


def _producer(identification: str | None) -> tuple[str, str | None]:
    """`LLVM14.0.6` as producer and version; Apple's and Zig's own names for themselves stay visible."""
    match = re.match(r"([A-Za-z]+)[-_ ]*(.*)", identification or "", re.DOTALL)
    if not match:
        return "llvm", identification
    return match[1].lower(), match[2] or None
