# SPDX-License-Identifier: GPL-2.0-or-later
"""What a file is by its first bytes, and by the tables that these promise."""

import struct

import pytest

from checker.objects import bitcode
from checker.objects.bitcode import is_bitcode
from checker.objects.coff import BIG_CLASS, LTCG_CLASS, anonymous_format, is_coff
from checker.objects.magic import identify, is_program
from checker.objects.source import BufferSource

REL, EXEC, DYN = 1, 2, 3


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize(("kind", "expected"), [(REL, False), (EXEC, True), (DYN, True)])
def test_programs(order: int, bits: int, kind: int, expected: bool) -> None:
    head = b"\x7fELF" + bytes([bits, order, 1]) + b"\0" * 9 + kind.to_bytes(2, "little" if order == 1 else "big")
    assert len(head) == 18
    assert is_program(head) is expected
    assert is_program(head + b"\0\0") is expected
    assert not is_program(head[:17])
    for damaged in (4, 5):
        assert not is_program(head[:damaged] + b"\3" + head[damaged + 1 :])


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b".version 7.0\n", "ptx"), (b"\n  .target sm_50", "ptx"), (b"INPUT(-lm)", "ldscript"), (b"a .version", "text")],
)
def test_texts(text: bytes, expected: str) -> None:
    assert identify(text) == expected


@pytest.mark.parametrize(("number", "is_universal"), [(1, True), (44, True), (45, False), (65, False)])
def test_java_and_universal_files_begin_alike(number: int, is_universal: bool) -> None:
    assert (identify(b"\xca\xfe\xba\xbe" + number.to_bytes(4, "big")) == "mach-o") is is_universal


def coff(sections: int = 1, symbols_at: int = 0, symbols: int = 0, flags: int = 0, optional: int = 0) -> bytes:
    return struct.pack("<2H3I2H", 0x8664, sections, 0, symbols_at, symbols, optional, flags)


def section(name: bytes, address: int = 0, at: int = 0, flags: int = 0x20) -> bytes:
    return struct.pack("<8s6I2HI", name, 0, address, 8, at, 0, 0, 0, 0, flags)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (coff(), "coff"),
        (coff(0), "unknown"),
        (coff(0xFEFF), "coff"),
        (coff(0xFF00), "unknown"),
        (coff(symbols_at=20, symbols=1), "coff"),
        (coff(symbols_at=19, symbols=1), "unknown"),
        (coff(flags=2), "unknown"),
        (coff(flags=0x2000), "unknown"),
        (coff()[:19], "unknown"),
    ],
)
def test_headers_of_coff(head: bytes, expected: str) -> None:
    assert identify(head) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (coff() + section(b".text"), True),
        (coff() + section(b".text")[:39], False),
        (coff(optional=64) + section(b".text"), False),
        (coff(optional=4) + b"more" + section(b".text"), True),
        (coff() + section(b""), False),
        (coff() + section(b"\x7f"), False),
        (coff() + section(b" "), False),
        (coff() + section(b"a~")[:8] + b"\x01" + section(b"a~")[9:], True),
        (coff(symbols_at=59, symbols=1) + section(b".text"), False),
        (coff(symbols_at=60, symbols=1) + section(b".text"), True),
        (coff(3) + section(b".text"), True),
        (coff(3) + section(b".text", address=1), False),
        (coff(3) + section(b".text", flags=0), False),
        (coff(3) + section(b".text", at=20 + 3 * 40 - 1), False),
        (coff(3) + section(b".text", at=20 + 3 * 40), True),
        (coff(3) + section(b".text") + section(b"\0x"), False),
    ],
)
def test_tables_of_coff(data: bytes, expected: bool) -> None:
    assert is_coff(BufferSource(data)) is expected


def anonymous(version: int, machine: int = 0x8664, class_id: bytes = b"\0" * 16, size: int = 0) -> bytes:
    return struct.pack("<4H", 0, 0xFFFF, version, machine) + struct.pack("<I", size) + class_id


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (anonymous(2, class_id=BIG_CLASS), "coff"),
        (anonymous(1, class_id=BIG_CLASS), "coff-anonymous"),
        (anonymous(1, class_id=LTCG_CLASS), "msvc-ltcg"),
        (anonymous(1), "coff-anonymous"),
        (anonymous(1, 0x7777), "unknown"),
        (anonymous(2), "unknown"),
        (anonymous(1)[:27], "unknown"),
        (anonymous(1)[:19], "unknown"),
    ],
)
def test_objects_that_begin_as_none(data: bytes, expected: str) -> None:
    assert anonymous_format(BufferSource(data)) == expected


def block(number: int = 13, width: int = 5) -> bytes:
    return bitcode.MAGIC + (1 | number << 2 | width << 10).to_bytes(4, "little")


def wrapped(data: bytes, at: int = 20, version: int = 0) -> bytes:
    return (bitcode.WRAPPER + struct.pack("<4I", version, at, len(data), 7)).ljust(at, b"\0") + data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (block(), True),
        (block(width=2), True),
        (block(width=8), True),
        (block(width=1), False),
        (block(width=9), False),
        (block(0xFF), False),
        (block()[:7], False),
        (bitcode.MAGIC + b"\0\0\0\0", False),
        (wrapped(block()), True),
        (wrapped(block(), 24), True),
        (wrapped(block(), version=1), False),
        (wrapped(block(), bitcode.MOST_WRAPPED), True),
        (wrapped(block(), bitcode.MOST_WRAPPED + 4), False),
        (wrapped(block()[:7]), False),
        (wrapped(b"BC\xc0\xdf" + block()[4:]), False),
        (bitcode.WRAPPER + struct.pack("<4I", 0, 16, 8, 7) + block(), False),
    ],
)
def test_bitcode(data: bytes, expected: bool) -> None:
    assert is_bitcode(BufferSource(data)) is expected
