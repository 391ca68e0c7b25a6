# SPDX-License-Identifier: GPL-2.0-or-later
import time
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import ExitCode, Obstacle, Unavailable
from checker.judging.judge import Judge, subject_of
from checker.judging.patterns import Pattern
from checker.judging.policy import Exemption, Policy, Waiver, load_policy
from checker.model import (
    Bytecode,
    FileCount,
    Finding,
    Form,
    Index,
    Item,
    Judged,
    Kind,
    Members,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Severity,
    Stage,
    Target,
    TargetType,
)
from checker.model.statements import Remedy, Statement
from checker.report.words import text_of
from checker.rules import RULES
from tests.factories import BITCODE, GIMPLE, TODAY, Kept, archive, because, facts, item, push

POLICY = load_policy("fedora")
RUST = Bytecode(Form.BITCODE, "llvm", "22.1.2-rust-1.95.0-stable", 2000)
SLIM_RULES = ("slim-object", "slim-despite-opt-in")
EMBEDDED = Bytecode(Form.EMBEDDED, "llvm", None, 2000)


def judged(
    items: Iterable[Item], policy: Policy = POLICY, package: PackageFacts | None = None, judge: Judge | None = None
) -> list[Judged]:
    target = Target("/root", TargetType.TREE, package or PackageFacts(), iter(items))
    return list((judge or Judge(policy, TODAY)).judge(target))


def findings(entries: Iterable[Judged]) -> list[Finding]:
    return [finding for entry in entries for finding in entry.findings]


def rules(
    what: Item, policy: Policy = POLICY, *, opt_in: bool = False, stage: Stage = Stage.INSTALLED
) -> dict[str, Severity]:
    package = PackageFacts(opt_in=opt_in, stage=stage)
    return {
        finding.rule: finding.severity
        for finding in findings(judged([what], policy, package))
        if finding.rule != "unneeded-opt-in"
    }


ERROR, WARNING = Severity.ERROR, Severity.WARNING


