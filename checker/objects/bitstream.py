# SPDX-License-Identifier: GPL-2.0-or-later
"""The bit stream under LLVM bitcode: blocks, abbreviations and records.

The names and numbers are those of LLVM's bit code file format (llvm/docs/BitCodeFormat.rst).
"""

from collections.abc import Iterator
from typing import NamedTuple

from checker.objects.source import Malformed, Source

END_BLOCK, ENTER_SUBBLOCK, DEFINE_ABBREV, UNABBREV_RECORD = range(4)
"""The abbreviation ids that every block has; a block's own ids follow."""

FIXED, VBR, ARRAY, CHAR6, BLOB = range(1, 6)
CHAR6_ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"

FIELDS, BYTES_A_FIELD = 1 << 10, 2
"""The fields that may be read in any object, and the bytes that allow one more, so that work is linear in its size.

The COMDATs of a module come before its triple, with six fields each, and the function of each takes 100 bytes or more.
"""

ABBREVIATIONS, OPERANDS = 1 << 8, 1 << 6
"""The most abbreviations in a block and fields in an abbreviation; LLVM's modules have at most 4 and 13."""

WINDOW = 1 << 12
"""Bytes held in memory."""


class Operand(NamedTuple):
    """The encoding of one field in an abbreviated record; `value` is a width in bits, or the literal itself."""

    encoding: int | None
    value: int


LITERAL = None


class Bits:
    """A cursor in a bit stream, lowest bit of a byte first; positions are in bits from the start of the object."""

    __slots__ = ("_base", "_fields", "_first", "_most", "_source", "_window", "at", "end")

    def __init__(self, source: Source, first: int, end: int) -> None:
        self._source = source
        self._first = self.at = first * 8
        self.end = end * 8
        self._window = b""
        self._base = 0
        self._fields = 0
        self._most = FIELDS + (end - first) // BYTES_A_FIELD

    def count(self) -> None:
        """Count one more field; raises Malformed if there are too many."""
        self._fields += 1
        if self._fields > self._most:
            raise self.malformed(f"more than {self._most} fields before the first global of a module")

    def _ahead(self) -> int:
        """The next bits, at least 129 of them, as a number; zeros after the end."""
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
        """A number in groups of `width` bits, whose highest bit is set if another group follows; at most 64 bits."""
        ahead = self._ahead()
        more = 1 << width - 1
        value = shift = length = 0
        while shift < 64:
            group = ahead >> length
            length += width
            value |= (group & more - 1) << shift
            if not group & more and value < 1 << 64:
                self.skip(length)
                return value
            shift += width - 1
        if length > self.end - self.at:
            raise self.malformed("bitcode ends early")
        raise self.malformed("a number of more than 64 bits")

    def peek(self, width: int) -> int:
        """The next `width` bits as a number, without moving."""
        return self._ahead() & ((1 << width) - 1)

    def skip(self, count: int) -> None:
        """Move `count` bits on; raises Malformed past the end."""
        if count > self.end - self.at:
            raise self.malformed("bitcode ends early")
        self.at += count

    def align(self) -> None:
        """Move to the next 32-bit boundary of the stream."""
        self.skip((self._first - self.at) % 32)

    def malformed(self, reason: str) -> Malformed:
        """An error at this position."""
        return Malformed(reason, self.at >> 3)


def enter(bits: Bits) -> tuple[int, int, int]:
    """Enter a block; returns its id, the width of abbreviation ids inside and its size, both in bits."""
    block, width = bits.vbr(8), bits.vbr(4)
    bits.align()
    size = bits.fixed(32) * 32
    if size > bits.end - bits.at:
        raise bits.malformed(f"a block of {size >> 3} bytes, {bits.end - bits.at >> 3} are left")
    if not 2 <= width <= 32:
        raise bits.malformed(f"abbreviation ids of {width} bits")
    return block, width, size


def records(bits: Bits, width: int) -> Iterator[tuple[int, Iterator[int]]]:
    """The records of the entered block, as code and fields, without those of inner blocks; raises Malformed."""
    abbreviations: list[list[Operand]] = []
    while (kind := bits.fixed(width)) != END_BLOCK:
        if kind == ENTER_SUBBLOCK:
            bits.skip(enter(bits)[2])
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
            for _ in fields:  # the next record begins after the fields that the caller did not read
                pass


def _abbreviation(bits: Bits) -> list[Operand]:
    """The operands of an abbreviation's definition; raises Malformed."""
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


def _fields(bits: Bits, abbreviation: list[Operand]) -> Iterator[int]:
    """The fields of a record in an abbreviation's encoding."""
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


def _repeated(bits: Bits, operand: Operand, count: int) -> Iterator[int]:
    """The `count` fields of an array or blob, in one encoding."""
    while count:
        yield _field(bits, operand)
        count -= 1


def _field(bits: Bits, operand: Operand) -> int:
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
