# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re
import shlex
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import combinations
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry

from checker.judging.patterns import Pattern
from checker.judging.policy import Policy, Waiver, load_policy
from checker.model import ArchiveItem, FileCount, Index, Item, Kind, ObjectItem, PackageFacts, Stage, Target, TargetType
from checker.report.names import for_data, for_terminal
from checker.report.packager import PackagerMessage
from checker.report.sink import Detail
from tests.factories import BITCODE, GIMPLE, archive, facts, item, push, written
from tests.toolbox import ROOT
from tests.toolbox import run as run_tool

SCHEMA = json.loads((ROOT / "docs/reference/report.schema.json").read_text())
INSPECT_SCHEMA = json.loads((ROOT / "docs/reference/inspect.schema.json").read_text())
SCHEMAS: Registry[Any] = Registry().with_contents([("urn:ltocheck:report:1", SCHEMA)])
POLICY = load_policy("fedora")


def target(items: Iterable[Item]) -> Target:
    return Target("/root", TargetType.TREE, PackageFacts(), iter(items))


def as_json(items: Iterable[Item], policy: Policy = POLICY, all_objects: bool = False) -> Any:
    text = written("json", [target(items)], policy, Detail(all_objects=all_objects))
    text.encode("utf-8")
    loaded = json.loads(text)
    jsonschema.validate(loaded, SCHEMA)
    return loaded


def as_text(items: Iterable[Item], policy: Policy = POLICY, verbose: int = 0, quiet: bool = False) -> str:
    return written("text", [target(items)], policy, Detail(verbose, quiet))


def with_waiver(**more: Any) -> Policy:
    waiver = Waiver("known, bug 1", Pattern("*"), "slim-object", where="policy.toml", **more)
    return POLICY._replace(waivers=(waiver,))


SLIM, NATIVE = item(Kind.SLIM, GIMPLE), item(Kind.NATIVE, member="y.o")


class TestJson:
    def test_literal(self) -> None:
        loaded = as_json([SLIM, NATIVE, archive(kind=Kind.SLIM), FileCount(4)])
        assert loaded["schema"] == "ltocheck-report/1"
        assert loaded["policy"] == {"name": "fedora", "opt_in": False}
        (target,) = loaded["targets"]
        assert target["objects"] == [
            {
                "path": "/usr/lib64/libx.a",
                "member": "x.o",
                "index": 0,
                "format": "elf",
                "machine": "x86_64",
                "kind": "slim",
                "empty": False,
                "partial": False,
                "bytecode": [{"form": "gimple", "producer": "gcc", "version": "12.0", "size": 2000}],
                "reason": "because",
                "exempt": None,
            }
        ]
        assert target["archives"] == [
            {
                "path": "/usr/lib64/libx.a",
                "member": None,
                "kind": "slim",
                "members": 10,
                "kinds": {"native": 10},
                "index": "present",
                "thin": False,
                "formats": ["elf"],
                "machines": ["x86_64"],
                "bytecode": [],
            }
        ]
        (finding,) = target["findings"]
        assert (finding["rule"], finding["severity"], finding["waived"]) == ("slim-object", "error", None)
        assert finding["evidence"] == ["because", "2000 bytes of bytecode (gimple) by gcc 12.0"]
        assert loaded["summary"] == {
            "objects": 2,
            "archives": 1,
            "specs": 0,
            "other_files": 4,
            "kinds": {"native": 1, "slim": 1},
            "errors": 1,
            "warnings": 0,
            "notes": 0,
            "waived": 0,
            "unreadable": 0,
            "not_looked_at": {},
        }
        assert loaded["exit_code"] == 1

    def test_all_objects(self) -> None:
        assert len(as_json([SLIM, NATIVE], all_objects=True)["targets"][0]["objects"]) == 2

    def test_objects_with_findings_are_always_listed(self) -> None:
        objects = as_json([item(Kind.NATIVE, ctors=(".ctors",)), NATIVE])["targets"][0]["objects"]
        assert [found["member"] for found in objects] == ["x.o"]

    def test_nothing_at_all(self) -> None:
        loaded = as_json([])
        assert loaded["targets"][0]["objects"] == []
        assert loaded["summary"]["objects"] == 0

    def test_waivers(self) -> None:
        loaded = as_json([SLIM], with_waiver())
        assert loaded["targets"][0]["findings"][0]["waived"] == "known, bug 1"
        assert loaded["exit_code"] == 0
        loaded = as_json([SLIM], with_waiver(expires=date(2020, 1, 1)))
        assert [finding["rule"] for finding in loaded["waiver_findings"]] == ["expired-waiver"]

    def test_exempt_objects_say_why(self) -> None:
        what = ObjectItem("/x.bc", None, None, facts(Kind.SLIM, BITCODE, format="bitcode"))
        (found,) = as_json([what])["targets"][0]["objects"]
        assert "bitcode on purpose" in found["exempt"]


