# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats for other programs, each against literal text, its own reader, and names made to break it."""

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.cli.formats import AUDIT_FORMATS, report_class
from checker.cli.formats import FORMATS as ALL_FORMATS
from checker.errors import Obstacle, Unavailable
from checker.judging.patterns import Pattern
from checker.judging.policy import Policy, Waiver, load_policy
from checker.judging.stream import Sink
from checker.model import (
    ArchiveItem,
    FileCount,
    Item,
    Kind,
    PackageFacts,
    Stage,
    Target,
    TargetType,
)
from checker.report.github import DATA_ESCAPES, PROPERTY_ESCAPES
from checker.report.names import for_data, for_terminal
from checker.report.sarif import uri
from checker.report.sink import Detail
from checker.rules import RULES
from tests import factories
from tests.factories import GIMPLE, archive, because, item, tree, write
from tests.toolbox import ROOT

FEDORA = load_policy("fedora")
SARIF_SCHEMA = json.loads((ROOT / "tests/schemas/sarif-2.1.0.json").read_text())
PAGE = (ROOT / "docs/reference/formats.md").read_text()

FORMATS = ("sarif", "junit", "codequality", "github", "rpmlint", "csv")
REMEDY = "delete the file in %install, or add at the top of the spec: %global _fat_lto_objects 1"


def waiving(*paths: str, rule: str = "slim-object", **more: Any) -> Policy:
    waivers = tuple(Waiver("known, bug 1", Pattern(path), rule, where="site.toml", **more) for path in paths)
    return FEDORA._replace(waivers=waivers)


def rpm(*items: Item) -> Target:
    package = PackageFacts("foo-devel-1.0-1.x86_64", "foo", "x86_64")
    return Target("foo.rpm", TargetType.RPM, package, iter(items))


def written(format_: str, *targets: Target, policy: Policy = FEDORA, quiet: bool = False) -> str:
    return factories.written(format_, targets, policy, Detail(quiet=quiet))


def sarif(*targets: Target, policy: Policy = FEDORA) -> Any:
    """The run of a SARIF log, which conforms to the schema."""
    loaded = json.loads(written("sarif", *targets, policy=policy))
    jsonschema.validate(loaded, SARIF_SCHEMA)
    (run,) = loaded["runs"]
    return run


def junit(*targets: Target, policy: Policy = FEDORA) -> list[ET.Element]:
    """The suites of a JUnit report, whose counts are right."""
    suites = list(ET.fromstring(written("junit", *targets, policy=policy)))
    for suite in suites:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        for counter, element in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
            assert int(suite.attrib[counter]) == len(suite.findall(f"testcase/{element}"))
        for case in suite:
            assert sum(case.find(element) is not None for element in ("error", "failure", "skipped")) <= 1
    return suites


