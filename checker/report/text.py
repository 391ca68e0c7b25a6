# SPDX-License-Identifier: GPL-2.0-or-later
"""The report for a reader at a terminal: each finding begins with its place; one line at the end sums up."""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from checker.judging.stream import Outcome
from checker.model import Finding, Judged, ObjectItem, Severity, Summary, Target, TargetType
from checker.model.specs import Ships, SpecFacts, SpecItem
from checker.report.colors import SEVERITY_STYLES, Style, painted, painted_kind
from checker.report.groups import ALL_MEMBERS, MEMBERS_SHOWN, FindingGroup, members_of
from checker.report.names import for_terminal, plural
from checker.report.omissions import not_looked_at
from checker.report.sink import Detail, GroupSink, Heading
from checker.report.words import text_of, text_of_all

QUOTED = 160
"""Characters of a line that are shown."""
REMEDIES_REMEMBERED = 1000


class TextReport(GroupSink):
    """Writes a report as text; `verbose` 1 adds evidence and all members, 2 every object."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail, ALL_MEMBERS if detail.verbose else MEMBERS_SHOWN)
        self._inside = ""
        self._remedies: set[tuple[str, str]] = set()
        """Those that were written."""
        self.counts: Counter[tuple[Severity, str]] = Counter()
        """Findings by severity and rule; waived ones are off."""

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._inside = f"{target.path}:" if target.type is TargetType.RPM else ""

    def item(self, judged: Judged) -> None:
        item = judged.item
        if isinstance(item, ObjectItem) and self.detail.verbose > 1:
            self.out.write(f"{for_terminal(self._inside)}{describe_object(item, color=self.detail.color)}\n")
        elif isinstance(item, SpecItem) and self.detail.verbose:
            self.out.write(f"{describe_spec(item)}\n")
            self.out.writelines(_conditions(item.facts))
        elif isinstance(item, SpecItem) and item.facts.own_flags and not self.detail.quiet:
            self.out.write(f"{describe_spec(item)}\n")  # these flags are why nothing is said of its objects
        super().item(judged)

    def _is_wanted(self, finding: Finding) -> bool:
        return not self.detail.quiet or finding.severity > Severity.NOTE

    def finding(self, finding: Finding) -> None:
        if self._is_wanted(finding):
            self.count(finding)
            super().finding(finding)

    def count(self, finding: Finding) -> None:
        """Count a finding by its rule."""
        self.counts[finding.severity if finding.waived is None else Severity.OFF, finding.rule] += 1

    def group(self, group: FindingGroup) -> None:
        self.out.writelines(self._lines(group))

    def _lines(self, group: FindingGroup) -> Iterator[str]:
        finding = group.first
        place = for_terminal(self.place_of(finding))
        if finding.line:
            place = f"{place}:{finding.line}:{finding.column}"
        elif group.count == 1 and finding.member is not None:
            place = f"{place}({for_terminal(finding.member)})"
        place, rule = self._painted(place, Style.BOLD), self._painted(f"[{finding.rule}]", Style.FAINT)
        severity = finding.label
        if finding.waived is None:
            severity = self._painted(severity, SEVERITY_STYLES[finding.severity])
        yield f"{place}: {severity}: {for_terminal(text_of(finding.message))} {rule}\n"
        if group.count > 1:
            names = f": {members_of(group)}" if group.members else ""
            yield f"    {plural(group.count, 'object')}{names}\n"
        if finding.line and finding.quoted:
            yield from self._quoted(finding.line, finding.quoted)
        yield from self._explanation(finding)

    def _quoted(self, number: int, line: str) -> Iterator[str]:
        """A line of a spec, and marks below what stands in it."""
        text = for_terminal(line.expandtabs(1))[:QUOTED]
        indent = len(text) - len(text.lstrip())
        margin = self._painted(f"{number:5} |", Style.FAINT)
        below = self._painted("      |", Style.FAINT)
        yield f"{margin} {text}\n"
        yield f"{below} {' ' * indent}{self._painted('^' * max(len(text.strip()), 1), Style.RED)}\n"

    def _explanation(self, finding: Finding) -> Iterator[str]:
        """Why, and what to do about it; the same remedy once in a report, unless everything is wanted."""
        if self.detail.verbose:
            yield from (f"    because: {for_terminal(text_of(one))}\n" for one in finding.evidence)
        if finding.waived is not None:
            yield f"    waived: {for_terminal(finding.waived)}\n"
            return
        remedy = (finding.rule, text_of(finding.remedy))
        if self.detail.verbose or remedy not in self._remedies:
            if len(self._remedies) < REMEDIES_REMEMBERED:
                self._remedies.add(remedy)
            yield f"    {self._painted('fix:', Style.GREEN)} {for_terminal(remedy[1])}\n"

    def _painted(self, text: str, style: Style) -> str:
        return painted(text, style, is_on=self.detail.color)

    def finish(self, outcome: Outcome) -> None:
        super().finish(outcome)
        if self.detail.statistics:
            self.out.writelines(statistics_lines(self.counts))
        if not self.detail.quiet:
            self.out.write(f"{summary_line(outcome.summary)}\n")


def worst_first(counts: Counter[tuple[Severity, str]]) -> list[tuple[Severity, str]]:
    """Severities and rules in the order in which to look at them."""
    return sorted(counts, key=lambda key: (-key[0], -counts[key], key[1]))


def statistics_lines(counts: Counter[tuple[Severity, str]]) -> Iterator[str]:
    """How many findings there are of each rule, the worst first; waived ones are those that are off."""
    for key in worst_first(counts):
        severity, rule = key
        yield f"{counts[key]:8}  {severity.name.lower() if severity else 'waived':8} {rule}\n"


def describe_object(item: ObjectItem, *, color: bool = False) -> str:
    """One object on one line."""
    name = f"{item.path}({item.member})" if item.member is not None else item.path
    facts = item.facts
    rest = for_terminal(" ".join((facts.format, facts.machine or "-", text_of_all(facts.reasons))))
    return f"{for_terminal(name)}: {painted_kind(facts.kind, is_on=color)} {rest}"


SHIPS = {
    Ships.YES: "ships objects",
    Ships.NO: "ships no objects",
    Ships.CONDITIONAL: "ships objects under some conditions",
    Ships.UNKNOWN: "may ship objects",
}


def describe_spec(item: SpecItem) -> str:
    """One spec on one line."""
    facts = item.facts
    parsed = [f"{target.target} {target.arch}" for target in facts.parsed]
    look = f"parsed for {', '.join(parsed)}" if parsed else "only its text was looked at"
    opt_in = "opts in" if facts.opt_in else "does not opt in"
    own = " and ".join(one.name for one in facts.own_flags)
    flags = f" (its build system sets its own flags: {own})" if own else ""
    return f"{for_terminal(item.path)}: LTO {facts.lto}, {SHIPS[facts.ships]}{flags}, {opt_in}; {look}"


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


def explanation_lines(finding: Finding, verbose: int) -> Iterator[str]:
    """The message of a finding, its evidence and its remedy."""
    yield f"    {for_terminal(text_of(finding.message))}\n"
    if verbose:
        yield from (f"    because: {for_terminal(text_of(one))}\n" for one in finding.evidence)
    if finding.waived is not None:
        yield f"    waived: {for_terminal(finding.waived)}\n"
    else:
        yield f"    fix: {for_terminal(text_of(finding.remedy))}\n"


def summary_line(summary: Summary) -> str:
    """What was looked at, and what was found."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.kinds.items(), key=lambda entry: -entry[1]))
    omitted = not_looked_at(summary)
    end = f"{_counts(summary)}; {omitted}" if omitted else _counts(summary)
    if summary.specs:
        return f"{plural(summary.specs, 'spec')}: {end}"
    seen = plural(summary.objects, "object") + (f" ({kinds})" if kinds else "")
    seen += f" in {plural(summary.archives, 'archive')} and loose files" if summary.archives else ""
    return f"{seen}: {end}"


def _counts(summary: Summary) -> str:
    counts = ((summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note"))
    found = [plural(count, noun) for count, noun in counts if count]
    if summary.waived:
        found.append(f"{summary.waived} waived")
    return ", ".join(found) if found else "no findings"