class TestRules:
    @pytest.mark.parametrize("kind", [Kind.NATIVE, Kind.FAT, Kind.EMPTY, Kind.OTHER])
    @pytest.mark.parametrize("opt_in", [True, False])
    def test_what_links_is_fine(self, kind: Kind, opt_in: bool) -> None:
        code = (GIMPLE,) if kind is Kind.FAT else ()
        assert rules(item(kind, *code), opt_in=opt_in) == {}

    def test_slim(self) -> None:
        assert rules(item(Kind.SLIM, GIMPLE)) == {"slim-object": ERROR}
        assert rules(item(Kind.SLIM, GIMPLE), opt_in=True) == {"slim-despite-opt-in": ERROR}

    @pytest.mark.parametrize("stage", list(Stage))
    @pytest.mark.parametrize("opt_in", [True, False])
    @pytest.mark.parametrize("kind", [Kind.SLIM, Kind.FAT, Kind.HOLLOW, Kind.MIXED])
    def test_losing_an_empty_unit_loses_nothing(self, kind: Kind, opt_in: bool, stage: Stage) -> None:
        assert rules(item(kind, GIMPLE, empty=True), opt_in=opt_in, stage=stage) == {}

    @pytest.mark.parametrize("opt_in", [True, False])
    def test_opting_in_does_not_cure_what_is_lost(self, opt_in: bool) -> None:
        assert rules(item(Kind.HOLLOW, empty=None), opt_in=opt_in) == {"hollow-object": ERROR}
        assert rules(item(Kind.MIXED, GIMPLE), opt_in=opt_in) == {"mixed-object": ERROR}
        assert rules(item(Kind.DAMAGED, GIMPLE), opt_in=opt_in) == {"damaged-object": ERROR}
        assert rules(item(Kind.UNREADABLE), opt_in=opt_in) == {"unreadable-object": ERROR}

    @pytest.mark.parametrize(
        ("obstacle", "remedy"),
        [
            (Obstacle.INACCESSIBLE, Remedy.TRY_AGAIN),
            (Obstacle.FORBIDDEN, Remedy.TRY_AGAIN),
            (Obstacle.CRASHED, Remedy.REPORT_BUG),
            (Obstacle.TRUNCATED, Remedy.CHECK_WHOLE),
        ],
    )
    def test_what_is_unreadable_has_the_remedy_of_its_obstacle(self, obstacle: Obstacle, remedy: Remedy) -> None:
        (finding,) = findings(judged([item(Kind.UNREADABLE, obstacle=obstacle)]))
        assert finding.remedy.key is remedy

    def test_what_a_thin_archive_names_in_vain_is_the_archive_s_own_finding(self) -> None:
        missing = [item(Kind.UNREADABLE, obstacle=Obstacle.ELSEWHERE)] * 3
        (finding,) = findings(judged([*missing, archive(thin=True, kind=Kind.UNREADABLE)]))
        assert (finding.rule, finding.remedy.key) == ("thin-archive", Remedy.ARCHIVE_WHOLE)

    def test_evidence_names_all_bytecode(self) -> None:
        (finding,) = findings(judged([item(Kind.SLIM, GIMPLE, BITCODE)]))
        said = [text_of(one) for one in finding.evidence if not isinstance(one, str)]
        assert said[1:] == [
            "2000 bytes of bytecode (gimple) by gcc 12.0",
            "2000 bytes of bytecode (bitcode) by llvm 19.1.7",
        ]

    def test_objects_of_one_package_are_not_those_of_the_next(self) -> None:
        judge = Judge(POLICY, TODAY)
        opted_in = PackageFacts(opt_in=True, declared=True)
        assert findings(judged([item(Kind.FAT, GIMPLE)], package=opted_in, judge=judge)) == []
        (finding,) = findings(judged([], package=opted_in, judge=judge))
        assert finding.rule == "unneeded-opt-in"

    def test_bytecode_counts_after_stripping_only(self) -> None:
        assert rules(item(Kind.FAT, GIMPLE)) == {}
        assert rules(item(Kind.FAT, GIMPLE), stage=Stage.STRIPPED) == {"bytecode-left": ERROR}
        assert rules(item(Kind.NATIVE, EMBEDDED), stage=Stage.STRIPPED) == {}

    @pytest.mark.parametrize(
        ("code", "package", "remedy"),
        [
            (GIMPLE, PackageFacts(), Remedy.OPT_IN),
            (GIMPLE, PackageFacts(flags="slim"), Remedy.OPT_IN),
            (GIMPLE, PackageFacts(flags="none"), Remedy.OWN_LTO),
            (GIMPLE, PackageFacts(flags="none", opt_in=True), Remedy.OWN_LTO),
            (GIMPLE, PackageFacts(flags="slim", opt_in=True), Remedy.MOVE_OPT_IN),
            (GIMPLE, PackageFacts(flags="fat", opt_in=True), Remedy.KEEP_FLAGS),
            (GIMPLE._replace(is_fat_forbidden=True), PackageFacts(flags="slim"), Remedy.ALLOW_FAT_AND_OPT_IN),
            (GIMPLE._replace(is_fat_forbidden=True), PackageFacts(flags="slim", opt_in=True), Remedy.ALLOW_FAT),
            (BITCODE, PackageFacts(), Remedy.OPT_IN),
            (BITCODE._replace(version="14.0.6"), PackageFacts(flags="none"), Remedy.OLD_CLANG),
            (BITCODE._replace(version="14.0.6"), PackageFacts(), Remedy.OLD_CLANG_OR_FLAGS),
            (BITCODE._replace(version="17.0.1"), PackageFacts(opt_in=True), Remedy.OLD_CLANG_OR_FLAGS),
            (BITCODE._replace(triple="wasm32-unknown-unknown"), PackageFacts(), Remedy.NO_FAT_TARGET),
            (BITCODE._replace(triple="x86_64-pc-windows-msvc19"), PackageFacts(opt_in=True), Remedy.NO_FAT_TARGET),
            (BITCODE._replace(triple="arm64-apple-macosx13.0.0"), PackageFacts(), Remedy.NO_FAT_TARGET),
            (BITCODE._replace(triple="powerpc64-ibm-aix7.2.0.0"), PackageFacts(), Remedy.NO_FAT_TARGET),
            (BITCODE._replace(triple="s390x-ibm-zos"), PackageFacts(), Remedy.NO_FAT_TARGET),
            (BITCODE._replace(triple="x86_64-pc-linux-gnu"), PackageFacts(), Remedy.OPT_IN),
            (RUST, PackageFacts(), Remedy.OTHER_FRONTEND),
            (BITCODE._replace(frontend="rustc"), PackageFacts(), Remedy.OTHER_FRONTEND),
            (BITCODE._replace(frontend="ldc2"), PackageFacts(opt_in=True), Remedy.OTHER_FRONTEND),
        ],
    )
    def test_the_remedy_is_the_one_that_works(self, code: Bytecode, package: PackageFacts, remedy: Remedy) -> None:
        found = [one for one in findings(judged([item(Kind.SLIM, code)], package=package)) if one.rule in SLIM_RULES]
        (statement,) = [one.remedy for one in found]
        assert isinstance(statement, Statement)
        assert statement.key is remedy
        opts_in = remedy in (Remedy.OPT_IN, Remedy.ALLOW_FAT_AND_OPT_IN, Remedy.MOVE_OPT_IN)
        assert ("%global _fat_lto_objects 1" in text_of(statement)) is opts_in

    @pytest.mark.parametrize(
        ("policy", "ending"),
        [
            ("fedora", "%global _lto_cflags %{nil}"),
            ("opensuse", "%global _lto_cflags %{nil}"),
            ("alt", "%global optflags_lto %nil"),
            ("openmandriva", "%global _disable_lto 1"),
            ("mageia", "clang before 18 writes no fat objects"),
        ],
    )
    def test_lto_is_switched_off_as_the_distribution_has_it(self, policy: str, ending: str) -> None:
        old = item(Kind.SLIM, BITCODE._replace(version="14.0.6"))
        found = findings(judged([old], load_policy(policy)))
        (remedy,) = [text_of(one.remedy) for one in found if one.rule == "slim-object"]
        assert remedy.endswith(ending)

    def test_remedy_names_the_macro_of_the_policy(self) -> None:
        (finding,) = findings(judged([item(Kind.SLIM, GIMPLE)], POLICY._replace(macro="_ships_objects")))
        assert "%global _ships_objects 1" in text_of(finding.remedy)

    def test_suspected_hollow(self) -> None:
        empty = {"kind": Kind.EMPTY, "kinds": ((Kind.EMPTY, 10),), "bare": 7}
        assert rules(archive(**empty)) == {"suspected-hollow": WARNING}
        assert rules(archive(**{**empty, "bare": 5})) == {"suspected-hollow": WARNING}
        assert rules(archive(**{**empty, "bare": 4})) == {}
        assert rules(archive(**{**empty, "members": 8, "bare": 4})) == {"suspected-hollow": WARNING}
        assert rules(archive(**{**empty, "members": 6, "bare": 3})) == {}
        assert rules(archive(**{**empty, "members": 4, "bare": 3})) == {"suspected-hollow": WARNING}
        assert rules(archive(**{**empty, "members": 2, "bare": 2})) == {}
        assert rules(archive(**{**empty, "machines": ("avr",)})) == {}

    def test_thin(self) -> None:
        assert rules(archive(thin=True)) == {"thin-archive": ERROR}

    def test_versions(self) -> None:
        assert rules(archive(versions=("gcc 12.0",))) == {}
        assert rules(archive(versions=("gcc 12.0", "gcc 13.1"))) == {"bytecode-versions": WARNING}

    def test_index(self) -> None:
        assert rules(archive(symbol_index=Index.MISSING)) == {"archive-index": WARNING}
        assert rules(archive(symbol_index=Index.LTO_ONLY)) == {"archive-index": WARNING}
        assert rules(archive(symbol_index=Index.MISSING, formats=("elf", "go"))) == {}
        assert rules(archive(symbol_index=Index.MISSING, kind=Kind.OTHER, kinds=((Kind.OTHER, 3),))) == {}

    def test_ctors(self) -> None:
        assert rules(item(Kind.NATIVE, ctors=(".ctors",))) == {"ctors-section": WARNING}
        assert rules(item(Kind.NATIVE, ctors=(".ctors",), path="/usr/lib/crtbegin.o", member=None)) == {}
        assert rules(item(Kind.NATIVE, ctors=(".ctors.65535",), path="/usr/lib/gcc/x86_64/12/libgcc.a")) == {}

    def test_rlib(self) -> None:
        policy = POLICY._replace(rules={**POLICY.rules, "rlib-bitcode": ERROR})
        assert rules(item(Kind.NATIVE, member="x-cgu.0.rcgu.o"), policy) == {"rlib-bitcode": ERROR}
        assert rules(item(Kind.NATIVE, EMBEDDED, member="x-cgu.0.rcgu.o"), policy) == {}
        assert rules(item(Kind.NATIVE, member="from_c.o"), policy) == {}
        assert rules(item(Kind.NATIVE, member="x-cgu.0.rcgu.o")) == {}

    def test_undeclared(self) -> None:
        strict = load_policy("fedora-strict")
        assert rules(item(Kind.NATIVE), strict) == {"undeclared-object": ERROR}
        assert rules(item(Kind.NATIVE), strict, opt_in=True) == {}
        assert rules(item(Kind.OTHER), strict) == {}

    def test_unneeded_opt_in(self) -> None:
        package = PackageFacts(opt_in=True, declared=True)
        assert [finding.rule for finding in findings(judged([FileCount(3)], package=package))] == ["unneeded-opt-in"]
        assert findings(judged([item(Kind.NATIVE)], package=package)) == []
        # What could not be read may be what it opted in for.
        unread = judged([item(Kind.UNREADABLE)], package=package)
        assert [finding.rule for finding in findings(unread)] == ["unreadable-object"]
        # Flags may come from the distribution, which is nothing to tell a packager about.
        assert findings(judged([FileCount(3)], package=PackageFacts(opt_in=True))) == []

    def test_every_rule_explains_itself(self) -> None:
        for rule in RULES:
            assert len(rule.explanation.splitlines()[0]) > 20
            assert rule.explanation.splitlines()[0].endswith((".", ":"))


