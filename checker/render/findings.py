# SPDX-License-Identifier: GPL-2.0-or-later
"""The findings of a report one after the other, for formats that write nothing else."""

from collections.abc import Iterator
from typing import NamedTuple

from checker.model import Finding, Target, TargetType
from checker.report import JudgedTarget, Report


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


def label(finding: Finding) -> str:
    """How much a finding counts: its severity in lower case, or `waived`."""
    return finding.severity.name.lower() if finding.waived is None else "waived"
