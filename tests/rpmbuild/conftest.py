# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path
from typing import Any

import pytest

from tests.rpmbuild.harness import Maker, Rpmbuild, tool


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """All that a build needs is there; nothing is skipped."""
    for name in ("rpmbuild", "gcc", "gcc-ar", "clang", "strip", "find-debuginfo", "eu-strip", "file"):
        tool(name)


@pytest.fixture
def rpmbuild(tmp_path: Path) -> Maker:
    """Makes an `Rpmbuild`: rpmbuild(layout="fedora")."""

    def make(**settings: Any) -> Rpmbuild:
        return Rpmbuild(tmp_path / "rpmbuild", **settings)

    return make