def test_a_policy_may_count_the_macro_alone() -> None:
    strict = POLICY._replace(flags=())
    by_flags, by_macro = PackageFacts(opt_in=True), PackageFacts(opt_in=True, declared=True)
    for policy, package, expected in (
        (POLICY, by_flags, "slim-despite-opt-in"),
        (strict, by_flags, "slim-object"),
        (strict, by_macro, "slim-despite-opt-in"),
    ):
        target = Target("/root", TargetType.TREE, package, iter([item(Kind.SLIM, GIMPLE)]))
        kept = Kept()
        push([target], policy, kept)
        assert [finding.rule for finding in findings(kept.judged)] == [expected]


class TestExemptions:
    @pytest.mark.parametrize(
        ("path", "machine"),
        [
            ("/usr/lib/clc/x.bc", "x86_64"),
            ("/x.o", "amdgcn"),
            ("/x.o", "nvptx64"),
            ("/x.o", "spir64"),
            ("/x.o", "spirv64"),
        ],
    )
    def test_bitcode_on_purpose(self, path: str, machine: str) -> None:
        what = ObjectItem(
            path, None, None, ObjectFacts("bitcode", machine, Kind.SLIM, because("x"), bytecode=(BITCODE,))
        )
        (entry,) = judged([what])
        assert entry.findings == ()
        assert entry.exempt

    def test_an_archive_is_none_by_its_name(self) -> None:
        what = ObjectItem(
            "/usr/lib/libx.bc", "x.o", 0, ObjectFacts("bitcode", "x86_64", Kind.SLIM, because("x"), bytecode=(BITCODE,))
        )
        assert rules(what) == {"slim-object": ERROR}

    def test_all_patterns_must_match(self) -> None:
        entry = Exemption("x", machine=Pattern("arm*"), form=Pattern("gimple"))
        policy = POLICY._replace(exempt=(entry,))
        assert rules(item(Kind.SLIM, GIMPLE, machine="arm"), policy) == {}
        assert rules(item(Kind.SLIM, GIMPLE, machine="avr"), policy) == {"slim-object": ERROR}
        assert rules(item(Kind.SLIM, BITCODE, machine="arm"), policy) == {"slim-object": ERROR}


