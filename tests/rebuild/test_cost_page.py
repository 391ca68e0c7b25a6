# SPDX-License-Identifier: GPL-2.0-or-later
"""What fat objects cost, as measured, is said alike wherever it is said."""

import re

import pytest

from tests.toolbox import ROOT


@pytest.fixture(scope="module")
def measured() -> list[str]:
    """The cells of the row for all projects."""
    page = (ROOT / "docs/adopt/cost.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| **all** |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_readme_has_the_measured_figures(measured: list[str]) -> None:
    text = " ".join((ROOT / "README.md").read_text().split())
    _, projects, _, _, build, _, _, _, _, _, objects = measured
    assert f"Of {projects} real projects that we built both ways, slim objects saved {build.strip('-%')} %" in text
    assert "half of the objects' bytes" in text
    assert 45 <= int(objects.strip("-%")) <= 55


def test_the_transition_knows_how_many_projects_there_are(measured: list[str]) -> None:
    said = re.findall(r"\(cost\.md\) has (\d+) projects", (ROOT / "docs/adopt/transition.md").read_text())
    assert said == [measured[1]]
