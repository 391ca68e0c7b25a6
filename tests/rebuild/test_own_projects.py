# SPDX-License-Identifier: GPL-2.0-or-later
"""Small projects of our own, built by the real rpmbuild in all arms, and every outcome that builds can show."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import jsonschema
import pytest

from checker.model.rebuilds import OutcomeWord
from checker.rebuild.store import load
from tests.audits import add_package
from tests.toolbox import ROOT, ltocheck

OWN = ROOT / "fixtures" / "rebuild" / "own"
SCHEMA = json.loads((ROOT / "docs/reference/rebuild.schema.json").read_text())
ARMS = "fat,slim,slim-opt-in,slim-without-opt-in"

OUTCOMES = {
    "archive": "needs-opt-in",
    "broken": "fails-in-every-arm",
    "deaf": "arm-not-applied",
    "joined": "mixed",
    "peeping": "configures-differently",
    "reading": "needs-opt-in",
    "stale": "fine",
    "steady": "fine",
    "undoing": "undoes-flags",
    "wanting": "not-tried",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rebuild")


@pytest.fixture(scope="module")
def built(folder: Path) -> CompletedProcess[str]:
    return ltocheck("rebuild", "-j", "2", "--seed", "1", "--arms", ARMS, "-f", "json", OWN, cwd=folder)


@pytest.fixture(scope="module")
def report(built: CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(built.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.fixture(scope="module")
def sources(report: dict[str, Any]) -> dict[str, Any]:
    return {source["source"]: source for source in report["sources"]}


def test_every_outcome(sources: dict[str, Any], built: CompletedProcess[str]) -> None:
    assert {name: source["outcome"] for name, source in sources.items()} == OUTCOMES
    assert set(OUTCOMES.values()) == {word.value for word in OutcomeWord} - {"flaky"}
    assert built.returncode == 3  # one could not be tried


def test_the_opt_in_is_proven_by_building_with_it(sources: dict[str, Any]) -> None:
    proven = {name: source["proven"] for name, source in sources.items()}
    assert {name for name, value in proven.items() if value} == {"archive", "peeping", "reading"}
    assert proven["steady"] is None
    assert sources["archive"]["arms"]["slim-opt-in"]["objects"]["fat"] == 1


def test_an_opt_in_that_nothing_needs(sources: dict[str, Any]) -> None:
    stale = sources["stale"]["archs"]["x86_64"]
    assert stale["superfluous"] is True
    assert sources["stale"]["superfluous"] is False  # one architecture is not all
    objects = stale["arms"]["slim-without-opt-in"]["objects"]
    assert (objects["slim"], objects["fat"]) == (1, 0)
    assert sources["steady"]["superfluous"] is None


def test_the_rest_of_the_flags_stays(folder: Path, built: CompletedProcess[str]) -> None:
    log = ltocheck("rebuild", "--log", "stale", "--arm", "slim-without-opt-in", cwd=folder).stdout
    compiler = [line for line in log.splitlines() if line.startswith("+ gcc")]
    assert all("-flto-partition=none" in line and "-ffat-lto-objects" not in line for line in compiler)
    assert compiler


def test_a_failure_has_its_phase_its_cause_and_its_cost(sources: dict[str, Any]) -> None:
    slim = sources["reading"]["arms"]["slim"]
    assert (slim["result"], slim["phase"]) == ("failed", "build")
    assert slim["cause"]["name"] == "configure-byte-order"
    assert "unknown endianness" in slim["cause"]["line"]
    assert not slim["cause"]["line"].startswith("+")  # not as the shell echoes it
    assert slim["cpu"]["build"]["runs"] == 1  # though the spec sets a trap of its own
    assert sources["broken"]["cause"] == "compile-error"


def test_what_configure_found_is_compared_with_its_test(sources: dict[str, Any]) -> None:
    differences = sources["peeping"]["archs"]["x86_64"]["differences"]
    cached = next(item for item in differences if item["name"] == "own_cv_rodata")
    assert (cached["before"], cached["after"]) == (".rodata", ".data")
    assert cached["test"] == "checking for the section of read-only data"
    defined = next(item for item in differences if item["name"] == "RODATA")
    assert defined["test"] == cached["test"]
    symbols = [item for item in differences if item["what"] == "symbol"]
    assert [(item["file"].removeprefix("peeping-1-build/"), item["name"]) for item in symbols] == [
        ("/usr/lib64/libpeeping.so.1", "table"),
        ("peeping-1/libpeeping.so.1", "inner"),  # not exported, so that the package has no name for it
    ]  # rpm 4.20 builds in a folder more
    assert {(item["before"], item["after"]) for item in symbols} == {("read-only", "writable")}


def test_the_arms_are_proven_by_the_kinds_of_objects(sources: dict[str, Any]) -> None:
    kinds = {arm: result["objects"] for arm, result in sources["steady"]["arms"].items() if result["objects"]}
    assert (kinds["fat"]["fat"], kinds["fat"]["slim"]) == (1, 0)
    assert (kinds["slim"]["fat"], kinds["slim"]["slim"]) == (0, 1)
    assert kinds["slim"]["bytes"] < kinds["fat"]["bytes"]


def test_what_is_missing_is_named(sources: dict[str, Any]) -> None:
    assert sources["wanting"]["arms"]["fat"]["missing"] == ["something-that-nobody-has >= 1.2"]


def test_a_hint_before_anything_is_built(sources: dict[str, Any]) -> None:
    hints = sources["peeping"]["hints"]
    assert [hint["reason"] for hint in hints] == ["reads assembly that the compiler writes"]


def test_all_arms_are_built_in_the_same_place(folder: Path, built: CompletedProcess[str]) -> None:
    logs = [ltocheck("rebuild", "--log", "steady", "--arm", arm, cwd=folder).stdout for arm in ("fat", "slim")]
    assert all("cd /builddir/BUILD" in log for log in logs)


def test_the_library_says_the_same(folder: Path, built: CompletedProcess[str]) -> None:
    rebuild = load(folder / "ltocheck.db")
    assert {source.source: source.outcome.value for source in rebuild.sources} == OUTCOMES
    assert rebuild.seed == 1


def test_text_for_people(folder: Path, built: CompletedProcess[str]) -> None:
    done = ltocheck("rebuild", "--report", cwd=folder)
    assert "archive: needs-opt-in (x86_64): ships objects that are slim in the arm slim (slim-object)" in done.stdout
    assert "opt-in: applied and built: it works" in done.stdout
    assert "steady" not in done.stdout
    assert "10 source packages: 1 not-tried, 1 fails-in-every-arm" in done.stdout
    assert "steady: fine" in ltocheck("rebuild", "--report", "-v", cwd=folder).stdout


def test_other_formats(folder: Path, built: CompletedProcess[str]) -> None:
    def written(form: str) -> str:
        return ltocheck("rebuild", "--report", "-f", form, cwd=folder).stdout

    rows = written("csv").splitlines()
    assert len(rows) == 1 + len(OUTCOMES)
    assert rows[1].startswith("archive,x86_64,needs-opt-in,")
    suite = ET.fromstring(written("junit"))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("10", "7", "1")
    html5lib.HTMLParser(strict=True).parse(written("html"))


def test_two_rebuilds_are_compared(folder: Path, built: CompletedProcess[str], tmp_path: Path) -> None:
    (tmp_path / "ltocheck.db").write_bytes((folder / "ltocheck.db").read_bytes())
    for name in ("archive", "steady"):
        (tmp_path / f"{name}.spec").write_text((OWN / f"{name}.spec").read_text())
    spec = tmp_path / "archive.spec"
    spec.write_text(spec.read_text().replace("Name:", "%global _fat_lto_objects 1\nName:"))
    done = ltocheck("rebuild", "--since", "1", "--arms", "fat,slim", "-f", "json", spec, cwd=tmp_path)
    changes = json.loads(done.stdout)["changes"]
    assert changes["resolved"] == ["archive"]
    assert changes["remaining"] == changes["new"] == []
    assert "undoing" in changes["gone"]


def test_the_transition_takes_it_in(folder: Path, report: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ltocheck.db").write_bytes((folder / "ltocheck.db").read_bytes())
    for name in ("archive", "peeping", "reading"):
        add_package(tmp_path / "packages", f"{name}-devel", source=name)
    add_package(tmp_path / "packages", "steady", "none")
    assert ltocheck("audit", "packages", "-q", cwd=tmp_path).returncode == 0
    found = json.loads(ltocheck("transition", "--rebuild", "1", "-f", "json", cwd=tmp_path).stdout)
    states = {source["source"]: source["state"] for source in found["sources"]}
    assert states == {
        "archive": "to-do",
        "broken": "unknown",
        "deaf": "unknown",
        "joined": "to-do",
        "peeping": "to-do",
        "reading": "fails-slim",
        "stale": "not-needed",
        "steady": "not-needed",
        "undoing": "to-do",
        "wanting": "unknown",
    }
    archive, reading = (
        next(one for one in found["sources"] if one["source"] == name) for name in ("archive", "reading")
    )
    assert archive["proven"] is True
    assert any("unknown endianness" in why for why in reading["why"])
    saved = found["summary"]["saved"]
    assert saved["sources"] == len(report["summary"]["cost"]) > 3
    assert 0 < saved["objects_slim"] < saved["objects_fat"]


def test_the_store_keeps_little(folder: Path, built: CompletedProcess[str]) -> None:
    with closing(sqlite3.connect(folder / "ltocheck.db")) as db:
        builds = db.execute("SELECT count(*), sum(length(facts)) FROM rebuild_builds").fetchone()
        texts = db.execute("SELECT sum(length(text)) FROM rebuild_texts").fetchone()
    assert builds[0] > 20
    assert (builds[1] + texts[0]) / builds[0] < 4096
