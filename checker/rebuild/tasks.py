# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds as values: task, settings and result."""

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
    """The settings that all builds of a rebuild share."""

    builder: Builder
    profile: str
    """The text of the macros for `--target`."""
    policy: str
    environment: dict[str, str] = field(default_factory=dict)
    """The builder's variables and their values."""
    trusted: bool = False
    nodeps: bool = False
    cpus: int = 1


class Key(NamedTuple):
    """The identity of one build in a rebuild."""

    source: str
    arch: str
    arm: str
    number: int


@dataclass(frozen=True, slots=True)
class Task:
    """One build to do; `token` authenticates the marked lines of its log."""

    source: SourcePackage
    arm: Arm
    number: int
    token: str
    arch: str
    cross: Cross | None = None
    """Settings of a build that ends after configure, possibly for another architecture; None for a full build."""

    @property
    def key(self) -> Key:
        """The key of its facts in the store."""
        return Key(self.source.name, self.arch, self.arm.name, self.number)


class Built(NamedTuple):
    """The result of a build: facts, the compressed log, and texts by digest, which equal builds share."""

    facts: BuildFacts
    log: bytes
    texts: dict[str, bytes]


def not_tried(task: Task, reason: str) -> Built:
    """The result of a build that could not begin, for a reason."""
    return Built(BuildFacts(ResultWord.NOT_TRIED, task.arch, reason=reason), b"", {})
