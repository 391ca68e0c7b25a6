# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings on the results of a build: from the hook's record, and from a scan of the finished packages."""

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.judging.judge import Judge
from checker.limits import LIMITS
from checker.model import Finding, Severity
from checker.packages.options import PackageOptions
from checker.packages.package import package_at


@dataclass(frozen=True, slots=True)
class Recorded:
    """The content of a hook's report: findings by rule, and whether the package opted in."""

    findings: Counter[str]
    opt_in: bool | None = None


def findings_in(packages: list[Path], judge: Judge) -> Counter[str]:
    """The number of objects that break each rule in packages, without notes and waived findings."""
    found: Counter[str] = Counter()
    for package in packages:
        for judged in judge.judge(package_at(str(package), PackageOptions())):
            found.update(finding.rule for finding in judged.findings if _counts(finding))
    return found


def _counts(finding: Finding) -> bool:
    return finding.severity >= Severity.WARNING and finding.waived is None


def recorded_findings(record: bytes) -> Recorded:
    """The findings in a report that the hook wrote into the log; empty if `record` is no report."""
    found: Counter[str] = Counter()
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(record, 4 * LIMITS.log_record)
        report: Any = json.loads(unpacked) if unpacked else None
        if report is None:
            return Recorded(found)
        for target in report["targets"]:
            for finding in target["findings"]:
                if finding["severity"] in ("error", "warning") and finding["waived"] is None:
                    found[str(finding["rule"])] += 1
        return Recorded(found, any(target["opt_in"] for target in report["targets"]))
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Recorded(Counter())
