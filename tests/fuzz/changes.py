# SPDX-License-Identifier: GPL-2.0-or-later
"""Random changes of inputs, run without coverage feedback: less clever than atheris, and many times as fast."""

import random
import resource
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)
"""What sizes, counts and offsets are set to."""

SLOWEST = 20
"""Seconds that one input may take."""

MEMORY = 2 << 30


def changed(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The data with up to four changes: bytes, numbers, parts left out, repeated or taken from another input."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(result) + 1)
        length = chance.randint(0, 3) if chance.random() < 0.7 else chance.randint(0, 64)
        match chance.randrange(5):
            case 0:
                result[place : place + length] = chance.randbytes(chance.randint(0, 3))
            case 1:
                size, order = chance.choice((1, 2, 4, 8)), "big" if chance.random() < 0.5 else "little"
                number = chance.choice(NUMBERS) % (1 << 8 * size)
                result[place : place + size] = number.to_bytes(size, order)  # type: ignore[arg-type]
            case 2:
                del result[place : place + length]
            case 3:
                result[place:place] = result[place : place + length] * chance.randint(1, 8)
            case _:
                start = chance.randrange(len(other) + 1)
                result[place : place + length] = other[start : start + length]
    return bytes(result)


def run_changes(
    target: Callable[[bytes], None], inputs: Iterable[bytes], seconds: float, failed: Path, most: int
) -> int:
    """Run changes of inputs for some seconds; returns how many. What fails or hangs goes into a file, and is raised."""
    chance, known, number = random.Random(), [b"", *inputs], 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_slow)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        small = min(chance.choices(known, k=3), key=len)  # costs less, and is nearer to what decides
        data = changed(small, chance.choice(known), chance)[:most]
        signal.alarm(SLOWEST)
        try:
            target(data)
        except BaseException:
            failed.write_bytes(data)
            raise
        number += 1
    signal.alarm(0)
    return number


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SLOWEST} seconds")
