# SPDX-License-Identifier: GPL-2.0-or-later
"""Where packages are examined: local processes or a Dask cluster.

A few tasks are in flight at a time. A task that kills its worker is identified and reported.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Thread
from typing import Any, TypeVar

from checker import __version__, requires
from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS

T = TypeVar("T")
R = TypeVar("R")

DEADLY = Unavailable(Obstacle.CRASHED, "ends every process that reads it")
"""The result of a task that killed every worker that ran it."""

LOST = ("closing", "closed")
"""What a Dask client is once its scheduler has not answered for too long."""


@dataclass(frozen=True, slots=True)
class Workers:
    """An executor, and how it is used."""

    executor: Callable[[], AbstractContextManager[Executor]]
    """Starts it; called again after a worker died."""
    at_once: int
    """How many tasks may be in flight."""
    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)
    """What a future raises when its worker died."""


def each(workers: Workers, work: Callable[[T], R], things: Iterable[T]) -> Generator[tuple[T, R | None], None, None]:
    """Apply `work` to every thing; yields results as they are ready, None for a thing that kills every worker.

    When a worker dies, each task in flight is a suspect, and is run again by itself.
    """
    queue = iter(things)
    while suspects := (yield from _together(workers, work, queue)):
        for suspect in suspects:
            yield suspect, _alone(workers, work, suspect)


def in_order(
    workers: Workers, work: Callable[[T], R], things: Iterable[T]
) -> Generator[tuple[T, R | None], None, None]:
    """The same in the order of the things; results that are early wait in memory."""
    waiting: dict[int, tuple[T, R | None]] = {}
    turn = 0
    with closing(each(workers, partial(_on_second, work), enumerate(things))) as results:
        for (number, thing), result in results:
            waiting[number] = thing, result
            while turn in waiting:
                yield waiting.pop(turn)
                turn += 1


def _on_second(work: Callable[[T], R], pair: tuple[int, T]) -> R:
    return work(pair[1])


def _together(
    workers: Workers, work: Callable[[T], R], queue: Iterator[T]
) -> Generator[tuple[T, R | None], None, list[T]]:
    """Work until the queue is empty or a worker died; returns the tasks that were in flight and are not done."""
    suspects: list[T] = []
    running: dict[Future[R], T] = {}
    with workers.executor() as executor:
        while True:
            for thing in islice(queue, 0 if suspects else workers.at_once - len(running)):
                try:
                    running[executor.submit(work, thing)] = thing
                except workers.deaths:
                    suspects.append(thing)
            if not running:
                return suspects
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                thing = running.pop(future)
                try:
                    result = future.result()
                except workers.deaths:
                    suspects.append(thing)
                except CancelledError:  # a cluster may drop what a dead worker had
                    suspects.append(thing)
                else:
                    yield thing, result


def _alone(workers: Workers, work: Callable[[T], R], thing: T) -> R | None:
    with workers.executor() as executor:
        try:
            return executor.submit(work, thing).result()
        except workers.deaths:
            return None


def local(jobs: int) -> Workers:
    """Local processes; also for one job, because a hostile package may crash rpm."""
    return Workers(partial(_pool, jobs), jobs * 4)


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 slow to import, and other commands come by
    from multiprocessing import active_children, get_context  # noqa: PLC0415

    class Pool(ProcessPoolExecutor):
        def submit(self, *work: Any, **more: Any) -> Any:
            with _interrupts_blocked():  # inherited by the processes that this starts
                return super().submit(*work, **more)

    # Not forked, because a process may have threads, nor by a server, whose socket stays behind when it is killed.
    with Pool(jobs, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        try:
            yield pool
        except BaseException:  # nobody waits for what is under way: it may take minutes
            for child in active_children():
                child.terminate()
            raise


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Silence a worker, because its results show what happens to it, and end it when its parent ends."""
    from multiprocessing import parent_process  # noqa: PLC0415

    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)  # on which a build is ended in order

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    Thread(target=follow, daemon=True).start()


@contextmanager
def dask(address: str, patience: float = LIMITS.cluster_seconds) -> Iterator[Workers]:
    """The workers of a Dask cluster, by the address of its scheduler; raises UsageError."""
    try:
        from distributed import Client  # noqa: PLC0415 only clusters need it
        from distributed.scheduler import KilledWorker  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(requires.DISTRIBUTED.missing(error)) from error

    class Connecting(Client):  # type: ignore[misc]
        def start(self, **options: object) -> None:
            try:
                super().start(**options)
                self.wait_for_workers(1, timeout=patience)
            except BaseException:
                self.close()  # or the collector does so, in a thread that may wait for itself
                raise

    try:
        if not address:  # for which Dask would make a cluster of its own
            raise ValueError("the address of its scheduler is expected")
        client = Connecting(address, timeout=patience)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"--dask {address}: no cluster with workers answers: {error}") from error

    @contextmanager
    def executor() -> Iterator[Executor]:
        pool = client.get_executor(pure=False)
        try:
            yield pool
        except BaseException as error:
            is_lost = client.status in LOST  # the client has given up; every call of it raises then
            if not is_lost:
                pool.shutdown(wait=False)
            if is_lost or isinstance(error, CancelledError | OSError):
                raise UsageError(f"--dask {address}: the cluster was lost: {error}") from error
            raise

    with client:
        _require_alike(address, client.run(_describe), client.nthreads())
        yield Workers(executor, sum(client.nthreads().values()) * 4, (BrokenExecutor, KilledWorker))


def _describe() -> str:
    return __version__


def _require_alike(address: str, versions: dict[str, str], threads: dict[str, int]) -> None:
    """Refuse workers whose facts would be others."""
    for worker, version in versions.items():
        if version != __version__:
            raise UsageError(f"--dask {address}: {worker} has ltocheck {version}, this is {__version__}")
        if threads[worker] != 1:
            raise UsageError(f"--dask {address}: {worker} has {threads[worker]} threads; rpm needs --nthreads 1")
