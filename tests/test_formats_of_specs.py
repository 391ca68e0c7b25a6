# SPDX-License-Identifier: GPL-2.0-or-later
"""What formats write about specs: every finding has a line and a column, and no object stands behind it."""

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from checker.errors import Obstacle, Unavailable
from checker.model import PackageFacts, Target, TargetType
from checker.model.specs import LtoState, Observation, Observed, SpecFacts, SpecItem, Spot
from checker.report.names import for_terminal
from checker.specs.lexical import look_lexically, unreadable
from checker.specs.look import SpecLook
from checker.specs.spec_file import SpecFile
from tests.factories import tree
from tests.test_formats import FORMATS, HOSTILE, PAGE, sarif, waiving, written
from tests.test_formats import slim as slim_object
from tests.toolbox import ROOT

MACRO = "_fat_lto_objects"
TWO_OF_A_RULE = b"%undefine _lto_cflags\n  %undefine __brp_strip_lto\n"


def spec(text: bytes, path: str = "libgreet.spec") -> Target:
    return SpecLook(SpecFile(path, text), look_lexically(text, MACRO)).target


def sample() -> Target:
    """The spec that the guide shows."""
    return spec((ROOT / "fixtures/specs/static.spec").read_bytes())


def cut() -> Target:
    why = Unavailable(Obstacle.INACCESSIBLE, "no regular file")
    return SpecLook(SpecFile("cut.spec", b""), unreadable(why)).target


def suites(*targets: Target, **settings: Any) -> list[ET.Element]:
    return list(ET.fromstring(written("junit", *targets, **settings)))


