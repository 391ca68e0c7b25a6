# SPDX-License-Identifier: GPL-2.0-or-later
"""What the findings of an audit add up to, by rule and by source package."""

from collections import Counter
from dataclasses import dataclass, field

from checker.model import MISSING, Change, Finding, Severity, SourceChange, Target, TargetType
from checker.model.audits import source_change


@dataclass(slots=True)
class Tally:
    """Counts the findings of an audit one by one."""

    changes: Counter[Change | None] = field(default_factory=Counter)
    rules: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    sources_by_rule: dict[tuple[Severity, str], set[str]] = field(default_factory=dict)
    sources: dict[str, Counter[Severity]] = field(default_factory=dict)
    """Findings of each source package, notes aside."""
    changes_by_source: dict[str, set[Change]] = field(default_factory=dict)

    def add(self, finding: Finding, target: Target) -> None:
        """Count a finding unless it is waived; one of an older audit alone only as a change."""
        if finding.waived is not None:
            return
        source = target.package.source or ""
        is_of_source = target.type is TargetType.RPM and finding.severity > Severity.NOTE
        self.changes[finding.change] += 1
        if finding.change and is_of_source:
            self.changes_by_source.setdefault(source, set()).add(finding.change)
        if finding.change in MISSING:
            return
        key = (finding.severity, finding.rule)
        self.rules[key] += 1
        self.sources_by_rule.setdefault(key, set()).add(source)
        if is_of_source:
            self.sources.setdefault(source, Counter())[finding.severity] += 1

    def worst(self) -> Counter[Severity]:
        """How many source packages have findings, by the worst that each has."""
        return Counter(max(counts) for counts in self.sources.values())

    def source_changes(self) -> dict[str, SourceChange]:
        """What became of each source package since the older audit."""
        return {source: source_change(changes) for source, changes in sorted(self.changes_by_source.items())}
