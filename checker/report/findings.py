# SPDX-License-Identifier: GPL-2.0-or-later
"""The findings of a report one after the other, for formats that write nothing else."""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from checker.judging.stream import JudgedTarget, Report
from checker.model import Finding, Target, TargetType

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Batch(NamedTuple):
    """The findings of one target; without target, those about the policy itself. They can be walked once."""

    target: Target | None
    findings: Iterator[Finding]

    def place_of(self, finding: Finding) -> str:
        """The file that a finding is about, behind the package that holds it."""
        target = self.target
        inside = target is not None and target.type is TargetType.RPM and finding.path != target.path
        return f"{target.path}:{finding.path}" if target and inside else finding.path


def batches(report: Report, with_fixed: bool = False) -> Iterator[Batch]:
    """All findings of a report while it is judged, target by target; what is to say of waivers comes last.

    What is gone since an older audit is a finding only for who asks.
    """
    for judged in report.targets:
        yield Batch(judged.target, findings_of(judged))
    if with_fixed and report.fixed:
        for judged in report.fixed():
            yield Batch(judged.target, findings_of(judged))
    yield Batch(None, iter(report.outcome().leftovers))


def findings_of(judged: JudgedTarget) -> Iterator[Finding]:
    """All findings of one target."""
    return (finding for entry in judged.items for finding in entry.findings)


def fingerprinted(batch: Batch) -> Iterator[tuple[Finding, str]]:
    """Findings, each with a text that is the same for the same rule at the same place of the same source package.

    It does not depend on the message. Lines of specs move, so in a spec findings of a rule are counted instead.
    """
    target = batch.target
    source, arch = (target.package.source, target.package.arch) if target else (None, None)
    is_spec = target is not None and target.type is TargetType.SPEC
    counts: Counter[str] = Counter()
    for finding in batch.findings:
        number = counts[finding.rule]
        counts[finding.rule] += is_spec
        # A list in JSON, because names may hold any separator.
        place = [finding.rule, source, arch, finding.path, finding.member, *([number] if number else [])]
        yield finding, sha256(_encode(place).encode("ascii")).hexdigest()


def label(finding: Finding) -> str:
    """How much a finding counts: its severity in lower case, or `waived`."""
    return finding.severity.name.lower() if finding.waived is None else "waived"
