# SPDX-License-Identifier: GPL-2.0-or-later
"""What builds amount to, by cases: the first outcome that is true, by architecture and in all."""

from dataclasses import replace

import pytest

from checker.model.rebuilds import Cause, CauseGroup, Objects, OutcomeWord, Phase, ResultWord, SourceOutcome
from checker.rebuild.facts import BuildFacts, Value, Values
from checker.rebuild.outcomes import outcomes, spread
from checker.rebuild.results import exclusive
from checker.rebuild.tasks import Key

FAT = BuildFacts(ResultWord.BUILT, opted_in=True, objects=Objects(10, 1000, 8, 0, 2), packages_bytes=10)
SLIM = replace(FAT, opted_in=False, objects=Objects(10, 500, 0, 8, 2))
FAILED = BuildFacts(
    ResultWord.FAILED, phase=Phase.BUILD, opted_in=False, cause=Cause("undefined-reference", CauseGroup.PROJECT, "x")
)
NOT_TRIED = BuildFacts(ResultWord.NOT_TRIED, reason="BuildRequires are missing", missing=("foo",))
SHIPS = replace(SLIM, findings=(("slim-object", 3),))
TEXTS: dict[str, Values] = {
    "a": {"config.log": {"x_cv_order": Value("little", "checking order"), "x_cv_pid": Value("1")}},
    "b": {"config.log": {"x_cv_order": Value("unknown", "checking order"), "x_cv_pid": Value("2")}},
    "d": {
        "config.h": {"HAVE_FLDLN2": Value("undefined"), "VERSION": Value("undefined")},
        "config.log": {"VERSION": Value("1")},
    },
    "e": {
        "config.h": {"HAVE_FLDLN2": Value("1", "checking for fldln2"), "VERSION": Value("2")},
        "config.log": {"HAVE_FLDLN2": Value("1", "checking for fldln2"), "VERSION": Value("2")},
    },
    "c": {"config.log": {"x_cv_order": Value("little", "checking order"), "x_cv_pid": Value("3")}},
}


Arms = dict[str, BuildFacts | list[BuildFacts]]


def outcome(arms: Arms) -> SourceOutcome:
    builds = {}
    for arm, facts in arms.items():
        for number, one in enumerate(facts if isinstance(facts, list) else [facts]):
            builds[Key("demo", "x86_64", arm, number)] = one
    (found,) = outcomes(builds, TEXTS.__getitem__, None)
    return found


