# SPDX-License-Identifier: GPL-2.0-or-later
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.limits import LIMITS
from checker.model.specs import Condition, LtoState
from checker.specs.branches import mark
from checker.specs.sandbox import Sandbox
from tests.specs.test_expand import HEAD, MACRO, QUICK, STATIC, Forger, expanded
from tests.toolbox import ROOT, ltocheck


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(QUICK) as box:
        yield box


def told(text: str, sandbox: Sandbox, target: str = "fedora", arch: str = "x86_64") -> list[tuple[int, bool]]:
    """Below the head of a spec; lines count from 1 there."""
    (found,) = expanded((HEAD.format(1) + text).encode(), sandbox, target, arch).targets
    assert found.failure is None
    above = HEAD.count("\n")
    return [(line - above, holds) for line, holds in found.conditions]


def test_nested_conditions_and_other_branches(sandbox: Sandbox) -> None:
    text = "%if 1\n%if 0\n%if 1\n%endif\n%elif 1\n%else\n%endif\n%else\n%if 1\n%endif\n%endif\n"
    assert told(text, sandbox) == [(1, True), (2, False), (3, False), (5, True), (6, False), (8, False), (9, False)]


def test_architectures_and_systems(sandbox: Sandbox) -> None:
    text = "%ifarch x86_64\na\n%else\nb\n%endif\n%ifnarch x86_64\n%endif\n%ifos linux\n%endif\n%ifnos linux\n%endif\n"
    wanted = [(1, True), (3, False), (6, False), (8, True), (10, False)]
    assert told(text, sandbox) == wanted
    assert told(text, sandbox, arch="aarch64") == [(line, holds == (line > 6)) for line, holds in wanted]


def test_distributions(sandbox: Sandbox) -> None:
    text = "%if 0%{?fedora}\n%elif 0%{?suse_version}\n%else\n%endif\n"
    assert told(text, sandbox) == [(1, True), (2, False), (3, False)]
    assert told(text, sandbox, "opensuse") == [(1, False), (2, True), (3, False)]


def test_scripts_and_file_lists(sandbox: Sandbox) -> None:
    text = "%build\n./configure a \\\n%if 1\n b \\\n%else\n c \\\n%endif\n d\n"
    text += "%if 1 && \\\n 0\n%endif\n%files\n%if 1\n/a\n%endif\n"
    assert told(text, sandbox) == [(3, True), (5, False), (9, False), (13, True)]
    scriptlet = "%post -p <lua>\n%if 1\n%endif\nprint(1)\n%changelog\n%if 1\n%endif\n"
    assert told(scriptlet, sandbox) == [(6, True)]


def test_what_is_no_condition_is_not_told(sandbox: Sandbox) -> None:
    text = "%global p() \\\n%if 1 \\\n%endif\n# %{lua:\n%if 1\n}\n#%if 1\n%dnl %if 1\n%%if 1\n"
    assert mark(text.encode()).lines == ()
    assert mark(b"%iffy\n%elsewhere\n %if 1\r\n").lines == (3,)
    assert mark(b"%if 1\n" * (LIMITS.spec_conditions + 1)).lines == ()


def test_the_last_of_two_parses_counts(sandbox: Sandbox) -> None:
    data = b"%ifarch noarch\n%else\n%endif\n%ifarch x86_64\n%endif\nBuildArch: noarch\n" + HEAD.format(1).encode()
    (target,) = expanded(data, sandbox).targets
    assert target.conditions == ((1, True), (2, False), (4, False))


def test_marks_change_nothing_else(sandbox: Sandbox) -> None:
    text = "%build\n%if 1\nCFLAGS='-O2 \\\n%if 1\n -fno-lto' \\\n%endif\n make\n%endif\n"
    data = STATIC.replace(b"%build\n", text.encode(), 1)
    marked = mark(data)
    (target,) = expanded(data, sandbox).targets
    assert target.lto is LtoState.DISABLED
    assert len(target.conditions) == len(marked.lines) > 2
    with_marks, plain = (expanded_text(one, sandbox) for one in (marked.data, data))
    assert marked.without_marks(with_marks).split() == plain.split()


def expanded_text(data: bytes, sandbox: Sandbox) -> str:
    return sandbox.parse(data, b"", "x86_64", [MACRO]).text


def test_messages_name_the_lines_of_the_spec(sandbox: Sandbox) -> None:
    (target,) = expanded(b"%if 1\n%endif\n%unheard_of thing\n" + STATIC, sandbox).targets
    assert target.failure == "line 3: Unknown tag: %unheard_of thing (%unheard_of is not defined)"
    assert target.conditions == ()


FAKE = (
    "%{{lua:for fd = 3, 4 do local f = io.open('/proc/self/fd/' .. fd) local text = f and f:read('a') or '' "
    "local name = text:match('_ltocheck_%x+') if name then {} end end}}"
)
"""Finds out the names of the marks from the copy of the spec that rpm reads."""

FAKES = {
    "all hold": ("for n = 1, 99 do rpm.define(name .. '_' .. n .. ' x') end", {9: True, 11: True}),
    "garbage": ("for n = 1, 99 do rpm.define(name .. '_' .. n .. ' ' .. ('y'):rep(99999)) end", {9: False, 11: True}),
    "no parse": ("rpm.undefine(name)", {}),
}


@pytest.mark.parametrize("name", FAKES)
def test_a_spec_that_fakes_marks_lies_about_itself_only(name: str, sandbox: Sandbox) -> None:
    script, wanted = FAKES[name]
    data = (HEAD.format(1) + FAKE.format(script) + "\n%if 0\n%endif\n%if 1\n%endif\n").encode()
    (target,) = expanded(data, sandbox).targets
    assert target.failure is None
    assert dict(target.conditions) == wanted
    assert told("%if 0\n%else\n%endif\n", sandbox) == [(1, False), (2, True)]


@pytest.mark.parametrize("value", ["", "x" * 100])
def test_values_that_make_no_sense(value: str) -> None:
    marked = mark(b"%if 1\n%endif\n")
    token = marked.token
    assert marked.conditions({token: "x", f"{token}_1": value, f"{token}_7": "x"}) == (Condition(1, False),)
    assert marked.conditions({token: value}) in ((), (Condition(1, False),))
    assert marked.conditions({}) == ()


def test_an_answer_without_marks() -> None:
    (target,) = expanded(b"%if 1\n%endif\n" + STATIC, Forger({"failure": ""})).targets
    assert target.failure


def test_text() -> None:
    spec = ROOT / "fixtures/specs/conditions.spec"
    done = ltocheck("spec", "-v", spec, "--arch", "x86_64,aarch64", cwd=Path("/"))
    lines = [line for line in done.stdout.splitlines() if "conditions that hold" in line]
    assert [line.partition(":")[0] for line in lines] == ["  fedora x86_64", "  fedora aarch64"]
    assert lines[0].partition(":")[2] != lines[1].partition(":")[2]
