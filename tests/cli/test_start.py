# SPDX-License-Identifier: GPL-2.0-or-later
"""A command starts with what it needs, and is the one that the list of commands describes."""

import os
import re
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checker.cli.app import COMMANDS, app
from tests.audits import add_package
from tests.toolbox import NATIVE, ROOT, archive, compiled, ltocheck

MANY = ("checker.audit", "checker.repositories", "urllib.request", "ssl", "sqlite3", "jinja2", "asyncio", "xml.etree")
"""What takes long to import, and only commands for many packages need."""


def imported_by(*arguments: str | Path, **environment: str) -> set[str]:
    """The modules that a command line has imported when it ends."""
    code = "import sys\nfrom checker.cli.app import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_the_list_of_commands_imports_none() -> None:
    assert {module.partition(":")[0] for module, _ in COMMANDS.values()}.isdisjoint(imported_by("--help"))


def test_a_scan_imports_nothing_that_only_audits_need(tmp_path: Path) -> None:
    modules = imported_by("scan", compiled(tmp_path, "a", NATIVE))
    assert "checker.cli.scan" in modules
    assert not modules & {*MANY, "checker.packages.package", "checker.specs.look"}


def test_a_look_at_a_text_imports_nothing_that_only_audits_need() -> None:
    modules = imported_by("spec", "--target", "none", ROOT / "fixtures/demo/libgreet.spec")
    assert "checker.cli.spec" in modules
    assert not modules & {*MANY, "checker.packages.package", "checker.specs.sandbox", "checker.specs.fix"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    line = COMMANDS[name][1]
    assert f"  {line}\n" in ltocheck(name, "--help").stdout
    listed = [row.split(maxsplit=1) for row in ltocheck("--help").stdout.splitlines()]
    assert [name, line] in listed, "the whole line, not cut off"


def test_the_library_does_without_pydantic(tmp_path: Path) -> None:
    """Newer versions of typer import it for each command, which would take longer than all the rest."""
    assert "pydantic" not in imported_by("scan", tmp_path)


OPTIONS_ALONE = re.compile(r"checker(\.(cli|errors|limits|report|report\.names|shipped|streams))?")
AT_WORK = ("choices", "fixer", "inputs", "inspector", "looked", "members", "patches", "progress", "settings")


def is_light(module: str) -> bool:
    """Whether a shell that completes may have it imported: a TAB must not take much longer than typer's import."""
    command = module.removeprefix("checker.cli.")
    return bool(OPTIONS_ALONE.fullmatch(module)) or (command != module and command not in AT_WORK)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("scan --pol", "--policy"),
        ("spec --target fe", "fedora"),
        ("audit --arch x86", "x86_64"),
        ("report --format ht", "html"),
        ("opt-in --for", "--format"),
        ("rebuild --arms fat,slim-w", "fat,slim-without-opt-in"),
        ("rebuild --builder moc", "mock"),
        ("transition --by ow", "owner"),
        ("inspect --sta", "--stage"),
        ("policy show mag", "mageia"),
    ],
)
def test_completion_imports_options_alone(words: str, offered: str) -> None:
    line = f"ltocheck {words}"
    asked = {"_LTOCHECK_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    ours = {module for module in imported_by(**asked) if module.startswith("checker")}
    assert not {module for module in ours if not is_light(module)}
    assert offered in CliRunner().invoke(app, [], prog_name="ltocheck", env=asked).stdout.split()


@pytest.mark.parametrize("words", ["report ", "opt-in ", "transition --since "])
def test_completion_of_audits(words: str, tmp_path: Path) -> None:
    add_package(tmp_path / "repo", "foo")
    assert ltocheck("audit", "--store", tmp_path / "a.db", "--name", "june", tmp_path / "repo").returncode == 0
    line = f"ltocheck {words}"
    for store, found in ((tmp_path / "a.db", ["june", "1"]), (tmp_path / "missing.db", []), (tmp_path, [])):
        asked = {"_LTOCHECK_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split())),
                 "LTOCHECK_STORE": str(store)}  # fmt: skip
        assert CliRunner().invoke(app, [], prog_name="ltocheck", env=asked).stdout.split() == found


def test_completion_of_members(tmp_path: Path) -> None:
    package = add_package(tmp_path, "foo")
    names = [compiled(tmp_path, name, NATIVE) for name in ("a", "b")]
    archive(tmp_path / "l.a", names)
    (tmp_path / "cut.a").write_bytes((tmp_path / "l.a").read_bytes()[:-700])
    for typed, found in (
        ("l.a(", ["l.a(a.o)", "l.a(b.o)"]),
        ("l.a:b", ["l.a:b.o"]),
        (f"{package.name}:/usr", [f"{package.name}:/usr/lib64/libfoo.a"]),
        (f"{package.name}:/usr/lib64/libfoo.a(", [f"{package.name}:/usr/lib64/libfoo.a(add.o)"]),
        ("cut.a:", ["cut.a:a.o"]),
        ("nowhere.a:", []),
        ("a.o:", []),
    ):
        asked = {"_LTOCHECK_COMPLETE": "complete_bash", "COMP_WORDS": f"ltocheck inspect {typed}", "COMP_CWORD": "2"}
        with chdir(tmp_path):
            assert CliRunner().invoke(app, [], prog_name="ltocheck", env=asked).stdout.split() == found, typed


def test_completion_of_commands() -> None:
    done = CliRunner().invoke(
        app,
        [],
        prog_name="ltocheck",
        env={"_LTOCHECK_COMPLETE": "complete_bash", "COMP_WORDS": "ltocheck s", "COMP_CWORD": "1"},
    )
    assert done.stdout.split() == ["scan", "spec"]
