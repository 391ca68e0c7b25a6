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
from typing import NamedTuple

from checker.objects.source import Malformed, Source

MAGIC = b"BC\xc0\xde"
WRAPPER = b"\xde\xc0\x17\x0b"
"""Apple's header around a bitcode file: five little-endian words, the third and fourth are offset and size."""

END_BLOCK, ENTER_SUBBLOCK, DEFINE_ABBREV, UNABBREV_RECORD = range(4)
"""The abbreviation ids that every block has; those that it defines come after."""

MODULE_BLOCK, IDENTIFICATION_BLOCK, STRTAB_BLOCK = 8, 13, 23
IDENTIFICATION_STRING = 1
MODULE_VERSION, MODULE_TRIPLE = 1, 2

MODULE_CONTENT = frozenset({4, 7, 8, 9, 14, 15})
"""Records ASM, GLOBALVAR, FUNCTION, ALIAS_OLD, ALIAS and IFUNC; LLVM writes the triple before the first of them."""

NAMES_OUTSIDE = 2
"""From this module version on (LLVM 5) names are in a string table block, which follows the module."""

FIXED, VBR, ARRAY, CHAR6, BLOB = range(1, 6)
CHAR6_ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"

SLACK = 8
"""Bytes after the last block that are no block; LLVM ignores as many, because some `ar` pad members."""

FIELDS = 1 << 21
"""Fields read in one object. The COMDATs of a module stand before its triple, six fields each."""

TEXT = 1 << 10
"""Bytes kept of a triple or a producer; real ones have less than 100."""

ABBREVIATIONS, OPERANDS = 1 << 8, 1 << 6
"""Abbreviations in one block and fields in one of them; LLVM's modules have 4 and 13 at most."""

WINDOW = 1 << 12
"""Bytes held in memory."""


@dataclass(frozen=True, slots=True)
class Bitcode:
    """What one bitcode file says of itself; `version` and `triple` are None where it does not."""

    producer: str
    version: str | None
    triple: str | None
    empty: bool
    """No module in it has a global, not even a declared one, an alias or assembler; a ThinLTO index never has."""


class Operand(NamedTuple):
    """How one field of an abbreviated record is stored; `value` is a width in bits or the literal itself."""

    encoding: int | None
    value: int


LITERAL = None


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


class _Bits:
    """A place in a bit stream, lowest bit of a byte first; positions are in bits from the start of the object."""

    __slots__ = ("_base", "_fields", "_first", "_source", "_window", "at", "end")

    def __init__(self, source: Source, first: int, end: int) -> None:
        self._source = source
        self._first = self.at = first * 8
        self.end = end * 8
        self._window = b""
        self._base = 0
        self._fields = 0

    def count(self) -> None:
        """One more field is read; raises Malformed when they are too many."""
        self._fields += 1
        if self._fields > FIELDS:
            raise self.malformed(f"more than {FIELDS} fields before the first global of a module")

    def _ahead(self) -> int:
        """The bits to come, at least 129 of them, as a number; zeros after the end."""
        self.count()
        byte = self.at >> 3
        start = byte - self._base
        if start < 0 or start + 17 > len(self._window):
            self._base, start = byte, 0
            self._window = self._source.read(byte, min(WINDOW, (self.end >> 3) - byte))
        return int.from_bytes(self._window[start : start + 17], "little") >> (self.at & 7)

    def fixed(self, width: int) -> int:
        """The next `width` bits, at most 64, as a number."""
        value = self._ahead() & ((1 << width) - 1)
        self.skip(width)
        return value

    def vbr(self, width: int) -> int:
        """A number in groups of `width` bits, the highest of each says whether there is one more; at most 64 bits."""
        ahead = self._ahead()
        more = 1 << width - 1
        value = shift = length = 0
        while shift < 64:
            group = ahead >> length
            length += width
            value |= (group & more - 1) << shift
            if not group & more:
                self.skip(length)
                return value
            shift += width - 1
        raise self.malformed("a number of more than 64 bits")

    def skip(self, count: int) -> None:
        """Goes `count` bits on; raises Malformed past the end."""
        if count > self.end - self.at:
            raise self.malformed("bitcode ends early")
        self.at += count

    def align(self) -> None:
        """Goes to the next 32-bit boundary of the stream."""
        self.skip((self._first - self.at) % 32)

    def malformed(self, reason: str) -> Malformed:
        """An error at this place."""
        return Malformed(reason, self.at >> 3)


