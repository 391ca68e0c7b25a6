# SPDX-License-Identifier: GPL-2.0-or-later
"""What fat objects cost, as measured, is said alike wherever it is said."""

import re

import pytest

from checker.rebuild.run import machine
from docs.cost import MACHINE, common
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


def on(count: str, load: str, tools: str = "gcc 12, RPM version 4.18.0") -> str:
    return f"{count} of AMD EPYC, {tools}{load}"


def test_the_page_says_of_the_machine_what_is_true_of_every_rebuild() -> None:
    one, two = on("1 processor", ", load 12.8 before it"), on("2 processors", ", load 9.5 before it")
    silent, shared = on("1 processor", ""), on("2 processors", ", shared with other work (load 10 to 20)")
    assert common([silent, silent]) == silent
    assert common([one, one]) == on("1 processor", ", with a load of 12.8 to 12.8")
    assert common([one, two, one]) == on("1 to 2 processors", ", with a load of 9.5 to 12.8")
    assert common([shared, silent, two]) == on("1 to 2 processors", ", with a load of 9.5 to 20")
    other = on("1 processor", ", load 1.0 before it", "gcc 14")
    assert common([one, other, one]) == f"{one}; or {other}"
    found = MACHINE.fullmatch(machine())
    assert found
    assert found["load"].startswith("load ")


def test_the_page_says_on_what_it_was_measured() -> None:
    page = (ROOT / "docs/adopt/cost.md").read_text()
    (said,) = re.findall(r"^Measured on: (.*)\.$", page, re.MULTILINE)
    assert re.fullmatch(r"\d+( to \d+)? processors? of .+, with a load of [\d.]+ to [\d.]+", said)


def test_what_fat_costs_is_said_by_these_numbers() -> None:
    page = (ROOT / "docs/adopt/cost.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    more = {row[0]: 100 * (float(row[5][:-2]) / float(row[6][:-2]) - 1) for row in rows if row[1] == "static library"}
    (total,) = [float(row[2][:-2]) / float(row[3][:-2]) - 1 for row in rows if row[0] == "static library"]
    least, most = min(more, key=more.__getitem__), max(more, key=more.__getitem__)
    said = " ".join((ROOT / "docs/adopt/faq.md").read_text().split())
    assert f"of {len(more)} real static libraries takes {total:.0%} more processor time" in said
    assert f"from {more[least]:.0f}% in {least} to {more[most]:.0f}% in {most}" in said
    assert f"[{total:.0%} more processor time](cost.md)" in (ROOT / "docs/adopt/guideline.md").read_text()
