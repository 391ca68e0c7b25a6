# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats as the command line writes them, of real files."""

import csv
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from checker.cli.formats import FORMATS as ALL_FORMATS
from docs.generate import help_of
from tests.test_formats import FORMATS, SARIF_SCHEMA
from tests.toolbox import ROOT, SLIM, archive, compiled, ltocheck


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build root with a slim member, and a file cut short whose name is made to break a report."""
    build = tmp_path_factory.mktemp("build")
    folder = tmp_path_factory.mktemp("root") / "usr/lib64"
    folder.mkdir(parents=True)
    slim = compiled(build, "slim", SLIM)
    archive(folder / "libé.a", [slim])
    Path(os.fsdecode(os.fsencode(folder) + b"/]]>\n::error::\xff,\x1b.o")).write_bytes(slim.read_bytes()[:100])
    return folder.parent.parent


def written(root: Path, tmp_path: Path, format_: str) -> bytes:
    file = tmp_path / "report"
    done = ltocheck("scan", "--format", format_, "--output", file, root)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    return file.read_bytes()


def test_sarif(root: Path, tmp_path: Path) -> None:
    loaded = json.loads(written(root, tmp_path, "sarif"))
    jsonschema.validate(loaded, SARIF_SCHEMA)
    places = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in loaded["runs"][0]["results"]
    }
    assert places == {
        "slim-object": "/usr/lib64/lib%C3%A9.a",
        "unreadable-object": "/usr/lib64/%5D%5D%3E%0A%3A%3Aerror%3A%3A%FF%2C%1B.o",
    }


def test_junit(root: Path, tmp_path: Path) -> None:
    (suite,) = ET.fromstring(written(root, tmp_path, "junit"))
    assert suite.attrib == {"name": str(root), "tests": "2", "errors": "1", "failures": "1", "skipped": "0"}
    assert {case.attrib["name"] for case in suite} == {
        "/usr/lib64/libé.a",
        "/usr/lib64/]]>\\n::error::\\xff,\\x1b.o",
    }


def test_github(root: Path, tmp_path: Path) -> None:
    lines = written(root, tmp_path, "github").decode().splitlines()
    assert sorted(line.partition(",title=")[0] for line in lines) == [
        "::error file=/usr/lib64/]]>\\n%3A%3Aerror%3A%3A\\xff%2C\\x1b.o",
        "::error file=/usr/lib64/libé.a",
        "::notice title=ltocheck::not looked at: 1 unreadable",
    ]


def test_rpmlint(root: Path, tmp_path: Path) -> None:
    lines = written(root, tmp_path, "rpmlint").decode().splitlines()
    assert sorted(" ".join(line.split()[:3]) for line in lines) == [
        "/usr/lib64/]]>\\n::error::\\xff,\\x1b.o: E: unreadable-object",
        "/usr/lib64/libé.a: E: slim-object",
    ]


def test_csv(root: Path, tmp_path: Path) -> None:
    data = written(root, tmp_path, "csv")
    assert data.count(b"\n") == data.count(b"\r\n") == 3
    found = csv.DictReader(data.decode().splitlines())
    assert {row["member"] for row in found} == {"slim.o", ""}


@pytest.mark.parametrize("format_", ["sarif", "junit"])
def test_any_locale(root: Path, format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    text = ltocheck("scan", "--format", format_, root).stdout
    if format_ == "sarif":
        jsonschema.validate(json.loads(text), SARIF_SCHEMA)
    else:
        assert ET.fromstring(text).find("testsuite/testcase[@name='/usr/lib64/libé.a']") is not None


@pytest.mark.parametrize("format_", FORMATS)
def test_specs(tmp_path: Path, format_: str) -> None:
    specs = ROOT / "fixtures/specs"
    file = tmp_path / "report"
    done = ltocheck("spec", "--target", "none", "--format", format_, "--output", file, specs)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    text = file.read_text()
    if format_ == "sarif":
        jsonschema.validate(json.loads(text), SARIF_SCHEMA)
    if format_ == "junit":
        names = {case.attrib["name"] for case in ET.fromstring(text).iter("testcase")}
        assert names == {str(path) for path in specs.iterdir()}
    assert f"{specs}/static.spec" in text


@pytest.mark.parametrize("format_", FORMATS)
def test_inspect_refuses_them(root: Path, format_: str) -> None:
    assert ltocheck("inspect", "--format", format_, root / "usr/lib64/libé.a").returncode == 2


@pytest.mark.parametrize(
    ("command", "formats"), [("scan", [*ALL_FORMATS]), ("inspect", ["text", "json"]), ("spec", [*ALL_FORMATS])]
)
def test_help_promises_what_is_there(command: str, formats: list[str]) -> None:
    text = " ".join(help_of((command,)).split())
    shown = re.search(r"--format (?:<(.*?)>|FORMAT How to write the report: (.*?)\.)", text)
    assert shown
    assert re.split(r"\||, ", shown[1] or shown[2]) == formats
