# SPDX-License-Identifier: GPL-2.0-or-later
"""The types of facts about specs."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from checker.model.flags import Lto


class LtoState(StrEnum):
    """What a spec does to link-time optimization."""

    DEFAULT = "default"
    """Nothing: the distribution decides."""
    DISABLED = "disabled"
    FAT = "fat"
    SLIM = "slim"
    MODIFIED = "modified"
    """Something that none of the other words covers, such as an own LTO switch of the project."""
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


class Ships(StrEnum):
    """Whether a spec lists objects in its %files."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    """Only on some architectures or distributions, or with a build switch that is off."""
    UNKNOWN = "unknown"
    """A folder, a broad pattern or a generated list may hold some."""


class Look(StrEnum):
    """How a spec was read."""

    LEXICAL = "lexical"
    EXPANDED = "expanded"


class Spot(NamedTuple):
    """A place in a spec, line and column from 1, and what stands there."""

    line: int
    column: int
    text: str


class Observed(StrEnum):
    """Something in a spec that rules look for."""

    ACTIVE_COMMENT = "active-comment"
    RECURSIVE_DEFINE = "recursive-define"
    UNDEFINE = "undefine"
    BYPASS = "bypass"
    """The check at the end of %install does not run."""
    HOOK_CHANGED = "hook-changed"
    NOT_STRIPPED = "not-stripped"
    """A script or tool that takes bytecode out of fat objects is switched off."""
    SWALLOWED = "swallowed"
    HARDCODED_LTO = "hardcoded-lto"
    FAT_WITHOUT_LTO = "fat-without-lto"
    FAT_UNDONE = "fat-undone"
    PROJECT_LTO = "project-lto"
    INERT_OPT_IN = "inert-opt-in"
    LATE_OPT_IN = "late-opt-in"
    """Below something that has expanded the flags already."""
    LATE_IN_BUILD = "late-in-build"
    """Below a command of %build whose flags are older where the build script does not export them at its start."""
    DEAD_OPT_IN = "dead-opt-in"
    SHELL_OPT_IN = "shell-opt-in"
    LTO_OFF = "lto-off"
    BROKEN = "broken"
    INCLUDED = "included"
    """Another file, which the look at the text does not read."""
    UNSEEN = "unseen"
    """Something that is not looked at: a line that is too long, what comes after the time is over."""
    UNREADABLE = "unreadable"


class Observation(NamedTuple):
    """Something that was observed, and where; `detail` names the macro, the option or the reason."""

    what: Observed
    spot: Spot
    detail: str


class OwnFlags(NamedTuple):
    """A build system that compiles some of what a spec ships by flags of its own."""

    name: str
    need: str
    """Why such objects need no opt-in, in a word of `ltocheck opt-in`."""


class Condition(NamedTuple):
    """A conditional line of a spec, and whether rpm took the branch that it begins."""

    line: int
    holds: bool


class SpecTarget(NamedTuple):
    """What rpm made of a spec for one distribution and architecture."""

    target: str
    arch: str
    lto: LtoState = LtoState.UNKNOWN
    opt_in: bool = False
    declared: bool = False
    """Opted in by the macro, not only by flags."""
    ships: Ships = Ships.UNKNOWN
    flags: Lto | None = None
    """What flags ask of compilers; the last one wins."""
    reached: Ships = Ships.UNKNOWN
    """Whether it ships objects that these flags reach."""
    excluded: bool = False
    """Whether such objects stay in the build root that %exclude keeps out of the packages."""
    exports_flags: bool = False
    """Whether the build script exports the flags at its start, as they are when all of the spec was read."""
    failure: str | None = None
    """Why rpm could not parse it."""
    conditions: tuple[Condition, ...] = ()
    """In the order of the lines; none where rpm could not parse it."""


class SpecFacts(NamedTuple):
    """What a spec says about objects and LTO."""

    look: Look
    lto: LtoState
    ships: Ships
    opt_in: bool
    declared: bool = False
    """Opted in by the macro, not only by flags."""
    name: str | None = None
    lto_spots: tuple[Spot, ...] = ()
    ships_spots: tuple[Spot, ...] = ()
    opt_in_spots: tuple[Spot, ...] = ()
    reached: Ships = Ships.NO
    """Whether objects are shipped by default that the distribution's flags reach and the check judges."""
    reached_spots: tuple[Spot, ...] = ()
    excluded_spots: tuple[Spot, ...] = ()
    """Objects that %exclude keeps out of the packages, but not out of the build root."""
    excepted_spots: tuple[Spot, ...] = ()
    """Objects that the spec excepts from the check."""
    excepted_why: str | None = None
    own_flags: tuple[OwnFlags, ...] = ()
    observations: tuple[Observation, ...] = ()
    targets: tuple[SpecTarget, ...] = ()
    not_expanded: str | None = None
    """Why rpm was not asked, where it should have been."""

    @property
    def parsed(self) -> list[SpecTarget]:
        """The distributions and architectures for which rpm has parsed the spec."""
        return [target for target in self.targets if target.failure is None]

    def observed(self, *wanted: Observed) -> Iterator[Observation]:
        """The observations of these kinds."""
        return (seen for seen in self.observations if seen.what in wanted)


class SpecItem(NamedTuple):
    """One spec and where it is."""

    path: str
    facts: SpecFacts
