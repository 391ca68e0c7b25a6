# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds objects and archives as the tables in fixtures/ say: sources, modes, steps."""

import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.evaluate.tsv import read_rows
from tests.toolbox import ROOT, run

FIXTURES = ROOT / "fixtures"
SOURCES = FIXTURES / "sources"
RECIPES = {row["name"]: row for row in read_rows(FIXTURES / "recipes.tsv")}
MODES = {row["mode"]: row for row in read_rows(FIXTURES / "modes.tsv")}
STEPS = [(row["step"], shlex.split(row["command"])) for row in read_rows(FIXTURES / "steps.tsv")]

DRIVERS = {(".cc", "gcc"): "g++", (".cc", "clang"): "clang++", (".f90", "gcc"): "gfortran"}
"""The drivers of languages other than C."""


def words_of(cell: str) -> list[str]:
    """The words in a cell of a table, where a dash stands for none."""
    return [word for word in cell.split() if word != "-"]


class Workshop:
    """Builds what recipes say, each recipe once, and each source once for each mode."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build: Callable[[str], Path] = cache(self._build)
        """The file that comes out of a recipe."""
        self._compiled_once = cache(self._compiled)

    def _build(self, name: str) -> Path:
        recipe = RECIPES[name]
        files = [self._compiled_once(*item.split("=")) for item in words_of(recipe["inputs"])]
        commands = [command for step in words_of(recipe["steps"]) for known, command in STEPS if known == step]
        for number, command in enumerate(commands):
            files = [self._run(command, files, f"{name}.{number}")]
        return self.folder / files[0]

    def _compiled(self, source: str, mode: str) -> str:
        file = SOURCES / source
        target = f"{file.name}.{mode}.o"
        compiler = MODES[mode]["compiler"]
        driver = DRIVERS.get((file.suffix, compiler), compiler)
        run(driver, *MODES[mode]["flags"].split(), "-c", file, "-o", target, cwd=self.folder)
        return target

    def _run(self, command: list[str], inputs: list[str], target: str) -> str:
        places = {"{in}": inputs, "{out}": [target]}
        words = [found for word in command for found in places.get(word, [_filled(word, inputs, target)])]
        run(*words, cwd=self.folder)
        return target


def _filled(word: str, inputs: list[str], target: str) -> str:
    """A word of a command with its places filled; one with {in} inside takes a single input."""
    return word.replace("{out}", target).replace("{in}", "".join(inputs))
