# SPDX-License-Identifier: GPL-2.0-or-later
"""The types of a transition: the standing of each source package, its owner, notes and hits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from checker.model import Kind
from checker.model.audits import AuditName
from checker.model.statements import Statement


class State(StrEnum):
    """Where a source package stands; the first that is true."""

    BROKEN = "broken"
    """It ships hollow, mixed or bytecode objects today."""
    CONFLICT = "conflict"
    """It opted in, and its build undoes that."""
    FAILS_SLIM = "fails-slim"
    """It does not build with slim objects, and with fat ones it does."""
    TO_DO = "to-do"
    """It needs the opt-in and does not have it."""
    DONE = "done"
    """It needs the opt-in and has it."""
    SUPERFLUOUS = "superfluous"
    """It has the opt-in and does not need it."""
    NOT_NEEDED = "not-needed"
    UNKNOWN = "unknown"
    GONE = "gone"
    """It was there in the audit that this one is compared with."""


OPEN = (State.BROKEN, State.CONFLICT, State.FAILS_SLIM, State.TO_DO)
"""States that somebody has to change."""


class Answer(StrEnum):
    """Whether a source package needs the opt-in."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Note(NamedTuple):
    """What people wrote of a source package."""

    package: str
    bug: str | None = None
    """A number or an address."""
    status: str | None = None
    cause: str | None = None
    text: str | None = None


class Hit(NamedTuple):
    """A source package whose build needs another one's objects."""

    source: str
    package: str
    """What its BuildRequires resolve to: the package with the objects."""
    via: str
    """The requirement in its spec that leads there."""
    links: bool | None = None
    """Whether its build log names the library; None where there is no log."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One source package in the transition, with all that is known of it."""

    source: str
    state: State
    need: Answer
    opted_in: bool | None
    proven: bool | None
    """Whether a rebuild shows that the opt-in works; None where none tried."""
    why: tuple[Statement, ...]
    """The evidence."""
    archs: Mapping[str, Mapping[Kind, int]] = field(default_factory=dict)
    """Objects by kind on each architecture."""
    files: tuple[str, ...] = ()
    more_files: int = 0
    packages: tuple[str, ...] = ()
    """NEVRA of those with objects."""
    rules: tuple[str, ...] = ()
    """Rules by which it is broken."""
    cause: str | None = None
    """The root cause, where a rebuild or a note names one."""
    outcome: str | None = None
    """Of a rebuild."""
    owner: str | None = None
    note: Note | None = None
    hits: tuple[Hit, ...] = ()


class Changes(NamedTuple):
    """What became of source packages since another audit, by their names."""

    since: AuditName
    new: tuple[str, ...]
    """Their state is open now, and was not."""
    resolved: tuple[str, ...]
    remaining: tuple[str, ...]
    gone: tuple[str, ...]
    out_of_scope: tuple[str, ...]


class Saved(NamedTuple):
    """What slim objects save where both were built, by a rebuild; sums of medians."""

    sources: int
    """How many source packages were built in both arms."""
    cpu_fat: float
    """Seconds."""
    cpu_slim: float
    objects_fat: int
    """Bytes."""
    objects_slim: int


@dataclass(frozen=True, slots=True)
class Transition:
    """All source packages, by name, and what they add up to."""

    policy: str
    macro: str
    audits: tuple[AuditName, ...]
    standings: tuple[Standing, ...]
    problems: tuple[str, ...] = ()
    """What is not in the report: repositories and packages that could not be read, notes about what is gone."""
    changes: Changes | None = None
    rebuild: str | None = None
    saved: Saved | None = None
    has_impact: bool = False
    """Whether it is known who is hit."""

    @property
    def states(self) -> dict[State, int]:
        """How many source packages stand where."""
        counts = dict.fromkeys(State, 0)
        for standing in self.standings:
            counts[standing.state] += 1
        return counts

    @property
    def needed(self) -> int:
        """How many need the opt-in."""
        return sum(one.need is Answer.YES and one.state is not State.GONE for one in self.standings)

    @property
    def done(self) -> int:
        """How many of these are done."""
        return self.states[State.DONE]
