# SPDX-License-Identifier: GPL-2.0-or-later
"""What the audits of a store add up to is what each of them says alone."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.audit.rows import RunPackage
from checker.audit.store import Store
from checker.errors import Obstacle, Unavailable
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.limits import LIMITS
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    Form,
    Index,
    Item,
    Kind,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Target,
    TargetType,
)
from checker.model.audits import Need, Repository, Totals
from checker.transition.totals import NAMES, RUNS
from tests import factories
from tests.factories import TODAY, because, needs_of, stored
from tests.test_audit_facts import ITEMS, PACKAGES

FEDORA = load_policy("fedora")


def kept(folder: Path, *runs: Iterable[Target]) -> Path:
    return stored(folder / "store.db", *runs)


def totals_of(file: Path, run: str | None = None, since: str | None = None) -> Totals:
    with Store(file) as store:
        return factories.totals_of(store, store.run(run), store.run(since) if since else None, FEDORA)


def package(source: str, *items: Item, arch: str = "x86_64") -> Target:
    facts = PackageFacts(f"{source}-devel-1-1.{arch}", source, arch, flags="slim")
    return Target(f"{source}.{arch}.rpm", TargetType.RPM, facts, iter(items))


def item(kind: Kind, path: str = "/usr/lib64/a.o", compiler: str | None = None, *codes: Bytecode) -> ObjectItem:
    return factories.item(kind, *codes, path=path, member=None, compiler=compiler)


def gimple(size: int, version: str = "15.0") -> Bytecode:
    return Bytecode(Form.GIMPLE, "gcc", version, size)


@given(st.lists(st.lists(st.tuples(PACKAGES, st.lists(ITEMS, max_size=8)), max_size=4), min_size=1, max_size=3))
@settings(deadline=None, max_examples=40)
def test_every_audit_adds_up_to_what_it_says_alone(runs: list[list[tuple[PackageFacts, list[Item]]]]) -> None:
    """Equal packages at the same place in several audits are one package."""
    audits = (
        [Target(f"{number}.rpm", TargetType.RPM, package, iter(items)) for number, (package, items) in enumerate(run)]
        for run in runs
    )
    with TemporaryDirectory() as folder, Store(kept(Path(folder), *audits)) as store:
        found = factories.totals_of(store, store.run(), None, FEDORA)
        assert [point.number for point in found.trend] == [run.id for run in store.runs()]
        for run, point in zip(store.runs(), found.trend, strict=True):
            judge = Judge(FEDORA, TODAY)
            for target in store.targets(run):
                for _ in judge.judge(judge.counted_opt_in(target)):
                    pass
            summary = judge.summary
            assert (point.errors, point.warnings, point.notes, point.waived) == (
                summary.errors, summary.warnings, summary.notes, summary.waived
            )  # fmt: skip
            needs = needs_of(store.targets(run), FEDORA)
            assert point.opt_in_set == sum(source.need is Need.NEEDED for source in needs.sources)
            assert point.packages == store.count(run)
        assert found.run == found.trend[-1]
        assert found.opt_in_set == needs_of(store.targets(store.run()), FEDORA)
        by_arch: Counter[Kind] = Counter()
        for counts in found.kinds_by_arch.values():
            by_arch.update(counts)
        assert dict(by_arch) == summary.kinds
        linkable = sum(size for form, size in found.bytecode.items() if form is not Form.EMBEDDED)
        assert linkable == found.run.bytecode


def test_kinds_and_bytes_by_name(tmp_path: Path) -> None:
    whole = ArchiveFacts(
        Kind.FAT, 2, ((Kind.FAT, 1), (Kind.EMPTY, 1)), Index.PRESENT, compiler="GCC: (GNU) 15.1.1 2025"
    )
    members = (
        ObjectItem("/a.a", "1.o", 0, ObjectFacts("elf", "x86_64", Kind.FAT, because("so"), bytecode=(gimple(10),))),
        ObjectItem("/a.a", "2.o", 1, ObjectFacts("elf", "x86_64", Kind.EMPTY, because("so"))),
        ArchiveItem("/a.a", "inner.a", ArchiveFacts(Kind.NATIVE, 1, ((Kind.NATIVE, 1),), Index.PRESENT)),
        ArchiveItem("/a.a", None, whole),
    )
    embedded = Bytecode(Form.EMBEDDED, "llvm", None, 1000)
    found = totals_of(
        kept(
            tmp_path,
            [
                package("a", *members),
                package("b", item(Kind.SLIM, "/b.o", None, gimple(5, "14.2")), arch="s390x"),
                package("c", item(Kind.NATIVE, "/c.o", "rustc version 1.88.0 (6b00bc388)", embedded)),
            ],
        )
    )
    assert found.kinds_by_arch == {
        "x86_64": {Kind.FAT: 1, Kind.EMPTY: 1, Kind.NATIVE: 1},
        "s390x": {Kind.SLIM: 1},
    }
    assert found.kinds_by_compiler == {
        "GCC 15.1": {Kind.FAT: 1, Kind.EMPTY: 1},
        "no name": {Kind.SLIM: 1},
        "rustc 1.88": {Kind.NATIVE: 1},
    }
    assert found.producers == {
        "gcc 14.2": {Form.GIMPLE: 1},
        "gcc 15.0": {Form.GIMPLE: 1},
        "llvm": {Form.EMBEDDED: 1},
    }
    assert found.bytecode == {Form.EMBEDDED: 1000, Form.GIMPLE: 15}
    assert found.run.bytecode == 15


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("GCC: (GNU) 12.2.0", "GCC 12.2"),
        ("GCC: (SUSE Linux) 15.1.1 20250625 [revision abc]", "GCC 15.1"),
        ("clang version 20.1.3 (Fedora 20.1.3-1.fc43)", "clang 20.1"),
        ("Ubuntu clang version 14.0.0-1ubuntu1", "Ubuntu clang 14.0"),
        ("rustc version 1.70.0 (90c541806 2023-05-31)", "rustc 1.70"),
        ("GHC 9.0.2", "GHC 9.0"),
        ("ldc version 1.30.0", "ldc 1.30"),
        ("no number at all", "no number at all"),
        ("", ""),
    ],
)
def test_names_of_compilers(tmp_path: Path, text: str, short: str) -> None:
    found = totals_of(kept(tmp_path, [package("a", item(Kind.NATIVE, compiler=text))]))
    assert list(found.kinds_by_compiler) == [short]


def test_names_without_end_cost_neither_memory_nor_room(tmp_path: Path) -> None:
    count = LIMITS.versions * 3
    packages = [package("a", item(Kind.NATIVE), arch=f"arch{number:04}") for number in range(count)]
    rows = totals_of(kept(tmp_path, packages)).kinds_by_arch
    assert len(rows) == NAMES + 1
    assert list(rows)[-1] == "others"
    assert sum(counts[Kind.NATIVE] for counts in rows.values()) == count


def test_a_trend_ends_at_the_audit_and_is_not_endless(tmp_path: Path) -> None:
    file = kept(tmp_path, *([package("a", item(Kind.SLIM))] for _ in range(RUNS + 5)))
    assert [point.number for point in totals_of(file).trend] == list(range(6, RUNS + 6))
    assert [point.number for point in totals_of(file, run="3").trend] == [1, 2, 3]
    found = totals_of(file, run="3", since="30")
    assert found.since
    assert found.since.number == 30


def test_packages_and_repositories_that_could_not_be_read_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    repository = Repository("repo", {}, 0, 0, (("malformed", "is no XML"),))
    with Store(file, write=True) as store:
        store.add_run(None, 1, [repository], [RunPackage("x.rpm", None, Unavailable(Obstacle.TRUNCATED, "ends early"))])
    found = totals_of(file)
    assert found.run.errors == 2
    assert found.run.packages == 1


def test_a_policy_of_today_judges_the_whole_trend(tmp_path: Path) -> None:
    file = kept(tmp_path, [package("a", item(Kind.SLIM, "/a.o", None, gimple(3)))], [])
    off = FEDORA._replace(rules={**FEDORA.rules, "slim-object": type(FEDORA.rules["slim-object"]).NOTE})
    with Store(file) as store:
        found = factories.totals_of(store, store.run(), None, off)
    assert [(point.errors, point.notes) for point in found.trend] == [(0, 1), (0, 0)]