def rows(*targets: Target, policy: Policy = FEDORA) -> list[dict[str, str]]:
    text = written("csv", *targets, policy=policy)
    assert text.count("\n") == text.count("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def slim(path: str = "/usr/lib64/libx.a", member: str | None = "x.o") -> Item:
    return item(Kind.SLIM, GIMPLE, path=path, member=member)


def unreadable() -> Item:
    return item(Kind.UNREADABLE, path="/usr/lib64/cut.o", member=None, reasons=because("ends within its header"))


def sample() -> Target:
    """What the reference shows: an error, a warning and a waived error."""
    return tree(
        item(
            Kind.SLIM,
            GIMPLE,
            reasons=because("GCC noted in its bytecode that no machine code is beside it; there is no code or data"),
        ),
        item(Kind.NATIVE, member="y.o"),
        archive(kind=Kind.SLIM),
        item(Kind.NATIVE, path="/usr/lib64/crt.o", member=None, ctors=(".ctors",)),
        slim("/usr/lib64/old.o", None),
        FileCount(4),
    )


SAMPLE_POLICY = waiving("/usr/lib64/old.o")


class TestReference:
    @pytest.mark.parametrize("format_", ["junit", "codequality", "github", "rpmlint", "csv"])
    def test_samples_are_what_the_program_writes(self, format_: str) -> None:
        shown = re.search(rf"<!-- sample: {format_} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
        assert shown
        assert shown[1] == written(format_, sample(), policy=SAMPLE_POLICY).replace("\r\n", "\n")

    def test_the_sample_of_sarif_is_a_result_of_it(self) -> None:
        shown = re.search(r"<!-- sample: sarif -->\n```json\n(.*?)```", PAGE, re.DOTALL)
        assert shown
        assert json.loads(shown[1]) == sarif(sample(), policy=SAMPLE_POLICY)["results"][0]

    def test_every_format_is_in_the_table(self) -> None:
        assert re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE) == [*ALL_FORMATS]

    @pytest.mark.parametrize("place", {**ALL_FORMATS, **AUDIT_FORMATS}.values())
    def test_every_format_has_a_sink(self, place: str) -> None:
        assert issubclass(report_class(place), Sink)  # type: ignore[arg-type]


class TestSarif:
    def test_result(self) -> None:
        (result,) = sarif(tree(slim()))["results"]
        fingerprint = result.pop("partialFingerprints")
        assert result == {
            "ruleId": "slim-object",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": f"holds only LTO bytecode and no machine code; fix: {REMEDY}"},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": "/usr/lib64/libx.a"}},
                    "logicalLocations": [
                        {"name": "x.o", "fullyQualifiedName": "/usr/lib64/libx.a(x.o)", "kind": "archive-member"}
                    ],
                }
            ],
            "properties": {"evidence": ["because", "2000 bytes of bytecode (gimple) by gcc 12.0"]},
            "analysisTarget": {"uri": "BUILDROOT"},
        }
        assert re.fullmatch(r"[0-9a-f]{64}", fingerprint["ruleAndPlace/v1"])

    def test_rules_have_help_and_the_severity_they_have_without_policy(self) -> None:
        described = sarif()["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in described] == [rule.name for rule in RULES]
        levels = {rule["id"]: rule["defaultConfiguration"] for rule in described}
        assert levels["slim-object"] == {"level": "error", "enabled": True}
        assert levels["ctors-section"] == {"level": "warning", "enabled": True}
        assert levels["undeclared-object"] == {"level": "none", "enabled": False}
        for rule, description in zip(RULES, described, strict=True):
            assert description["help"]["text"] == rule.explanation
            assert "\n" not in description["shortDescription"]["text"]

    def test_rule_numbers_lead_to_the_rule(self) -> None:
        run = sarif(tree(slim(), unreadable(), item(Kind.NATIVE, ctors=(".ctors",))))
        assert len(run["results"]) == 3
        for result in run["results"]:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]

    def test_fingerprints_do_not_depend_on_what_else_is_there(self) -> None:
        def prints(*targets: Target) -> list[str]:
            return [result["partialFingerprints"]["ruleAndPlace/v1"] for result in sarif(*targets)["results"]]

        (alone,) = prints(tree(slim()))
        assert alone == prints(tree(slim("/usr/lib/a.o", None), slim()))[1]
        assert alone == prints(tree(item(Kind.SLIM, GIMPLE, reasons=because("another")), path="ELSEWHERE"))[0]
        others = prints(tree(slim(member="z.o"), slim("/x.a"), slim(member=None)), rpm(slim()))
        assert len({alone, *others}) == 5

    def test_waived(self) -> None:
        (result,) = sarif(tree(slim()), policy=waiving("*"))["results"]
        assert result["suppressions"] == [{"kind": "external", "justification": "known, bug 1"}]
        assert result["level"] == "error"

    def test_expired_waiver_is_a_result(self) -> None:
        results = sarif(tree(slim()), policy=waiving("*", expires=date(2020, 1, 1)))["results"]
        assert [result["ruleId"] for result in results] == ["slim-object", "expired-waiver"]
        assert "suppressions" not in results[0]
        assert results[1]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "site.toml"}}}]

    def test_how_it_ended(self) -> None:
        (invocation,) = sarif(tree(slim()))["invocations"]
        assert invocation == {
            "executionSuccessful": True,
            "exitCode": 1,
            "exitCodeDescription": "findings that make it fail",
        }

    def test_unreadable_is_a_result_and_told_at_the_end(self) -> None:
        run = sarif(tree(unreadable()))
        assert [result["ruleId"] for result in run["results"]] == ["unreadable-object"]
        (invocation,) = run["invocations"]
        assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
        assert invocation["toolExecutionNotifications"] == [
            {
                "level": "error",
                "message": {"text": "could not read 1 of the objects, packages and specs; the results say which"},
            }
        ]

    def test_nothing_at_all(self) -> None:
        for targets in ((), (tree(),), (tree(item(Kind.NATIVE)),)):
            run = sarif(*targets)
            assert run["results"] == []
            (invocation,) = run["invocations"]
            assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 0)

    def test_uris(self) -> None:
        assert uri("/usr/a b%#?:é.o") == "/usr/a%20b%25%23%3F%3A%C3%A9.o"
        assert uri("/a\udcff\n") == "/a%FF%0A"
        assert uri("//host/x.a") == "/.//host/x.a"
        assert uri("a:b") == "a%3Ab"

    @given(st.binary(max_size=40))
    def test_uris_give_the_bytes_back(self, name: bytes) -> None:
        parts = urlsplit(uri("x/" + name.decode("utf-8", "surrogateescape")))
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
        assert unquote_to_bytes(parts.path) == b"x/" + name

    def test_messages_hold_no_links(self) -> None:
        reason = "[see](https://example.org)"
        (result,) = sarif(tree(Unavailable(Obstacle.MALFORMED, reason)))["results"]
        assert "](" not in result["message"]["text"]
        assert "[see] (https://example.org)" in result["message"]["text"]


