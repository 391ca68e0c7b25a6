# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of a package is judged like the package itself."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from checker.audit.facts import recorded, replayed
from checker.errors import Obstacle, Unavailable
from checker.judging.judge import Judge
from checker.judging.policy import Policy, load_policy
from checker.limits import Limits
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    FileCount,
    Finding,
    Form,
    Index,
    Item,
    Kind,
    Members,
    ObjectFacts,
    ObjectItem,
    Omission,
    PackageFacts,
    Stage,
    Summary,
    Target,
    TargetType,
)
from checker.model.statements import Reason, Statement
from checker.packages.options import PackageOptions
from checker.packages.package import package_at
from checker.shipped import shipped_policies
from tests.factories import because
from tests.toolbox import ROOT

NAMES = st.text(st.characters(codec="utf-8") | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=20)
CODES = st.builds(
    Bytecode, st.sampled_from(Form), st.sampled_from(["gcc", "llvm"]), st.none() | NAMES, st.integers(0, 1 << 40)
)
FEW_NAMES = st.lists(NAMES, max_size=2).map(tuple)
REASONS = st.builds(
    Statement, st.sampled_from(Reason), st.lists(st.tuples(NAMES, NAMES | st.integers(0, 9)), max_size=2).map(tuple)
)
OBJECT_FACTS = st.builds(
    ObjectFacts,
    format=st.sampled_from(["elf", "coff", "go"]),
    machine=st.none() | st.sampled_from(["x86_64", "avr"]),
    kind=st.sampled_from([kind for kind in Kind if kind is not Kind.NONE]),
    reasons=st.lists(REASONS, max_size=2).map(tuple),
    empty=st.sampled_from([True, False, None]),
    partial=st.booleans(),
    bytecode=st.lists(CODES, max_size=2).map(tuple),
    bare=st.booleans(),
    ctors=FEW_NAMES,
    marked=st.booleans(),
    joined=st.booleans(),
    nameless=st.booleans(),
    compiler=st.none() | NAMES,
    obstacle=st.none() | st.sampled_from(Obstacle),
)
KINDS = st.lists(st.tuples(st.sampled_from(Kind), st.integers(1, 9)), max_size=3).map(tuple)
ARCHIVE_FACTS = st.builds(
    ArchiveFacts,
    kind=st.sampled_from(Kind),
    members=st.integers(0, 9),
    kinds=KINDS,
    symbol_index=st.sampled_from(Index),
    thin=st.booleans(),
    formats=FEW_NAMES,
    machines=FEW_NAMES,
    versions=FEW_NAMES,
    bare=st.integers(0, 9),
    nameless=st.integers(0, 9),
    compiler=st.none() | NAMES,
)
COUNTS = st.integers(0, 1 << 40)
ITEMS = st.one_of(
    st.builds(ObjectItem, NAMES, st.none() | NAMES, st.none() | st.integers(0, 9), OBJECT_FACTS),
    st.builds(ArchiveItem, NAMES, st.none() | NAMES, ARCHIVE_FACTS),
    st.builds(FileCount, COUNTS, st.lists(st.tuples(st.sampled_from(Omission), COUNTS), max_size=3).map(tuple)),
    st.builds(Unavailable, st.sampled_from(Obstacle), NAMES),
)
PACKAGES = st.builds(
    PackageFacts,
    name=NAMES,
    source=NAMES,
    arch=NAMES,
    opt_in=st.booleans(),
    opt_in_evidence=FEW_NAMES,
    declared=st.booleans(),
    flags=st.sampled_from([None, "fat", "slim", "none"]),
    built=st.none() | st.integers(0, 1 << 40),
    stage=st.sampled_from(Stage),
    kinds=st.just(()),
    unread=st.none(),
)


def target_of(package: PackageFacts, items: list[Item]) -> Target:
    return Target("x.rpm", TargetType.RPM, package, iter(items))


def each(items: Iterable[Item]) -> list[Item]:
    """The items, with members one by one."""
    return [one for item in items for one in (item.each() if isinstance(item, Members) else (item,))]


RUNS = st.builds(
    lambda path, names, facts: [ObjectItem(path, name, place, facts) for place, name in enumerate(names)],
    NAMES,
    st.lists(NAMES, min_size=1, max_size=5),
    OBJECT_FACTS,
)
CONTENTS = st.lists(st.one_of(ITEMS.map(lambda item: [item]), RUNS), max_size=12).map(
    lambda parts: [item for part in parts for item in part]
)


@given(PACKAGES, CONTENTS)
@settings(deadline=None)
def test_what_is_replayed_is_what_was_recorded(package: PackageFacts, items: list[Item]) -> None:
    again = replayed(recorded(target_of(package, items)), "x.rpm")
    assert again.package == package
    assert each(again.items) == items


def test_members_that_share_their_facts_are_one_item() -> None:
    facts = ObjectFacts("elf", "x86_64", Kind.NATIVE, because("native"))
    items: list[Item] = [ObjectItem("a.a", f"{number}.o", number, facts) for number in range(1000)]
    assert len(list(replayed(recorded(target_of(PackageFacts(), items)), "x.rpm").items)) == 1


POLICIES = [load_policy(name) for name in shipped_policies()]


def judged(policy: Policy, target: Target) -> tuple[Summary, list[Finding]]:
    judge = Judge(policy, date(2026, 1, 1))
    findings = [finding for entry in judge.judge(target) for finding in entry.findings]
    return judge.summary, findings


@given(PACKAGES, CONTENTS)
@settings(deadline=None)
def test_any_policy_finds_the_same_in_a_package_and_in_what_is_kept_of_it(
    package: PackageFacts, items: list[Item]
) -> None:
    record = recorded(target_of(package, items))
    for policy in POLICIES:
        kept = judged(policy, replayed(record, "x.rpm"))
        assert kept == judged(policy, target_of(package, items)), policy.name


def test_scan_and_audit_find_the_same_in_real_packages() -> None:
    """No finding of a member is lost and none counts twice, although an audit keeps equal neighbours together."""
    options = PackageOptions(thorough=True)
    errors: Counter[str] = Counter()
    for file in sorted((ROOT / "fixtures/packages").glob("*.rpm")):
        target = package_at(str(file), options)
        items = list(target.items)
        if any(isinstance(item, Unavailable) for item in items):
            continue  # of such a package an audit keeps why, and no facts
        record = recorded(target._replace(items=iter(items)))
        for policy in POLICIES:
            summary, findings = judged(policy, target._replace(items=iter(items)))
            assert judged(policy, replayed(record, str(file))) == (summary, findings)
            errors[policy.name] += summary.errors
    assert all(errors[policy.name] for policy in POLICIES)


def test_many_different_facts_need_no_memory() -> None:
    items: list[Item] = [
        ObjectItem("a.a", f"{number}.o", number, ObjectFacts("elf", "x86_64", Kind.SLIM, because(f"{number % 7}")))
        for number in range(50)
    ]
    assert list(replayed(recorded(target_of(PackageFacts(), items), Limits(fact_groups=3)), "x.rpm").items) == items