def waiver(path: str = "/usr/lib64/*", rule: str = "slim-object", **more: object) -> Waiver:
    return Waiver("known", Pattern(path), rule, where="policy.toml")._replace(**more)  # type: ignore[arg-type]


class TestWaivers:
    def run(self, *waivers: Waiver, path: str = "/usr/lib64/libx.a") -> tuple[Judge, list[Finding], list[str]]:
        judge = Judge(POLICY._replace(waivers=waivers), TODAY)
        found = findings(judged([item(Kind.SLIM, GIMPLE, path=path)], judge=judge))
        return judge, found, [finding.rule for finding in judge.leftovers()]

    def test_waived_findings_stay_visible_and_do_not_count(self) -> None:
        judge, (finding,), left = self.run(waiver())
        assert finding.waived == "known"
        assert judge.exit_code(Severity.NOTE) is ExitCode.OK
        assert judge.summary.waived == 1
        assert judge.summary.errors == 0
        assert left == []

    def test_other_rule_or_path(self) -> None:
        for other in (waiver(rule="hollow-object"), waiver(path="/usr/lib/*")):
            judge, (finding,), _ = self.run(other)
            assert finding.waived is None
            assert judge.exit_code(Severity.ERROR) is ExitCode.FINDINGS

    def test_past_its_date(self) -> None:
        judge, (finding,), left = self.run(waiver(expires=date(2026, 11, 19)))
        assert finding.waived is None
        assert left == ["expired-waiver"]
        assert judge.summary.errors == 2
        _, (finding,), left = self.run(waiver(expires=TODAY))
        assert finding.waived == "known"
        assert left == []

    def test_unused_when_the_file_was_seen_and_is_sound(self) -> None:
        judge = Judge(POLICY._replace(waivers=(waiver(),)), TODAY)
        judged([item(Kind.NATIVE)], judge=judge)
        (finding,) = judge.leftovers()
        assert (finding.rule, finding.path) == ("unused-waiver", "policy.toml")

    def test_policy_covers_many_packages_so_unseen_files_say_nothing(self) -> None:
        assert self.run(waiver(path="/usr/lib/other.a"))[2] == []

    def test_package_own_waiver_must_match(self) -> None:
        assert self.run(waiver(path="/usr/lib/other.a", is_package_own=True))[2] == ["unused-waiver"]

    def test_first_that_fits_but_is_expired_does_not_hide_the_second(self) -> None:
        _, (finding,), left = self.run(waiver(expires=date(2020, 1, 1)), waiver(reason="still good"))
        assert finding.waived == "still good"
        assert left == ["expired-waiver"]

    @pytest.mark.parametrize(
        ("package", "arch", "waives"),
        [
            ("foo", None, True),
            ("foo-devel", None, True),
            ("foo*", "x86*", True),
            (None, "x86_64", True),
            ("bar", None, False),
            ("foo", "s390x", False),
            ("foo-devel-1.0-1.x86_64", None, False),
        ],
    )
    @pytest.mark.parametrize(
        "facts",
        [
            PackageFacts("foo-devel-1:1.0-1.x86_64", "foo", "x86_64"),
            PackageFacts("foo-devel", "foo", "x86_64"),
        ],
        ids=["package", "build-root"],
    )
    def test_for_a_package_or_an_architecture(
        self, package: str | None, arch: str | None, waives: bool, facts: PackageFacts
    ) -> None:
        own = waiver(package=package and Pattern(package), arch=arch and Pattern(arch))
        judge = Judge(POLICY._replace(waivers=(own,)), TODAY)
        target = Target("x", TargetType.RPM, facts, iter([item(Kind.SLIM, GIMPLE, path="/usr/lib64/libx.a")]))
        (finding,) = findings(judge.judge(target))
        assert (finding.waived == "known") is waives
        assert judge.leftovers() == ()

    @pytest.mark.parametrize("path", ["/usr/lib64/lib{}.a", "/usr/lib64/lib{}/*", "*/lib{}.a", "/usr/lib64/*/lib{}.*"])
    def test_many_cost_little_for_each_file(self, path: str) -> None:
        many = tuple(waiver(path.format(number)) for number in range(5_000))
        judge = Judge(POLICY._replace(waivers=many), TODAY)
        files = [item(Kind.NATIVE, path=f"/usr/lib64/file{number}.o") for number in range(2_000)]
        start = time.process_time()
        judged([*files, item(Kind.SLIM, GIMPLE, path="/usr/lib64/x/lib77.a")], judge=judge)
        assert time.process_time() - start < 1.5
        assert judge.summary.waived == (path in {"*/lib{}.a", "/usr/lib64/*/lib{}.*"})

    def test_one_of_another_package_is_not_unused(self) -> None:
        judge = Judge(POLICY._replace(waivers=(waiver(package=Pattern("foo")),)), TODAY)
        for name, unused in (("bar", 0), ("foo", 1)):
            facts = PackageFacts(f"{name}-1-1.x86_64", name, "x86_64")
            list(judge.judge(Target("x", TargetType.RPM, facts, iter([item(Kind.NATIVE, path="/usr/lib64/libx.a")]))))
            assert len(judge.leftovers()) == unused

    def test_unreadable_can_be_waived(self) -> None:
        judge = Judge(POLICY._replace(waivers=(waiver(rule="*"),)), TODAY)
        judged([item(Kind.UNREADABLE)], judge=judge)
        assert judge.exit_code(Severity.ERROR) is ExitCode.OK