class TestJunit:
    def test_literal(self) -> None:
        assert written("junit", tree(slim(), item(Kind.NATIVE, path="/usr/lib64/n.o", member=None))) == (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<testsuites name="ltocheck">\n'
            '<testsuite name="BUILDROOT" tests="2" errors="0" failures="1" skipped="0">\n'
            '<testcase classname="BUILDROOT" name="/usr/lib64/libx.a">'
            '<failure message="slim-object: holds only LTO bytecode and no machine code" type="slim-object">'
            "error: slim-object in 1 object (x.o): holds only LTO bytecode and no machine code\n"
            f"fix: {REMEDY}</failure></testcase>\n"
            '<testcase classname="BUILDROOT" name="/usr/lib64/n.o"></testcase>\n'
            "</testsuite>\n"
            "</testsuites>\n"
        )

    def test_an_archive_is_one_case_with_the_members_that_failed(self) -> None:
        members = [slim(member=f"m{number}.o") for number in range(7)]
        (suite,) = junit(tree(*members, item(Kind.NATIVE, member="n.o"), archive(kind=Kind.SLIM)))
        (case,) = suite
        assert "in 7 objects (m0.o m1.o m2.o m3.o m4.o and 2 more): " in (case.findtext("failure") or "")

    def test_suites_are_packages(self) -> None:
        first, second = junit(rpm(slim()), tree(item(Kind.NATIVE)))
        assert (first.attrib["name"], second.attrib["name"]) == ("foo-devel-1.0-1.x86_64", "BUILDROOT")
        assert (first.attrib["failures"], second.attrib["failures"]) == ("1", "0")

    def test_unreadable_is_an_error_and_wins(self) -> None:
        broken = item(Kind.UNREADABLE, member="b.o", reasons=because("cut"))
        (suite,) = junit(tree(slim(), broken))
        error = suite.find("testcase/error")
        assert error is not None
        assert error.attrib["type"] == "unreadable-object"
        assert "slim-object" in (error.text or "")

    def test_unreadable_package(self) -> None:
        (suite,) = junit(rpm(slim(), Unavailable(Obstacle.TRUNCATED, "ends early")))
        results = [(case.attrib["name"], [element.tag for element in case]) for case in suite]
        assert results == [("/usr/lib64/libx.a", ["failure"]), ("foo.rpm", ["error"])]

    def test_waived_is_skipped_with_its_reason(self) -> None:
        (suite,) = junit(tree(slim()), policy=waiving("*"))
        skipped = suite.find("testcase/skipped")
        assert skipped is not None
        assert skipped.attrib["message"] == "slim-object: known, bug 1"

    def test_what_blocks_is_not_hidden_by_what_is_waived(self) -> None:
        (suite,) = junit(tree(slim(), item(Kind.HOLLOW, member="h.o")), policy=waiving("*"))
        (case,) = suite
        assert [element.tag for element in case] == ["failure", "system-out"]
        assert "reason: known, bug 1" in (case.findtext("system-out") or "")

    def test_warnings_are_talk(self) -> None:
        (suite,) = junit(tree(item(Kind.NATIVE, ctors=(".ctors",))))
        (case,) = suite
        assert [element.tag for element in case] == ["system-out"]
        assert (case.findtext("system-out") or "").startswith("warning: ctors-section in 1 object (x.o): ")

    def test_a_waived_warning_skips_nothing(self) -> None:
        policy = waiving("*")
        policy = policy._replace(waivers=(policy.waivers[0]._replace(rule="ctors-section"),))
        (suite,) = junit(tree(item(Kind.NATIVE, ctors=(".ctors",))), policy=policy)
        (case,) = suite
        assert [element.tag for element in case] == ["system-out"]
        assert (case.findtext("system-out") or "").startswith("waived: ctors-section ")

    def test_expired_waivers_are_a_suite_of_their_own(self) -> None:
        _, suite = junit(tree(slim()), policy=waiving("*", expires=date(2020, 1, 1)))
        assert suite.attrib["name"] == "policy fedora"
        assert [case.attrib["name"] for case in suite] == ["site.toml"]
        assert suite.attrib["failures"] == "1"

    def test_nothing_at_all(self) -> None:
        assert junit() == []
        (suite,) = junit(tree(FileCount(3)))
        assert suite.attrib["tests"] == "0"


