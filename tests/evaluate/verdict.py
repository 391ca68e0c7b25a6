# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program says of files, through its command line and its JSON report."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from typing import Any

BATCH = 500
"""Files named in one command, so that no command line gets too long."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one file."""

    kind: str
    empty: bool | None
    is_archive: bool
    judgment: str
    why: str


def scan(*arguments: str | Path) -> dict[str, Any]:
    """The JSON report of `ltocheck scan`; raises RuntimeError when there is none."""
    command = [sys.executable, "-c", "from checker.cli import main; main()", "scan", "--format", "json"]
    done = run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"ltocheck scan ended with {done.returncode}: {done.stderr.strip()}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def judge_files(files: Sequence[Path]) -> Iterator[Verdict]:
    """The verdict on each file, in order, as on files that a user names."""
    for start in range(0, len(files), BATCH):
        report = scan("--all-objects", *files[start : start + BATCH])
        yield from map(verdict_of, report["targets"])


def verdict_of(target: dict[str, Any]) -> Verdict:
    """What one target of a report comes to. A file that is an archive has its own kind."""
    archives = [entry for entry in target["archives"] if entry["member"] is None]
    items = archives or target["objects"]
    first: dict[str, Any] = items[0] if items else {"kind": "other"}
    why = "; ".join(_finding(finding) for finding in target["findings"][:2])
    reason = first.get("reason") or f"members {first.get('kinds')}"
    return Verdict(first["kind"], first.get("empty"), bool(archives), judgment(target["findings"]), why or reason)


def judgment(findings: list[dict[str, Any]]) -> str:
    """The findings of a whole file in one word."""
    errors = {finding["rule"] for finding in findings if finding["severity"] == "error"}
    if errors - {"unreadable-object", "unreadable-package"}:
        return "flagged"
    if errors:
        return "unreadable"
    rules = {finding["rule"] for finding in findings if finding["severity"] != "note"}
    return "suspected" if "suspected-hollow" in rules else "warned" if rules else "clean"


def _finding(finding: dict[str, Any]) -> str:
    return f"{finding['severity']} {finding['rule']} {finding['member'] or ''}: {finding['message']}"
