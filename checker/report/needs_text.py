# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set for a terminal: a table of source packages that need the opt-in, and why the others do not."""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from checker.model import Kind
from checker.model.audits import Declaration, Need, SourceObjects, SpecState
from checker.report.names import for_terminal, plural
from checker.report.needs import OptInReport
from checker.report.needs_csv import yes_or_no
from checker.report.sink import Detail
from checker.report.words import text_of

HEADINGS = ("source package", "opted in", "objects", "on")
NAME_WIDTH, OBJECTS_WIDTH, ARCHES_WIDTH = 28, 26, 24

UNREAD_SHOWN = 5

REASONS = {
    Need.LTO_DISABLED: "are built without LTO",
    Need.OWN_FLAGS: "ship native objects although their flags are slim",
    Need.KERNEL_MODULE: "ship kernel modules",
    Need.UNNAMED: "ship assembly, or objects of compilers that leave no name",
    Need.OTHER_COMPILER: "ship objects of compilers to which LTO flags mean nothing",
    Need.FOREIGN: "ship objects for other machines than their own",
    Need.EXEMPT: "may ship bytecode by the policy",
    Need.NO_CODE: "ship nothing that a linker could miss",
}

STATES = {
    SpecState.DECLARED: "opt in",
    SpecState.UNDECLARED: "need one line: --diff shows it, --fix writes it",
    SpecState.REFUSED: "have to be changed by hand",
    SpecState.INACCESSIBLE: "cannot be read or written",
    SpecState.MISSING: "are not in the folder",
    SpecState.UNNEEDED: "opt in, and no package here needs it: drop it, unless a configure test does",
}


def write_needs_text(report: OptInReport, out: TextIO, detail: Detail) -> None:
    """Write the set; `--verbose` adds why, and those that do not need the opt-in."""
    needed = _needed(report)
    if needed:
        out.writelines(_table(needed, detail.verbose))
        out.write("\n")
    others = [source for source in report.found.sources if source.need is not Need.NEEDED]
    if detail.verbose:
        for source in others:
            out.write(f"{for_terminal(source.source)}: {source.need}\n")
            out.writelines(_details(source))
        out.write("\n" * bool(others))
    out.writelines(_totals(report, needed, others))
    if report.declarations is not None:
        out.writelines(_specs(report.declarations, detail.verbose))
    if detail.verbose:
        out.writelines(
            f"not read: {for_terminal(path)} {for_terminal(one.detail)}\n" for path, one in report.found.unread
        )


def write_needs_names(report: OptInReport, out: TextIO, _detail: Detail) -> None:
    """Write the names of those that need the opt-in, one a line."""
    out.writelines(f"{for_terminal(source.source)}\n" for source in _needed(report))


def _needed(report: OptInReport) -> list[SourceObjects]:
    return [source for source in report.found.sources if source.need is Need.NEEDED]


def _table(sources: list[SourceObjects], verbose: int) -> Iterator[str]:
    rows = [HEADINGS, *map(_row, sources)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    widths[0] = min(widths[0], NAME_WIDTH)
    details: list[SourceObjects | None] = [None, *sources]
    for row, source in zip(rows, details, strict=True):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() + "\n"
        if source and verbose:
            yield from _details(source)


def _row(source: SourceObjects) -> tuple[str, ...]:
    kinds: Counter[Kind] = Counter()
    for one in source.architectures:
        kinds.update(dict(one.kinds))
    objects = (f"{count} {kind}" for kind, count in kinds.most_common())
    arches = (for_terminal(one.arch) for one in source.architectures)
    return (
        for_terminal(source.source),
        yes_or_no(source.opted_in) or "?",
        _shortened(list(objects), ", ", OBJECTS_WIDTH),
        _shortened(list(arches), " ", ARCHES_WIDTH),
    )


def _shortened(words: list[str], separator: str, width: int) -> str:
    """As many words as fit, at least one, and how many more there are."""
    shown = len(words)
    while shown > 1 and len(separator.join(words[:shown])) > width:
        shown -= 1
    more = len(words) - shown
    return separator.join(words[:shown]) + (f" +{more}" if more else "")


def _details(source: SourceObjects) -> Iterator[str]:
    yield f"    {for_terminal(text_of(source.why))}\n"
    for one in source.architectures:
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.kinds) or "no objects"
        flags = f"; compiled with LTO flags: {one.flags}" if one.flags else ""
        yield f"    {for_terminal(one.arch)}: {kinds}{flags}\n"
    yield from (f"    {for_terminal(name)}\n" for name in source.files)
    if source.more_files:
        yield f"    and {plural(source.more_files, 'more file')}\n"


def _totals(report: OptInReport, needed: list[SourceObjects], others: list[SourceObjects]) -> Iterator[str]:
    needs = Counter(source.need for source in others)
    unknown = needs[Need.UNKNOWN]
    rest = {"ship no objects": report.sources - len(needed) - len(others)}
    rest |= {reason: needs[need] for need, reason in REASONS.items()}
    yield f"{len(needed):,} of {report.sources:,} source packages need the opt-in; {_opted_in(needed)}\n"
    if any(rest.values()):
        yield f"the other {sum(rest.values()):,} need no fat objects:\n"
    yield from (f"  {count:>7,}  {reason}\n" for reason, count in rest.items() if count)
    if unknown:
        yield f"unknown for {unknown:,} more: something could not be read\n"
    if report.found.unread:
        shown = [for_terminal(path) for path, _ in report.found.unread[:UNREAD_SHOWN]]
        more = len(report.found.unread) - len(shown)
        rest_of_them = f" and {more:,} more: -v names them" if more else ""
        yield f"could not be read, so nothing is known of them: {', '.join(shown)}{rest_of_them}\n"


def _opted_in(needed: list[SourceObjects]) -> str:
    answers = Counter(source.opted_in for source in needed)
    known = f"{answers[True]:,} of them opted in"
    return f"{known}, unknown for {answers[None]:,}" if answers[None] else known


def _specs(declarations: tuple[Declaration, ...], verbose: int) -> Iterator[str]:
    yield "\nspecs:\n"
    for state, meaning in STATES.items():
        ones = [one for one in declarations if one.state is state]
        if ones:
            yield f"  {len(ones):>7,}  {meaning}\n"
        if state is not SpecState.DECLARED or verbose:
            for one in ones:
                place = f"{one.source}: {one.path or ''}".rstrip(": ")
                reason = f": {text_of(one.reason)}" if one.reason else ""
                yield f"           {for_terminal(place + reason)}\n"
