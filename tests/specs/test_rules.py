# SPDX-License-Identifier: GPL-2.0-or-later
from datetime import date

import pytest

from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.model import Finding, PackageFacts
from checker.model.flags import Lto
from checker.model.specs import LtoState, Ships, SpecFacts, SpecItem, SpecTarget
from checker.report.words import text_of
from checker.rules import RULES
from checker.rules.rule import Case
from checker.rules.specs import needs_opt_in, opt_in_undone
from checker.specs.lexical import look_lexically
from checker.specs.look import SpecLook
from checker.specs.spec_file import SpecFile

SHIPS = "%files\n/usr/lib64/libx.a\n"
FAT = "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects\n"
LINE = "%global _fat_lto_objects 1"


def look(text: str) -> SpecFacts:
    return look_lexically(text.encode(), "_fat_lto_objects")


def findings(text: str) -> list[Finding]:
    judge = Judge(load_policy("fedora"), date(2026, 11, 20))
    return [
        finding
        for judged in judge.judge(SpecLook(SpecFile("x.spec", b""), look(text)).target)
        for finding in judged.findings
    ]


CASES: list[tuple[str, list[str]]] = [
    ("Name: x\n", []),
    (SHIPS, ["spec-needs-opt-in"]),
    (LINE + "\n" + SHIPS, []),
    (FAT + SHIPS, []),
    ("%ifarch arm\n" + FAT + "%endif\n" + SHIPS, ["spec-needs-opt-in"]),
    ("%ifarch arm\n" + FAT + "%endif\n%ifarch arm\n" + SHIPS + "%endif\n", []),
    ("%files\n%exclude /usr/lib64/libx.a\n", ["spec-excluded-object"]),
    ("%install\nrm %{buildroot}/usr/lib64/libx.a\n%files\n%exclude /usr/lib64/libx.a\n", []),
    ("%files\n%exclude /usr/lib64/libx.a\n%files static\n/usr/lib64/libx.a\n", ["spec-needs-opt-in"]),
    ("%global __brp_ltocheck_exclude_from ^/usr/lib64/libx\\\\.a$\n" + SHIPS, ["spec-excepted-object"]),
    ("%build\n%cargo_build\n" + SHIPS, []),
    ("%build\n%configure\n%cargo_build\n" + SHIPS, ["spec-needs-opt-in"]),
    ("%ifarch arm\n" + SHIPS + "%endif\n", ["spec-needs-opt-in"]),
    ("%define _lto_cflags %{nil}\n" + SHIPS, ["spec-lto-disabled"]),
    ("%files\n/usr/lib/libx.dll.a\n", []),
    (LINE + "\n", ["spec-unneeded-opt-in"]),
    ("%define _lto_cflags %{nil}\n" + FAT + SHIPS, ["spec-opt-in-without-lto", "spec-lto-disabled"]),
    (FAT + "%global _lto_cflags -flto\n" + SHIPS, ["spec-needs-opt-in", "spec-opt-in-undone"]),
    (
        "%build\nCFLAGS='-flto -fno-fat-lto-objects' make\n" + SHIPS,
        ["spec-needs-opt-in", "spec-opt-in-undone", "spec-hardcoded-lto"],
    ),
    ("%build\nCFLAGS='-flto -fno-fat-lto-objects' make\n", ["spec-hardcoded-lto"]),
    (LINE + "\n%build\n%meson -Db_lto=true\n" + SHIPS, ["spec-opt-in-undone"]),
    ("%build\n%meson -Db_lto=true\n" + SHIPS, ["spec-needs-opt-in"]),
    ("#global _fat_lto_objects 1\n" + SHIPS, ["spec-needs-opt-in", "spec-opt-in-not-seen"]),
    (LINE + "\n#global _fat_lto_objects 1\n" + SHIPS, []),
    ("%build\n" + LINE + "\n%configure\n" + SHIPS, []),
    ("%build\n%configure\n" + LINE + "\n" + SHIPS, ["spec-opt-in-not-seen"]),
    ("%build\nexport CFLAGS='%{optflags} -ffat-lto-objects'\n" + SHIPS, ["spec-opt-in-not-seen"]),
    ("# %global a b\n", ["spec-commented-macro"]),
    ("%define a %{?a} b\n", ["spec-recursive-define"]),
    ("%undefine _lto_cflags\n", ["spec-lto-disabled", "spec-undefine"]),
    ("%global __spec_install_post %{nil}\n", ["spec-bypasses-hook"]),
    ("%global __brp_strip_lto %{__brp_strip_lto} || :\n", ["spec-changes-hook"]),
    ("%global _ltocheck_policy mine\n", ["spec-changes-hook"]),
    ("%install\nexport LTOCHECK_MODE=off\n", ["spec-changes-hook"]),
    ("%global _ltocheck_mode off\n", ["spec-bypasses-hook"]),
    ("%install\nmake install\nexit 0\n", ["spec-bypasses-hook"]),
    ("%install\nif true; then\n  exit 0\nfi\n", []),
    (LINE + "\n%define __strip /bin/true\n" + SHIPS, ["spec-keeps-bytecode"]),
    ("%define __strip /bin/true\n" + SHIPS, ["spec-needs-opt-in"]),
    ("%build\nCFLAGS=-flto make\nCXXFLAGS=-flto make\n", ["spec-hardcoded-lto"]),
    ("%endif\n", ["spec-unparsable"]),
    ("\0", ["spec-unreadable"]),
]