@pytest.mark.parametrize("format_", ["junit", "codequality", "github", "rpmlint", "csv"])
def test_samples_are_what_the_program_writes(format_: str) -> None:
    shown = re.search(rf"<!-- sample of a spec: {format_} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert shown
    assert shown[1] == written(format_, sample()).replace("\r\n", "\n")


class TestSarif:
    def test_a_region_says_where(self) -> None:
        run = sarif(sample())
        (result,) = run["results"]
        assert (result["ruleId"], result["level"]) == ("spec-needs-opt-in", "error")
        assert result["locations"] == [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "libgreet.spec"},
                    "region": {"startLine": 48, "startColumn": 1},
                }
            }
        ]
        assert run["columnKind"] == "unicodeCodePoints"
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "spec-needs-opt-in"

    def test_columns_are_code_points(self) -> None:
        (result, *_) = sarif(spec("%dnl é😀\n%{?é😀:x} %undefine _lto_cflags\n".encode()))["results"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region == {"startLine": 2, "startColumn": len("%{?é😀:x} ") + 1}

    def prints(self, text: bytes, rule: str = "spec-undefine") -> list[str]:
        results = sarif(spec(text))["results"]
        return [one["partialFingerprints"]["ruleAndPlace/v1"] for one in results if one["ruleId"] == rule]

    def test_fingerprints_tell_findings_of_a_rule_apart_and_outlive_other_lines(self) -> None:
        before = self.prints(TWO_OF_A_RULE)
        assert len(set(before)) == 2
        assert self.prints(b"# a comment\n" + TWO_OF_A_RULE.replace(b"  ", b"")) == before

    def test_without_a_line_there_is_no_region(self) -> None:
        run = sarif(cut())
        (result,) = run["results"]
        assert "region" not in result["locations"][0]["physicalLocation"]
        (invocation,) = run["invocations"]
        assert not invocation["executionSuccessful"]
        assert "could not read 1 of " in invocation["toolExecutionNotifications"][0]["message"]["text"]


class TestJunit:
    def test_a_case_for_each_spec(self) -> None:
        found = suites(sample(), spec(b"Name: x\n", "clean.spec"), cut())
        results = [[(case.attrib["name"], [one.tag for one in case]) for case in suite] for suite in found]
        assert results == [[("libgreet.spec", ["failure"])], [("clean.spec", [])], [("cut.spec", ["error"])]]

    def test_every_finding_says_where(self) -> None:
        (suite,) = suites(spec(TWO_OF_A_RULE))
        text = suite.findtext("testcase/system-out") or ""
        assert re.findall(r"spec-undefine at line (\d), column (\d): ", text) == [("1", "1"), ("2", "3")]

    def test_waived(self) -> None:
        (suite,) = suites(sample(), policy=waiving("libgreet.spec", rule="spec-needs-opt-in"))
        skipped = suite.find("testcase/skipped")
        assert skipped is not None
        assert skipped.attrib["message"] == "spec-needs-opt-in: known, bug 1"


def test_github_has_a_line_and_a_column() -> None:
    lines = written("github", spec(TWO_OF_A_RULE), quiet=True).splitlines()
    assert [line.partition(",title=")[0] for line in lines] == [
        "::warning file=libgreet.spec,line=1,col=1",
        "::warning file=libgreet.spec,line=2,col=3",
    ]


def test_codequality_has_a_line() -> None:
    issues = json.loads(written("codequality", spec(TWO_OF_A_RULE), cut(), quiet=True))
    assert [(issue["check_name"], issue["location"]["lines"]["begin"]) for issue in issues] == [
        ("spec-undefine", 1),
        ("spec-undefine", 2),
        ("spec-unreadable", 1),
    ]
    assert len({issue["fingerprint"] for issue in issues}) == 3


def test_rpmlint_has_a_line() -> None:
    lines = written("rpmlint", spec(TWO_OF_A_RULE), cut(), quiet=True).splitlines()
    assert [" ".join(line.split()[:3]) for line in lines] == [
        "libgreet.spec:1: W: spec-undefine",
        "libgreet.spec:2: W: spec-undefine",
        "cut.spec: E: spec-unreadable",
    ]


def test_csv_has_both() -> None:
    found = csv.DictReader(io.StringIO(written("csv", spec(TWO_OF_A_RULE), tree(slim_object()), cut()), newline=""))
    places = [(row["rule"], row["line"], row["column"]) for row in found if row["severity"] != "note"]
    assert places == [
        ("spec-undefine", "1", "1"),
        ("spec-undefine", "2", "3"),
        ("slim-object", "", ""),
        ("spec-unreadable", "", ""),
    ]


def test_text_tells_findings_without_a_line_apart() -> None:
    """What rpm says differs from distribution to distribution, and none of it is an object."""
    text = written("text", unparsed("a", "b"))
    assert "2 objects" not in text
    assert "for fedora: a" in text
    assert "for fedora: b" in text


def unparsed(*reasons: str) -> Target:
    marks = tuple(Observation(Observed.BROKEN, Spot(0, 0, ""), f"for fedora: {reason}") for reason in reasons)
    return target_with(marks, "x.spec")


def target_with(marks: tuple[Observation, ...], path: str) -> Target:
    facts = look_lexically(b"Name: x\n", MACRO)
    assert facts.lto is LtoState.DEFAULT
    facts = SpecFacts(facts.look, facts.lto, facts.ships, facts.opt_in, observations=marks)
    return Target(path, TargetType.SPEC, PackageFacts(), iter([SpecItem(path, facts)]))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_names_and_texts(format_: str, name: str) -> None:
    def lines(name: str) -> list[str]:
        marks = (
            Observation(Observed.BROKEN, Spot(2, 1, name), name),
            Observation(Observed.UNDEFINE, Spot(3, 1, name), name),
        )
        text = written(format_, target_with(marks, f"/{name}"))
        text.encode("utf-8")
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", text.replace("\r\n", "\n"))
        return text.splitlines()

    assert len(lines(name)) == len(lines("plain"))
    if format_ == "rpmlint":
        assert all(line.startswith(f"{for_terminal(f'/{name}')}:") for line in lines(name))
    if format_ == "junit":
        ET.fromstring("\n".join(lines(name)))