def _opened(source: Source) -> _Bits:
    """The bit stream, behind its magic."""
    first, end = 0, source.size
    if source.read(0, 4) == WRAPPER:
        first, size = struct.unpack("<2I", source.read(8, 8))
        end = first + size
        if end > source.size:
            raise Malformed(f"the wrapper says that bitcode ends at {end}, the data ends at {source.size}", 8)
    if first + 4 > end or source.read(first, 4) != MAGIC:
        raise Malformed("no bitcode magic", first)
    bits = _Bits(source, first, end)
    bits.skip(32)
    return bits


def _blocks(bits: _Bits) -> Iterator[tuple[int, int]]:
    """The blocks at top level: their ids, and the width of the abbreviation ids inside."""
    end = bits.end
    while end - bits.at > SLACK * 8:
        if bits.fixed(2) != ENTER_SUBBLOCK:
            raise bits.malformed("no block begins where the last one ended")
        block, width, size = _enter(bits)
        bits.end = bits.at + size
        yield block, width
        bits.at, bits.end = bits.end, end


def _enter(bits: _Bits) -> tuple[int, int, int]:
    """What a block's head says: its id, the width of abbreviation ids inside, and its size in bits."""
    block, width = bits.vbr(8), bits.vbr(4)
    bits.align()
    size = bits.fixed(32) * 32
    if size > bits.end - bits.at:
        raise bits.malformed(f"a block of {size >> 3} bytes, {bits.end - bits.at >> 3} are left")
    if not 2 <= width <= 32:
        raise bits.malformed(f"abbreviation ids of {width} bits")
    return block, width, size


def _records(bits: _Bits, width: int) -> Iterator[tuple[int, Iterator[int]]]:
    """The records of the block that was entered, as code and fields; blocks inside are hopped over."""
    abbreviations: list[list[Operand]] = []
    while (kind := bits.fixed(width)) != END_BLOCK:
        if kind == ENTER_SUBBLOCK:
            bits.skip(_enter(bits)[2])
        elif kind == DEFINE_ABBREV:
            abbreviations.append(_abbreviation(bits))
            if len(abbreviations) > ABBREVIATIONS:
                raise bits.malformed(f"more than {ABBREVIATIONS} abbreviations in a block")
        else:
            if kind == UNABBREV_RECORD:
                code, count = bits.vbr(6), bits.vbr(6)
                fields = _repeated(bits, Operand(VBR, 6), count)
            elif kind - 4 < len(abbreviations):
                fields = _fields(bits, abbreviations[kind - 4])
                code = next(fields, -1)
            else:
                raise bits.malformed(f"abbreviation {kind} is not defined")
            yield code, fields
            for _ in fields:  # what nobody wanted still has to be passed
                pass


def _abbreviation(bits: _Bits) -> list[Operand]:
    """An abbreviation's definition."""
    count = bits.vbr(5)
    if not 0 < count <= OPERANDS:
        raise bits.malformed(f"an abbreviation of {count} fields")
    operands: list[Operand] = []
    for _ in range(count):
        if bits.fixed(1):
            operands.append(Operand(LITERAL, bits.vbr(8)))
            continue
        encoding = bits.fixed(3)
        if not FIXED <= encoding <= BLOB:
            raise bits.malformed(f"encoding {encoding} is not defined")
        value = bits.vbr(5) if encoding in (FIXED, VBR) else 0
        if value > 64 or (encoding == VBR and value == 1):
            raise bits.malformed(f"a field of {value} bits")
        # LLVM takes a width of 0 for the literal 0
        operands.append(Operand(encoding if value or encoding > VBR else LITERAL, value))
    encodings = [operand.encoding for operand in operands]
    if ARRAY in encodings[:-2] or encodings[-1] == ARRAY or BLOB in encodings[:-1]:
        raise bits.malformed("an abbreviation with an array or a blob that is not its last field")
    if encodings[-2:-1] == [ARRAY] and encodings[-1] not in (FIXED, VBR, CHAR6):
        raise bits.malformed("an array whose fields take no room")
    return operands


