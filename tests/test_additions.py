# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/concepts/architecture.md says of additions, in a copy: a file and a line, and the program has it."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.toolbox import ROOT, SLIM, compiled

SOURCE = """
import tarfile

from checker.model import PackageFacts, Target, TargetType
from checker.objects.source import BufferSource
from checker.objects.walk import walk


def tarball_at(path, options):
    return Target(path, TargetType.OTHER, PackageFacts(), objects_in(path))


def objects_in(path):
    with tarfile.open(path) as tar:
        for member in tar:
            yield from walk(member.name, BufferSource(tar.extractfile(member).read()), None)
"""

FORMAT = """
from checker.report.sink import FindingSink


class Shouting(FindingSink):
    def finding(self, finding):
        self.out.write(f"{finding.rule.upper()}!\\n")
"""

RULE = '''

def unnamed_compiler(item, case):
    """The object does not name its compiler.

    What to do: nothing.
    """
    if item.facts.compiler is None:
        yield Claim(say(Message.DAMAGED), say(Remedy.CHECK_WHOLE))
'''

BUILDER = """
name = "mine"
about = "a build of my own"
command = ["sh", "-c", "echo built by mine; false"]
packages = "{top}"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program and what is shipped with it."""
    folder = tmp_path / "copy"
    for name in ("checker", "builders", "macros", "policies"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def add(copy: Path, module: str, text: str, table: str, start: str, line: str) -> None:
    """Add to a module, or make it, and put a line at the beginning of a table."""
    with (copy / module).open("a") as out:
        out.write(text)
    place = copy / table
    before = place.read_text()
    assert before.count(start) == 1
    place.write_text(before.replace(start, f"{start}\n    {line}"))


def run(copy: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from checker.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(copy), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=copy.parent, env=environment, capture_output=True, text=True, check=False)


def test_a_kind_of_file_that_holds_files(copy: Path, tmp_path: Path) -> None:
    line = 'Container("tar", (".tar",), "checker.packages.tarball:tarball_at"),'
    add(copy, "checker/packages/tarball.py", SOURCE, "checker/packages/path.py", "CONTAINERS = (", line)
    compiled(tmp_path, "slim", SLIM)
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path / "slim.o", "lib/slim.o")
    done = run(copy, "scan", "x.tar")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("lib/slim.o: error: holds only LTO bytecode")


def test_a_report_format(copy: Path, tmp_path: Path) -> None:
    line = '"shouting": "checker.report.shouting:Shouting",'
    add(copy, "checker/report/shouting.py", FORMAT, "checker/cli/formats.py", "\nFORMATS = {", line)
    compiled(tmp_path, "slim", SLIM)
    done = run(copy, "scan", "--format", "shouting", "slim.o")
    assert (done.returncode, done.stdout, done.stderr) == (1, "SLIM-OBJECT!\n", "")


def test_a_rule(copy: Path, tmp_path: Path) -> None:
    line = 'Rule(ObjectItem, "unnamed-compiler", NOTE, objects.unnamed_compiler, (Kind.SLIM,), page=STOPPED),'
    add(copy, "checker/rules/objects.py", RULE, "checker/rules/__init__.py", "RULES: tuple[Rule[Any], ...] = (", line)
    compiled(tmp_path, "slim", SLIM)
    done = run(copy, "scan", "--select", "unnamed-compiler", "slim.o")
    assert (done.returncode, done.stderr) == (0, "")
    assert "[unnamed-compiler]" in done.stdout
    assert "does not name its compiler" in run(copy, "rules", "unnamed-compiler").stdout


def test_a_builder(copy: Path, tmp_path: Path) -> None:
    (copy / "builders/mine.toml").write_text(BUILDER)
    (tmp_path / "x.spec").write_text("Name: x\nVersion: 1\n")
    assert " mine, " in " ".join(run(copy, "rebuild", "--help").stdout.split())
    done = run(copy, "rebuild", "--builder", "mine", "--arms", "fat", "x.spec")
    assert "x: not-tried" in done.stdout
    assert "arm fat: its log shows no phase of a build" in done.stdout
    assert run(copy, "rebuild", "--log", "x", "--arm", "fat").stdout == "built by mine\n"
