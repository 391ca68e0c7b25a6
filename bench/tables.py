# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables in Markdown, with what was measured beside the bar it should reach."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.measure import Comparison, Spread

COMPARED = ("what", "ltocheck", "peer", "times as fast", "bar", "met")
MEASURED = ("what", "measured", "bar", "met")


@dataclass
class Table:
    """A heading, what is to know about the numbers, and the rows."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def compared(self, what: str, result: Comparison, at_least: float | None = None) -> None:
        """A row of seconds, with the ratio that is wanted, if one is."""
        ratio = result.ratio
        bar, met = ("", "") if at_least is None else (f"{at_least:g}", _yes(ratio.median >= at_least))
        self.rows.append((what, seconds(result.ours), seconds(result.peer), f"{spread(ratio)}", bar, met))

    def measured(self, what: str, value: float, unit: str, at_most: float) -> None:
        """A row of one number that should not be larger than its bar."""
        self.rows.append((what, f"{value:.3g} {unit}", f"{at_most:g} {unit}", _yes(value <= at_most)))

    def markdown(self) -> str:
        return "\n".join([f"## {self.title}", "", self.note, "", *_lines(self.columns, self.rows), ""])


def seconds(times: Spread) -> str:
    """The median, and what it was between."""
    scale, unit = (1, "s") if times.median >= 1 else (1e3, "ms") if times.median >= 1e-3 else (1e6, "us")
    return f"{spread(Spread(*(value * scale for value in times)))} {unit}"


def spread(values: Spread) -> str:
    return f"{values.median:.3g} ({values.low:.3g} to {values.high:.3g})"


def _yes(met: bool) -> str:
    return "yes" if met else "NO"


def _lines(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