def test_everything_is_counted() -> None:
    judge = Judge(POLICY, TODAY)
    broken = item(Kind.UNREADABLE, obstacle=Obstacle.MALFORMED)
    native = Members("/usr/lib64/liby.a", 0, ("a.o", "b.o"), facts(Kind.NATIVE))
    slim = Members("/usr/lib64/liby.a", 2, ("c.o", "d.o", "e.o"), facts(Kind.SLIM, GIMPLE))
    lost = Unavailable(Obstacle.TRUNCATED, "it is cut off")
    judged([item(Kind.NATIVE), broken, FileCount(3), archive(), native, slim, FileCount(4), lost], judge=judge)
    summary = judge.summary
    assert (summary.objects, summary.archives, summary.other_files, summary.unreadable) == (7, 1, 7, 2)
    assert summary.kinds == {Kind.NATIVE: 3, Kind.UNREADABLE: 1, Kind.SLIM: 3}
    assert (summary.errors, summary.warnings, summary.notes) == (5, 0, 0)


@pytest.mark.parametrize("severity", [Severity.NOTE, Severity.WARNING, Severity.ERROR])
def test_findings_are_counted_by_severity(severity: Severity) -> None:
    judge = Judge(POLICY._replace(rules={**POLICY.rules, "slim-object": severity}), TODAY)
    judged([item(Kind.SLIM, GIMPLE)], judge=judge)
    counts = {
        Severity.NOTE: judge.summary.notes,
        Severity.WARNING: judge.summary.warnings,
        Severity.ERROR: judge.summary.errors,
    }
    assert counts == {**dict.fromkeys(counts, 0), severity: 1}


