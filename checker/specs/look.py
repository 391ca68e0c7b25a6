# SPDX-License-Identifier: GPL-2.0-or-later
"""Both looks at any number of specs, in one process or several."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from checker.errors import Unavailable
from checker.model import PackageFacts, Target, TargetType
from checker.model.specs import Sign, SpecFacts, SpecItem
from checker.specs.expand import Profile, look_expanded
from checker.specs.lexical import look_lexically, unreadable
from checker.specs.sandbox import Sandbox, SandboxError
from checker.specs.target import file_name, read_spec_file


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about every spec."""

    macro: str
    """The opt-in macro, without the percent sign."""
    profiles: tuple[Profile, ...] = ()
    """None: only the lexical look."""
    arches: tuple[str, ...] = ()
    trusted: bool = False
    """Have rpm parse specs without a sandbox."""


class Viewer:
    """Looks at one spec after the other; the sandbox starts with the first that needs it."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._sandbox: Sandbox | None = None
        self._obstacle: str | None = None
        """Why there is no sandbox."""

    def look(self, path: str) -> SpecFacts:
        """The facts of the spec in a file."""
        try:
            data = read_spec_file(path)
        except Unavailable as error:
            return unreadable(error.detail)
        return self.look_at(data)

    def look_at(self, data: bytes) -> SpecFacts:
        """The facts of a spec."""
        question = self._question
        facts = look_lexically(data, question.macro)
        if not question.profiles or any(mark.sign is Sign.UNREADABLE for mark in facts.marks):
            return facts
        if self._obstacle is None:
            try:
                if self._sandbox is None:
                    self._sandbox = Sandbox(trusted=question.trusted).__enter__()
                return look_expanded(data, facts, question.macro, self._sandbox, question.profiles, question.arches)
            except SandboxError as error:
                self._obstacle = str(error)
        return replace(facts, not_expanded=self._obstacle)

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()


_viewer: list[Viewer] = []
"""The one viewer of a process in a pool."""


def _prepare(question: Question) -> None:
    _viewer[:] = [Viewer(question)]


def _look(path: str) -> SpecFacts:
    return _viewer[0].look(path)


def look_at_all(paths: Iterable[str], question: Question, jobs: int = 1) -> Iterator[tuple[str, SpecFacts]]:
    """Every path with its facts, in order."""
    paths = list(paths)
    if jobs > 1 and len(paths) > 1:
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 slow to import, and other commands come by

        with ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(question,)) as pool:
            yield from zip(paths, pool.map(_look, paths, chunksize=8), strict=True)
        return
    viewer = Viewer(question)
    try:
        for path in paths:
            yield path, viewer.look(path)
    finally:
        viewer.close()


def target_of(path: str, facts: SpecFacts) -> Target:
    """A spec as what the judge takes."""
    name = file_name(path)
    evidence = tuple(f"line {spot.line}: {spot.text}" for spot in facts.opt_in_spots)
    package = PackageFacts(source=facts.name, opt_in=facts.opt_in, opt_in_evidence=evidence, declared=facts.declared)
    return Target(name, TargetType.SPEC, package, iter([SpecItem(name, facts)]))
