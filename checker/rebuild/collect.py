# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds made elsewhere, by their logs and packages, in folders as SOURCE/ARCH/{build.log,*.rpm}."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.errors import LtocheckError, Unavailable, UsageError
from checker.model.rebuilds import ResultWord
from checker.rebuild.facts import BuildFacts
from checker.rebuild.results import binary_packages, facts_of, read_logs, with_packages
from checker.rebuild.tasks import Built, Key

LOGS = ("build.log", "build.log.gz", "build.log.xz", "build.log.zst", "build.log.bz2", "_log")
"""Names of logs of mock, Koji, Copr and OBS; the first that exists is read."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The folder of one build; `arm` is from the command line, or None if the log names it."""

    source: str
    arch: str
    folder: str
    arm: str | None
    policy: str

    @property
    def key(self) -> Key:
        """The key of its facts in the store; reading the log may add the arm."""
        return Key(self.source, self.arch, self.arm or "", 1)


def find_builds(folder: str, arm: str | None, policy: str) -> Iterator[Collected]:
    """The builds below a folder; raises UsageError for a folder without any."""
    found = False
    try:
        for source in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if not source.is_dir():
                continue
            for arch in sorted(os.scandir(source.path), key=lambda entry: entry.name):
                if arch.is_dir():
                    found = True
                    yield Collected(source.name, arch.name, os.path.abspath(arch.path), arm, policy)
    except OSError as error:
        raise UsageError(f"--collect {error.filename}: {error.strerror}") from error
    if not found:
        raise UsageError(f"--collect {folder}: holds no folders of builds; SOURCE/ARCH/build.log is expected")


def collect(collected: Collected) -> tuple[str | None, Built]:
    """Read one build; returns the arm that its log names, and the build."""
    try:
        return _collect(collected)
    except Unavailable as error:
        return None, Built(BuildFacts(ResultWord.NOT_TRIED, collected.arch, reason=f"its log {error.detail}"), b"", {})
    except LtocheckError:
        raise
    except Exception as error:  # one build must not end the reading of all others
        reason = f"made ltocheck fail: {type(error).__name__}: {error}"
        return None, Built(BuildFacts(ResultWord.NOT_TRIED, collected.arch, reason=reason), b"", {})


def _collect(collected: Collected) -> tuple[str | None, Built]:
    folder = Path(collected.folder)
    log = next((folder / name for name in LOGS if (folder / name).is_file()), None)
    if log is None:
        reason = f"there is no log; one of {', '.join(LOGS)} is expected"
        return None, Built(BuildFacts(ResultWord.NOT_TRIED, collected.arch, reason=reason), b"", {})
    said, kept = read_logs([log])
    packages = binary_packages(folder)
    texts: dict[str, bytes] = {}
    facts = facts_of(said, not said.failed and bool(packages or said.wrote), collected.arch)
    return said.arm, Built(with_packages(facts, packages, said, collected.policy, texts), kept, texts)