HOSTILE = ["a\nb", "a\x1b[31mb", "a\udcffb", 'a"b\\', "a\u202eb", "</script>", "\0", "\ud800"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    what = item(Kind.SLIM, GIMPLE, path=f"/{name}", member=name)
    (target,) = as_json([what, ArchiveItem(f"/{name}", name, archive().facts)])["targets"]
    assert target["findings"][0]["member"] == for_data(name)
    text = as_text([what], verbose=2)
    text.encode("utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text
    plain = as_text([item(Kind.SLIM, GIMPLE, path="/x", member="x")], verbose=2)
    assert text.count("\n") == plain.count("\n")


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, categories=None), max_size=30))
def test_names_can_always_be_written(name: str) -> None:
    for_data(name).encode("utf-8")
    shown = for_terminal(name)
    shown.encode("utf-8")
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cs", "Zl", "Zp"}
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(sign) for sign in shown} & reordering


class TestText:
    def test_literal(self) -> None:
        members = [item(Kind.SLIM, GIMPLE, member=f"m{number}.o") for number in range(7)]
        assert as_text([*members, NATIVE, archive()]) == (
            "/usr/lib64/libx.a: error: holds only LTO bytecode and no machine code [slim-object]\n"
            "    7 objects: m0.o m1.o m2.o m3.o m4.o and 2 more\n"
            "    fix: delete the file in %install, or add at the top of the spec: %global _fat_lto_objects 1\n"
            "8 objects (7 slim, 1 native) in 1 archive and loose files: 7 errors\n"
        )

    def test_the_same_remedy_once(self) -> None:
        items = [item(Kind.SLIM, GIMPLE, path=f"/usr/lib64/lib{number}.a", member="x.o") for number in range(3)]
        assert as_text(items).count("    fix: ") == 1
        assert as_text(items, verbose=1).count("    fix: ") == 3

    def test_statistics(self) -> None:
        text = written("text", [target([SLIM, NATIVE])], with_waiver(), Detail(statistics=True))
        assert "       1  waived   slim-object\n" in text

    def test_color_is_in_the_words_that_are_there_anyway(self) -> None:
        colored = written("text", [target([SLIM])], load_policy("fedora"), Detail(color=True))
        assert "\033[1;31merror\033[0m" in colored
        assert re.sub("\033\\[[0-9;]*m", "", colored) == as_text([SLIM])

    def test_verbose_says_why_and_names_all(self) -> None:
        members = [item(Kind.SLIM, GIMPLE, member=f"m{number}.o") for number in range(7)]
        text = as_text(members, verbose=1)
        assert "m6.o" in text
        assert "    because: 2000 bytes of bytecode (gimple) by gcc 12.0\n" in text

    def test_very_verbose_lists_every_object(self) -> None:
        assert "/usr/lib64/libx.a(y.o): native elf x86_64 because\n" in as_text([NATIVE], verbose=2)

    def test_clean(self) -> None:
        assert as_text([NATIVE]) == "1 object (1 native): no findings\n"
        assert as_text([NATIVE], quiet=True) == ""

    def test_waived(self) -> None:
        text = as_text([SLIM], with_waiver())
        assert text.startswith("/usr/lib64/libx.a(x.o): waived: holds only ")
        assert "    waived: known, bug 1\n" in text
        assert text.endswith(": 1 waived\n")


