# SPDX-License-Identifier: GPL-2.0-or-later
"""The words of this project for specs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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


class Sign(StrEnum):
    """Something in a spec that rules look for."""

    ACTIVE_COMMENT = "active-comment"
    RECURSIVE_DEFINE = "recursive-define"
    UNDEFINE = "undefine"
    BYPASS = "bypass"
    SWALLOWED = "swallowed"
    HARDCODED_LTO = "hardcoded-lto"
    FAT_WITHOUT_LTO = "fat-without-lto"
    FAT_UNDONE = "fat-undone"
    PROJECT_LTO = "project-lto"
    INERT_OPT_IN = "inert-opt-in"
    LATE_OPT_IN = "late-opt-in"
    DEAD_OPT_IN = "dead-opt-in"
    SHELL_OPT_IN = "shell-opt-in"
    LTO_OFF = "lto-off"
    BROKEN = "broken"
    UNSEEN = "unseen"
    """Something that is not looked at: a line that is too long, another file that is included."""
    UNREADABLE = "unreadable"


class Mark(NamedTuple):
    """A sign and where it stands; `detail` names the macro, the option or the reason."""

    sign: Sign
    spot: Spot
    detail: str


class Condition(NamedTuple):
    """A conditional line of a spec, and whether rpm took the branch that it begins."""

    line: int
    holds: bool


@dataclass(frozen=True, slots=True)
class SpecTarget:
    """What rpm made of a spec for one distribution and architecture."""

    target: str
    arch: str
    lto: LtoState = LtoState.UNKNOWN
    opt_in: bool = False
    ships: Ships = Ships.UNKNOWN
    flags: str | None = None
    """What compilers are told, last word wins: fat, slim or none."""
    failure: str | None = None
    """Why rpm could not parse it."""
    conditions: tuple[Condition, ...] = ()
    """In the order of the lines; none where rpm could not parse it."""


@dataclass(frozen=True, slots=True)
class SpecFacts:
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
    marks: tuple[Mark, ...] = ()
    targets: tuple[SpecTarget, ...] = ()
    not_expanded: str | None = None
    """Why rpm was not asked, where it should have been."""


class SpecItem(NamedTuple):
    """One spec and where it is."""

    path: str
    facts: SpecFacts
