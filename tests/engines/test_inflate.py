# SPDX-License-Identifier: GPL-2.0-or-later
"""zlib data as the Lua engine reads it, for the bytecode of GCC 9 and older: sound, cut off and wrong."""

import random
import zlib

from tests.engines.both import lua_lines

CASES = 3000
SEED = 9


def compressed(dice: random.Random) -> bytes:
    """Some 64 bytes of zlib data, of every kind of block, in which a byte may be another one."""
    data = bytes(dice.choice(b"ab\0\x05\x09") for _ in range(dice.choice((0, 1, 2, 3, 4, 5, 8, 30, 200))))
    strategy = dice.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED))
    packer = zlib.compressobj(dice.choice((0, 1, 9)), zlib.DEFLATED, 15, 8, strategy)
    made = bytearray(packer.compress(data) + packer.flush())
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        made[dice.randrange(len(made))] = dice.randrange(256)
    return bytes(made[:64])


def first_bytes(data: bytes) -> str:
    try:
        return zlib.decompressobj().decompress(data, 4).hex()
    except zlib.error:
        return "none"


def test_as_zlib_does() -> None:
    dice = random.Random(SEED)
    cases = [compressed(dice) for _ in range(CASES)]
    found = lua_lines("inflate.lua", (case.hex() for case in cases))
    assert found == list(map(first_bytes, cases))
