# SPDX-License-Identifier: GPL-2.0-or-later
"""Workers that die, in processes of this machine and in a Dask cluster of real processes."""

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import Client, get_client

from checker.audit.executors import Workers, dask, each, local
from checker.errors import UsageError
from tests.clusters import cluster, scheduler_of

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


def slow(number: int) -> int:
    time.sleep(0.2)
    return number


def clients() -> list[Client]:
    return [one for one in gc.get_objects() if issubclass(type(one), Client)]


class TestClusters:
    @pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "x:y", ""])
    def test_that_do_not_answer(self, address: str) -> None:
        with pytest.raises(UsageError, match=r"^--dask .*: no cluster with workers answers: "), dask(address, 0.5):
            pass

    def test_that_do_not_answer_leave_no_client(self) -> None:
        """The garbage collector would close it, in any thread, and that waits for ever in one that is just starting."""
        others = set(map(id, clients()))
        with pytest.raises(UsageError, match="no cluster") as caught, dask("x:y", 0.5):
            pass
        assert caught.tb  # whose frames hold the client
        assert [one.status for one in clients() if id(one) not in others] == ["closed"]

    def test_whose_workers_have_threads(self, tmp_path: Path) -> None:
        with (
            cluster(tmp_path, 1, threads=2) as address,
            pytest.raises(UsageError, match="has 2 threads; rpm needs --nthreads 1"),
            dask(address),
        ):
            pass

    def test_that_know_another_version(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("checker.audit.executors.__version__", "7")
        with (
            cluster(tmp_path, 1) as address,
            pytest.raises(UsageError, match=r"has ltocheck [0-9.]+, this is 7$"),
            dask(address),
        ):
            pass

    @pytest.mark.parametrize("wait", [0, 4])
    def test_that_go_away(self, tmp_path: Path, wait: int) -> None:
        """Also where the client has given up by the time that somebody asks for the next result."""
        with cluster(tmp_path, 1) as address, dask(address, 20) as workers:
            results = each(workers, slow, range(1000))
            assert next(results)[1] in range(1000)
            client = get_client()
            client._timeout = 1
            os.kill(scheduler_of(tmp_path), signal.SIGKILL)
            time.sleep(wait)
            with pytest.raises(UsageError, match="the cluster was lost"):
                list(results)

    def test_without_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(UsageError, match="python3-distributed"), dask("tcp://127.0.0.1:1"):
            pass
