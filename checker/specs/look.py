# SPDX-License-Identifier: GPL-2.0-or-later
"""Both looks at any number of specs, in one process or several: each file is read once."""

import signal
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import LtocheckError, Obstacle, Unavailable, crash
from checker.model import PackageFacts, Target, TargetType
from checker.model.specs import SpecFacts, SpecItem
from checker.specs.lexical import look_at_text, unreadable
from checker.specs.sections import read_spec
from checker.specs.spec_file import SpecFile, read_spec_file

if TYPE_CHECKING:
    from checker.specs.asking import Asking
    from checker.specs.profiles import Profile

NO_SPEC = Unavailable(Obstacle.MALFORMED, "neither a tag nor a section of a spec is in it")


class LookOptions(NamedTuple):
    """How specs are read."""

    macro: str
    """The opt-in macro, without the percent sign."""
    profiles: "tuple[Profile, ...]" = ()
    """Without any, only the text is read."""
    arches: tuple[str, ...] = ()
    trusted: bool = False
    """Have rpm parse specs without a sandbox."""


class SpecLook(NamedTuple):
    """A spec file, and what its bytes say."""

    file: SpecFile
    facts: SpecFacts

    @property
    def target(self) -> Target:
        """The same as what the judge takes."""
        name, facts = self.file.name, self.facts
        evidence = tuple(f"line {spot.line}: {spot.text}" for spot in facts.opt_in_spots)
        package = PackageFacts(
            source=facts.name, opt_in=facts.opt_in, opt_in_evidence=evidence, declared=facts.declared
        )
        return Target(name, TargetType.SPEC, package, iter([SpecItem(name, facts)]))


class SpecReader:
    """Looks at one spec after the other; rpm is asked where the options say for which distributions."""

    def __init__(self, options: LookOptions) -> None:
        self._options = options
        self._asking: Asking | None = None

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
            from checker.specs.asking import Asking  # noqa: PLC0415 slow to import, and a look at the text does without

            self._asking = self._asking or Asking(options)
            facts = self._asking.expanded(file, spec, facts)
        return SpecLook(file, facts)

    def close(self) -> None:
        """End the sandbox."""
        if self._asking is not None:
            self._asking.close()


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
