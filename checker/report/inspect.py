# SPDX-License-Identifier: GPL-2.0-or-later
"""What an inspection found, as text for a reader at a terminal."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, NamedTuple, TextIO

from checker.errors import ExitCode
from checker.inspect.archive import Overview
from checker.inspect.inspection import Inspection, SectionRow, SymbolRow, TableRow, TopRows
from checker.inspect.words import meaning
from checker.lto.sections import Role
from checker.model import Finding, Judged, Kind, ObjectFacts, ObjectItem, Severity
from checker.report.colors import KIND_STYLES, SEVERITY_STYLES, painted
from checker.report.groups import grouped, members_of
from checker.report.names import for_terminal, plural
from checker.report.sink import Detail
from checker.report.words import text_of, text_of_all

WIDTH = 100
LABEL = 11
"""Columns of a line, and of the label it begins with."""

SPEC_LINE = re.compile(r"%global \w+ \S+")
NO_BREAK = "\x00"
"""Stands for a blank at which no line is broken, so that a line for a spec can be copied; no shown text holds it."""

SYMBOLS_SHOWN, MEMBERS_SHOWN, NAMES_SHOWN = 12, 24, 5


class ObjectAnswer(NamedTuple):
    """One object with its findings."""

    inspection: Inspection
    judged: Judged


Answer = ObjectAnswer | Overview


@dataclass(frozen=True, slots=True)
class InspectReport:
    """One run of `ltocheck inspect`."""

    policy: str
    opt_in: bool
    answers: tuple[Answer, ...]
    has_more: bool
    """There are even more members of that name."""
    exit_code: ExitCode


def write_inspect_text(report: InspectReport, out: TextIO, detail: Detail, columns: int = WIDTH) -> None:
    """Write what was found as text: verbose leaves nothing out, quiet all but the verdict and what rules say."""
    if len(report.answers) > 1:
        more = " the first" if report.has_more else ""
        out.write(f"{len(report.answers)} members have this name;{more} all are shown; a number chooses one\n\n")
    for number, answer in enumerate(report.answers):
        if detail.quiet:
            lines = _quiet_lines(answer)
        else:
            out.write("\n" if number else "")
            lines = _lines(answer, bool(detail.verbose))
        for line in lines:
            text = "\n".join(_wrapped(line, columns))
            out.write(f"{_in_color(text) if detail.color else text}\n")


WORD = re.compile(r"^(?P<before>rules +| {11}|  |\S.*?: )(?P<word>[a-z]+)(?=: |, | \()")


def _in_color(text: str) -> str:
    """A line with the severity or the kind in it that it begins with, after a label or a name, in its style."""
    found = WORD.match(text)
    style = STYLES.get(found["word"]) if found else None
    if not found or not style:
        return text
    return f"{found['before']}{painted(found['word'], style, is_on=True)}{text[found.end() :]}"


STYLES = {
    **{severity.name.lower(): style for severity, style in SEVERITY_STYLES.items()},
    **{str(kind): style for kind, style in KIND_STYLES.items()},
}


def _lines(answer: Answer, verbose: bool) -> Iterator[str]:
    return _archive_lines(answer, verbose) if isinstance(answer, Overview) else _object_lines(answer, verbose)


def _quiet_lines(answer: Answer) -> Iterator[str]:
    """The verdict, and findings that are more than notes."""
    findings = answer.judged.findings if isinstance(answer, ObjectAnswer) else answer.findings
    yield next(_lines(answer, False))
    loud = [one for one in findings if one.severity > Severity.NOTE and one.waived is None]
    if loud:
        yield from (f"  {for_terminal(line)}" for line in _rule_lines(loud, (), with_members=True))


def _object_lines(answer: ObjectAnswer, verbose: bool) -> Iterator[str]:
    found, judged = answer
    item, facts = found.item, found.item.facts
    yield (
        f"{_name_of(item)}: {_verdict(facts)}, {facts.format} {facts.machine or ''}".rstrip()
        + (f", {found.layout}" if found.layout else "")
        + f", {_bytes(found.size)}"
    )
    yield ""
    meant = meaning(facts)
    yield from _entry("why", [text_of_all(facts.reasons), *found.evidence])
    yield from _entry("otherwise", [meant.otherwise])
    yield from _entry("GNU ld", [meant.gnu_ld])
    yield from _entry("LLD", [meant.lld])
    yield from _entry("rules", _rule_lines(judged.findings, [judged.exempt] if judged.exempt else []))
    details = [
        *_entry("sections", _section_lines(found.sections, verbose)),
        *_entry("LTO units", _unit_lines(found, verbose)),
        *_entry("symbols", _symbol_lines(found, verbose)),
        *_entry("table", _table_lines(found.table) if verbose else ()),
        *_entry("compiler", [f"{place}: {text}" for place, text in found.origins]),
        *_entry("not read", found.problems),
    ]
    if details:
        yield ""
        yield from details


def _name_of(item: ObjectItem) -> str:
    if item.member is None:
        return for_terminal(item.path)
    return for_terminal(f"{item.path}({item.member})") + f" #{item.position}"


def _verdict(facts: ObjectFacts) -> str:
    notes = [word for word, holds in (("empty", facts.empty), ("partial", facts.partial)) if holds]
    notes = [word for word in notes if word != facts.kind]
    return f"{facts.kind} ({', '.join(notes)})" if notes else str(facts.kind)


def _bytes(size: int) -> str:
    return f"{size:,} {'byte' if size == 1 else 'bytes'}"


def _entry(label: str, texts: Iterable[str]) -> Iterator[str]:
    """Texts under a label; nothing without texts."""
    for text in filter(None, texts):
        unbroken = SPEC_LINE.sub(lambda match: match[0].replace(" ", NO_BREAK), for_terminal(text))
        yield f"{label:{LABEL}}{unbroken}"
        label = ""


def _wrapped(line: str, columns: int) -> Iterator[str]:
    """A line as lines of so many columns at most, where words are not longer."""
    if len(line) <= columns:
        yield line.replace(NO_BREAK, " ")
        return
    indent = " " * (LABEL + 2)
    for part in wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False):
        yield part.replace(NO_BREAK, " ")


def _rule_lines(findings: Iterable[Finding], exempt: Iterable[str], with_members: bool = False) -> Iterator[str]:
    said = False
    for group in grouped(findings, NAMES_SHOWN):
        said = True
        finding = group.first
        count = f"{group.count} members: " if group.count > 1 else ""
        where = f" ({count}{members_of(group)})" if with_members and group.members else ""
        yield f"{finding.label}: {finding.rule}{where}: {text_of(finding.message)}"
        yield f"waived: {finding.waived}" if finding.waived is not None else f"fix: {text_of(finding.remedy)}"
    for reason in exempt:
        said = True
        yield f"exempt by the policy: {reason}"
    if not said:
        yield "none (nothing found)"


def _section_lines(sections: TopRows[SectionRow], verbose: bool) -> Iterator[str]:
    width = max((len(row.role) for row in sections.kept), default=0)
    if verbose:
        for row in sections.kept:
            header = f"  ({' '.join(filter(None, (row.type, row.flags)))})" if row.type else ""
            yield f"{row.role:{width}} {row.size:>11,}  {row.name}{header}"
    else:
        for role in Role:
            rows = sorted((row for row in sections.kept if row.role is role), key=lambda row: -row.size)
            if rows:
                more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
                yield f"{role:{width}} {sum(row.size for row in rows):>11,}  {rows[0].name}{more}"
    if sections.total > len(sections.kept):
        yield f"and {_count(sections)} in all, of which the first {len(sections.kept):,} were looked at here"


def _unit_lines(found: Inspection, verbose: bool) -> Iterator[str]:
    shown = found.units.kept if verbose else found.units.kept[:NAMES_SHOWN]
    for unit in shown:
        word = "slim" if unit.slim_byte else "fat"
        yield f"{unit.name}: version {unit.major}.{unit.minor}, slim byte {unit.slim_byte} ({word}), {unit.compression}"
    if found.units.total > len(shown):
        yield f"and {found.units.total - len(shown):,} more"


def _symbol_lines(found: Inspection, verbose: bool) -> Iterator[str]:
    facts = found.item.facts
    if facts.kind is Kind.HOLLOW:
        yield "what it defined went with the bytecode; nothing names it any more"
    if found.definitions.total:
        is_lost = facts.kind in (Kind.SLIM, Kind.MIXED)
        what = "lost without the bytecode" if is_lost else "defined by the bytecode"
        yield f"{what}: {_count(found.definitions)}: {_names(found.definitions, verbose)}"
    if found.references.total:
        yield f"undefined in the bytecode: {_count(found.references)}: {_names(found.references, verbose)}"


def _table_lines(table: TopRows[TableRow]) -> Iterator[str]:
    for row in table.kept:
        yield f"{row.state:9} {row.type:7} {row.binding:6} {row.visibility:9} {row.size:>9,}  {row.name}"
    if table.total > len(table.kept):
        yield f"and {_count(table)} in all"


def _names(symbols: TopRows[SymbolRow], verbose: bool) -> str:
    shown = symbols.kept if verbose else symbols.kept[:SYMBOLS_SHOWN]
    names = [row.name if row.kind in ("DEF", "UNDEF") else f"{row.name} ({row.kind})" for row in shown]
    return ", ".join(names) + (" ..." if symbols.total > len(shown) else "")


def _count(rows: TopRows[Any]) -> str:
    return f"{'more than ' if rows.is_cut else ''}{rows.total:,}"


def _archive_lines(seen: Overview, verbose: bool) -> Iterator[str]:
    assert seen.item is not None
    path, member, facts = seen.item
    name = path if member is None else f"{path}({member})"
    thin = "thin archive" if facts.thin else "archive"
    yield f"{for_terminal(name)}: {facts.kind}, {thin} of {plural(facts.members, 'member')}, {_bytes(seen.size)}"
    yield ""
    yield from _entry("kinds", [", ".join(f"{count} {kind}" for kind, count in facts.kinds) or "none"])
    yield from _entry("machines", [", ".join(facts.machines)] if facts.machines else [])
    yield from _entry("bytecode", [", ".join(facts.versions)] if facts.versions else [])
    yield from _entry("index", [_index_text(seen, verbose)])
    if seen.lost.total:
        shown = seen.lost.kept if verbose else seen.lost.kept[:SYMBOLS_SHOWN]
        more = " ..." if seen.lost.total > len(shown) else ""
        yield from _entry("lost", [f"without bytecode, {_count(seen.lost)} of its symbols: {', '.join(shown)}{more}"])
    yield from _entry("rules", _rule_lines(seen.findings, seen.exempt, with_members=True))
    yield ""
    yield from _member_lines(seen, verbose)
    if seen.total and path != "<stdin>":
        yield ""
        yield f"More about one: ltocheck inspect {for_terminal(path)}:MEMBER (a name, or #N)"


def _index_text(seen: Overview, verbose: bool) -> str:
    assert seen.item is not None
    state, names = seen.item.facts.symbol_index, seen.index_names
    if not names or not names.total:
        return str(state)
    shown = names.kept if verbose else names.kept[:NAMES_SHOWN]
    more = " ..." if names.total > len(shown) else ""
    return f"{state}, names {plural(names.total, 'symbol')}: {', '.join(shown)}{more}"


def _member_lines(seen: Overview, verbose: bool) -> Iterator[str]:
    if verbose or seen.total <= MEMBERS_SHOWN:
        for item in seen.members:
            yield _member_line(item, seen.sizes.get((item.member or "", item.position or 0)))
        if seen.total > len(seen.members):
            yield f"and {seen.total - len(seen.members):,} more"
        return
    counts = dict(seen.item.facts.kinds) if seen.item else {}
    for kind, some in seen.some.items():
        names = ", ".join(for_terminal(item.member or "-") for item in some)
        more = counts.get(kind, 0) - len(some)
        yield from _entry(kind, [names + (f" and {more:,} more" if more > 0 else "")])
    yield "All of them: -v"


def _member_line(item: ObjectItem, size: int | None) -> str:
    facts = item.facts
    versions = " ".join(f"{code.producer} {code.version or '?'}" for code in facts.bytecode)
    number = f"#{item.position}"
    bytes_ = "-" if size is None else f"{size:,}"
    columns = f"{number:>6}  {_verdict(facts):16} {facts.format:8} {facts.machine or '-':12} {versions:12} {bytes_:>11}"
    return f"{columns}  {for_terminal(item.member or '-')}"