@pytest.mark.parametrize("kind", [Kind.NATIVE, Kind.SLIM])
def test_a_waiver_for_members_was_of_use_or_its_file_was_looked_at(kind: Kind) -> None:
    """Members that no rule says anything about are judged as one, and are looked at all the same."""
    waivers = tuple(Waiver("because", Pattern(path)) for path in ("*/liby.a", "*/libz.a"))
    judge = Judge(POLICY._replace(waivers=waivers), TODAY)
    judged([Members("/usr/lib64/liby.a", 0, ("a.o", "b.o"), facts(kind))], judge=judge)
    assert [finding.rule for finding in judge.leftovers()] == ["unused-waiver"] * (kind is Kind.NATIVE)


def test_members_are_matched_as_parts_of_an_archive() -> None:
    for names in (("a.o",), ("a.o", "b.o")):
        assert subject_of(Members("/usr/lib64/liby.a", 0, names, facts(Kind.SLIM, GIMPLE))) == (
            *("/usr/lib64/liby.a", "a.o", "ar"),
            *(("x86_64",), ("gimple",)),
        )


def test_sections_are_named_one_after_the_other() -> None:
    (finding,) = findings(judged([item(Kind.NATIVE, ctors=(".ctors", ".dtors"))]))
    assert text_of(finding.message) == "has .ctors, .dtors, whose functions LLD never runs"