class TestPackager:
    def message(
        self, items: Iterable[Item], policy: Policy = POLICY, stops: bool = True, report: str = "/tmp/report.json"
    ) -> list[str]:
        message = PackagerMessage("foo", report)
        push([target(items)], policy, message)
        return list(message.lines(stops))

    def test_names_file_reason_and_the_exact_lines(self) -> None:
        text = "\n".join(self.message([SLIM]))
        assert "ltocheck stops the build of foo" in text
        assert "/usr/lib64/libx.a(x.o): holds only LTO bytecode" in text
        assert "    rm %{buildroot}/usr/lib64/libx.a\n" in text
        assert "    %global _fat_lto_objects 1\n" in text
        assert "ltocheck rules slim-object" in text

    def test_what_happened_is_said_of_each_kind_and_what_to_do_once(self) -> None:
        """Slim, joined and stripped objects of one build have one cure."""
        kinds = {Kind.SLIM: "into this file", Kind.MIXED: "ld -r joined to this file", Kind.HOLLOW: "has stripped that"}
        for first, second in combinations(kinds, 2):
            text = " ".join(self.message([item(kind, GIMPLE, path=f"/{kind}.o") for kind in (first, second)]))
            assert all(kinds[kind] in text for kind in (first, second))
            assert text.count("%global _fat_lto_objects 1") == 1
            assert f"rm %{{buildroot}}/{first}.o     rm %{{buildroot}}/{second}.o" in text

    def test_a_command_is_on_a_line_of_its_own_for_each_file(self) -> None:
        stripped = PackageFacts(stage=Stage.STRIPPED)
        message = PackagerMessage("foo", "")
        items = [item(Kind.FAT, GIMPLE, path=f"/usr/lib/{name}.o") for name in "ab"]
        push([Target("BUILDROOT", TargetType.TREE, stripped, iter(items))], POLICY, message)
        lines = list(message.lines(stops_build=True))
        for name in "ab":
            assert (
                sum(
                    line.startswith("    strip ") and line.endswith(f" %{{buildroot}}/usr/lib/{name}.o")
                    for line in lines
                )
                == 1
            )

    def test_a_list_of_members_is_the_subject_of_a_sentence(self) -> None:
        items = [item(Kind.SLIM, GIMPLE, path="/usr/lib/x.a", member=name) for name in ("a.o", "b.o")]
        assert (
            "  /usr/lib/x.a: each of 2 objects (a.o b.o) holds only LTO bytecode and no machine code"
            in self.message(items)
        )

    def test_a_third_cause_is_explained_shortly(self) -> None:
        kinds = (Kind.UNREADABLE, Kind.DAMAGED, Kind.MIXED, Kind.SLIM)
        lines = self.message([item(kind, GIMPLE, path=f"/{kind}.o") for kind in kinds])
        place = lines.index("mixed-object slim-object: delete them, or add at the top of the spec:")
        assert lines[place + 1] == "    %global _fat_lto_objects 1"
        assert not any(line.startswith("The compiler ran") for line in lines)

    def test_at_most_a_screen(self) -> None:
        kinds = (Kind.SLIM, Kind.MIXED, Kind.HOLLOW, Kind.DAMAGED, Kind.UNREADABLE)
        items = [item(kind, GIMPLE, path=f"/usr/lib/{number}.a") for number in range(2000) for kind in kinds]
        lines = self.message(items)
        assert len(lines) <= 44
        assert max(map(len, lines)) < 400
        assert any("more, all in /tmp/report.json" in line for line in lines)

    def test_without_a_report_every_file_is_named(self) -> None:
        items = [item(Kind.SLIM, GIMPLE, path=f"/usr/lib/{number}.a") for number in range(30)]
        text = "\n".join(self.message(items, report=""))
        assert all(f"/usr/lib/{number}.a(x.o): holds" in text for number in range(30))
        assert text.count("rm %{buildroot}") == 6

    def test_a_path_means_the_same_in_a_spec(self) -> None:
        path = "/usr/lib/lib%(touch marker)%{name}.o"
        (line,) = [line for line in self.message([item(Kind.SLIM, GIMPLE, path=path)]) if "buildroot" in line]
        said = run_tool("rpm", "--define", "buildroot /ROOT", "--eval", line.strip()).strip()
        assert shlex.split(said) == ["rm", f"/ROOT{path}"]

    def test_what_is_said_of_bitcode_is_true(self) -> None:
        text = " ".join(self.message([item(Kind.SLIM, BITCODE)]))
        assert "LLVM bitcode" in text
        assert "removed" not in text

    def test_nothing_to_say(self) -> None:
        assert self.message([NATIVE]) == []

    def test_waived_files_are_told(self) -> None:
        (line,) = self.message([SLIM], with_waiver())
        assert line.startswith("ltocheck: waived: /usr/lib64/libx.a(x.o): holds")
        assert line.endswith("[known, bug 1]")

    def test_a_warning_says_what_to_do(self) -> None:
        (line,) = self.message([archive(symbol_index=Index.MISSING)])
        assert line.endswith(
            "has no symbol index; run ranlib on it (gcc-ranlib for GCC's LTO objects, llvm-ranlib for clang's)"
        )

    def test_warn_mode_does_not_claim_to_stop(self) -> None:
        assert not any("stops" in line for line in self.message([SLIM], stops=False))

    def test_names_that_a_shell_would_act_on_are_quoted(self) -> None:
        text = "\n".join(self.message([item(Kind.SLIM, GIMPLE, path="/usr/lib/a b;rm -rf $HOME.o", member="x")]))
        assert "%{buildroot}'/usr/lib/a b;rm -rf $HOME.o'" in text


@pytest.mark.parametrize("schema", [SCHEMA, INSPECT_SCHEMA])
def test_schema_is_a_schema(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
