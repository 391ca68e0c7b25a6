# SPDX-License-Identifier: GPL-2.0-or-later
"""The line that moves: where it is shown, how wide it is, and what it foretells, by a clock that tests turn."""

import os
import pty
import random
import re
import struct
import subprocess
import termios
from contextlib import suppress
from fcntl import ioctl
from itertools import pairwise
from pathlib import Path

import pytest

from checker.cli import progress
from checker.cli.progress import Estimate, fitted, rate, width
from tests.audits import COMMAND, ENVIRONMENT, many_packages
from tests.toolbox import ltocheck


def foretold(amounts: list[int], total: int, step: float = 0.2) -> list[tuple[float, float]]:
    """What is foretold after each step, with the truth when all goes on at the mean rate."""
    estimate, done, found = Estimate(0.0), 0, []
    for number, amount in enumerate(amounts, 1):
        done += amount
        left = estimate.left(done, total, number * step)
        if left is not None:
            found.append((left, (total - done) / (done / (number * step))))
    return found


def test_a_steady_rate_is_foretold_well_and_counts_down() -> None:
    found = foretold([1] * 400, 1000)
    assert all(abs(left - truth) < 0.05 * truth + 1 for left, truth in found)
    assert all(later < earlier for (earlier, _), (later, _) in pairwise(found))


@pytest.mark.parametrize("seed", range(5))
def test_bursts_and_pauses_do_not_make_it_jump(seed: int) -> None:
    chance = random.Random(seed)
    amounts = [chance.choice((0, 0, 0, 0, 10)) for _ in range(1500)]
    left = [one for one, _ in foretold(amounts, 10_000)][75:]
    assert all(abs(later - earlier) < 0.05 * earlier + 1 for earlier, later in pairwise(left))


def test_a_new_rate_comes_through() -> None:
    estimate = Estimate(0.0)
    for second in range(1, 61):
        estimate.left(second * 10, 10_000, float(second))
    for second in range(61, 181):
        left = estimate.left(600 + (second - 60) * 5, 10_000, float(second))
    assert left is not None
    assert left == pytest.approx((10_000 - 1200) / 5, rel=0.15)


def test_nothing_is_foretold_of_what_has_hardly_begun() -> None:
    assert foretold([1] * 14, 100) == []
    assert Estimate(0.0).left(0, 100, 10.0) is None


@pytest.mark.parametrize(
    ("columns", "line"), [(60, "12 of 400, 0:01:00 left, 12/s"), (20, "12 of 400, 12/s"), (5, "12 of"), (0, "")]
)
def test_parts_fit(columns: int, line: str) -> None:
    assert fitted(["12 of 400", "0:01:00 left", "12/s"], columns) == line


def test_wide_characters_take_two_columns() -> None:
    assert width("日本") == 4
    assert width(fitted(["日本語日本語"], 5)) <= 5


@pytest.mark.parametrize(("per_second", "text"), [(1234.5, "1,234/s"), (2.0, "120/min"), (0.1, "360/h"), (0.0, "0/h")])
def test_rates_are_legible(per_second: float, text: str) -> None:
    assert rate(per_second) == text


def terminal_of(columns: int, folder: Path, *words: str, **more: str) -> list[str]:
    """What a command writes to a terminal on standard error, cut where a line is written over."""
    reader, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = ["-c", "from checker.cli import progress; progress.FIRST_AFTER = progress.EVERY = 0\n"
               "from checker.cli import main; main()"]  # fmt: skip
    environment = {**ENVIRONMENT, "TERM": "xterm", **more}
    with subprocess.Popen(
        [COMMAND[0], *command, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=terminal
    ):
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # when nobody is left to write
            while part := os.read(reader, 1 << 16):
                shown += part
    os.close(reader)
    return shown.decode().replace("\r\n", "\n").split("\r\033[K")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages and specs."""
    made = tmp_path_factory.mktemp("progress")
    many_packages(made / "repo", 60)
    (made / "specs").mkdir()
    for number in range(60):
        (made / f"specs/{number}.spec").write_text("Name: x\n")
    return made


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["audit", "repo"], r"\d+ of 62 packages(, \d:\d\d:\d\d left)?(, [\d,]+/(s|min|h))?"),
        (["spec", "--target", "none", "-j1", "specs"], r"\d+ of 60 specs(, \d:\d\d:\d\d left)?(, [\d,]+/(s|min|h))?"),
        (["scan", "--no-build-root", "specs", "repo"], r"\d+ objects(, [\d,]+/(s|min|h))?(, .*)?"),
    ],
)
def test_it_is_shown_and_fits(columns: int, words: list[str], what: str, folder: Path) -> None:
    store = () if words[0] != "audit" else ("--store", str(folder / f"{columns}.db"))
    first, *lines = terminal_of(columns, folder, *words, *store)
    moving = [line for line in lines if not line.startswith("ltocheck: ") and line]
    assert moving or words[0] == "scan"
    assert all(re.fullmatch(what, line) and len(line) < columns for line in moving), moving
    assert lines[-1:] == [""] or lines[-1].startswith("ltocheck: ")
    assert "\033" not in first


@pytest.mark.parametrize("words", [["audit", "-q", "repo"], ["spec", "-q", "--target", "none", "specs"]])
def test_quiet_shows_none(words: list[str], folder: Path) -> None:
    assert "\033" not in "".join(terminal_of(80, folder, *words))


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_shows_none(term: str, folder: Path) -> None:
    assert len(terminal_of(80, folder, "spec", "--target", "none", "specs", TERM=term)) == 1


def test_piped_there_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_AFTER", 0)
    monkeypatch.setenv("TERM", "xterm")
    assert ltocheck("spec", "--target", "none", "specs", cwd=folder).stderr == ""