def _fields(bits: _Bits, abbreviation: list[Operand]) -> Iterator[int]:
    """The fields of a record that is stored by an abbreviation."""
    for operand in abbreviation:
        if operand.encoding == ARRAY:
            yield from _repeated(bits, abbreviation[-1], bits.vbr(6))
            return
        if operand.encoding == BLOB:
            size = bits.vbr(6)
            bits.align()
            bits.skip(size * 8)
            bits.align()
            return
        yield _field(bits, operand)


def _repeated(bits: _Bits, operand: Operand, count: int) -> Iterator[int]:
    """As many fields of one kind."""
    while count:
        yield _field(bits, operand)
        count -= 1


def _field(bits: _Bits, operand: Operand) -> int:
    """One scalar field."""
    encoding, value = operand
    if encoding is LITERAL:
        bits.count()
        return value
    if encoding == FIXED:
        return bits.fixed(value)
    if encoding == VBR:
        return bits.vbr(value)
    return CHAR6_ALPHABET[bits.fixed(6)]


def _identification(bits: _Bits, width: int) -> str | None:
    """The string by which the producer names itself."""
    for code, fields in _records(bits, width):
        if code == IDENTIFICATION_STRING:
            return _text(bits, fields)
    return None


def _module(bits: _Bits, width: int) -> tuple[str | None, bool, bool]:
    """A module's triple, whether it is empty, and whether its names are in a string table outside."""
    triple = None
    outside = False
    for code, fields in _records(bits, width):
        if code == MODULE_VERSION:
            outside = next(fields, 0) >= NAMES_OUTSIDE
        elif code == MODULE_TRIPLE:
            triple = _text(bits, fields)
        elif code in MODULE_CONTENT:
            return triple, False, outside
    return triple, True, outside


def _text(bits: _Bits, fields: Iterator[int]) -> str | None:
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


MACHINES = {
    "amd64": "x86_64",
    "x86_64h": "x86_64",
    "arm64": "aarch64",
    "arm64e": "aarch64",
    "arm64ec": "aarch64",
    "arm64_32": "aarch64",
    "aarch64_32": "aarch64",
    "powerpc": "ppc",
    "ppc32": "ppc",
    "powerpcspe": "ppc",
    "powerpcle": "ppcle",
    "ppc32le": "ppcle",
    "powerpc64": "ppc64",
    "ppu": "ppc64",
    "powerpc64le": "ppc64le",
    "systemz": "s390x",
    "sparcv9": "sparc64",
    "bpfel": "bpf",
    "bpfeb": "bpf",
}
"""What llvm/lib/TargetParser/Triple.cpp takes for the same architecture."""

MACHINE_SHAPES = (
    (re.compile(r"i[3-9]86"), "i386"),
    (re.compile(r"(arm|thumb)eb.*|(arm|thumb)v.*eb"), "armeb"),
    (re.compile(r"(arm|thumb|xscale).*"), "arm"),
    (re.compile(r"mips(isa64|64|n32).*el"), "mips64el"),
    (re.compile(r"mips(isa64|64|n32).*"), "mips64"),
    (re.compile(r"mips.*el"), "mipsel"),
    (re.compile(r"mips.*"), "mips"),
)
"""Families of architectures; the first shape that fits decides."""


def machine_of(triple: str) -> str | None:
    """The machine that a target triple is for, in the words used for ELF; None for an unknown one."""
    architecture, _, rest = triple.partition("-")
    if architecture in ("", "unknown"):
        return None
    if architecture == "x86_64" and rest.endswith("x32"):
        return "x32"
    if architecture in MACHINES:
        return MACHINES[architecture]
    return next((machine for shape, machine in MACHINE_SHAPES if shape.fullmatch(architecture)), architecture)
