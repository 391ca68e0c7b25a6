# SPDX-License-Identifier: GPL-2.0-or-later
"""What an audit costs: against rpmlint, against the least that must be done, again, with more workers, in the store."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.audited import distribution, many_packages, packages
from bench.inputs import Inputs
from bench.measure import Comparison, Spread, compare, seconds_of
from bench.packages import Work, least, work_of
from bench.peers import LTOCHECK
from bench.tables import COMPARED, MEASURED, Table
from checker.audit.examine import ExamineOptions, Record, examine
from checker.audit.store import Store
from checker.repositories.fetch import ListedPackage

RPMLINT = ("xargs", "-0", "-n", "20", "-P", str(os.cpu_count() or 1), "rpmlint", "--checks", "BinariesCheck")
"""On all processors, each rpmlint with enough packages for its start not to matter."""

PAYLOADS = {"gzip": ("w9.gzdio", 1 / 1.3), "xz": ("w6.xzdio", 1 / 1.3), "zstd": ("w19.zstdio", 1 / 2)}
"""How packages are compressed, and how fast ltocheck should be, in times of the least."""

COPIES = 8
"""Of the packages, for an audit that takes a minute."""

RECORDS = 10_000


def audit(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "An audit",
        "A distribution: a repository of 400 packages by rpmbuild with the files of 400 packages of Debian as they are "
        "installed. Libraries: 400 packages, 240 of which have a static library of Debian, 400 MB when unpacked. "
        "Start-up, judgement and report included, a new store each time. rpmlint looks at the same files with its "
        "BinariesCheck alone, on all processors; it unpacks every package. *The least*: in process, for every library "
        "package its header, the digest of the whole file, the payload decompressed up to the last candidate by the "
        "same libarchive, and the digests of the candidates; a bar of 0.77 means at most 1.3 times that, one of 0.5 "
        "twice. Workers: `--jobs 2` against `--jobs 1`.",
        COMPARED,
    )
    files = packages(inputs, "w6.xzdio")
    folder = files[0].parent
    everything = distribution(inputs)
    linting = partial(linted, sorted(everything.glob("*.rpm")))
    table.compared("distribution, vs rpmlint", once(partial(audited, everything), linting), 15)
    table.compared("libraries, xz, vs rpmlint", once(partial(audited, folder), partial(linted, files)))
    for what, (payload, bar) in PAYLOADS.items():
        some = packages(inputs, payload)
        works = [work for file in some if (work := work_of(file))]
        result = compare(
            partial(seconds_of, partial(examined, some)), partial(seconds_of, partial(at_least, works)), runs // 2
        )
        table.compared(f"libraries, {what}, one process, vs the least", result, bar)
    table.compared(
        "libraries, xz, two workers vs one",
        compare(partial(audited, folder, 2), partial(audited, folder, 1), runs // 2),
        1.7,
    )
    return table


def audit_again(inputs: Inputs, _: int) -> Table:
    table = Table(
        "An audit without changes, and the store",
        f"{COPIES} copies of the 400 packages, no two alike, audited by one worker, and audited again. Store: the "
        f"facts of {RECORDS:,} packages, those of the 400 again and again, written as an audit writes them; the share "
        "is of what it takes to look at as many packages.",
        MEASURED,
    )
    folder = many_packages(inputs, "w6.xzdio", COPIES)
    with TemporaryDirectory(prefix="bench-") as place:
        store = Path(place, "store.db")
        first, again = (audited(folder, 1, store) for _ in range(2))
    table.rows.append(("the first audit", f"{first:.1f} s", "", ""))
    table.measured("the second, of the first", 100 * again / first, "%", 3)
    originals = packages(inputs, "w6.xzdio")
    seconds, size = stored(originals)
    share = (seconds / RECORDS) / (first / (COPIES * len(originals)))
    table.measured("writes to the store, of the first", 100 * share, "%", 3)
    table.measured("the store, for each package", size / RECORDS / 1000, "kB", 10)
    return table


def once(ours: Callable[[], float], peer: Callable[[], float]) -> Comparison:
    """One run of each: rpmlint takes its time."""
    mine, its = ours(), peer()
    return Comparison(Spread.of([mine]), Spread.of([its]), Spread.of([its / mine]))


def audited(folder: Path, jobs: int | None = None, store: Path | None = None) -> float:
    """Seconds of `ltocheck audit`, with a store of its own unless one is given."""
    with TemporaryDirectory(prefix="bench-") as place:
        command = [LTOCHECK, "audit", "-q", "--fail-on", "never", "--store", str(store or Path(place, "store.db"))]
        command += ["--jobs", str(jobs)] if jobs else []
        command += ["--output", os.devnull, str(folder)]
        return seconds_of(lambda: subprocess.run(command, check=True))


def linted(packages: Iterable[Path]) -> float:
    names = b"\0".join(os.fsencode(package) for package in packages)
    return seconds_of(lambda: subprocess.run(RPMLINT, input=names, capture_output=True, check=False))


def examined(files: Iterable[Path]) -> list[Record]:
    """What a worker does."""
    records = []
    for file in files:
        result = examine(ListedPackage(str(file), path=str(file)), ExamineOptions()).result
        assert isinstance(result, Record), result
        records.append(result)
    return records


def at_least(works: Sequence[Work]) -> None:
    for work in works:
        with work.file.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    least(works)


def stored(files: Sequence[Path]) -> tuple[float, int]:
    """Seconds to write the facts of many packages, and the size of the store."""
    records = examined(files)
    with TemporaryDirectory(prefix="bench-") as place:
        path = Path(place, "store.db")

        def write() -> None:
            with Store(path, write=True) as store:
                for number in range(RECORDS):
                    record = records[number % len(records)]
                    store.remember_file(f"/{number}", str(number), str(number))
                    store.add(f"sha256:{number:064}", record.depth, record.facts)

        return seconds_of(write), path.stat().st_size
