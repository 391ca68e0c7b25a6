# SPDX-License-Identifier: GPL-2.0-or-later
"""Workers that die, in processes of this machine and in a Dask cluster of real processes."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from checker.audit.executors import Workers, dask, each, local
from tests.clusters import cluster

DEADLY = 13


def square(number: int) -> int:
    return number * number


def square_or_die(marks: Path, number: int) -> int:
    """Ends the process over one number, and leaves a mark each time."""
    if number == DEADLY:
        (marks / f"{time.monotonic_ns()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def square_or_die_once(marks: Path, number: int) -> int:
    """Ends the process the first time that it meets one number."""
    if number == DEADLY and not any(marks.iterdir()):
        return square_or_die(marks, number)
    return square(number)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture(params=["local", "dask"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workers]:
    if request.param == "local":
        yield local(2)
    else:
        with cluster(tmp_path, 2) as address, dask(address) as started:
            yield started


def test_everything_is_done_once(workers: Workers) -> None:
    assert sorted(each(workers, square, range(200))) == [(number, number * number) for number in range(200)]
    assert list(each(workers, square, ())) == []


def test_what_ends_a_worker_is_found_out(workers: Workers, marks: Path) -> None:
    done = dict(each(workers, partial(square_or_die, marks), range(40)))
    assert done == {number: None if number == DEADLY else number * number for number in range(40)}
    assert len(list(marks.iterdir())) > 1


def test_a_death_that_does_not_come_again_is_nobodys_fault(workers: Workers, marks: Path) -> None:
    done = dict(each(workers, partial(square_or_die_once, marks), range(40)))
    assert done == {number: number * number for number in range(40)}
