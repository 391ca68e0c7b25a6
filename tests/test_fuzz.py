# SPDX-License-Identifier: GPL-2.0-or-later
"""The targets of `make fuzz`, over their committed inputs and some changes of each, without coverage feedback."""

import random
from pathlib import Path

import pytest

from checker.repositories.download import ALGORITHMS
from tests.fuzz.__main__ import LIKES
from tests.fuzz.changes import changed
from tests.fuzz.targets import TARGETS, corpus
from tests.toolbox import ROOT

CHANGES = 30


@pytest.mark.parametrize("name", TARGETS)
def test_committed_inputs_and_changes_of_them(name: str) -> None:
    chance = random.Random(0)
    inputs = list(corpus(name))
    assert inputs
    for data in inputs:
        TARGETS[name](data)
        for _ in range(CHANGES):
            TARGETS[name](changed(data, chance.choice(inputs), chance))


def test_what_is_found_can_be_kept() -> None:
    folders = {folder.name for folder in (ROOT / "tests/fuzz/corpus").iterdir()}
    assert folders == set(TARGETS)
    assert set(LIKES) <= folders
    assert all(file.stat().st_size <= 8192 for file in (ROOT / "tests/fuzz/corpus").rglob("*") if file.is_file())
    assert all((ROOT / place).is_dir() for places in LIKES.values() for place in places)


def test_real_files_are_taken_as_they_are() -> None:
    for name, places in LIKES.items():
        for file in [file for place in places for file in sorted(Path(ROOT, place).rglob("*")) if file.is_file()][:3]:
            TARGETS[name](file.read_bytes()[: 1 << 16])
    assert "shake_128" not in ALGORITHMS
