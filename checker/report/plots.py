# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the marks of a plot go: numbers to coordinates, which a template writes as SVG."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

WIDTH = 900
LEFT = 170
"""Of the bars; their labels stand before it."""
ROW = 46
SMALLEST = 4.0
"""The width of a slice that would be too small to be seen."""
LABEL = 24
"""Characters of a label before a bar, longer ones are cut; the table below a plot has them whole."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

LINE_WIDTH, LINE_HEIGHT, MARGIN = 430, 170, 46
LABELLED = 6
"""Points that can all have their values beside them; of more, the ends and the extremes have."""
ROOM = 60
"""Between two such values."""

Word = TypeVar("Word", bound=str)


class Slice(NamedTuple):
    """A part of a bar."""

    name: str
    number: int
    x: float
    width: float


class Bar(NamedTuple):
    """One row of a plot of bars."""

    label: str
    full: str
    y: int
    slices: tuple[Slice, ...]

    def number_of(self, name: str) -> int:
        """How many there are, for a table."""
        return sum(part.number for part in self.slices if part.name == name)


class Bars(NamedTuple):
    """A plot of bars, each of the same length and divided by shares."""

    id: str
    title: str
    what: str
    description: str
    nothing: str
    """What is said instead of a plot without bars."""
    names: tuple[str, ...]
    bars: tuple[Bar, ...]
    width: int
    height: int
    left: int


class Point(NamedTuple):
    """A point of a line."""

    x: float
    y: float
    value: str
    """Empty where there is no room for it."""


class Line(NamedTuple):
    """A plot of one quantity over the audits."""

    id: str
    title: str
    description: str
    points: tuple[Point, ...]
    first: str
    last: str
    width: int
    height: int
    left: int
    right: int
    bottom: int


def bars(
    id_: str, title: str, what: str, nothing: str, names: Sequence[Word], rows: Mapping[str, Mapping[Word, int]]
) -> Bars:
    """Rows of counts by name, as bars; only names that occur are in the legend."""
    present = tuple(name for name in names if any(counts.get(name) for counts in rows.values()))
    placed = tuple(Bar(_cut(row), row, place * ROW, _slices(rows[row], present)) for place, row in enumerate(rows))
    description = "; ".join(
        f"{bar.full}: {', '.join(f'{part.name} {part.number:,}' for part in bar.slices)}" for bar in placed
    )
    return Bars(id_, title, what, description, nothing, present, placed, WIDTH, len(placed) * ROW, LEFT)


def _slices(counts: Mapping[Word, int], names: Sequence[Word]) -> tuple[Slice, ...]:
    """The parts of a bar; those that are too small to be seen are drawn at the cost of the others."""
    total = sum(counts.values())
    width = WIDTH - LEFT
    wanted = {name: max(SMALLEST, counts[name] / total * width) for name in names if counts.get(name)}
    scale = width / sum(wanted.values()) if wanted else 1
    x, slices = float(LEFT), []
    for name, share in wanted.items():
        slices.append(Slice(name, counts[name], round(x, 1), round(share * scale, 1)))
        x += share * scale
    return tuple(slices)


def line(id_: str, title: str, names: Sequence[str], values: Sequence[int], shown: Callable[[int], str]) -> Line:
    """One quantity over the audits of these names, from zero up; needs two."""
    left, right, top, bottom = MARGIN, LINE_WIDTH - MARGIN, 26, LINE_HEIGHT - 26
    highest = max(*values, 1)
    step = (right - left) / (len(values) - 1)
    told = [0, len(values) - 1]
    for extreme in (values.index(max(values)), values.index(min(values))):
        if all(abs(extreme - place) * step >= ROOM for place in told):
            told.append(extreme)
    points = tuple(
        Point(
            round(left + place * step, 1),
            round(bottom - value / highest * (bottom - top), 1),
            shown(value) if len(values) <= LABELLED or place in told else "",
        )
        for place, value in enumerate(values)
    )
    description = ", ".join(f"{name}: {shown(value)}" for name, value in zip(names, values, strict=True))
    first, last = _cut(names[0]), _cut(names[-1])
    return Line(id_, title, description, points, first, last, LINE_WIDTH, LINE_HEIGHT, left, right, bottom)


def _cut(name: str) -> str:
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}{ELLIPSIS}"