@pytest.mark.parametrize("kind", TargetType)
def test_a_place_that_cannot_be_read_is_said_once(kind: TargetType) -> None:
    target = Target("x", kind, PackageFacts(), iter([Unavailable(Obstacle.TRUNCATED, "it is cut off")]))
    rule = "unreadable-repository" if kind is TargetType.REPOSITORY else "unreadable-package"
    expected = [] if kind is TargetType.SPEC else [rule]
    assert [finding.rule for finding in findings(Judge(POLICY, TODAY).judge(target))] == expected


class TestExitCode:
    def code(self, *items: Item, fail_on: Severity | None = Severity.ERROR, policy: Policy = POLICY) -> ExitCode:
        judge = Judge(policy, TODAY)
        judged(items, judge=judge)
        return judge.exit_code(fail_on)

    def test_table(self) -> None:
        slim, ctors = item(Kind.SLIM, GIMPLE), item(Kind.NATIVE, ctors=(".ctors",))
        broken = item(Kind.UNREADABLE)
        assert self.code(item(Kind.NATIVE)) == 0
        assert self.code(slim) == 1
        assert self.code(slim, fail_on=None) == 0
        assert self.code(ctors) == 0
        assert self.code(ctors, fail_on=Severity.WARNING) == 1
        assert self.code(slim, broken) == 3
        assert self.code(broken, fail_on=None) == 3
        assert self.code(broken, policy=POLICY._replace(rules={**POLICY.rules, "unreadable-object": Severity.OFF})) == 0


KINDS = st.sampled_from([kind for kind in Kind if kind is not Kind.NONE])
OBJECTS = st.lists(
    st.builds(
        lambda kind, code, path, empty: ObjectItem(path, None, None, facts(kind, *code, empty=empty)),
        KINDS,
        st.lists(st.sampled_from([GIMPLE, BITCODE, EMBEDDED]), max_size=2),
        st.text(max_size=8),
        st.booleans(),
    ),
    max_size=12,
)


@given(OBJECTS, st.booleans(), st.sampled_from(Stage))
def test_waiving_everything_yields_clean(items: list[ObjectItem], opt_in: bool, stage: Stage) -> None:
    judge = Judge(POLICY._replace(waivers=(waiver("*", "*"),)), TODAY)
    judged(items, package=PackageFacts(opt_in=opt_in, stage=stage), judge=judge)
    assert judge.exit_code(Severity.WARNING) is ExitCode.OK


@given(OBJECTS, st.dictionaries(st.sampled_from(sorted(POLICY.rules)), st.sampled_from(Severity)))
def test_no_policy_makes_a_fact_disappear(items: list[ObjectItem], changed: dict[str, Severity]) -> None:
    judge = Judge(POLICY._replace(rules={**POLICY.rules, **changed}), TODAY)
    assert [entry.item for entry in judged(items, judge=judge) if entry.item] == items
    assert judge.summary.objects == len(items)
    assert sum(judge.summary.kinds.values()) == len(items)