class TestCodequality:
    def issues(self, *targets: Target, **settings: Any) -> Any:
        return json.loads(written("codequality", *targets, **settings))

    def test_issue(self) -> None:
        (issue,) = self.issues(rpm(slim()))
        assert re.fullmatch(r"[0-9a-f]{64}", issue.pop("fingerprint"))
        assert issue == {
            "check_name": "slim-object",
            "description": f"x.o: holds only LTO bytecode and no machine code; fix: {REMEDY}",
            "severity": "major",
            "location": {"path": "foo.rpm:/usr/lib64/libx.a", "lines": {"begin": 1}},
        }

    def test_fingerprints_are_those_of_sarif(self) -> None:
        (result,) = sarif(rpm(slim()))["results"]
        (issue,) = self.issues(rpm(slim()))
        assert issue["fingerprint"] == result["partialFingerprints"]["ruleAndPlace/v1"]

    def test_severities(self) -> None:
        target = tree(unreadable(), item(Kind.NATIVE, ctors=(".ctors",)), opt_in=True, declared=True)
        assert [issue["severity"] for issue in self.issues(target)] == ["major", "minor"]

    def test_what_is_waived_is_no_issue(self) -> None:
        assert written("codequality", tree(slim()), policy=waiving("*")) == "[]\n"

    def test_nothing_at_all(self) -> None:
        assert written("codequality") == written("codequality", tree(item(Kind.NATIVE))) == "[]\n"

    def test_quiet_leaves_out_notes(self) -> None:
        package: dict[str, Any] = {"opt_in": True, "declared": True, "stage": Stage.STRIPPED}
        assert [one["severity"] for one in self.issues(tree(**package))] == ["info"]
        assert self.issues(tree(**package), quiet=True) == []


