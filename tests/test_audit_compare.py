# SPDX-License-Identifier: GPL-2.0-or-later
"""Which findings of two audits are the same."""

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
from checker.transition.compare import Before, Comparison
from tests.factories import push

SLIM = ObjectFacts("elf", "x86_64", Kind.SLIM, "slim")
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
    """What became of each finding, the fixed ones last."""

    def __init__(self) -> None:
        self.seen: list[tuple[Change | None, str]] = []

    def item(self, judged: Judged) -> None:
        self.seen += [(one.change, one.path) for one in judged.findings]

    def fixed(self, target: Target, findings: tuple[Finding, ...]) -> None:
        self.seen += [(one.change, one.path) for one in findings]


def changes(before: list[Target], after: list[Target]) -> list[tuple[Change | None, str]]:
    older, found = Before(), Changes()
    push(before, FEDORA, older)
    push(after, FEDORA, Comparison(older, found))
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
    assert [change for change, _ in changes([before], [after])] == [Change.NEW, Change.FIXED]


def test_a_package_that_went_is_fixed() -> None:
    assert changes([rpm("/a.o")], []) == [(Change.FIXED, "/a.o")]


def test_nothing_is_fixed_that_is_only_out_of_sight() -> None:
    unread = Unavailable(Obstacle.INACCESSIBLE, "is gone")
    assert changes([rpm("/a.o")], [rpm(version="1.3", unread=unread)])[1:] == []
    assert [change for change, _ in changes([rpm("/a.o"), rpm("/b.o", name="bar")], [repository(), rpm()])] == [
        Change.NEW, Change.FIXED
    ]  # fmt: skip


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
