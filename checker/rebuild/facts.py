# SPDX-License-Identifier: GPL-2.0-or-later
"""The facts of one build: numbers, words and names, never the files that were built."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from checker.model.rebuilds import Cause, CauseGroup, Hint, Objects, Phase, ResultWord


class Value(NamedTuple):
    """The result of a configure test, and the test in its own words."""

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
    """The name of the source package; None if the build ended before it was known."""
    phase: Phase | None = None
    """The phase that failed; None for others."""
    cause: Cause | None = None
    reason: str | None = None
    """The reason why it was not tried; None if it was."""
    missing: tuple[str, ...] = ()
    """BuildRequires that are not installed."""
    opted_in: bool | None = None
    cpu: tuple[tuple[Phase, float], ...] = ()
    """Seconds of user and system time of each phase."""
    objects: Objects | None = None
    packages_bytes: int | None = None
    findings: tuple[tuple[str, int], ...] = ()
    hints: tuple[Hint, ...] = ()
    exclusive: tuple[str, ...] = ()
    """The architectures to which the spec is restricted."""
    configured: str | None = None
    """The digest of the stored results of configure."""
    symbols: str | None = None
    """The digest of the stored symbols and needed libraries."""

    def to_json(self) -> str:
        """The JSON text for the store."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "BuildFacts":
        """Facts from `to_json`; raises ValueError, KeyError or TypeError for any other text."""
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
