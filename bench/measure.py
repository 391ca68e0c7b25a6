# SPDX-License-Identifier: GPL-2.0-or-later
"""Seconds and memory: sides take turns (A B A B ...), so that a machine that slows down slows all of them."""

import os
import subprocess
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

PEAK_OF_CHILD = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
print(os.wait4(child, 0)[2].ru_maxrss)
"""
"""Run by an interpreter of its own: a child starts with the peak of the process that forks it."""


WITH_REMARKS = (0, 1)
"""Exit statuses of work that was done: 1 is findings, or readelf's remark on a member that is no ELF file."""


class Spread(NamedTuple):
    """What a number was in several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))


class Comparison(NamedTuple):
    """Seconds of ours and of a peer, and how many times as fast ours was, run by run."""

    ours: Spread
    peer: Spread
    ratio: Spread


def seconds_of(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def processor_seconds_of(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def compare(ours: Callable[[], float], peer: Callable[[], float], runs: int) -> Comparison:
    """Both sides in turn, after a run of each that does not count; a side returns its own seconds."""
    ours(), peer()
    pairs = [(ours(), peer()) for _ in range(runs)]
    return Comparison(
        Spread.of([mine for mine, _ in pairs]),
        Spread.of([its for _, its in pairs]),
        Spread.of([its / mine for mine, its in pairs]),
    )


def _run(command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str], statuses: Container[int]) -> None:
    """A process whose output nobody reads; raises when it ends with another exit status."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode not in statuses:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:].decode()}")


def process(command: Sequence[str | os.PathLike[str]], **environment: str) -> Callable[[], float]:
    """A process, as a side: seconds by the clock; raises when it could not do its work."""
    return lambda: seconds_of(lambda: _run(command, environment, WITH_REMARKS))


def processor_time(
    command: Sequence[str | os.PathLike[str]], statuses: Container[int] = (0,), **environment: str
) -> Callable[[], float]:
    """A process and all that it starts, as a side: seconds of user and system time; raises when it fails."""

    def run() -> float:
        before = getrusage(RUSAGE_CHILDREN)
        _run(command, environment, statuses)
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run


def peak_megabytes(command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str] = os.environ) -> float:
    """The largest resident size of a process, in 10^6 bytes."""
    launcher = [sys.executable, "-I", "-S", "-c", PEAK_OF_CHILD, *command]
    answer = subprocess.run(launcher, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return int(answer) * 1024 / 1e6