@pytest.mark.parametrize(("text", "rules"), CASES)
def test_rules(text: str, rules: list[str]) -> None:
    assert [finding.rule for finding in findings(text)] == rules


def test_every_rule_is_tested_above() -> None:
    assert {rule for _, rules in CASES for rule in rules} == {rule.name for rule in RULES if rule.fact is SpecItem}


def test_findings_have_a_place_and_a_remedy() -> None:
    (finding,) = findings("Name: x\n" + SHIPS)
    assert (finding.path, finding.line, finding.column) == ("x.spec", 3, 1)
    assert tuple(map(text_of, finding.evidence)) == ("line 3: /usr/lib64/libx.a",)
    assert LINE in text_of(finding.remedy)


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (SpecTarget("fedora", "x86_64", reached=Ships.YES, flags=Lto.SLIM), True),
        (SpecTarget("fedora", "x86_64", ships=Ships.YES, reached=Ships.NO, flags=Lto.SLIM), False),
        (SpecTarget("fedora", "x86_64", reached=Ships.YES, flags=Lto.NONE), False),
        (SpecTarget("fedora", "x86_64", reached=Ships.YES, flags=Lto.SLIM, opt_in=True), False),
        (SpecTarget("fedora", "x86_64", failure="because"), True),
    ],
)
def test_what_rpm_says_counts_more_than_the_text(target: SpecTarget, wanted: bool) -> None:
    facts = look(SHIPS)._replace(targets=(target,))
    assert bool(list(needs_opt_in(SpecItem("x.spec", facts), Case(PackageFacts(), "_fat_lto_objects")))) is wanted


def messages(text: str, *targets: SpecTarget) -> list[str]:
    judge = Judge(load_policy("fedora"), date(2026, 11, 20))
    target = SpecLook(SpecFile("x.spec", b""), look(text)._replace(targets=targets)).target
    return [text_of(finding.message) for judged in judge.judge(target) for finding in judged.findings]


SLIM_TARGET = SpecTarget("fedora", "x86_64", declared=True, flags=Lto.SLIM, reached=Ships.YES)


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (SpecTarget("fedora", "x86_64", excluded=True, flags=Lto.SLIM), True),
        (SpecTarget("fedora", "x86_64", excluded=False, flags=Lto.SLIM), False),
        (SpecTarget("fedora", "x86_64", excluded=True, flags=Lto.FAT), False),
        (SpecTarget("fedora", "x86_64", excluded=True, flags=Lto.SLIM, opt_in=True), False),
    ],
)
def test_what_rpm_says_of_excluded_objects_counts_more(target: SpecTarget, wanted: bool) -> None:
    assert bool(messages("%files\n%exclude /usr/lib64/libx.a\n", target)) is wanted


@pytest.mark.parametrize(
    "undone",
    [FAT + "%global _lto_cflags -flto\n" + SHIPS, LINE + "\n%build\n%meson -Db_lto=true\n" + SHIPS],
)
def test_an_opt_in_that_is_undone_is_reported_once(undone: str) -> None:
    """Slim flags are what follows from it, and no second finding."""
    for text in (undone, LINE + "\n" + SHIPS):
        facts = look(text)._replace(targets=(SLIM_TARGET._replace(opt_in=True),))
        assert len(list(opt_in_undone(SpecItem("x.spec", facts), Case(PackageFacts(), "_fat_lto_objects")))) == 1


@pytest.mark.parametrize("exports", [False, True])
def test_an_opt_in_in_build_is_late_where_flags_are_exported_before(exports: bool) -> None:
    text = "%build\n%configure\n" + LINE + "\n" + SHIPS
    late = SpecTarget("fedora", "x86_64", declared=True, opt_in=True, flags=Lto.FAT, exports_flags=exports)
    assert bool(messages(text, late)) is (not exports)


def test_how_the_hook_is_bypassed() -> None:
    assert messages("%install\nmake install\nexit 0\n") == [
        "ends %install, so that the check of objects after it does not run"
    ]
    assert messages("%global __spec_install_post %{nil}\n") == [
        "sets %__spec_install_post, so that the check of objects does not run"
    ]


def test_evidence_is_what_flags_reach_and_five_lines_of_it() -> None:
    many = "%files\n/usr/lib/libx.dll.a\n" + "".join(f"/usr/lib64/lib{number}.a\n" for number in range(7))
    (finding,) = findings(many)
    assert list(map(text_of, finding.evidence)) == [
        *(f"line {number + 3}: /usr/lib64/lib{number}.a" for number in range(5)),
        "and 2 more",
    ]
    assert finding.line == 3


@pytest.mark.parametrize(("text", "unreadable"), [("Name: x\n", 0), ("\0", 1), ("%endif\n", 0)])
def test_specs_are_counted(text: str, unreadable: int) -> None:
    judge = Judge(load_policy("fedora"), date(2026, 11, 20))
    list(judge.judge(SpecLook(SpecFile("x.spec", b""), look(text)).target))
    assert (judge.summary.specs, judge.summary.unreadable) == (1, unreadable)


def test_a_failed_target_is_told() -> None:
    facts = look("Name: x\n")._replace(targets=(SpecTarget("fedora", "s390x", LtoState.UNKNOWN, failure="because"),))
    judge = Judge(load_policy("fedora"), date(2026, 11, 20))
    (judged,) = judge.judge(SpecLook(SpecFile("x.spec", b""), facts).target)
    (finding,) = judged.findings
    assert text_of(finding.message) == "rpm cannot parse it for fedora on s390x: because"