CASES: dict[str, tuple[Arms, str]] = {
    "both fine": ({"fat": FAT, "slim": SLIM}, "fine"),
    "one arm alone": ({"slim": SLIM}, "fine"),
    "not tried": ({"fat": NOT_TRIED, "slim": NOT_TRIED}, "not-tried"),
    "one not tried": ({"fat": FAT, "slim": NOT_TRIED}, "not-tried"),
    "flaky": ({"fat": FAT, "slim": [SLIM, FAILED]}, "flaky"),
    "flaky before failing": ({"fat": [FAT, FAILED], "slim": FAILED}, "flaky"),
    "fails both ways": ({"fat": FAILED, "slim": FAILED}, "fails-in-every-arm"),
    "same kinds": ({"fat": FAT, "slim": replace(FAT, opted_in=False)}, "arm-not-applied"),
    "native in both": (
        {"fat": replace(FAT, objects=Objects(3, 9, 0, 0, 3)), "slim": replace(SLIM, objects=Objects(3, 9, 0, 0, 3))},
        "arm-not-applied",
    ),
    "slim in both, though it ships them": (
        {"fat": replace(SHIPS, opted_in=True), "slim": SHIPS},
        "arm-not-applied",
    ),
    "opted in, so the same kinds": ({"fat": FAT, "slim": FAT}, "fine"),
    "nothing compiled": (
        {"fat": replace(FAT, objects=Objects(0, 0, 0, 0, 0)), "slim": replace(SLIM, objects=Objects(0, 0, 0, 0, 0))},
        "fine",
    ),
    "ships slim": ({"fat": FAT, "slim": SHIPS}, "needs-opt-in"),
    "ships hollow": ({"fat": FAT, "slim": replace(SLIM, findings=(("hollow-object", 1),))}, "needs-opt-in"),
    "fails slim": ({"fat": FAT, "slim": FAILED}, "needs-opt-in"),
    "slim alone ships": ({"slim": SHIPS}, "needs-opt-in"),
    "fails slim for want of memory": (
        {"fat": FAT, "slim": replace(FAILED, cause=Cause("out-of-memory", CauseGroup.ENVIRONMENT, "x"))},
        "not-tried",
    ),
    "fails fat alone": ({"fat": FAILED, "slim": SLIM}, "fine"),
    "undoes flags fat": ({"fat": replace(FAT, findings=(("slim-despite-opt-in", 1),)), "slim": SHIPS}, "undoes-flags"),
    "undoes its own opt-in": (
        {"fat": FAT, "slim": replace(SLIM, opted_in=True, findings=(("slim-despite-opt-in", 1),))},
        "undoes-flags",
    ),
    "mixed": ({"fat": FAT, "slim": replace(SLIM, findings=(("mixed-object", 1),))}, "mixed"),
    "configures differently": (
        {"fat": replace(FAT, configured="a"), "slim": replace(SLIM, configured="b")},
        "configures-differently",
    ),
    "differs between repetitions of one arm": (
        {"fat": [replace(FAT, configured="a"), replace(FAT, configured="c")], "slim": replace(SLIM, configured="a")},
        "fine",
    ),
    "another class of a symbol": (
        {"fat": replace(FAT, symbols="a"), "slim": replace(SLIM, symbols="b")},
        "configures-differently",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_that_is_true(name: str) -> None:
    arms, expected = CASES[name]
    assert outcome(arms).outcome == expected


def test_the_test_that_made_a_difference() -> None:
    found = outcome({"fat": replace(FAT, configured="a"), "slim": replace(SLIM, configured="b")}).deciding
    assert [(item.name, item.test) for item in found.differences] == [
        ("x_cv_order", "checking order"),
        ("x_cv_pid", None),
    ]


def test_a_definition_that_the_header_undefines_and_the_log_leaves_out_differs_once() -> None:
    found = outcome({"fat": replace(FAT, configured="d"), "slim": replace(SLIM, configured="e")}).deciding
    assert [(item.file, item.name, item.before, item.after, item.test) for item in found.differences] == [
        ("config.h", "HAVE_FLDLN2", "undefined", "1", "checking for fldln2"),
        ("config.h", "VERSION", "undefined", "2", None),
        ("config.log", "VERSION", "1", "2", None),
    ]


@pytest.mark.parametrize(
    ("arm", "proven"),
    [
        (FAT, True),
        (SHIPS, False),
        (FAILED, False),
        (NOT_TRIED, None),
        (replace(FAT, findings=(("mixed-object", 1),)), False),
    ],
)
def test_the_opt_in_is_proven_or_not(arm: BuildFacts, proven: bool | None) -> None:
    assert outcome({"fat": FAT, "slim": SHIPS, "slim-opt-in": arm}).proven is proven


def test_an_arm_that_follows_changes_no_outcome() -> None:
    assert outcome({"fat": FAT, "slim": SLIM, "slim-without-opt-in": FAILED}).outcome is OutcomeWord.FINE


@pytest.mark.parametrize(
    ("archs", "known", "superfluous"),
    [
        (("x86_64",), ("x86_64", "s390x"), False),
        (("x86_64", "s390x"), ("x86_64", "s390x"), True),
        (("x86_64",), None, False),
    ],
)
def test_superfluous_on_all_architectures_or_not(
    archs: tuple[str, ...], known: tuple[str, ...] | None, superfluous: bool
) -> None:
    builds = {
        Key("demo", arch, arm, 1): facts
        for arch in archs
        for arm, facts in (("fat", FAT), ("slim", FAT), ("slim-without-opt-in", SLIM))
    }
    (found,) = outcomes(builds, TEXTS.__getitem__, None if known is None else frozenset(known))
    assert found.superfluous is superfluous
    assert all(arch.superfluous for arch in found.archs.values())


def test_superfluous_where_the_spec_restricts_itself() -> None:
    assert exclusive(b"Name: x\nExclusiveArch:  x86_64 i686\n") == ("x86_64", "i686")
    assert exclusive(b"Name: x\nExclusiveArch: %{ix86}\n") == ()
    alone = {"fat": FAT, "slim": FAT, "slim-without-opt-in": SLIM}
    builds = {Key("demo", "x86_64", arm, 1): replace(facts, exclusive=("x86_64",)) for arm, facts in alone.items()}
    (found,) = outcomes(builds, TEXTS.__getitem__, frozenset({"x86_64", "s390x"}))
    assert found.superfluous


def test_the_architecture_that_decides() -> None:
    builds = {
        Key("demo", arch, arm, 1): facts
        for arch, arm, facts in (
            ("aarch64", "fat", NOT_TRIED),
            ("aarch64", "slim", NOT_TRIED),
            ("s390x", "fat", FAT),
            ("s390x", "slim", SHIPS),
            ("x86_64", "fat", FAT),
            ("x86_64", "slim", SLIM),
        )
    }
    (found,) = outcomes(builds, TEXTS.__getitem__, None)
    assert (found.outcome, found.arch) == (OutcomeWord.NEEDS_OPT_IN, "s390x")
    assert {arch: item.outcome.value for arch, item in found.archs.items()} == {
        "aarch64": "not-tried",
        "s390x": "needs-opt-in",
        "x86_64": "fine",
    }


def test_facts_survive_the_store() -> None:
    for facts in (FAT, SLIM, FAILED, NOT_TRIED, SHIPS):
        assert BuildFacts.from_json(facts.to_json()) == facts


def test_medians() -> None:
    assert spread([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0, 3)
    assert spread([1.0, 2.0]).median == 1.5
