# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from tests.packaging.build import rpmbuilt, source
from tests.toolbox import ROOT, run

DEMO = ROOT / "fixtures/demo/libgreet.spec"
OPT_IN = "%global _fat_lto_objects 1\n"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packages")
    source(folder)
    built = rpmbuilt(folder)
    return {run("rpm", "-qp", "--qf", "%{NAME}.%|SOURCERPM?{%{ARCH}}:{src}|", path): path for path in built}


@pytest.fixture
def hook(packages: dict[str, Path]) -> Path:
    return packages["ltocheck-brp.noarch"]


@pytest.fixture
def in_lua(packages: dict[str, Path]) -> Path:
    return packages["ltocheck-brp-lua.noarch"]


@pytest.fixture
def macros(packages: dict[str, Path]) -> Path:
    return packages["ltocheck-macros.noarch"]


@pytest.fixture
def always(packages: dict[str, Path]) -> Path:
    return packages["ltocheck-hook.noarch"]


@pytest.fixture
def commands(packages: dict[str, Path]) -> Path:
    return packages["ltocheck.noarch"]


@pytest.fixture
def specs(tmp_path: Path) -> tuple[Path, Path]:
    """A package that forgot to opt in, and its twin."""
    slim, fat = tmp_path / "slim.spec", tmp_path / "fat.spec"
    slim.write_text(DEMO.read_text())
    fat.write_text(OPT_IN + DEMO.read_text())
    return slim, fat
