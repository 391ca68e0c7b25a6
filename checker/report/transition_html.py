# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition as one HTML file; no request leaves it, and without JavaScript it says the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from checker import __version__
from checker.limits import LIMITS
from checker.model.transition import OPEN, Changes, Standing, State, Transition
from checker.report.names import plural, size
from checker.report.page import environment, page_hash, source_of, style_of
from checker.report.transition_text import MEANING, NOBODY, sentence

CHUNK = 200
"""Source packages that a browser lays out at once."""

WIDTH = 1000
SMALLEST = 6.0
"""The width of a slice that would be too small to be seen."""

ROWS = 12
"""Of a plot; what else there is comes last."""

BAR = (State.DONE, State.TO_DO, State.FAILS_SLIM, State.CONFLICT, State.BROKEN, State.UNKNOWN)
"""States of the bar, from left to right: what needs the opt-in, and what may."""

OTHERS = "others"


class BarPart(NamedTuple):
    """A part of a bar."""

    state: State
    x: float
    width: float


class Number(NamedTuple):
    """One of the three that matter."""

    title: str
    value: str
    more: str


class Row(NamedTuple):
    """A bar of a plot."""

    label: str
    value: str
    words: str
    slices: tuple[BarPart, ...]


class Plot(NamedTuple):
    """Bars with a title."""

    title: str
    rows: tuple[Row, ...]


class StateGroup(NamedTuple):
    """Source packages of one state."""

    state: State
    meaning: str
    total: int
    standings: tuple[Standing, ...]

    @property
    def shown(self) -> int:
        """How many are on the page."""
        return len(self.standings)


def write_transition_html(found: Transition, standings: Sequence[Standing], out: TextIO) -> None:
    """Write one page of these source packages; those that ship no objects and need nothing are only counted."""
    told = [one for one in standings if not _is_silent(one)]
    states, shown = found.states, Counter(one.state for one in told)
    templates = environment()
    style, script = style_of(templates, "transition"), source_of(templates, "transition.js")
    bar = {state: states[state] for state in BAR if states[state]}
    page = templates.get_template("transition.html").generate(
        title=f"Slim LTO objects: {found.audits[-1].title}",
        version=__version__,
        found=found,
        sentence=sentence(found).replace("opt-in", "opt\N{NON-BREAKING HYPHEN}in"),
        bar=_slices(bar, sum(bar.values()), WIDTH),
        bar_words=", ".join(f"{count:,} {state}" for state, count in bar.items()),
        counts=[*bar.items(), *((state, count) for state in State if state not in BAR and (count := shown[state]))],
        silent=len(standings) - len(told),
        numbers=_numbers(found),
        changes=_changes(found.changes),
        groups=_groups(told),
        owners=sorted({one.owner for one in told if one.owner}),
        causes=sorted({one.cause for one in told if one.cause}),
        plots=_plots(told),
        chunk=CHUNK,
        style=style,
        style_hash=page_hash(style),
        script=script,
        script_hash=page_hash(script),
    )
    out.writelines(part.encode("ascii", "xmlcharrefreplace").decode("ascii") for part in page)


def _is_silent(one: Standing) -> bool:
    return one.state is State.NOT_NEEDED and not (one.archs or one.note or one.outcome)


def _numbers(found: Transition) -> tuple[Number, ...]:
    states = found.states
    broken = states[State.BROKEN]
    hit = {hit.source for one in found.standings for hit in one.hits}
    who_is_hit = f"and {plural(len(hit), 'source package')} whose builds need their objects" if hit else ""
    to_change = sum(states[state] for state in OPEN) - broken
    parts = [f"{states[state]:,} {state}" for state in OPEN[1:] if states[state]]
    numbers = [
        Number("packages that break", f"{broken:,}", who_is_hit or "ship objects that no linker can use"),
        Number("packages to change", f"{to_change:,}", ", ".join(parts) or "nothing is left"),
    ]
    saved = found.saved
    if saved and saved.cpu_fat:
        share = 100 * (saved.cpu_fat - saved.cpu_slim) / saved.cpu_fat
        kept = size(saved.objects_fat - saved.objects_slim)
        more = f"and {kept} of objects, in {plural(saved.sources, 'source package')} that were built both ways"
        return (*numbers, Number("CPU saved by slim objects", f"{share:.0f} %", more))
    return (*numbers, Number("CPU and bytes saved", "?", "rebuild some packages both ways to learn it"))


def _changes(changes: Changes | None) -> list[tuple[str, tuple[str, ...]]]:
    if changes is None:
        return []
    named = [(key.replace("_", " "), getattr(changes, key)) for key in Changes._fields[1:]]
    return [(word, names) for word, names in named if names or word in ("new", "resolved", "remaining")]


def _groups(told: Sequence[Standing]) -> list[StateGroup]:
    by_state: dict[State, list[Standing]] = {}
    for one in told:
        by_state.setdefault(one.state, []).append(one)
    groups, room = [], LIMITS.report_rows
    for state in State:
        if state in by_state:
            shown = tuple(by_state[state][:room])
            room -= len(shown)
            groups.append(StateGroup(state, MEANING[state], len(by_state[state]), shown))
    return groups


def _plots(told: Sequence[Standing]) -> list[Plot]:
    left = [one for one in told if one.state in OPEN]
    if not left:
        return []
    plots = [Plot("Left to do, by architecture", _rows(left, lambda one: tuple(one.archs)))]
    if any(one.owner for one in left):
        plots.insert(0, Plot("Left to do, by owner", _rows(left, lambda one: (one.owner or NOBODY,))))
    if any(one.cause for one in left):
        plots.append(Plot("Left to do, by cause", _rows(left, lambda one: (one.cause,) if one.cause else ())))
    hits = sorted((one for one in told if one.hits), key=lambda one: (-len(one.hits), one.source))[:ROWS]
    if hits:
        counts = {one.source: Counter({one.state: len({hit.source for hit in one.hits})}) for one in hits}
        plots.append(Plot("Builds that need their objects", _bars(counts)))
    return plots


def _rows(left: Iterable[Standing], keys: Callable[[Standing], tuple[str, ...]]) -> tuple[Row, ...]:
    counts: dict[str, Counter[State]] = {}
    for one in left:
        for key in keys(one):
            counts.setdefault(key, Counter())[one.state] += 1
    names = sorted(counts, key=lambda name: (-counts[name].total(), name))
    kept = {name: counts[name] for name in names[:ROWS]}
    for name in names[ROWS:]:
        kept.setdefault(OTHERS, Counter()).update(counts[name])
    return _bars(kept)


def _bars(counts: Mapping[str, Counter[State]]) -> tuple[Row, ...]:
    longest = max((counter.total() for counter in counts.values()), default=1)
    return tuple(
        Row(
            name,
            f"{counter.total():,}",
            ", ".join(f"{counter[state]:,} {state}" for state in State if counter[state]),
            _slices({state: counter[state] for state in State if counter[state]}, longest, WIDTH),
        )
        for name, counter in counts.items()
    )


def _slices(counts: Mapping[State, int], whole: int, width: float) -> tuple[BarPart, ...]:
    """The parts of a bar; what is too small to be seen is drawn at the cost of the others."""
    wanted = {state: max(SMALLEST, count / whole * width) for state, count in counts.items()}
    end = sum(counts.values()) / whole * width if whole else 0
    scale = min(1.0, max(end, SMALLEST) / sum(wanted.values())) if wanted else 1.0
    x, slices = 0.0, []
    for state, share in wanted.items():
        slices.append(BarPart(state, round(x, 1), round(share * scale, 1)))
        x += share * scale
    return tuple(slices)
