# SPDX-License-Identifier: GPL-2.0-or-later
"""Both looks at any number of specs, in one process or several: each file is read once."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from checker.errors import LtocheckError, Obstacle, Unavailable, crash
from checker.model import PackageFacts, Target, TargetType
from checker.model.specs import SpecFacts, SpecItem
from checker.specs.expand import Expansion, Profile
from checker.specs.lexical import look_at_text, unreadable
from checker.specs.sandbox import Sandbox, SandboxError
from checker.specs.sections import read_spec
from checker.specs.sources import files_beside
from checker.specs.target import STANDARD_INPUT, SpecFile, file_name, read_spec_file

NO_SPEC = Unavailable(Obstacle.MALFORMED, "neither a tag nor a section of a spec is in it")


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How specs are read."""

    macro: str
    """The opt-in macro, without the percent sign."""
    profiles: tuple[Profile, ...] = ()
    """Without any, only the text is read."""
    arches: tuple[str, ...] = ()
    trusted: bool = False
    """Have rpm parse specs without a sandbox."""


class SpecLook(NamedTuple):
    """A spec file, and what its bytes say."""

    file: SpecFile
    facts: SpecFacts


class SpecReader:
    """Looks at one spec after the other; the sandbox starts with the first that needs it."""

    def __init__(self, options: LookOptions) -> None:
        self._options = options
        self._sandbox: Sandbox | None = None
        self._obstacle: str | None = None
        """Why there is no sandbox."""

    def look(self, path: str) -> SpecLook:
        """The spec in a file."""
        try:
            return self.look_at(read_spec_file(path))
        except Unavailable as error:
            return SpecLook(SpecFile(path, b""), unreadable(error))
        except (OSError, LtocheckError):
            raise
        except Exception as error:  # a bug of our own is that spec's: the others are looked at
            return SpecLook(SpecFile(path, b""), unreadable(crash(error)))

    def look_at(self, file: SpecFile) -> SpecLook:
        """A spec whose bytes are known."""
        options = self._options
        try:
            spec = read_spec(file.data)
        except Unavailable as error:
            return SpecLook(file, unreadable(error))
        if not spec.is_spec:
            return SpecLook(file, unreadable(NO_SPEC))
        facts = look_at_text(spec, options.macro)
        if options.profiles:
            try:
                with self._sandbox_for(file) as sandbox:
                    expansion = Expansion(file.data, spec, facts, options.macro)
                    facts = expansion.look(sandbox, options.profiles, options.arches)
            except SandboxError as error:
                self._obstacle = str(error)
            if self._obstacle is not None:
                facts = facts._replace(not_expanded=self._obstacle)
        return SpecLook(file, facts)

    @contextmanager
    def _sandbox_for(self, file: SpecFile) -> Iterator[Sandbox]:
        """Where rpm parses a spec; one that reads files beside it gets a place of its own. Raises SandboxError."""
        trusted = self._options.trusted
        if self._obstacle is not None:
            raise SandboxError(self._obstacle)
        files = {} if file.is_package or file.path == STANDARD_INPUT else files_beside(file.path, file.data)
        if files:
            try:
                folder = os.path.dirname(os.path.abspath(file.path))
                with Sandbox(trusted=trusted, files=files, folder=folder) as sandbox:
                    yield sandbox
            finally:
                for fd in files.values():
                    os.close(fd)
            return
        if self._sandbox is None:
            self._sandbox = Sandbox(trusted=trusted).__enter__()
        yield self._sandbox

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()


_reader: list[SpecReader] = []
"""The one reader of a process in a pool."""


def _prepare(options: LookOptions) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks ends those that answer, and none holds a lock
    _reader[:] = [SpecReader(options)]


def _look(path: str) -> SpecLook:
    return _reader[0].look(path)


CHUNK = 8
"""Specs that a process is given at once; for so few none is started."""


def look_at_all(paths: Iterable[str], options: LookOptions, jobs: int = 1) -> Iterator[SpecLook]:
    """Every spec, in order."""
    paths = list(paths)
    if jobs > 1 and len(paths) > CHUNK:
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 slow to import, and other commands come by

        with ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(options,)) as pool:
            yield from pool.map(_look, paths, chunksize=CHUNK)
        return
    reader = SpecReader(options)
    try:
        for path in paths:
            yield reader.look(path)
    finally:
        reader.close()


def target_of(looked: SpecLook) -> Target:
    """A spec as what the judge takes."""
    name, facts = file_name(looked.file.path), looked.facts
    evidence = tuple(f"line {spot.line}: {spot.text}" for spot in facts.opt_in_spots)
    package = PackageFacts(source=facts.name, opt_in=facts.opt_in, opt_in_evidence=evidence, declared=facts.declared)
    return Target(name, TargetType.SPEC, package, iter([SpecItem(name, facts)]))
