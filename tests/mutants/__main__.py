# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutation testing of what decides verdicts: make mutants [N=1000] [SEED=0].

The tests below are run once, to see which of them reach which function; those that fail while they are watched, because
they have bounds of time, are left out. Then a fault is put into a function, in a forked process, and the fastest tests
that reach it are run until one fails. Nothing is started or imported anew, so a mutant costs a fraction of a second; in
return, faults are inside of functions, not in tables of modules.
"""

import functools
import gc
import importlib
import os
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest

from tests.mutants.mutate import Mutant, mutants, mutated
from tests.toolbox import ROOT

ROOMS = ("objects", "lto", "rules", "judging")
TESTS = (
    *("test_ar.py", "test_bitcode.py", "test_coff.py", "test_judge.py", "test_policy.py", "test_flags.py"),
    "test_fixtures.py",
)
SECONDS = 2.0
"""So long the tests of a mutant may take when they pass, together; tests that take longer alone are not run for any."""

CONTROLS = 5
"""For so many mutants the same tests are run without the fault as well, where they have to pass."""

SLOWEST = 60
"""Seconds of processor time after which a mutant counts as found, since it hangs."""

LONGEST = 120
"""Seconds after which it does so where it waits for something."""

KILLED = 7
NOT_REACHED = "no test reaches it"


def files() -> list[Path]:
    """Modules that get faults."""
    return [file for room in ROOMS for file in sorted((ROOT / "checker" / room).glob("*.py"))]


class MutantRunner:
    """Runs the tests once, then what reaches a function with a fault, for each fault of a sample."""

    def __init__(self, number: int, seed: int) -> None:
        self._sources = {str(file): file.read_text() for file in files()}
        every = [mutant for file, source in self._sources.items() for mutant in mutants(file, source)]
        self.total = len(every)
        self._sample = random.Random(seed).sample(every, min(number, len(every)))
        self._reached: defaultdict[tuple[str, str], list[tuple[float, pytest.Item]]] = defaultdict(list)
        self._functions: defaultdict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        self.results: Counter[str] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        items = session.items
        for item, following in zip(items, [*items[1:], items[0]], strict=True):
            self._observe(item, following)
        session.testsfailed = 0
        self._look_around()
        print(f"\n{len(items)} tests; {len(self._sample)} of {self.total} mutants", flush=True)
        for number, mutant in enumerate(self._sample, 1):
            self._try(mutant)
            if number % 50 == 0 or number == len(self._sample):
                print(f"{self.results['killed']} of {number} found; {dict(self.results)}", flush=True)
        return True

    def _look_around(self) -> None:
        """Find the functions in memory that get faults, and caches of what they returned without."""
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in self._sources:
                self._functions[found.__code__.co_filename, found.__code__.co_qualname].append(found)
            elif isinstance(found, functools._lru_cache_wrapper) and (found.__module__ or "").startswith("checker"):
                self._caches.append(found)

    def _observe(self, item: pytest.Item, following: pytest.Item) -> None:
        """Run a test, and note which functions it reaches."""
        codes: set[CodeType] = set()

        def seen(frame: FrameType, _event: str, _argument: object) -> None:
            codes.add(frame.f_code)

        start = time.process_time()
        failed = item.session.testsfailed
        sys.setprofile(seen)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.setprofile(None)
        seconds = time.process_time() - start
        if item.session.testsfailed > failed:
            return
        for key in {(code.co_filename, code.co_qualname.partition(".<locals>")[0]) for code in codes}:
            if key[0] in self._sources and seconds <= SECONDS:
                self._reached[key].append((seconds, item))

    def _try(self, mutant: Mutant) -> None:
        reached = sorted(self._reached.get((mutant.file, mutant.function), ()), key=lambda entry: entry[0])
        chosen: list[pytest.Item] = []
        left = SECONDS
        for seconds, item in reached:
            left -= seconds
            if left < 0:
                break
            chosen.append(item)
        if not chosen:
            self._note(mutant, NOT_REACHED)
            return
        if self.results["killed"] < CONTROLS:
            assert not self._is_failed(None, chosen), "the tests fail without a fault"
        self._note(mutant, "killed" if self._is_failed(mutant, chosen) else "survived")

    def _is_failed(self, mutant: Mutant | None, chosen: list[pytest.Item]) -> bool:
        pid = os.fork()
        if not pid:
            self._child(mutant, chosen)
        return os.waitpid(pid, 0)[1] != 0

    def _note(self, mutant: Mutant, result: str) -> None:
        self.results[result] += 1
        if result != "killed":
            line = self._sources[mutant.file].splitlines()[mutant.line - 1].strip()
            file = os.path.relpath(mutant.file, ROOT)
            print(f"{result}: {file}:{mutant.line}: {mutant.function}: {mutant.what}: {line}", flush=True)

    def _child(self, mutant: Mutant | None, chosen: list[pytest.Item]) -> None:
        """Put the fault into this process and run the tests; ends with KILLED when one fails."""
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(null, stream)
        if mutant:
            resource.setrlimit(resource.RLIMIT_CPU, (SLOWEST, SLOWEST))
            signal.alarm(LONGEST)
            self._put(mutant)
        session = chosen[0].session
        session._setupstate.teardown_exact(chosen[0])
        another = next(item for item in session.items if item is not chosen[-1])  # fixtures of the session stay
        for item, following in zip(chosen, [*chosen[1:], another], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                os._exit(KILLED)
        os._exit(0)

    def _put(self, mutant: Mutant) -> None:
        code = mutated(mutant, self._sources[mutant.file])
        for function in self._functions[mutant.file, mutant.function]:
            function.__code__ = code
        for cache in self._caches:
            cache.cache_clear()


def main() -> int:
    """Try so many mutants, chosen by a seed: NUMBER [SEED]; prints those that no test finds."""
    number, seed = (*map(int, sys.argv[1:]), 0)[:2]
    for file in files():
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    runner = MutantRunner(number, seed)
    paths = [str(ROOT / "tests" / test) for test in TESTS]
    arguments = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "--rootdir", str(ROOT), *paths]
    return pytest.main(arguments, plugins=[runner])


if __name__ == "__main__":
    sys.exit(main())
