# SPDX-License-Identifier: GPL-2.0-or-later
from collections import Counter
from pathlib import Path

import pytest

from tests.evaluate.tsv import read_rows
from tests.realworld.__main__ import EXPECTED, check_findings, check_readers, read_expected, remembered
from tests.realworld.packages import Package, fetch, find_deb, read_names
from tests.toolbox import CODE, FAT, compiled, run


def make_deb(folder: Path, version: str) -> Path:
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True, exist_ok=True)
    control = {"Package": "demo-dev", "Version": version, "Architecture": "all", "Maintainer": "x", "Description": "x"}
    (root / "DEBIAN" / "control").write_text("".join(f"{key}: {value}\n" for key, value in control.items()))
    (root / "usr").mkdir(exist_ok=True)
    compiled(root / "usr", "demo", FAT, CODE)
    deb = folder / f"demo-dev_{version.replace(':', '%3a')}_all.deb"
    run("dpkg-deb", "-b", root, deb)
    return deb


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "debs").mkdir()
    make_deb(tmp_path, "1:2-3").rename(tmp_path / "debs" / "demo-dev_1%3a2-3_all.deb")
    return tmp_path


def test_the_list_of_packages() -> None:
    names = read_names()
    assert len(names) == len(set(names)) > 80


def test_what_is_expected_is_in_the_list_and_explained() -> None:
    rows = read_rows(EXPECTED)
    assert {row["package"] for row in rows} <= set(read_names())
    assert all(len(row["explanation"]) > 20 for row in rows)
    errors = [row["rule"] for row in rows if row["severity"] == "error"]
    assert errors == ["bytecode-left"]


def test_a_package_in_the_cache_is_unpacked_once_for_each_version(cache: Path) -> None:
    (package,) = fetch(["demo-dev"], cache)
    assert package == Package("demo-dev", "1:2-3", cache / "trees" / "demo-dev")
    mark = package.tree / "untouched"
    mark.touch()
    (again,) = fetch(["demo-dev"], cache)
    assert again == package
    assert mark.exists()
    make_deb(cache, "1:2-4").rename(cache / "debs" / "demo-dev_1%3a2-4_all.deb")
    (newer,) = fetch(["demo-dev"], cache)
    assert newer.version == "1:2-4"
    assert not mark.exists()


def test_a_name_that_begins_another_is_not_taken_for_it(cache: Path) -> None:
    assert find_deb(cache / "debs", "demo") is None


def test_an_unexpected_finding_is_told(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages = list(fetch(["demo-dev"], cache))
    assert check_findings(packages, cache / "reports") == 1
    text = capsys.readouterr().out
    assert "demo-dev stripped error bytecode-left /usr/demo.o: 1 findings, expected 0" in text
    assert "1 packages, installed" in text


def test_readers_are_compared(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages = list(fetch(["demo-dev"], cache))
    assert check_readers(packages, cache / "comparisons", seconds=5) == 0
    assert "1 ELF objects with" in capsys.readouterr().out


def test_expected_findings_count_for_both_stages_when_the_row_says_so(tmp_path: Path) -> None:
    heading = "package\tstage\tseverity\trule\tpath\tcount\texplanation\n"
    (tmp_path / "x.tsv").write_text(heading + "a\tboth\terror\tr\t/p\t2\twhy\nb\tstripped\terror\tr\t/p\t1\twhy\n")
    expected = read_expected(tmp_path / "x.tsv", {"a"})
    assert expected == Counter({("a", "installed", "error", "r", "/p"): 2, ("a", "stripped", "error", "r", "/p"): 2})


def test_what_was_made_is_made_again_only_for_another_key(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> dict[str, object]:
        made.append("x")
        return {"number": len(made)}

    keys = ["one", "one", "two"]
    assert [remembered(tmp_path / "x.json", key, make)["number"] for key in keys] == [1, 1, 2]
