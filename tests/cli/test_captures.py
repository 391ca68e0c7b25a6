# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees is what was captured; `python -m tests.cli.captures` writes it anew, to be read first."""

from pathlib import Path

import pytest

from tests.cli.captures import CASES, FOLDER, captured, prepare


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("captures")
    prepare(made)
    return made


@pytest.mark.parametrize("name", CASES)
def test_it_looks_as_captured(name: str, folder: Path) -> None:
    assert captured(CASES[name], folder) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_every_capture_is_made_by_a_command() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_pipes_and_dumb_terminals_see_no_escapes(name: str) -> None:
    for part in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n== ")[1:]:
        variants, _, text = part.partition("\n")
        if "dumb" in variants or "piped" in variants or "without colour" in variants:
            assert "\\e[" not in text


@pytest.mark.parametrize("name", ["help", "help-report"])
def test_pages_fit_the_width(name: str) -> None:
    for part in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n== ")[1:]:
        variants, _, text = part.partition("\n")
        columns = min((int(each.split()[0]) for each in variants.split(", ") if each[0].isdigit()), default=1000)
        assert all(
            len(line) <= columns for line in text.splitlines() if not line.strip().startswith(("ltocheck ", "#"))
        )
