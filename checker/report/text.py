# SPDX-License-Identifier: GPL-2.0-or-later
"""The report for a reader at a terminal: findings grouped by file, then one line that sums up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from checker.judging.stream import JudgedTarget, Report
from checker.model import Finding, ObjectItem, Severity, Summary, TargetType
from checker.model.specs import Ships, SpecFacts, SpecItem
from checker.report.names import for_terminal

MEMBERS_SHOWN = 5


@dataclass(slots=True)
class Group:
    """The findings of one rule in one file."""

    first: Finding
    count: int = 0
    members: list[str] = field(default_factory=list)


def grouped(findings: Iterable[Finding], members_shown: int) -> Iterator[Group]:
    """Groups of members that share file, rule, waiver and change; all findings of a file come one after the other."""
    groups: dict[tuple[object, ...], Group] = {}
    path = None
    for finding in findings:
        if finding.path != path:
            yield from groups.values()
            groups, path = {}, finding.path
        alone = (finding.line, finding.column, finding.message) if finding.member is None else ()
        group = groups.setdefault((finding.rule, finding.waived, finding.change, *alone), Group(finding))
        group.count += 1
        if finding.member is not None and len(group.members) < members_shown:
            group.members.append(finding.member)
    yield from groups.values()


def members_of(group: Group) -> str:
    """The first names of a group's members, and how many more there are."""
    names = " ".join(for_terminal(name) for name in group.members)
    more = group.count - len(group.members)
    return f"{names} and {more} more" if group.members and more else names


def write_text(report: Report, out: TextIO, verbose: int = 0, quiet: bool = False) -> None:
    """Write a report as text; `verbose` 1 adds evidence and all members, 2 every object."""
    for judged in report.targets:
        if judged.target.type is TargetType.SPEC:
            _write_spec(judged, out, verbose, quiet)
            continue
        inside = f"{judged.target.path}: " if judged.target.type is TargetType.RPM else ""
        shown = None
        findings = _findings(judged, inside, out, verbose)
        for group in grouped(findings, 1 << 30 if verbose else MEMBERS_SHOWN):
            if group.first.severity is Severity.NOTE and quiet:
                continue
            if group.first.path != shown:
                shown = group.first.path
                place = shown if shown == judged.target.path else f"{inside}{shown}"
                out.write(f"{for_terminal(place)}\n")
            _write_group(group, out, verbose)
    outcome = report.outcome()
    for group in grouped(outcome.leftovers, MEMBERS_SHOWN):
        out.write(f"{for_terminal(group.first.path)}\n")
        _write_group(group, out, verbose)
    if not quiet:
        out.write(f"{summary_line(outcome.summary)}\n")


def _findings(judged: JudgedTarget, inside: str, out: TextIO, verbose: int) -> Iterator[Finding]:
    for entry in judged.items:
        if isinstance(entry.item, ObjectItem) and verbose > 1:
            out.write(f"{for_terminal(inside)}{describe_object(entry.item)}\n")
        yield from entry.findings


def describe_object(item: ObjectItem) -> str:
    """One object on one line."""
    name = f"{item.path}({item.member})" if item.member is not None else item.path
    facts = item.facts
    parts = [facts.kind, facts.format, facts.machine or "-", facts.reason]
    return f"{for_terminal(name)}: {for_terminal(' '.join(parts))}"


def _write_spec(judged: JudgedTarget, out: TextIO, verbose: int, quiet: bool) -> None:
    """One spec: what it is, then its findings, each with its place."""
    for entry in judged.items:
        findings = [one for one in entry.findings if not quiet or one.severity > Severity.NOTE]
        if isinstance(entry.item, SpecItem) and (verbose or findings):
            out.write(f"{describe_spec(entry.item)}\n")
            if verbose:
                out.writelines(_conditions(entry.item.facts))
        for group in grouped(findings, 0):
            _write_group(group, out, verbose)


SHIPS = {
    Ships.YES: "ships objects",
    Ships.NO: "ships no objects",
    Ships.CONDITIONAL: "ships objects under some conditions",
    Ships.UNKNOWN: "may ship objects",
}


def describe_spec(item: SpecItem) -> str:
    """One spec on one line."""
    facts = item.facts
    parsed = [f"{target.target} {target.arch}" for target in facts.targets if target.failure is None]
    look = f"parsed for {', '.join(parsed)}" if parsed else "only its text was looked at"
    opt_in = "opts in" if facts.opt_in else "does not opt in"
    return f"{for_terminal(item.path)}: LTO {facts.lto}, {SHIPS[facts.ships]}, {opt_in}; {look}"


LINES_SHOWN = 12


def _conditions(facts: SpecFacts) -> Iterator[str]:
    """The conditions that hold, a line for each target of which they are known."""
    for target in facts.targets:
        if target.conditions:
            lines = [str(one.line) for one in target.conditions if one.holds]
            shown = ", ".join(lines[:LINES_SHOWN]) or "none"
            more = f" and {len(lines) - LINES_SHOWN} more" if len(lines) > LINES_SHOWN else ""
            word = "lines " if len(lines) > 1 else "line " if lines else ""
            yield f"  {for_terminal(target.target)} {target.arch}: conditions that hold: {word}{shown}{more}\n"


def _write_group(group: Group, out: TextIO, verbose: int) -> None:
    finding = group.first
    label = "waived" if finding.waived is not None else finding.severity.name.lower()
    names = f": {members_of(group)}" if group.members else ""
    count = f" ({group.count} objects)" if group.count > 1 else ""
    place = f" at {for_terminal(finding.path)}:{finding.line}:{finding.column}" if finding.line else ""
    out.write(f"  {label}: {finding.rule}{count}{names}{place}\n")
    out.write(f"    {for_terminal(finding.message)}\n")
    if verbose:
        out.writelines(f"    because: {for_terminal(line)}\n" for line in finding.evidence)
    if finding.waived is not None:
        out.write(f"    waived: {for_terminal(finding.waived)}\n")
    else:
        out.write(f"    fix: {for_terminal(finding.remedy)}\n")


def plural(count: int, noun: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def summary_line(summary: Summary) -> str:
    """What was looked at, and what was found."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.kinds.items(), key=lambda entry: -entry[1]))
    if summary.specs:
        return f"{plural(summary.specs, 'spec')}: {_counts(summary)}"
    seen = plural(summary.objects, "object") + (f" ({kinds})" if kinds else "")
    seen += f" in {plural(summary.archives, 'archive')} and loose files" if summary.archives else ""
    return f"{seen}: {_counts(summary)}"


def _counts(summary: Summary) -> str:
    counts = ((summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note"))
    found = [plural(count, noun) for count, noun in counts if count]
    if summary.waived:
        found.append(f"{summary.waived} waived")
    return ", ".join(found) if found else "no findings"
