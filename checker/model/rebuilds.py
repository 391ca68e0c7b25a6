# SPDX-License-Identifier: GPL-2.0-or-later
"""The values of rebuilds: source packages built in several arms, and the outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Phase(StrEnum):
    """A section of a spec that a build executes, in the order in which rpmbuild does."""

    PREP = "prep"
    CONF = "conf"
    BUILD = "build"
    INSTALL = "install"
    CHECK = "check"


class ResultWord(StrEnum):
    """What the builds of one arm came to."""

    BUILT = "built"
    FAILED = "failed"
    NOT_TRIED = "not-tried"
    FLAKY = "flaky"
    """Repeated builds of the same arm came to different results."""


class OutcomeWord(StrEnum):
    """The outcome of the results of all arms for a source package; the first that is true."""

    NOT_TRIED = "not-tried"
    FLAKY = "flaky"
    FAILS_IN_EVERY_ARM = "fails-in-every-arm"
    ARM_NOT_APPLIED = "arm-not-applied"
    """The kinds of the objects in the build tree do not change between arms, so that the builds show nothing."""
    NEEDS_OPT_IN = "needs-opt-in"
    """Ships objects that are slim without the opt-in, or builds fat and fails slim."""
    UNDOES_FLAGS = "undoes-flags"
    """Ships slim objects although its flags were fat."""
    MIXED = "mixed"
    """Ships objects that are joined from slim and native ones."""
    CONFIGURES_DIFFERENTLY = "configures-differently"
    """Builds in all arms, with another result of a test of configure, or another class of a symbol."""
    FINE = "fine"


class CauseGroup(StrEnum):
    """Where the cause of a failure lies."""

    LTO = "lto"
    PROJECT = "project"
    ENVIRONMENT = "environment"
    """The machine that builds, not the package."""
    UNKNOWN = "unknown"
    """No known cause fits; named after its first error line."""


class Cause(NamedTuple):
    """Why a build failed, with the line of its log that shows it."""

    name: str
    group: CauseGroup
    line: str


class Spread(NamedTuple):
    """A quantity over repeated builds."""

    median: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects in a build tree at the end of %build: how many there are of each kind, and their bytes."""

    count: int
    size: int
    fat: int
    slim: int
    native: int


class Difference(NamedTuple):
    """What is not the same in two arms: a result of configure, an exported symbol, a needed library."""

    what: str
    """configure, symbol or needed."""
    file: str
    name: str
    before: str | None
    """In the fat arm; None where there is none."""
    after: str | None
    test: str | None = None
    """The test of configure that made it, in its own words."""


class Hint(NamedTuple):
    """A line of the sources that looks like a test of configure which slim objects mislead."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What the builds of a source package in one arm, for one architecture, came to."""

    result: ResultWord
    phase: Phase | None = None
    """In which it failed."""
    cause: Cause | None = None
    reason: str | None = None
    """Why it was not tried."""
    missing: tuple[str, ...] = ()
    """BuildRequires that are not there."""
    opted_in: bool | None = None
    """Whether the spec that was built sets the opt-in macro; None when no build got so far."""
    cpu: Mapping[Phase, Spread] | None = None
    """Seconds of user and system time."""
    objects: Objects | None = None
    packages_bytes: int | None = None
    findings: tuple[tuple[str, int], ...] = ()
    """Rules that the hook or a scan of the packages found broken, and for how many objects."""


@dataclass(frozen=True, slots=True)
class ArchOutcome:
    """What a rebuild says of a source package on one architecture."""

    outcome: OutcomeWord
    why: str
    """A sentence with the evidence."""
    arms: Mapping[str, ArmResult]
    differences: tuple[Difference, ...] = ()
    more_differences: int = 0
    superfluous: bool | None = None
    """Whether it opts in, and an arm without its opt-in is fine; None when no such arm was built."""
    proven: bool | None = None
    """Whether the opt-in was applied and the package built with it shows that it works; None when it was not tried."""


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What a rebuild says of one source package."""

    source: str
    outcome: OutcomeWord
    arch: str
    """The architecture that decides."""
    archs: Mapping[str, ArchOutcome]
    superfluous: bool | None = None
    """True only when that is so on every architecture that the package builds for."""
    hints: tuple[Hint, ...] = ()

    @property
    def deciding(self) -> ArchOutcome:
        """What is said of the architecture that decides."""
        return self.archs[self.arch]

    @property
    def proven(self) -> bool | None:
        """Whether the opt-in is proven wherever it was tried; None when it was tried nowhere."""
        tried = [arch.proven for arch in self.archs.values() if arch.proven is not None]
        return all(tried) if tried else None

    @property
    def cause(self) -> Cause | None:
        """Why an arm failed, on the architecture that decides; an arm that fails alone comes first."""
        return next((arm.cause for arm in reversed([*self.deciding.arms.values()]) if arm.cause is not None), None)


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One complete rebuild."""

    id: int
    name: str | None
    finished: str
    """UTC, as ISO 8601 writes it."""
    tool: str
    target: str
    builder: str
    arms: tuple[str, ...]
    repeat: int
    seed: int
    machine: str
    """Processors, their model, compiler and rpm, as far as the machine says."""
    sources: tuple[SourceOutcome, ...]
    """By name."""
