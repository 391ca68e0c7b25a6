# SPDX-License-Identifier: GPL-2.0-or-later
"""Positions of the marks of a plot, in per cent of its size, so that texts keep their size in any window."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

WHOLE = 100.0
"""Per cent."""
SMALLEST = 0.8
"""The width of a slice that would be too small to be seen, in per cent."""
MARGIN = 6.0
"""Above, below and beside the points of a line, in per cent."""

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


class Point(NamedTuple):
    """A point of a line."""

    x: float
    y: float
    name: str
    value: str


class PlotLine(NamedTuple):
    """A plot of one quantity over the audits."""

    id: str
    title: str
    description: str
    points: tuple[Point, ...]
    highest: Point
    """The first of those."""

    @property
    def steps(self) -> tuple[tuple[Point, Point], ...]:
        """Each point with the one after it."""
        return tuple(pairwise(self.points))


def bars(
    id_: str, title: str, what: str, nothing: str, names: Sequence[Word], rows: Mapping[str, Mapping[Word, int]]
) -> Bars:
    """Rows of counts by name, as bars; only names that occur are in the legend."""
    present = tuple(name for name in names if any(counts.get(name) for counts in rows.values()))
    placed = tuple(Bar(row, _slices(counts, present)) for row, counts in rows.items())
    description = "; ".join(
        f"{bar.label}: {', '.join(f'{part.name} {part.number:,}' for part in bar.slices)}" for bar in placed
    )
    return Bars(id_, title, what, description, nothing, present, placed)


def _slices(counts: Mapping[Word, int], names: Sequence[Word]) -> tuple[Slice, ...]:
    """The parts of a bar; those that are too small to be seen are drawn at the cost of the others."""
    total = sum(counts.values())
    wanted = {name: max(SMALLEST, counts[name] / total * WHOLE) for name in names if counts.get(name)}
    scale = WHOLE / sum(wanted.values()) if wanted else 1
    x, slices = 0.0, []
    for name, share in wanted.items():
        slices.append(Slice(name, counts[name], round(x, 2), round(share * scale, 2)))
        x += share * scale
    return tuple(slices)


def line(id_: str, title: str, names: Sequence[str], values: Sequence[int], shown: Callable[[int], str]) -> PlotLine:
    """One quantity over the audits of these names, from zero up; needs two."""
    highest = max(*values, 1)
    room = WHOLE - 2 * MARGIN
    points = tuple(
        Point(
            round(MARGIN + place / (len(values) - 1) * room, 2),
            round(WHOLE - MARGIN - value / highest * room, 2),
            name,
            shown(value),
        )
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    )
    description = ", ".join(f"{point.name}: {point.value}" for point in points)
    return PlotLine(id_, title, description, points, points[values.index(max(values))])
