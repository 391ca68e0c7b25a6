# SPDX-License-Identifier: GPL-2.0-or-later
"""A command starts with what it needs, and is the one that the list of commands describes."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checker.cli.app import COMMANDS, app
from tests.toolbox import NATIVE, ROOT, compiled, ltocheck

MANY = ("checker.audit", "checker.repositories", "urllib.request", "ssl", "sqlite3", "jinja2", "asyncio", "xml.etree")
"""What takes long to import, and only commands for many packages need."""


def imported_by(*arguments: str | Path) -> set[str]:
    """The modules that a command line has imported when it ends."""
    code = "import sys\nfrom checker.cli.app import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr.split())


def test_the_list_of_commands_imports_none() -> None:
    assert {module.partition(":")[0] for module, _ in COMMANDS.values()}.isdisjoint(imported_by("--help"))


def test_a_scan_imports_nothing_that_only_audits_need(tmp_path: Path) -> None:
    modules = imported_by("scan", compiled(tmp_path, "a", NATIVE))
    assert "checker.cli.scan" in modules
    assert not modules & {*MANY, "checker.packages.package", "checker.specs.look"}


def test_a_look_at_a_text_imports_nothing_that_only_audits_need() -> None:
    modules = imported_by("spec", "--target", "none", ROOT / "fixtures/demo/libgreet.spec")
    assert "checker.cli.spec" in modules
    assert not modules & {*MANY, "checker.packages.package"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    line = COMMANDS[name][1]
    assert f"  {line}\n" in ltocheck(name, "--help").stdout
    listed = [row.split(maxsplit=1) for row in ltocheck("--help").stdout.splitlines()]
    assert [name, line] in listed, "the whole line, not cut off"


def test_the_library_does_without_pydantic(tmp_path: Path) -> None:
    """Newer versions of typer import it for each command, which would take longer than all the rest."""
    assert "pydantic" not in imported_by("scan", tmp_path)


def test_completion_of_commands() -> None:
    done = CliRunner().invoke(
        app,
        [],
        prog_name="ltocheck",
        env={"_LTOCHECK_COMPLETE": "complete_bash", "COMP_WORDS": "ltocheck s", "COMP_CWORD": "1"},
    )
    assert done.stdout.split() == ["scan", "spec"]
