# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots show what the numbers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.report.plots import SMALLEST, WHOLE, bars, line

COUNTS = st.dictionaries(st.sampled_from("abcdefghi"), st.integers(0, 1 << 50))


@given(st.dictionaries(st.text(max_size=40), COUNTS, max_size=5))
def test_bars_are_whole_and_no_slice_is_lost(rows: dict[str, dict[str, int]]) -> None:
    plot = bars("x", "X", "x", "nothing", "abcdefghi", rows)
    assert [bar.label for bar in plot.bars] == list(rows)
    for bar in plot.bars:
        assert {part.name: part.number for part in bar.slices} == {
            name: number for name, number in rows[bar.label].items() if number
        }
        x = 0.0
        for part in bar.slices:
            assert part.x == pytest.approx(x, abs=0.05)
            assert part.width > SMALLEST / 2
            x = part.x + part.width
        assert not bar.slices or x == pytest.approx(WHOLE, abs=0.05)
        larger = [part.width for part in sorted(bar.slices, key=lambda part: part.number)]
        assert larger == sorted(larger)


@given(st.lists(st.integers(0, 1 << 50), min_size=2, max_size=40))
def test_lines_rise_and_fall_with_their_values(values: list[int]) -> None:
    plot = line("x", "X", [str(place) for place in range(len(values))], values, str)
    assert [point.y for point in sorted(plot.points, key=lambda point: -point.y)] == [
        plot.points[place].y for place in sorted(range(len(values)), key=values.__getitem__)
    ]
    assert all(0 < point.y < WHOLE and 0 < point.x < WHOLE for point in plot.points)
    assert [point.value for point in plot.points] == [str(value) for value in values]
    assert plot.highest.value == str(max(values))
    assert len(plot.steps) == len(values) - 1
