# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of one build: numbers, words and names, never bytes of what was built."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from checker.model.rebuilds import Cause, CauseGroup, Hint, Objects, Phase, ResultWord


class Value(NamedTuple):
    """What a test of configure found, and the test in its own words."""

    value: str
    test: str | None = None


Values = Mapping[str, Mapping[str, Value]]
"""By file, then by name: results of configure, or the exported symbols and needed libraries of a file."""


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """One build of one source package in one arm."""

    result: ResultWord
    arch: str | None = None
    package: str | None = None
    """The name of the source package, where the build got so far."""
    phase: Phase | None = None
    """In which it failed."""
    cause: Cause | None = None
    reason: str | None = None
    """Why it was not tried."""
    missing: tuple[str, ...] = ()
    """BuildRequires that are not there."""
    opted_in: bool | None = None
    cpu: tuple[tuple[Phase, float], ...] = ()
    """Seconds of user and system time."""
    objects: Objects | None = None
    packages_bytes: int | None = None
    findings: tuple[tuple[str, int], ...] = ()
    hints: tuple[Hint, ...] = ()
    exclusive: tuple[str, ...] = ()
    """The architectures that the spec restricts itself to."""
    configured: str | None = None
    """The digest under which results of configure are kept."""
    symbols: str | None = None
    """The same for what was made."""

    def to_json(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "BuildFacts":
        """Facts as they were stored; raises ValueError, KeyError or TypeError for anything else."""
        fields: dict[str, Any] = json.loads(text)
        made = cls(**fields)
        return replace(
            made,
            result=ResultWord(made.result),
            phase=Phase(made.phase) if made.phase else None,
            cause=Cause(made.cause[0], CauseGroup(made.cause[1]), made.cause[2]) if made.cause else None,
            missing=tuple(made.missing),
            exclusive=tuple(made.exclusive),
            cpu=tuple((Phase(phase), seconds) for phase, seconds in made.cpu),
            objects=Objects(**fields["objects"]) if fields["objects"] else None,
            findings=tuple((rule, count) for rule, count in made.findings),
            hints=tuple(Hint(*hint) for hint in made.hints),
        )
