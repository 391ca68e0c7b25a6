# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds as values: what is to be built, how, and what came of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from checker.model.rebuilds import ResultWord
from checker.rebuild.arms import Arm
from checker.rebuild.builders import Builder
from checker.rebuild.cross import Cross
from checker.rebuild.facts import BuildFacts
from checker.rebuild.sources import SourcePackage


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How everything of one rebuild is built."""

    builder: Builder
    profile: str
    """The macros of `--target`."""
    policy: str
    environment: dict[str, str] = field(default_factory=dict)
    """The builder's variables, as they are set."""
    trusted: bool = False
    nodeps: bool = False
    cpus: int = 1


class Key(NamedTuple):
    """Which build of a rebuild one is."""

    source: str
    arch: str
    arm: str
    number: int


@dataclass(frozen=True, slots=True)
class Task:
    """One build that is to be done; `token` marks the lines of its log."""

    source: SourcePackage
    arm: Arm
    number: int
    token: str
    arch: str
    cross: Cross | None = None
    """Run only as far as configure goes, and for another architecture perhaps."""

    @property
    def key(self) -> Key:
        """By which its facts are kept."""
        return Key(self.source.name, self.arch, self.arm.name, self.number)


class Built(NamedTuple):
    """What came of a build, with its log, compressed, and texts that equal builds share, by their digests."""

    facts: BuildFacts
    log: bytes
    texts: dict[str, bytes]


def not_tried(task: Task, reason: str) -> Built:
    """A build that could not begin."""
    return Built(BuildFacts(ResultWord.NOT_TRIED, task.arch, reason=reason), b"", {})
