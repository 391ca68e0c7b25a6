# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.specs.conditions import Environment, Truth, evaluate


@pytest.fixture
def environment() -> Environment:
    known = Environment()
    known.define("zero", "0", Truth.ALWAYS)
    known.define("one", "1", Truth.ALWAYS)
    known.define("twice", "%{one}", Truth.ALWAYS)
    known.define("maybe", "1", Truth.MAYBE)
    known.define("loop", "%{loop}", Truth.ALWAYS)
    known.switch("on", Truth.ON, Truth.ALWAYS)
    known.switch("off", Truth.OFF, Truth.ALWAYS)
    return known


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0", Truth.NEVER),
        ("1", Truth.ALWAYS),
        ("%{zero}", Truth.NEVER),
        ("0%{?one}", Truth.ALWAYS),
        ("%{twice} == 1", Truth.ALWAYS),
        ("%{twice} >= 2", Truth.NEVER),
        ("%{maybe}", Truth.MAYBE),
        ("0%{?fedora} >= 40", Truth.MAYBE),
        ("%{with on}", Truth.ON),
        ("%{without on}", Truth.OFF),
        ("!%{with off}", Truth.ON),
        ("%{with on} && %{with off}", Truth.OFF),
        ("%{with on} && 0%{?fedora}", Truth.MAYBE),
        ("%{with off} || 1", Truth.ALWAYS),
        ("0%{?with_on}", Truth.ON),
        ("0%{?_enable_off:1}", Truth.MAYBE),
        ("%{with unheard_of}", Truth.MAYBE),
        ("(%{one} || 0) && 1", Truth.ALWAYS),
        ('"%{one}" == "1"', Truth.ALWAYS),
        ('"%{?unknown}" == "1"', Truth.MAYBE),
        ("%{defined one}", Truth.ALWAYS),
        ("%{undefined one}", Truth.NEVER),
        ("%{defined _lto_cflags}", Truth.ON),
        ("%{?one:1}%{!?one:0}", Truth.ALWAYS),
        ('"x"', Truth.ALWAYS),
        ('""', Truth.NEVER),
        ("word", Truth.MAYBE),
        ("%{with}", Truth.MAYBE),
        ("%{loop}", Truth.MAYBE),
        ("%{lua: print(1)}", Truth.MAYBE),
        ("1 +", Truth.MAYBE),
        ("(1", Truth.MAYBE),
        ("", Truth.MAYBE),
        ("(" * 10000, Truth.MAYBE),
        ("9" * 5000, Truth.ALWAYS),
    ],
)
def test_evaluate(environment: Environment, expression: str, expected: Truth) -> None:
    assert evaluate(expression, environment) == expected


def test_a_definition_under_a_condition_makes_a_macro_unknown() -> None:
    environment = Environment()
    environment.define("x", "1", Truth.ALWAYS)
    environment.define("x", "0", Truth.MAYBE)
    assert evaluate("%{x}", environment) is Truth.MAYBE


def test_a_switch_with_two_defaults_is_unknown() -> None:
    environment = Environment()
    environment.switch("x", Truth.ON, Truth.MAYBE)
    environment.switch("x", Truth.OFF, Truth.MAYBE)
    assert environment.with_switch("x") is Truth.MAYBE


@given(st.sampled_from(Truth), st.sampled_from(Truth))
def test_truths_are_a_lattice(one: Truth, other: Truth) -> None:
    assert ~~one is one
    assert ~min(one, other) is max(~one, ~other)


@given(st.text(alphabet='%{}()!?&|=<>"01 ax:', max_size=40))
def test_any_expression_has_an_answer(expression: str) -> None:
    assert evaluate(expression, Environment()) in Truth