class TestGithub:
    def test_literal(self) -> None:
        members = [slim(member=f"m{number}.o") for number in range(7)]
        assert written("github", tree(*members)) == (
            "::error file=/usr/lib64/libx.a,title=slim-object::7 objects (m0.o m1.o m2.o m3.o m4.o and 2 more): "
            "holds only LTO bytecode and no machine code%0A"
            "fix: delete the file in %25install, or add at the top of the spec: %25global _fat_lto_objects 1\n"
        )

    def test_escapes_are_those_of_the_runner(self) -> None:
        assert "100%\r\n:,".translate(DATA_ESCAPES) == "100%25%0D%0A:,"
        assert "100%\r\n:,".translate(PROPERTY_ESCAPES) == "100%25%0D%0A%3A%2C"
        assert "%0A::".translate(PROPERTY_ESCAPES) == "%250A%3A%3A"

    def test_names_cannot_end_a_property(self) -> None:
        (line,) = written("github", tree(slim("/a:b,c::d%0A", "x"))).splitlines()
        assert line.startswith("::error file=/a%3Ab%2Cc%3A%3Ad%250A,title=slim-object::")

    def test_levels(self) -> None:
        target = tree(slim(), item(Kind.NATIVE, member="y.o", ctors=(".ctors",)), opt_in=False)
        assert re.findall(r"^::(\w+) ", written("github", target), re.MULTILINE) == ["error", "warning"]

    def test_waived_is_a_notice_with_its_reason(self) -> None:
        text = written("github", tree(slim()), policy=waiving("*"))
        assert text.startswith("::notice file=/usr/lib64/libx.a,title=slim-object::")
        assert text.endswith("%0Awaived: known, bug 1\n")
        assert written("github", tree(slim()), policy=waiving("*"), quiet=True) == ""

    def test_unreadable(self) -> None:
        text = written("github", rpm(unreadable()))
        assert text.startswith("::error file=foo.rpm%3A/usr/lib64/cut.o,title=unreadable-object::")

    def test_nothing_at_all(self) -> None:
        assert written("github") == written("github", tree(item(Kind.NATIVE))) == ""


class TestRpmlint:
    def test_literal(self) -> None:
        target = rpm(slim(), slim("/usr/lib64/a.o", None), item(Kind.NATIVE, member="y.o", ctors=(".ctors",)))
        lines = written("rpmlint", target).splitlines()
        assert lines[:2] == [
            "foo.rpm:/usr/lib64/libx.a: E: slim-object x.o holds only LTO bytecode and no machine code",
            "foo.rpm:/usr/lib64/a.o: E: slim-object holds only LTO bytecode and no machine code",
        ]
        assert lines[2].startswith("foo.rpm:/usr/lib64/libx.a: W: ctors-section y.o ")

    def test_a_package_is_named_once(self) -> None:
        (line,) = written("rpmlint", rpm(Unavailable(Obstacle.TRUNCATED, "ends early"))).splitlines()
        assert line == "foo.rpm: E: unreadable-package ends early"

    def test_waived(self) -> None:
        (line,) = written("rpmlint", tree(slim()), policy=waiving("*")).splitlines()
        assert line == (
            "/usr/lib64/libx.a: I: slim-object x.o holds only LTO bytecode and no machine code (waived: known, bug 1)"
        )
        assert written("rpmlint", tree(slim()), policy=waiving("*"), quiet=True) == ""

    def test_waivers_that_expired(self) -> None:
        lines = written("rpmlint", policy=waiving("*"), quiet=True).splitlines()
        assert lines == []
        lines = written("rpmlint", tree(slim()), policy=waiving("*", expires=date(2020, 1, 1))).splitlines()
        assert lines[1].startswith("site.toml: E: expired-waiver ")

    def test_nothing_at_all(self) -> None:
        assert written("rpmlint") == written("rpmlint", tree(item(Kind.NATIVE))) == ""


class TestCsv:
    def test_literal(self) -> None:
        assert written("csv", rpm(slim())) == (
            "target,source,package,arch,path,member,line,column,rule,severity,message,remedy,waived,change\r\n"
            "foo.rpm,foo,foo-devel-1.0-1.x86_64,x86_64,/usr/lib64/libx.a,x.o,,,slim-object,error,"
            f'holds only LTO bytecode and no machine code,"{REMEDY}",,\r\n'
        )

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "\uff20SUM(A1)"])
    def test_formulas_are_disarmed(self, name: str) -> None:
        (row,) = rows(tree(slim(name, name), path=name))
        assert (row["target"], row["path"], row["member"]) == (f"'{name}", f"'{name}", f"'{name}")

    def test_waived_keeps_its_severity(self) -> None:
        (row,) = rows(tree(slim()), policy=waiving("*"))
        assert (row["severity"], row["waived"]) == ("error", "known, bug 1")

    def test_unreadable_and_expired(self) -> None:
        found = rows(tree(unreadable(), slim()), policy=waiving("*", expires=date(2020, 1, 1)))
        assert [row["rule"] for row in found] == ["unreadable-object", "slim-object", "expired-waiver"]
        assert found[2]["target"] == ""

    def test_nothing_at_all(self) -> None:
        (line,) = written("csv").splitlines()
        assert line == "target,source,package,arch,path,member,line,column,rule,severity,message,remedy,waived,change"


