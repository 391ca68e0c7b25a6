# SPDX-License-Identifier: GPL-2.0-or-later
"""Help pages: whole, in our own words, with examples that work as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checker.cli.examples import EXAMPLES
from docs.commands import Command, commands
from tests.audits import add_package
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, ltocheck, run

EVERY = {" ".join(each.words[1:]): each for each in commands()}

LEAKS = re.compile(
    r"\[\[|\]\]\.\.\.|\{|\}|<(?:int|str|text|list|float|path|uuid)\b(?! *\|)|\brange\b|default: 0|default: None|x>=|<=x"
    r"|INTEGER|TEXT\b|Value error|\.\.\.$",
    re.MULTILINE,
)
"""What typer, click and pydantic say where nobody says it better; and lines that are cut."""

SPEC = """\
Name: foo
Version: 1.0
Release: 1
Summary: A library
License: GPL-2.0-or-later

%description
For tests.

%build
gcc $CFLAGS -c foo.c

%install
mkdir -p %{buildroot}/usr/lib64
echo data > %{buildroot}/usr/lib64/libfoo.a

%files
/usr/lib64/libfoo.a
"""


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
    """A folder that holds what the examples name."""
    made = tmp_path_factory.mktemp("examples")
    for repository in ("repo", "specs", "root/usr/lib64"):
        (made / repository).mkdir(parents=True)
    add_package(made / "repo", "foo-devel", "slim", source="foo")
    add_package(made, "foo-devel", "slim", source="foo", file="/usr/lib64/libfoo.a")
    code = compiled(made, "add", SLIM)
    archive(made / "libfoo.a", [code])
    archive(made / "root/usr/lib64/libfoo.a", [compiled(made, "native", NATIVE)])
    (made / "foo.spec").write_text(SPEC)
    (made / "specs/foo.spec").write_text(SPEC)
    (made / "owners.csv").write_text("source,owner\nfoo,ann\n")
    (made / "mine.toml").write_text('extends = "fedora"\n')
    run("git", "init", "-q", ".", cwd=made)
    (made / "bin").mkdir()
    program = made / "bin/ltocheck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from checker.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return made


ORDER = ("audit", *(words for words in EXAMPLES if words != "audit"))
"""Others report on what an audit has kept."""
CHEAP = [(words, example.line) for words in ORDER for example in EXAMPLES[words] if words != "rebuild"]


def shell(line: str, folder: Path) -> None:
    if not set(line) & set("|<>'"):  # what no shell is needed for
        done = ltocheck(*line.split()[1:], cwd=folder)
        assert done.returncode in (0, 1), f"{line}: {done.stdout}{done.stderr}"
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode in (0, 1), f"{line}: {done.stdout}{done.stderr}"


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
