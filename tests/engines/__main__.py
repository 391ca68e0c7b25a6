# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the engines over many files that are nearly sound, and over archives of the linker's generator.

    python -m tests.engines FILES [ARCHIVES [SEED]]

All that they know of every object is compared, and the exit code, the text and the report of the hook for each batch. A
file of which they disagree is made as small as it goes and kept in .cache/engines.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines.both import differences, hooks_agree, samples
from tests.engines.mutations import mutated
from tests.linker.archives import archives
from tests.toolbox import ROOT

BATCH = 10_000
ARCHIVES_OF_BATCH = 100
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


def batches(files: int, archives_: int, seed: int, folder: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The files that are compared, with the number by which they can be made again."""
    known = samples()
    for first in range(0, files, BATCH):
        yield seed + first, list(mutated(known, min(BATCH, files - first), seed + first))
    made = archives(folder, seed, archives_) if archives_ else iter(())
    while some := list(islice(made, ARCHIVES_OF_BATCH)):
        yield seed, [one.path.read_bytes() for one in some]
        for one in some:
            one.path.unlink()


def main(files: int, archives_: int = 0, seed: int = 1) -> int:
    """Compare, and print how many files were different."""
    started = time.monotonic()
    wrong = 0
    with TemporaryDirectory(prefix="engines-", dir="/dev/shm") as name:
        folder, work = Path(name) / "root", Path(name) / "work"
        folder.mkdir()
        work.mkdir()
        for number, batch in batches(files, archives_, seed, work):
            for place, data in enumerate(list(disagreements(batch, folder))):
                wrong += 1
                if wrong <= 20:
                    KEPT.mkdir(parents=True, exist_ok=True)
                    kept = KEPT / f"{number}-{place}"
                    kept.write_bytes(minimised(data, work))
                    print(f"the engines disagree: {kept}", flush=True)
            if not hooks_agree(folder, work / "report.json"):
                wrong += 1
                print(f"the hooks disagree about the files of {number}", flush=True)
            for path in folder.iterdir():
                path.unlink()
    seconds = time.monotonic() - started
    print(f"{files} files, {archives_} archives, {wrong} disagreements, {seconds:.0f} s, seed {seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
