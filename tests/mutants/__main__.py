# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutation testing of what decides verdicts: make mutants [N=1000] [SEED=0].

The tests below are run once, to see which of them reach which line; those that fail while they are watched, because
they have bounds of time, are left out. Then a fault is put into a function, in a forked process, and the fastest tests
that reach its line are run until one fails. Faults that no test can find are in explained.txt, with the reason, and
counted as such; an explanation of what is no longer there is printed. Nothing is started or imported anew, so a mutant
costs a fraction of a second; in return, faults are inside of functions, not in tables of modules. What a program with a
fault does is anybody's guess, so all of this runs in bubblewrap, as nobody, and can write only into memory.
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
from collections.abc import Callable
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest

from tests.mutants.explained import explained
from tests.mutants.mutate import Mutant, mutants, mutated
from tests.toolbox import ROOT

ROOMS = ("objects", "lto", "rules", "judging")
TESTS = (
    *("test_source.py", "test_magic.py", "test_ar.py", "test_bitcode.py", "test_coff.py", "test_elf.py"),
    *("test_gimple.py", "test_comment.py", "test_object_kinds.py", "test_fixtures.py", "test_walk.py"),
    *("test_crashes.py", "test_judge.py", "test_policy.py", "test_flags.py", "test_not_looked_at.py"),
    *("test_words.py", "test_tree.py", "test_one_pass.py", "test_inspect.py", "test_exclusion.py", "test_hook.py"),
    "specs/test_rules.py",
)
SECONDS = 2.0
"""So long the tests of a mutant may take when they pass, together; tests that take longer alone are not run for any."""

CONTROLS = 5
"""For so many mutants the same tests are run without the fault as well, where they have to pass."""

SLOWEST = 20
"""Seconds of processor time after which a mutant counts as found, since it hangs."""

LONGEST = 120
"""Seconds after which it does so where it waits for something."""

MEMORY = 2 << 30
"""Bytes of address space after which it does so as well."""

KILLED = 7
NOT_REACHED = "no test reaches it"
EXPLAINED = "explained"
INSIDE = "LTOCHECK_MUTANTS_INSIDE"


def files() -> list[Path]:
    """Modules that get faults."""
    return [file for room in ROOMS for file in sorted((ROOT / "checker" / room).glob("*.py"))]


class MutantRunner:
    """Runs the tests once, then what reaches a line with a fault, for each fault of a sample."""

    def __init__(self, number: int, seed: int, before: str | None = None) -> None:
        """`before` is what an earlier run printed: what no test found then is tried again, and nothing else."""
        self._sources = {str(file): file.read_text() for file in files()}
        every = [mutant for file, source in self._sources.items() for mutant in mutants(file, source)]
        self.total = len(every)
        self._explained = explained()
        for stale in sorted(self._explained - set(map(self._text, every))):
            print(f"explained, and no longer there: {stale}", flush=True)
        self._sample = random.Random(seed).sample(every, min(number, len(every)))
        if before is not None:
            self._sample = [mutant for mutant in every if self._text(mutant) in before]
        self._reached: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self._seconds: dict[int, float] = {}
        self._functions: defaultdict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        self.results: Counter[str] = Counter()

    def pytest_configure(self) -> None:
        """The same inputs for all, of which none is made smaller."""
        from hypothesis import Phase, settings  # noqa: PLC0415 pytest has to see it first

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", database=None, derandomize=True, phases=phases)
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        items = session.items
        for number, following in enumerate([*items[1:], items[0]]):
            self._observe(items, number, following)
        session.testsfailed = 0
        self._look_around()
        gc.freeze()
        print(f"\n{len(items)} tests; {len(self._sample)} of {self.total} mutants", flush=True)
        for number, mutant in enumerate(self._sample, 1):
            self._try(items, mutant)
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

    def _observe(self, items: list[pytest.Item], number: int, following: pytest.Item) -> None:
        """Run a test, and note which lines it reaches."""
        lines: set[tuple[str, int]] = set()

        def entered(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
            return reached if frame.f_code.co_filename in self._sources else None

        def reached(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any]:
            lines.add((frame.f_code.co_filename, frame.f_lineno))
            return reached

        item = items[number]
        start = time.process_time()
        failed = item.session.testsfailed
        for cache in self._caches:
            cache.cache_clear()
        sys.settrace(entered)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.settrace(None)
        self._seconds[number] = time.process_time() - start
        if item.session.testsfailed == failed:
            for line in lines:
                self._reached[line].add(number)

    def _try(self, items: list[pytest.Item], mutant: Mutant) -> None:
        reached = set().union(*(self._reached.get((mutant.file, line), ()) for line in mutant.statement))
        chosen: list[pytest.Item] = []
        left = SECONDS
        for number in sorted(reached, key=self._seconds.__getitem__):
            left -= self._seconds[number]
            if left < 0:
                break
            chosen.append(items[number])
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
        if result != "killed" and self._text(mutant) in self._explained:
            result = EXPLAINED
        self.results[result] += 1
        if result not in ("killed", EXPLAINED):
            print(f"{result}: {self._text(mutant)} (line {mutant.line})", flush=True)

    def _text(self, mutant: Mutant) -> str:
        line = self._sources[mutant.file].splitlines()[mutant.line - 1].strip()
        return f"{os.path.relpath(mutant.file, ROOT)}: {mutant.function}: {mutant.what}: {line}"

    def _child(self, mutant: Mutant | None, chosen: list[pytest.Item]) -> None:
        """Put the fault into this process and run the tests; ends with KILLED when one fails."""
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(null, stream)
        if mutant:
            resource.setrlimit(resource.RLIMIT_CPU, (SLOWEST, SLOWEST))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
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


def contain() -> None:
    """Begin anew as nobody, where nothing but memory can be written to."""
    command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    command += ["--tmpfs", "/tmp", "--tmpfs", "/var/tmp"]
    for folder in (sys.prefix, str(ROOT)):  # which may be below /tmp
        command += ["--ro-bind", folder, folder]
    command += ["--unshare-all", "--uid", "65534", "--gid", "65534", "--die-with-parent", "--chdir", str(ROOT)]
    command += ["--setenv", "TMPDIR", "/tmp", "--setenv", INSIDE, "1", "--"]
    os.execvp(command[0], [*command, sys.executable, "-m", "tests.mutants", *sys.argv[1:]])


def main() -> int:
    """Try so many mutants, chosen by a seed: NUMBER [SEED [FILE]]; prints those that no test finds.

    FILE, below this folder, is what an earlier run printed; what no test found then is tried again, whatever the seed.
    """
    if INSIDE not in os.environ:
        contain()
    number, seed = (*map(int, sys.argv[1:3]), 0)[:2]
    before = Path(sys.argv[3]).read_text(errors="replace") if sys.argv[3:] else None
    for file in files():
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    runner = MutantRunner(number, seed, before)
    paths = [str(ROOT / "tests" / test) for test in TESTS]
    arguments = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "--rootdir", str(ROOT), *paths]
    return pytest.main(arguments, plugins=[runner])


if __name__ == "__main__":
    sys.exit(main())
