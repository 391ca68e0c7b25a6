# SPDX-License-Identifier: GPL-2.0-or-later
"""Which findings of two audits are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from checker.errors import Obstacle, Unavailable
from checker.judging.policy import load_policy
from checker.judging.stream import Sink
from checker.model import (
    Change,
    Finding,
    Item,
    Judged,
    Kind,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Target,
    TargetType,
)
from checker.model.audits import Reach, Scope
from checker.transition.compare import AuditComparison, Before
from checker.transition.scope import Coverage, key_of
from tests.factories import because, push

SLIM = ObjectFacts("elf", "x86_64", Kind.SLIM, because("slim"))
FEDORA = load_policy("fedora")


def rpm(
    *paths: str,
    version: str = "1.2.3",
    name: str = "foo-devel",
    arch: str = "x86_64",
    unread: Unavailable | None = None,
) -> Target:
    nevra = f"{name}-{version}-1.{arch}"
    items: list[Item] = [ObjectItem(path, "a.o", 0, SLIM) for path in paths]
    place = f"/repo/{nevra}.rpm"
    if unread:
        return Target(place, TargetType.RPM, PackageFacts(), iter([unread]))
    return Target(place, TargetType.RPM, PackageFacts(nevra, "foo", arch), iter(items))


def repository() -> Target:
    unread = Unavailable(Obstacle.ALTERED, "was altered")
    return Target("/repo", TargetType.REPOSITORY, PackageFacts(), iter([unread]))


class Changes(Sink):
    """What became of each finding, what the older audit alone found last."""

    def __init__(self) -> None:
        self.seen: list[tuple[Change | None, str]] = []

    def item(self, judged: Judged) -> None:
        self.seen += [(one.change, one.path) for one in judged.findings]

    def missing(self, target: Target, findings: tuple[Finding, ...]) -> None:
        self.seen += [(one.change, one.path) for one in findings]


HERE = "/repo"


def coverage(
    targets: Iterable[Target] = (),
    *others: str,
    scope: Scope = Scope(),  # noqa: B008 a constant
    repositories: Mapping[str, str] | None = None,
) -> Coverage:
    """What an audit covers: these packages, others without objects, and repositories with their architectures."""
    arches = repositories or {HERE: "x86_64 i686"}
    place = next(iter(arches))
    keys = {key_of(target): place for target in targets} | dict.fromkeys(others, place)
    unread = {target.path for target in targets if target.type is TargetType.REPOSITORY}
    listed = {location: frozenset(words.split()) for location, words in arches.items()}
    return Coverage(scope, keys | {location: location for location in arches}, listed, frozenset(unread))


def changes(
    before: list[Target], after: list[Target], older: Coverage | None = None, newer: Coverage | None = None
) -> list[tuple[Change | None, str]]:
    kept, found = Before(), Changes()
    comparison = AuditComparison(kept, found, older or coverage(before), newer or coverage(after))
    push(before, FEDORA, kept)
    push(after, FEDORA, comparison)
    return found.seen


def test_new_remaining_and_fixed() -> None:
    assert changes([rpm("/a.o", "/b.o")], [rpm("/b.o", "/c.o", version="1.3")]) == [
        (Change.REMAINING, "/b.o"), (Change.NEW, "/c.o"), (Change.FIXED, "/a.o")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("1.2.3", "/usr/lib/libfoo-1.2.3.a"), ("1.3.0", "/usr/lib/libfoo-1.3.0.a")),
        (("1.2.3", "/usr/lib/foo-1.2/libfoo.a"), ("1.3.0", "/usr/lib/foo-1.3/libfoo.a")),
        (("12.2.1", "/usr/lib/gcc/x86_64-linux/12/libgcc.a"), ("13.1.0", "/usr/lib/gcc/x86_64-linux/13/libgcc.a")),
        (("3:1.2~rc1", "/usr/lib/libfoo1.2.a"), ("3:1.3^git5", "/usr/lib/libfoo1.3.a")),
        (("1.2.3", "/usr/lib64/libfoo.a"), ("2", "/usr/lib64/libfoo.a")),
    ],
)
def test_the_version_of_the_package_is_no_difference(before: tuple[str, str], after: tuple[str, str]) -> None:
    found = changes([rpm(before[1], version=before[0])], [rpm(after[1], version=after[0])])
    assert found == [(Change.REMAINING, after[1])]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (rpm("/usr/lib/libfoo1.a"), rpm("/usr/lib/libfoo2.a")),
        (rpm("/usr/lib/libfoo-4.1.a"), rpm("/usr/lib/libfoo-4.2.a", version="1.3")),
        (rpm("/x.o", arch="x86_64"), rpm("/x.o", arch="i686")),
        (rpm("/x.o"), rpm("/x.o", name="bar-devel")),
        (rpm("/usr/lib/21.2.3/x.o"), rpm("/usr/lib/1.2.3/x.o")),
    ],
)
def test_everything_else_is(before: Target, after: Target) -> None:
    is_same_package = key_of(before) == key_of(after)
    fate = Change.FIXED if is_same_package else Change.GONE
    assert [change for change, _ in changes([before], [after])] == [Change.NEW, fate]


def test_a_package_that_went_was_not_repaired() -> None:
    assert changes([rpm("/a.o")], []) == [(Change.GONE, "/a.o")]


def test_a_package_that_ships_no_object_any_more_was_repaired() -> None:
    assert changes([rpm("/a.o")], [], newer=coverage([], "foo-devel.x86_64")) == [(Change.FIXED, "/a.o")]


def test_nothing_is_fixed_that_could_not_be_read() -> None:
    unread = Unavailable(Obstacle.INACCESSIBLE, "is gone")
    assert changes([rpm("/a.o")], [rpm(version="1.3", unread=unread)])[1:] == [(Change.OUT_OF_SCOPE, "/a.o")]
    assert [change for change, _ in changes([rpm("/a.o"), rpm("/b.o", name="bar")], [repository(), rpm()])] == [
        Change.NEW, Change.FIXED, Change.OUT_OF_SCOPE
    ]  # fmt: skip


OLD, NEXT = "/f44", "/f45"


@pytest.mark.parametrize(
    ("older", "newer", "fate"),
    [
        # The same place, and all architectures were asked for.
        (coverage([rpm()]), coverage(), Change.GONE),
        # Not asked for this architecture, or for it alone.
        (coverage([rpm()]), coverage(scope=Scope(("aarch64", "noarch"))), Change.OUT_OF_SCOPE),
        (coverage([rpm()]), coverage(scope=Scope(("x86_64",))), Change.GONE),
        # One of two repositories is left, with the package or without.
        (coverage([rpm()], repositories={"/extra": "x86_64", HERE: "x86_64"}), coverage(), Change.OUT_OF_SCOPE),
        (coverage([rpm()], repositories={HERE: "x86_64", "/extra": "x86_64"}), coverage(), Change.GONE),
        # The next release lies elsewhere; it has this architecture, or has it not yet.
        (coverage([rpm()], repositories={OLD: "x86_64"}), coverage(repositories={NEXT: "x86_64"}), Change.GONE),
        (coverage([rpm()], repositories={OLD: "x86_64"}), coverage(repositories={NEXT: "s390x"}), Change.OUT_OF_SCOPE),
        # It could not be read.
        (
            coverage([rpm()], repositories={OLD: "x86_64"}),
            replace(coverage(repositories={NEXT: "x86_64"}), unread=frozenset({NEXT})),
            Change.OUT_OF_SCOPE,
        ),
    ],
)
def test_gone_is_what_would_have_been_seen(older: Coverage, newer: Coverage, fate: Change) -> None:
    assert changes([rpm("/a.o")], [], older, newer) == [(fate, "/a.o")]


def test_an_audit_that_looks_at_more_finds_nothing_new_there() -> None:
    wider = coverage([rpm()], repositories={NEXT: "x86_64", HERE: "i686"})
    before = coverage(repositories={HERE: "i686"})
    assert changes([], [rpm("/a.o")], before, wider) == [(Change.UNCOMPARED, "/a.o")]
    assert changes([], [rpm("/a.o")], coverage(), coverage([rpm()])) == [(Change.NEW, "/a.o")]


def test_what_only_a_closer_look_finds_is_neither_new_nor_fixed() -> None:
    close, usual = coverage([rpm()], scope=Scope(reach=Reach.THOROUGH)), coverage([rpm()])
    assert changes([rpm()], [rpm("/a.o", "/data")], usual, close) == [
        (Change.NEW, "/a.o"),
        (Change.UNCOMPARED, "/data"),
    ]
    assert changes([rpm("/a.o", "/data")], [rpm()], close, usual) == [
        (Change.FIXED, "/a.o"),
        (Change.OUT_OF_SCOPE, "/data"),
    ]


def test_a_package_that_stays_unreadable_is_nothing_new() -> None:
    def cut(version: str) -> Target:
        return rpm(version=version, unread=Unavailable(Obstacle.TRUNCATED, "is cut"))

    assert [change for change, _ in changes([cut("1.0")], [cut("1.1")])] == [Change.REMAINING]
    assert [change for change, _ in changes([cut("1.0")], [rpm(version="1.1")])] == [Change.FIXED]


@pytest.mark.parametrize("nevra", ["x", "", "a-b", "-1-1.x", f"a-{'1.' * 5000}-1.x", "a-\udcff-\n.x", "(-(1-1.x"])
def test_names_that_are_none(nevra: str) -> None:
    package = PackageFacts(nevra, "foo", "x86_64")
    target = [Target("/r", TargetType.RPM, package, iter([ObjectItem("/a.o", None, None, SLIM)])) for _ in range(2)]
    assert changes(target[:1], target[1:]) == [(Change.REMAINING, "/a.o")]
