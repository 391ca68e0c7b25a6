# SPDX-License-Identifier: GPL-2.0-or-later
"""The facts of a build, from its logs and its packages."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from checker.errors import Obstacle, Unavailable
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.model.rebuilds import ResultWord
from checker.rebuild import keep
from checker.rebuild.facts import BuildFacts
from checker.rebuild.logs import LogFacts, LogReader
from checker.rebuild.packages import findings_in, recorded_findings
from checker.rebuild.symbols import data_in, symbols_in

EXCLUSIVE = re.compile(rb"^ExclusiveArch:[ \t]*([\w \t]{1,400})$", re.IGNORECASE | re.MULTILINE)
UNREADABLE = "unreadable-package"
SOURCE_SUFFIXES = (".src.rpm", ".nosrc.rpm")

policy_named = cache(load_policy)
"""A policy by name, read once in each process."""


def read_logs(logs: Iterable[Path], token: str | None = None) -> tuple[LogFacts, bytes]:
    """The facts of successive logs, and the compressed text of all of them; raises Unavailable."""
    reader, kept = LogReader(token), keep.Keeper()
    damage = None
    try:
        for log in logs:
            for piece in keep.pieces(log):
                reader.feed(piece)
                kept.feed(piece)
    except Unavailable as error:
        if error.obstacle is Obstacle.INACCESSIBLE:
            raise
        damage = f"this build {error.detail}"
        kept.feed(f"\nltocheck: {damage}\n".encode())
    return replace(reader.finish(), damage=damage), kept.finish()


def exclusive(spec: bytes) -> tuple[str, ...]:
    """The architectures to which a spec is restricted; empty if there is no restriction, or it has macros."""
    found = EXCLUSIVE.search(spec)
    return tuple(found[1].decode().split()) if found else ()


def facts_of(said: LogFacts, succeeded: bool, arch: str) -> BuildFacts:
    """The facts of a build from those of its log; a build without a phase was not tried."""
    began = said.arm is not None or said.phase is not None or bool(said.cpu)
    if succeeded:
        result = ResultWord.BUILT
    elif said.missing or not began or (said.damage and not said.failed):
        result = ResultWord.NOT_TRIED
    else:
        result = ResultWord.FAILED
    reason = None
    if result is ResultWord.NOT_TRIED:
        last = f", and ends with: {said.last}" if said.last else ""
        line = said.cause.line if said.cause else None
        reason = said.damage or (
            "BuildRequires are missing" if said.missing else line or f"its log shows no phase of a build{last}"
        )
    return BuildFacts(
        result=result,
        arch=arch if said.arch in (None, "noarch") else said.arch,
        package=said.package,
        phase=said.phase if result is ResultWord.FAILED else None,
        cause=said.cause if result is ResultWord.FAILED else None,
        reason=reason,
        missing=said.missing,
        opted_in=said.opted_in,
        cpu=tuple(said.cpu.items()),
        objects=said.objects,
    )


def with_packages(
    facts: BuildFacts,
    packages: list[Path],
    said: LogFacts,
    policy: str,
    texts: dict[str, bytes],
    tree: Path | None = None,
) -> BuildFacts:
    """The facts with the findings of the hook and of the packages, and symbols, also those of a build tree."""
    recorded = recorded_findings(said.record)
    judge = Judge(policy_named(policy), date.today())
    findings = recorded.findings | findings_in(packages, judge)
    if UNREADABLE in findings and facts.result is ResultWord.BUILT:
        facts = replace(facts, result=ResultWord.NOT_TRIED, reason="a package that this build made cannot be read")
    opted_in = facts.opted_in if recorded.opt_in is None else bool(facts.opted_in) or recorded.opt_in
    if not packages:
        return replace(facts, findings=tuple(sorted(findings.items())), opted_in=opted_in)
    return replace(
        facts,
        findings=tuple(sorted(findings.items())),
        opted_in=opted_in,
        packages_bytes=sum(path.stat().st_size for path in packages),
        symbols=keep.text(symbols_in(packages) | (data_in(tree) if tree else {}), texts),
    )


def binary_packages(folder: Path) -> list[Path]:
    """The packages below a folder, without source packages, in order."""
    found = []
    for where, _, names in os.walk(folder):
        found += [Path(where, name) for name in names if name.endswith(".rpm") and not name.endswith(SOURCE_SUFFIXES)]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())
