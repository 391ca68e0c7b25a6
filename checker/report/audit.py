# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of an audit for a terminal: a line for each rule and file, by package, then what it adds up to."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, TextIO

from checker.judging.stream import Audit, JudgedTarget, Report
from checker.model import Change, Finding, Severity, TargetType
from checker.report.findings import findings_of, label
from checker.report.names import for_terminal
from checker.report.text import MEMBERS_SHOWN, Group, grouped, members_of, plural, summary_line

WORST_SHOWN = 10
EVERY_MEMBER = 1 << 30
UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")

Outs = Mapping[Change | None, IO[str]]
"""Where findings go, by what became of them."""


def write_audit(report: Report, out: TextIO, verbose: int = 0, quiet: bool = False) -> None:
    """Write an audit as text; `verbose` adds messages, evidence, and what remains since an older audit."""
    totals = _Totals()
    if report.fixed is None:
        _write_packages(report.targets, {None: out}, totals, verbose, quiet)
    else:
        with ExitStack() as stack:
            spools: dict[Change | None, IO[str]]
            spools = {change: stack.enter_context(TemporaryFile("w+", prefix="ltocheck-")) for change in Change}
            _write_packages(report.targets, spools, totals, verbose, quiet)
            _write_packages(report.fixed(), spools, totals, verbose, quiet)
            counts = (f"{totals.changes[change]} {change}" for change in (Change.NEW, Change.FIXED, Change.REMAINING))
            out.write(f"since the older audit: {', '.join(counts)}\n")
            for change in (Change.NEW, Change.FIXED, *((Change.REMAINING,) if verbose else ())):
                if spools[change].tell():
                    out.write(f"\n{change}:\n")
                    spools[change].seek(0)
                    shutil.copyfileobj(spools[change], out)
            out.write("\n")
    outcome = report.outcome()
    for group in grouped(outcome.leftovers, MEMBERS_SHOWN):
        out.write(f"{for_terminal(group.first.path)}\n")
        out.writelines(_lines(group, group.first.path, verbose))
    if not quiet:
        out.write(f"{summary_line(outcome.summary)}\n")
        out.writelines(totals.lines())
        if report.audit:
            out.writelines(_audit_lines(report.audit))


def _write_packages(targets: Iterable[JudgedTarget], outs: Outs, totals: "_Totals", verbose: int, quiet: bool) -> None:
    """Every package with a finding that is to be shown, in each of the outs that such a finding belongs to."""
    for judged in targets:
        place = judged.target.path
        headed: set[Change | None] = set()
        for group in grouped(totals.counting(judged), EVERY_MEMBER if verbose else MEMBERS_SHOWN):
            finding = group.first
            if (quiet and finding.severity is Severity.NOTE) or (finding.waived is not None and not verbose):
                continue
            out = outs[finding.change]
            if finding.change not in headed:
                headed.add(finding.change)
                out.write(f"{for_terminal(place)}\n")
            out.writelines(_lines(group, place, verbose))


def _lines(group: Group, place: str, verbose: int) -> Iterator[str]:
    """What is found in one file; the file is not named when it is the package."""
    finding = group.first
    file = "" if finding.path == place else f" {for_terminal(finding.path)}"
    count = f" ({group.count} objects)" if group.count > 1 else ""
    names = f": {members_of(group)}" if group.members else ""
    yield f"  {label(finding)}: {finding.rule}{file}{count}{names}\n"
    if verbose or not file:
        yield f"    {for_terminal(finding.message)}\n"
        if verbose:
            yield from (f"    because: {for_terminal(line)}\n" for line in finding.evidence)
        waived = finding.waived is not None
        yield (
            f"    waived: {for_terminal(finding.waived or '')}\n"
            if waived
            else f"    fix: {for_terminal(finding.remedy)}\n"
        )


@dataclass(slots=True)
class _Totals:
    """What findings add up to, while they pass by."""

    changes: Counter[Change | None] = field(default_factory=Counter)
    rules: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    packages: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    """With a finding by a rule."""
    sources: dict[str, Counter[Severity]] = field(default_factory=dict)

    def counting(self, judged: JudgedTarget) -> Iterator[Finding]:
        """The findings of a package, counted unless they are waived; those that are gone only as changes."""
        package = judged.target.package
        met: set[tuple[Severity, str]] = set()
        for finding in findings_of(judged):
            yield finding
            if finding.waived is not None:
                continue
            self.changes[finding.change] += 1
            if finding.change is Change.FIXED:
                continue
            key = (finding.severity, finding.rule)
            self.rules[key] += 1
            met.add(key)
            if judged.target.type is TargetType.RPM and finding.severity > Severity.NOTE:
                self.sources.setdefault(package.source or "", Counter())[finding.severity] += 1
        self.packages.update(met)

    def lines(self) -> Iterator[str]:
        """Counts by rule and by source package, the worst first."""
        if self.rules:
            yield "by rule:\n"
        for key in sorted(self.rules, key=lambda key: (-key[0], -self.rules[key], key[1])):
            severity, rule = key
            where = plural(self.packages[key], "package")
            yield f"  {severity.name.lower():8}{rule:22}{self.rules[key]:>9} in {where}\n"
        worst = sorted(self.sources, key=lambda source: (*_badness(self.sources[source]), source))
        if worst:
            yield "source packages with most:\n"
        for source in worst[:WORST_SHOWN]:
            counts = self.sources[source]
            told = (plural(counts[one], one.name.lower()) for one in (Severity.ERROR, Severity.WARNING) if counts[one])
            yield f"  {for_terminal(source) or '(unknown)'}: {', '.join(told)}\n"
        if len(worst) > WORST_SHOWN:
            yield f"  and {len(worst) - WORST_SHOWN} more\n"


def _badness(counts: Counter[Severity]) -> tuple[int, int]:
    return -counts[Severity.ERROR], -counts[Severity.WARNING]


def _audit_lines(audit: Audit) -> Iterator[str]:
    yield f"{plural(audit.packages, 'package')} looked at\n"
    for repository in audit.repositories:
        by_arch = ", ".join(f"{count} {for_terminal(arch)}" for arch, count in sorted(repository.others.items()))
        parts = [plural(repository.sources, "source package")] if repository.sources else []
        parts.append(size(repository.size))
        if by_arch:
            parts.append(f"not looked at: {by_arch}")
        yield f"  {for_terminal(repository.location)}: {', '.join(parts)}\n"


def size(number: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in UNITS:
        if number < 999.5 or unit == UNITS[-1]:
            return f"{number:.3g} {unit}"
        number /= 1000
    raise AssertionError
