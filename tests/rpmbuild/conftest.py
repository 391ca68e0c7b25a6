# SPDX-License-Identifier: GPL-2.0-or-later
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.rpmbuild.harness import ENGINES, Maker, Rpmbuild, tool
from tests.rpmbuild.roots import PATH, ROOT, inside

WITHOUT_PYTHON = {"root": ROOT or "/", "hook": ENGINES[1]}

ALSO_WITHOUT_PYTHON = ("test_verdicts", "test_stages")
"""Modules whose tests run twice: as this machine is, and with its Python hidden. `make matrix` runs all of them so."""


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """All that a build needs is there, and Python is not where it must not be; nothing is skipped."""
    for name in ("rpmbuild", "gcc", "gcc-ar", "clang", "strip", "find-debuginfo", "eu-strip", "file", "bwrap"):
        tool(name)
    ask = "for name in python3 /usr/bin/python3; do ! $name --version || exit 1; done"
    command = [*inside(str(WITHOUT_PYTHON["root"])), "sh", "-c", ask]
    done = subprocess.run(command, env={"PATH": PATH}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let the tests of these modules run twice."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if "rpmbuild" in metafunc.fixturenames and module in ALSO_WITHOUT_PYTHON and not ROOT:
        metafunc.parametrize("rpmbuild", [{}, WITHOUT_PYTHON], ids=["", "without-python"], indirect=True)


@pytest.fixture
def rpmbuild(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes an `Rpmbuild`: rpmbuild(layout="fedora")."""
    where: dict[str, Any] = getattr(request, "param", {})

    def make(**settings: Any) -> Rpmbuild:
        return Rpmbuild(tmp_path / "rpmbuild", **{**where, **settings})

    return make
