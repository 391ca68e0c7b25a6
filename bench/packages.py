# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m bench.packages CORPUS LIBRARIES [RPMLINT]`: what scanning packages costs beyond decompressing them.

CORPUS is a folder of packages, LIBRARIES one of static archives, of which packages are built, RPMLINT the program.
The other side reads the same headers, decompresses the same payloads just as far, by the same library, and takes
digests of as many bytes. Sides take turns; the numbers are medians, with the smallest and the largest. Seconds are
those of the processor within one process, and of the clock between processes.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

from checker.errors import Unavailable
from checker.packages.header import read_header
from checker.packages.options import PackageOptions
from checker.packages.package import candidates, package_at, with_data
from checker.packages.payload import open_payload
from checker.trees.tree import closing_fd
from tests.packages import rpmbuilt

RUNS = 7
PAYLOADS = ("w6.gzdio", "w6.xzdio", "w19.zstdio", "w3.zstdio")
LARGEST = 200_000_000
"""Bytes of archives in the package that is built."""

ZEROS = bytes(1 << 18)


class Work(NamedTuple):
    """What has to be done to a package at least."""

    file: Path
    payload_at: int
    decompressed: int
    """Bytes up to the end of the last candidate."""
    hashed: int
    algorithm: str


def work_of(file: Path) -> Work | None:
    """The least work for one package; None for one that cannot be read."""
    with closing_fd(os.open(file, os.O_RDONLY)) as fd:
        try:
            header = read_header(fd)
            wanted = candidates(header.files)
            algorithm = header.files.digest_algorithm or "md5"
            if not wanted:
                return Work(file, 0, 0, 0, algorithm)
            hashed = 0
            with open_payload(fd, header.payload_at) as payload:
                for _, size in with_data(payload, header.files, wanted):
                    payload.skip(size)
                    hashed += size
                return Work(file, header.payload_at, payload.position, hashed, algorithm)
        except Unavailable:
            return None


def least(works: Iterable[Work]) -> None:
    """Headers, decompression and digests, and nothing else."""
    for work in works:
        with closing_fd(os.open(work.file, os.O_RDONLY)) as fd:
            read_header(fd)
            if work.decompressed:
                with open_payload(fd, work.payload_at) as payload:
                    payload.skip(work.decompressed)
            digest = hashlib.new(work.algorithm, usedforsecurity=False)
            for start in range(0, work.hashed, len(ZEROS)):
                digest.update(ZEROS[: work.hashed - start])


def scanned(works: Iterable[Work]) -> None:
    """What a scan does before the rules."""
    for work in works:
        for item in package_at(str(work.file), PackageOptions()).items:
            assert not isinstance(item, Unavailable), item


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def compare(
    ours: Callable[[], object],
    peer: Callable[[], object],
    runs: int = RUNS,
    clock: Callable[[], float] = process_time,
) -> str:
    """Both in turn, after one run of each that does not count."""
    ours(), peer()
    pairs = [(seconds(ours, clock), seconds(peer, clock)) for _ in range(runs)]
    ratios = [mine / its for mine, its in pairs]
    mine, its = (median(side) for side in zip(*pairs, strict=True))
    return f"{mine:8.3f} s {its:8.3f} s   {median(ratios):6.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def built(folder: Path, libraries: Path) -> Iterator[tuple[str, Path]]:
    """One package of static archives for each compression."""
    root = folder / "root"
    target = root / "usr/lib64"
    target.mkdir(parents=True)
    left = LARGEST
    for file in sorted(libraries.rglob("*.a")):
        size = file.stat().st_size
        if file.is_file() and not file.is_symlink() and size <= left:
            left -= size
            (target / f"{left}-{file.name}").symlink_to(file.resolve())
    for link in list(target.iterdir()):
        original = link.resolve()
        link.unlink()
        link.write_bytes(original.read_bytes())
    for payload in PAYLOADS:
        yield payload, rpmbuilt(folder, root, name=payload.replace(".", "-"), payload=payload)


def run_rpmlint(program: str, files: Iterable[Path]) -> None:
    subprocess.run([program, "--checks", "BinariesCheck", *map(str, files)], capture_output=True, check=False)


def run_scan(files: Iterable[Path]) -> None:
    code = "from checker.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, "scan", *map(str, files)], capture_output=True, check=False)


def main(arguments: list[str]) -> int:
    """Print the tables."""
    corpus, libraries = Path(arguments[0]), Path(arguments[1])
    works = [work for file in sorted(corpus.glob("*.rpm")) if (work := work_of(file))]
    with_payload = [work for work in works if work.decompressed]
    print(f"{'':34} {'scan':>10} {'least':>10}   ratio")
    for what, some in (("corpus", works), ("corpus, with candidates", with_payload)):
        print(f"{f'{what}, {len(some)} packages':34} {compare(lambda s=some: scanned(s), lambda s=some: least(s))}")  # type: ignore[misc]
    with TemporaryDirectory(prefix="bench-") as folder:
        for payload, package in built(Path(folder), libraries):
            work = work_of(package)
            assert work
            name = f"{work.hashed // 1_000_000} MB of archives, {payload}"
            print(f"{name:34} {compare(lambda w=work: scanned([w]), lambda w=work: least([w]))}")  # type: ignore[misc]
        if len(arguments) > 2:
            files = [work.file for work in works]
            print(f"{'':34} {'scan':>10} {'rpmlint':>10}   ratio")
            measured = compare(lambda: run_scan(files), lambda: run_rpmlint(arguments[2], files), 2, perf_counter)
            print(f"{'corpus, whole processes':34} {measured}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
