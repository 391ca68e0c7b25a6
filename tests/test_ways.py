# SPDX-License-Identifier: GPL-2.0-or-later
"""Data goes one way: how often a command goes back to a module is counted while it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolbox import ROOT, compiled, ltocheck_process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A slim object in a build root, and a store with an audit."""
    (tmp_path / "root").mkdir()
    compiled(tmp_path / "root", "x", ["-O2", "-flto"])
    return tmp_path


def way(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "tests.ways", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment)
    returns, *stops = done.stdout.split()
    return int(returns), stops


def test_the_way_of_the_hook(folder: Path) -> None:
    returns, stops = way("hook", RPM_BUILD_ROOT=str(folder / "root"), RPM_PACKAGE_NAME="x", RPM_ARCH="x86_64")
    assert stops[0] == "hook"
    assert {"trees/tree", "objects/classify", "judging/judge", "report/words"} <= set(stops)
    assert returns <= 6, stops


def test_the_way_of_a_scan(folder: Path) -> None:
    returns, stops = way("scan", str(folder / "root"))
    assert stops.index("judging/judge") < stops.index("objects/classify") < stops.index("report/words")
    assert returns <= 5, stops


def test_the_way_of_a_spec() -> None:
    returns, stops = way("spec", str(ROOT / "fixtures/specs/static.spec"))
    line = [
        "cli/spec",
        "specs/spec_file",
        "specs/sections",
        "specs/lexical",
        "specs/target",
        "specs/expand",
        "report/words",
    ]
    assert line == [stop for stop in dict.fromkeys(stops) if stop in line]
    assert returns <= 7, stops


def test_the_way_of_a_report(folder: Path) -> None:
    """No package is opened, and nothing of an object is read."""
    store = folder / "x.db"
    assert ltocheck_process("audit", ROOT / "fixtures/packages", "--store", store).stdout
    returns, stops = way("report", "--store", str(store))
    assert stops.index("audit/store") < stops.index("judging/judge")
    assert not [stop for stop in stops if stop.startswith(("objects/", "packages/package", "packages/payload"))]
    assert returns <= 4, stops
