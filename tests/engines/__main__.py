# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the engines over many files that are nearly sound: `python -m tests.engines FILES [SEED]`.

Where they disagree, the file is made as small as it goes and kept in .cache/engines.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines.both import differences, samples
from tests.engines.mutations import mutated
from tests.toolbox import ROOT

BATCH = 10_000
KEPT = ROOT / ".cache" / "engines"


def disagreements(files: list[bytes], folder: Path) -> Iterator[bytes]:
    """Those files of which the engines say something different."""
    paths = [folder / str(number) for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    for path, _, _ in differences(paths):
        yield path.read_bytes()


def smaller(data: bytes) -> Iterator[bytes]:
    """The file without a part, or with a part that is zero; larger parts first."""
    size = 1 << max(0, len(data).bit_length() - 1)
    while size:
        for at in range(0, len(data), size):
            yield data[:at] + data[at + size :]
            if data[at : at + size].strip(b"\0"):
                yield data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
        size //= 2


def minimised(data: bytes, folder: Path) -> bytes:
    """A file of which the engines still disagree, and of which nothing can be left out."""
    while True:
        attempts = smaller(data)
        found = None
        while found is None and (some := list(islice(attempts, 1000))):
            found = next(disagreements(some, folder), None)
        if found is None:
            return data
        data = found


def main(count: int, seed: int) -> int:
    """Compare, and print how many files were different."""
    started = time.monotonic()
    known = samples()
    wrong = 0
    with TemporaryDirectory(prefix="engines-", dir="/dev/shm") as name:
        folder = Path(name)
        for first in range(0, count, BATCH):
            files = list(mutated(known, min(BATCH, count - first), seed + first))
            for number, data in enumerate(list(disagreements(files, folder))):
                wrong += 1
                if wrong <= 20:
                    KEPT.mkdir(parents=True, exist_ok=True)
                    kept = KEPT / f"{seed + first}-{number}"
                    kept.write_bytes(minimised(data, folder))
                    print(f"the engines disagree: {kept}")
    seconds = time.monotonic() - started
    print(f"{count} files, {wrong} of which the engines disagree, {seconds:.0f} s, seed {seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
