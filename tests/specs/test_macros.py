# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from checker.specs.macros import Brackets, Definition, Guard, Verb, closing, definitions, expands


def found(text: str) -> list[tuple[str, str, str]]:
    return [(one.verb, one.name, one.body) for one in definitions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%global a b", [("global", "a", "b")]),
        ("  %define a %{nil}", [("define", "a", "%{nil}")]),
        ("%undefine _lto_cflags", [("undefine", "_lto_cflags", "")]),
        ("%global a() x %1", [("global", "a", "x %1")]),
        ("%global a \\\n one\\\n two\nrest %global b 1", [("global", "a", "\\\n one\\\n two"), ("global", "b", "1")]),
        ("%global a %{expand:\nx\n}\n%global b 1", [("global", "a", "%{expand:\nx\n}"), ("global", "b", "1")]),
        ("# %global a b", [("global", "a", "b")]),
        ("#global a b", []),
        ("%%global a b", []),
        ("%dnl %global a b\n%global c d", [("global", "c", "d")]),
        ("%{lua: rpm.define('%global a b')}", []),
        ("%(echo %global a b)", []),
        ("%{expand:%global a b}", [("global", "a", "b")]),
        ("%{global a b}", [("global", "a", "b")]),
        ("%global", []),
        ("%global 1a b", []),
        ("%{?x:%global a b", []),
        ("%bcond_with foo", [("switch", "bcond_with", "foo")]),
        ("%def_enable static", [("switch", "def_enable", "static")]),
        ("%", []),
        ("100% sure", []),
    ],
)
def test_definitions(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(text) == expected


def test_offsets_and_guards() -> None:
    (one,) = definitions("ab %{!?x:%{?y:%define a() b}}")
    assert one == Definition(
        Verb.DEFINE, "a", "b", 14, parametric=True, guards=(Guard("x", negated=True), Guard("y", negated=False))
    )


def test_depth_is_bounded() -> None:
    deep = "%{?x:" * 5000 + "%global a b" + "}" * 5000
    assert found(deep) == []


def test_closing_skips_what_is_escaped() -> None:
    assert closing(r"{a\}b}", 0) == 5
    assert closing("(()", 0) == -1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["%{lua:", "x = {", "}", "}"], [True, True, True, False]),
        (["%(echo", ")"], [True, False]),
        (["%%{ not", "{"], [False, False]),
        (["%[1 +", "2]"], [True, False]),
    ],
)
def test_nesting(lines: list[str], expected: list[bool]) -> None:
    brackets = Brackets()
    assert [brackets.read(line) for line in lines] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("%{x} y", True),
        ("%{?x} y", True),
        ("%x", True),
        ("%?x", True),
        ("%{?x:y}", False),
        ("%{!?x:y}", False),
        ("%%{x}", False),
        ("%{xy} %xy", False),
        ("%(echo %{x})", True),
    ],
)
def test_expands(body: str, expected: bool) -> None:
    assert expands(body, "x") is expected