HOSTILE = (
    "a\nb", "a\r\nb", "a\x1b[31mb", "a\udcffb", "a]]>b", "a\"b'c\\", "a\u202eb", "a\0b", "</script>", "<!--&amp;",
    "\ud800", "\ufffe\uffff", "::error::x", "a,b", "é€😀",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
class TestHostileNames:
    def target(self, name: str) -> Target:
        return tree(slim(f"/{name}", name), ArchiveItem(f"/{name}", None, archive().facts), path=f"/{name}/root")

    def test_no_format_breaks(self, name: str) -> None:
        for format_ in FORMATS:
            text = written(format_, self.target(name), policy=waiving("*"))
            text.encode("utf-8")
            assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", text.replace("\r\n", "\n"))
            plain = tree(slim("/x", "x"), ArchiveItem("/x", None, archive().facts), path="/x/root")
            assert len(text.splitlines()) == len(written(format_, plain, policy=waiving("*")).splitlines())

    def test_sarif_keeps_them(self, name: str) -> None:
        (result,) = sarif(self.target(name))["results"]
        (location,) = result["locations"]
        assert location["logicalLocations"][0]["name"] == for_data(name)
        raw = unquote_to_bytes(location["physicalLocation"]["artifactLocation"]["uri"])
        expected = f"/{name}" if name != "\ud800" else f"/{for_data(name)}"
        assert raw == expected.encode("utf-8", "surrogateescape")

    def test_junit_keeps_them(self, name: str) -> None:
        (suite,) = junit(self.target(name))
        (case,) = suite
        expected = for_terminal(f"/{name}").replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        assert case.attrib["name"] == expected
        assert expected[1:] in (case.findtext("failure") or "")

    def test_csv_keeps_them(self, name: str) -> None:
        (row,) = rows(self.target(name))
        assert row["path"] == for_terminal(f"/{name}")

    def test_one_line_is_one_finding(self, name: str) -> None:
        for format_ in ("rpmlint", "github"):
            text = written(format_, self.target(name))
            assert len(text.splitlines()) == 1
            assert "\x1b" not in text
            assert "\u202e" not in text


@pytest.mark.parametrize("format_", ["sarif", "junit", "codequality"])
def test_the_encoding_of_the_stream_does_not_matter(format_: str) -> None:
    assert written(format_, tree(slim("/é", "😀"))).isascii()


class Nothing(io.StringIO):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def loose(count: int) -> Iterator[Item]:
    return (slim(f"/usr/lib64/{number}.o", None) for number in range(count))


def members(count: int) -> Iterator[Item]:
    return (slim(member=f"{number}.o") for number in range(count))


@pytest.mark.parametrize("format_", ALL_FORMATS)
@pytest.mark.parametrize("items", [loose, members])
def test_memory_does_not_grow_with_the_number_of_objects(format_: str, items: Callable[[int], Iterator[Item]]) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            target = Target("x", TargetType.TREE, PackageFacts(), items(count))
            write(format_, Nothing(), [target], FEDORA, Detail())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5000)  # what is compiled once, and caches, which are full then
    assert peak(10_000) < peak(500) + 100_000


@pytest.mark.parametrize("format_", ["sarif", "codequality", "github", "rpmlint", "csv"])
def test_findings_are_written_while_objects_are_judged(format_: str) -> None:
    out = io.StringIO()

    def items() -> Iterator[Item]:
        yield slim("/first.o", None)
        yield slim("/second.o", None)
        assert "/first.o" in out.getvalue()
        yield slim("/third.o", None)

    target = Target("x", TargetType.TREE, PackageFacts(), items())
    write(format_, out, [target], FEDORA, Detail())
    assert "/third.o" in out.getvalue()


@pytest.mark.parametrize("format_", FORMATS)
def test_a_target_is_written_before_the_next_is_opened(format_: str) -> None:
    out = io.StringIO()

    def targets() -> Iterator[Target]:
        yield tree(slim("/first.o", None))
        assert "/first.o" in out.getvalue()
        yield tree(slim("/second.o", None))

    write(format_, out, targets(), FEDORA, Detail())
    assert "/second.o" in out.getvalue()
