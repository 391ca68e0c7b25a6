# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that are nearly sound: samples with some bytes changed, cut off, doubled or taken from another."""

import random
from collections.abc import Iterator, Sequence

TELLING = (0, 1, 2, 4, 7, 8, 0x7F, 0x80, 0xFE, 0xFF)
LARGEST = 1 << 16
"""Bytes of a sample that is mutated; what is behind is rarely looked at."""


def mutated(samples: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` files; the same for the same seed."""
    dice = random.Random(seed)
    small = [sample for sample in samples if len(sample) <= LARGEST]
    for _ in range(count):
        data = bytearray(dice.choice(small))
        for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
            dice.choice(MUTATIONS)(data, dice, small)
        yield bytes(data)


def _place(data: bytearray, dice: random.Random) -> int:
    """A place in a file, more often near its ends, where headers and section tables are."""
    size = len(data)
    near = min(size, 512)
    return dice.choice((dice.randrange(near), size - 1 - dice.randrange(near), dice.randrange(size)))


def _change(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[_place(data, dice)] = dice.choice((*TELLING, dice.randrange(256)))


def _flip(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    if data:
        data[_place(data, dice)] ^= 1 << dice.randrange(8)


def _number(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    """Put a number where one may be."""
    size = dice.choice((2, 4, 8))
    if len(data) >= size:
        at = min(_place(data, dice), len(data) - size) // size * size
        limit = 1 << size * 8
        value = dice.choice((0, 1, len(data), len(data) - at, limit - 1, limit >> 1, (limit >> 1) - 1))
        data[at : at + size] = (value % limit).to_bytes(size, dice.choice(("little", "big")))


def _cut(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    if data:
        del data[_place(data, dice) :]


def _remove(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    if data:
        at = _place(data, dice)
        del data[at : at + dice.choice((1, 2, 4, 8, 64))]


def _double(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    if data:
        at = _place(data, dice)
        data[at:at] = data[at : at + dice.choice((1, 2, 4, 8, 64))]


def _splice(data: bytearray, dice: random.Random, samples: Sequence[bytes]) -> None:
    """Overwrite a part by one of another sample."""
    other = dice.choice(samples)
    if data and other:
        start, at = dice.randrange(len(other)), _place(data, dice)
        part = other[start : start + dice.choice((4, 16, 64, 256))]
        data[at : at + len(part)] = part


def _rename(data: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    """Change what names of sections and symbols say."""
    old, new = dice.choice(WORDS), dice.choice(WORDS)
    at = data.find(old)
    if at >= 0:
        data[at : at + len(new)] = new


WORDS = (
    *(b"__gnu_lto_slim", b"__gnu_lto_v1", b".gnu.lto_", b".gnu.lto_.decls", b".gnu.lto_.symtab", b".gnu.lto_.lto."),
    *(
        b".text",
        b".data",
        b".bss",
        b".note",
        b".comment",
        b".llvm.lto",
        b".llvmbc",
        b".rmeta",
        b".ctors",
        b".debug_info",
    ),
    *(
        b".debug_info",
        b"`\n",
        b"!<arch>\n",
        b"!<thin>\n",
        b"#1/20",
        b"//",
        b"/0",
        b"/SYM64/",
        b"__.SYMDEF",
        b"BC\xc0\xde",
    ),
)

MUTATIONS = (_change, _change, _flip, _number, _number, _cut, _remove, _double, _splice, _rename)
