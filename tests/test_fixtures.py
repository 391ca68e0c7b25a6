# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects that are built here, by every recipe, and objects of compilers that are not here, from the small corpus."""

from pathlib import Path

import pytest

from checker.model import ArchiveItem, Kind, ObjectFacts, ObjectItem
from checker.report.words import text_of_all
from checker.trees.tree import walk_file
from tests.engines.both import differences
from tests.evaluate.__main__ import judge_cases, read_explained
from tests.evaluate.manifests import read_corpus
from tests.evaluate.workshop import FIXTURES, MODES, RECIPES, SOURCES, STEPS, Workshop, words_of

FOLDER = FIXTURES / "corpus"
CORPUS = {case.name: case for part in read_corpus(FOLDER, Path("/nonexistent")) for case in part.cases}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("recipes"))


def outcome(file: Path) -> tuple[Kind, ObjectFacts | None]:
    """The kind of a file, and the facts when it is no archive."""
    *_, last = walk_file(str(file))
    assert isinstance(last, ObjectItem | ArchiveItem)
    return last.facts.kind, last.facts if isinstance(last, ObjectItem) else None


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name: str, workshop: Workshop) -> None:
    recipe = RECIPES[name]
    kind, facts = outcome(workshop.build(name))
    assert kind in recipe["kind"].split("|"), text_of_all(facts.reasons) if facts else "the kind of the archive"
    if recipe["empty"] != "-":
        assert facts is not None
        assert facts.empty is (recipe["empty"] == "yes"), text_of_all(facts.reasons)


def test_the_engine_in_lua_says_the_same_of_what_recipes_build(workshop: Workshop) -> None:
    assert list(differences([workshop.build(name) for name in RECIPES])) == []


NEVER_SLIM = ["asm.wanted", "asm.device", "empty.native-zdebug", "empty.native-g", "empty.clang-embed"]
MAYBE_SLIM = [
    "asm.nothing",
    "asm.offload",
    "empty.native",
    "empty.native-hardened",
    "code.slim.debian",
    "code.slim.llvm-strip",
]


@pytest.mark.parametrize("name", NEVER_SLIM + MAYBE_SLIM)
def test_signs_that_an_empty_object_was_never_slim(name: str, workshop: Workshop) -> None:
    _, facts = outcome(workshop.build(name))
    assert facts is not None
    assert facts.bare is (name in MAYBE_SLIM), text_of_all(facts.reasons)


def test_every_source_mode_and_step_is_used() -> None:
    inputs = [item.split("=") for row in RECIPES.values() for item in words_of(row["inputs"])]
    steps = {step for row in RECIPES.values() for step in words_of(row["steps"])}
    assert {source for source, _ in inputs} == {file.name for file in SOURCES.iterdir()}
    assert {mode for _, mode in inputs} == set(MODES)
    assert steps == {step for step, _ in STEPS}


@pytest.fixture(scope="module")
def said() -> dict[str, tuple[str, str]]:
    """What is said of each file of the corpus, and why."""
    outcomes = judge_cases(CORPUS.values())
    return {found.case.name: (found.answer, found.verdict.why if found.verdict else "") for found in outcomes}


@pytest.mark.parametrize("name", CORPUS)
def test_corpus(name: str, said: dict[str, tuple[str, str]]) -> None:
    answer, why = said[name]
    if name in read_explained():
        assert answer not in CORPUS[name].accepted, "explained, but there is nothing to explain any more"
    else:
        assert answer in CORPUS[name].accepted, why


def test_corpus_is_complete() -> None:
    files = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    others = {file for file in files if file.startswith("repos/")}
    assert files - others - {"manifest.tsv", "README.md"} == set(CORPUS)
