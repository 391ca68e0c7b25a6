# SPDX-License-Identifier: GPL-2.0-or-later
"""Help pages: whole, in our own words, with examples that work as they stand."""

import re
from pathlib import Path

import pytest

from checker.cli.examples import EXAMPLES
from docs.commands import Command, commands
from tests.cli.shells import laid_out, shell
from tests.toolbox import ltocheck

EVERY = {" ".join(each.words[1:]): each for each in commands()}

LEAKS = re.compile(
    r"\[\[|\]\]\.\.\.|\{|\}|<(?:int|str|text|list|float|path|uuid)\b(?! *\|)|\brange\b|default: 0|default: None|x>=|<=x"
    r"|INTEGER|TEXT\b|Value error|\.\.\.$",
    re.MULTILINE,
)
"""What typer, click and pydantic say where nobody says it better; and lines that are cut."""


@pytest.mark.parametrize("words", EVERY)
@pytest.mark.parametrize("columns", ["40", "80", "160"])
def test_help_is_in_our_words(words: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", columns)
    done = ltocheck(*words.split(), "--help")
    assert done.returncode == 0
    page = done.stdout.partition("Examples:")[0]
    assert not [*LEAKS.finditer(page.replace("NAME,...", "").replace("FILE...", "").replace("REPO...", ""))]
    assert page.startswith(f"Usage: ltocheck {words}".rstrip())


def test_no_summary_of_a_command_is_cut() -> None:
    for name, each in EVERY.items():
        inner = [other for other in EVERY.values() if other.words[:-1] == each.words]
        page = " ".join(ltocheck(*name.split(), "--help").stdout.split())
        assert all(f"{other.words[-1]} {other.help.partition(chr(10))[0]}" in page for other in inner)


@pytest.mark.parametrize("each", EVERY.values(), ids=EVERY)
def test_arguments_are_named_once(each: Command) -> None:
    usage = ltocheck(*each.words[1:], "--help").stdout.partition("\n\n")[0]
    for syntax, _ in each.arguments:
        assert " ".join(usage.split()).count(syntax) == 1


def test_every_command_has_examples_that_its_help_shows() -> None:
    assert EXAMPLES.keys() == EVERY.keys()
    for words, examples in EXAMPLES.items():
        page = ltocheck(*words.split(), "--help").stdout
        for example in examples:
            assert f"  # {example.purpose}\n  {example.line}" in page


@pytest.mark.parametrize("words", [[], ["policy"]])
def test_a_group_without_a_command_shows_its_help(words: list[str]) -> None:
    assert ltocheck(*words).stdout == ltocheck(*words, "--help").stdout
    assert ltocheck(*words).returncode == 0


@pytest.mark.parametrize(
    "words", [["scan", "--polcy", "x"], ["spec"], ["audit", "-j", "x", "r"], ["policy", "chek"], ["rules", "--color"]]
)
def test_what_is_wrong_with_a_command_line_is_one_line(words: list[str]) -> None:
    done = ltocheck(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"ltocheck: [^\n]+; see ltocheck( \w+)? --help\n", done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("examples")
    laid_out(made)
    return made


ORDER = ("audit", *(words for words in EXAMPLES if words != "audit"))
"""Others report on what an audit has kept."""
CHEAP = [(words, example.line) for words in ORDER for example in EXAMPLES[words] if words != "rebuild"]


@pytest.mark.slow
def test_examples_work_as_they_stand(folder: Path) -> None:
    for _, line in CHEAP:
        before = (folder / "foo.spec").read_text()
        shell(line, folder)
        if "foo.spec" in line and (folder / "foo.spec").read_text() != before:
            assert "%global _fat_lto_objects 1" in (folder / "foo.spec").read_text()
            (folder / "foo.spec").write_text(before)


@pytest.mark.slow
def test_examples_of_rebuilds_work_as_they_stand(folder: Path) -> None:
    for example in EXAMPLES["rebuild"]:
        shell(example.line, folder)
