# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition for a reader at a terminal: how far it is, then who has to do something."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TextIO

from checker.model.transition import OPEN, Changes, Standing, State, Transition
from checker.report.names import for_terminal, plural, size
from checker.report.needs_csv import yes_or_no
from checker.report.words import text_of

NAME_WIDTH = 32
NAMES_SHOWN = 10
"""Of a change, without `verbose`."""
LISTED = (*OPEN, State.UNKNOWN, State.GONE)
"""States whose source packages are listed without `verbose`."""

MEANING = {
    State.BROKEN: "ship broken objects today",
    State.CONFLICT: "opted in, and their builds undo it",
    State.FAILS_SLIM: "build with fat objects and fail with slim ones",
    State.TO_DO: "need the opt-in, and do not have it",
    State.DONE: "need the opt-in, and have it",
    State.SUPERFLUOUS: "have the opt-in, and do not need it",
    State.NOT_NEEDED: "need nothing",
    State.UNKNOWN: "may or may not",
    State.GONE: "are not there any more",
}
NOBODY, NO_CAUSE = "(nobody)", "(no cause known)"


class Grouping(StrEnum):
    """What source packages are grouped by."""

    STATE = "state"
    OWNER = "owner"
    CAUSE = "cause"


GROUP_OF: dict[Grouping, Callable[[Standing], str]] = {
    Grouping.STATE: lambda one: one.state,
    Grouping.OWNER: lambda one: one.owner or NOBODY,
    Grouping.CAUSE: lambda one: one.cause or NO_CAUSE,
}


def write_transition_text(
    found: Transition,
    standings: Sequence[Standing],
    out: TextIO,
    by: Grouping = Grouping.STATE,
    verbose: int = 0,
) -> None:
    """Write these source packages below what all add up to; `verbose` adds evidence."""
    out.write(f"{sentence(found)}\n")
    out.writelines(_numbers(found))
    if found.problems:
        out.write(f"not in this report: {plural(len(found.problems), 'place')}, named at the end\n")
    if found.changes:
        out.writelines(_changes(found.changes, verbose))
    groups: dict[str, list[Standing]] = {}
    for one in _shown(standings, verbose):
        groups.setdefault(GROUP_OF[by](one), []).append(one)
    order = [state.value for state in State] if by is Grouping.STATE else sorted(groups, key=lambda key: key.lower())
    for key in order:
        if key in groups:
            out.write(f"\n{for_terminal(key)}: {plural(len(groups[key]), 'source package')}\n")
            for one in groups[key]:
                out.writelines(_lines(one, by, verbose))
    out.writelines(f"not in this report: {for_terminal(problem)}\n" for problem in found.problems)


def write_transition_names(standings: Sequence[Standing], out: TextIO, verbose: int = 0) -> None:
    """Write the names of the source packages that the text lists, one a line."""
    out.writelines(f"{for_terminal(one.source)}\n" for one in _shown(standings, verbose))


def _shown(standings: Sequence[Standing], verbose: int) -> list[Standing]:
    return [one for one in standings if verbose or one.state in LISTED]


def sentence(found: Transition) -> str:
    """Where the transition stands, in one sentence."""
    states = found.states
    broken = states[State.BROKEN]
    left = sum(states[state] for state in OPEN) - broken
    if not found.needed and not broken and not left:
        return f"No source package of {len(found.standings):,} needs the opt-in."
    rest = [f"{broken:,} {'ships' if broken == 1 else 'ship'} broken objects today"] if broken else []
    if left:
        rest.append(f"{left:,} more {'has' if left == 1 else 'have'} to change")
    if states[State.UNKNOWN]:
        rest.append(f"{states[State.UNKNOWN]:,} {'is' if states[State.UNKNOWN] == 1 else 'are'} unknown")
    said = f"{found.done:,} of {plural(found.needed, 'source package')} that need the opt-in have it"
    return f"{said}; {', '.join(rest)}." if rest else f"{said}, and nothing is left to do."


def _numbers(found: Transition) -> Iterator[str]:
    for state, count in found.states.items():
        if count:
            yield f"  {count:>7,}  {state:12}{MEANING[state]}\n"
    if found.saved:
        saved = found.saved
        yield (
            f"slim objects save {saved.cpu_fat - saved.cpu_slim:,.0f} of {saved.cpu_fat:,.0f} seconds of CPU and "
            f"{size(saved.objects_fat - saved.objects_slim)} of {size(saved.objects_fat)} of objects, "
            f"in {plural(saved.sources, 'source package')} that were built both ways\n"
        )


def _changes(changes: Changes, verbose: int) -> Iterator[str]:
    yield f"since audit {for_terminal(changes.since.title)}:\n"
    for key in Changes._fields[1:]:
        names: tuple[str, ...] = getattr(changes, key)
        if names or key in ("new", "resolved", "remaining"):
            shown = " ".join(map(for_terminal, names if verbose else names[:NAMES_SHOWN]))
            more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN and not verbose else ""
            yield f"  {len(names):>7,}  {key.replace('_', ' '):12}{shown}{more}\n".rstrip() + "\n"


def _lines(one: Standing, by: Grouping, verbose: int) -> Iterator[str]:
    note = one.note
    words = [
        None if by is Grouping.STATE else one.state,
        None if by is Grouping.OWNER else one.owner,
        f"bug {note.bug}" if note and note.bug else None,
        note.status if note else None,
        None if by is Grouping.CAUSE else one.cause,
        f"hits {plural(len({hit.source for hit in one.hits}), 'source package')}" if one.hits else None,
        text_of(one.why[0]) if one.why and not verbose else None,
    ]
    yield f"  {for_terminal(one.source):{NAME_WIDTH}}{for_terminal('  '.join(filter(None, words)))}".rstrip() + "\n"
    if verbose:
        proven = f", proven {yes_or_no(one.proven)}" if one.proven is not None else ""
        yield f"      need {one.need}, opted in {yes_or_no(one.opted_in) or '?'}{proven}\n"
        yield from (f"      {for_terminal(text_of(line))}\n" for line in one.why)
        for arch, kinds in one.archs.items():
            yield f"      {for_terminal(arch)}: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}\n"
        yield from (f"      {for_terminal(name)}\n" for name in one.files)
        yield from (f"      hits {for_terminal(hit.source)}: {for_terminal(hit.via)}\n" for hit in one.hits)
        if note and note.text:
            yield f"      note: {for_terminal(note.text)}\n"
