# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.limits import LIMITS
from checker.model import Index, Kind
from checker.objects.source import BufferSource
from checker.objects.walk import walk
from checker.report.words import text_of_all
from tests.toolbox import FAT, NATIVE, SLIM, archive, archives_of, compiled, header, items_of, objects_of, packed, run


def test_archive_comes_after_its_members_with_their_sum(tmp_path: Path) -> None:
    flags = {"native": NATIVE, "fat": FAT, "slim": SLIM}
    members = [compiled(tmp_path, name, flags[name], f"int {name}(void) {{ return 1; }}\n") for name in flags]
    file = archive(tmp_path / "x.a", members)
    assert [(item.member, item.position, item.facts.kind) for item in objects_of(file)] == [
        ("native.o", 0, Kind.NATIVE),
        ("fat.o", 1, Kind.FAT),
        ("slim.o", 2, Kind.SLIM),
    ]
    (summary,) = archives_of(file)
    assert summary.facts.kind is Kind.SLIM
    assert summary.facts.members == 3
    assert dict(summary.facts.kinds) == {Kind.NATIVE: 1, Kind.FAT: 1, Kind.SLIM: 1}
    assert summary.facts.machines == ("x86_64",)
    assert len(summary.facts.versions) == 1
    assert summary.facts.symbol_index is Index.PRESENT


def test_equal_objects_share_one_fact(tmp_path: Path) -> None:
    members = [compiled(tmp_path, f"m{number}", NATIVE) for number in range(3)]
    facts = [item.facts for item in objects_of(archive(tmp_path / "x.a", members))]
    assert facts[0] is facts[1] is facts[2]


def test_archive_in_an_archive(tmp_path: Path) -> None:
    slim = compiled(tmp_path, "slim", SLIM)
    inner = archive(tmp_path / "inner.a", [slim])
    outer = archive(tmp_path / "outer.a", [inner, compiled(tmp_path, "native", NATIVE)])
    assert [(item.member, item.facts.kind) for item in objects_of(outer)] == [
        ("inner.a/slim.o", Kind.SLIM),
        ("native.o", Kind.NATIVE),
    ]
    inside, outside = archives_of(outer)
    assert (inside.member, inside.facts.kind, inside.facts.members) == ("inner.a", Kind.SLIM, 1)
    assert (outside.member, outside.facts.kind, outside.facts.members) == (None, Kind.SLIM, 2)


def test_archives_inside_archives_are_bounded() -> None:
    data = packed([(b"object", b"\x7fELF")])
    for _ in range(LIMITS.archive_depth * 4):
        data = packed([(b"inner.a", data)])
    (deepest,) = objects_of(data)
    assert deepest.facts.kind is Kind.UNREADABLE
    assert f"deeper than {LIMITS.archive_depth}" in text_of_all(deepest.facts.reasons)
    assert len(archives_of(data)) == LIMITS.archive_depth


def test_empty_archive() -> None:
    (summary,) = archives_of(b"!<arch>\n")
    assert (summary.facts.kind, summary.facts.members) == (Kind.NONE, 0)


def test_damage_is_told_after_the_members_before_it() -> None:
    data = packed([(b"a.txt", b"text")]) + b"garbage that is no header" * 4
    first, second = objects_of(data)
    assert first.facts.kind is Kind.OTHER
    assert second.facts.kind is Kind.UNREADABLE
    assert "at offset 72" in text_of_all(second.facts.reasons)
    assert archives_of(data)[0].facts.kind is Kind.UNREADABLE


class TestThin:
    def test_members_lie_beside_the_archive(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        compiled(tmp_path, "slim", SLIM)
        compiled(tmp_path / "sub", "native", NATIVE)
        run("ar", "rcsT", "x.a", "slim.o", "sub/native.o", cwd=tmp_path)
        file = tmp_path / "x.a"
        assert file.read_bytes().startswith(b"!<thin>")
        assert [(item.member, item.facts.kind) for item in objects_of(file)] == [
            ("slim.o", Kind.SLIM),
            ("sub/native.o", Kind.NATIVE),
        ]
        assert archives_of(file)[0].facts.thin

    @pytest.mark.parametrize("length", range(12, 19))
    def test_names_around_the_room_in_a_header(self, tmp_path: Path, length: int) -> None:
        name = "n" * (length - 2)
        compiled(tmp_path, name, NATIVE)
        run("ar", "rcsT", "x.a", f"{name}.o", cwd=tmp_path)
        assert [(item.member, item.facts.kind) for item in objects_of(tmp_path / "x.a")] == [(f"{name}.o", Kind.NATIVE)]

    def test_absolute_names_below_the_folder(self, tmp_path: Path) -> None:
        member = compiled(tmp_path, "slim", SLIM)
        (item,) = objects_of(archive(tmp_path / "x.a", [member], "rcsT"))
        assert item.member == str(member)
        assert item.facts.kind is Kind.SLIM

    def test_member_inside_a_named_archive(self, tmp_path: Path) -> None:
        members = [compiled(tmp_path, "native", NATIVE), compiled(tmp_path, "slim", SLIM)]
        inner = archive(tmp_path / "inner.a", members)
        run("ar", "rcsT", "outer.a", "inner.a", cwd=tmp_path)
        kinds = [item.facts.kind for item in objects_of(tmp_path / "outer.a")]
        assert inner.exists()
        assert kinds == [Kind.NATIVE, Kind.SLIM]

    def test_missing_member(self, tmp_path: Path) -> None:
        member = compiled(tmp_path, "slim", SLIM)
        run("ar", "rcsT", "x.a", "slim.o", cwd=tmp_path)
        member.unlink()
        (item,) = objects_of(tmp_path / "x.a")
        assert item.facts.kind is Kind.UNREADABLE
        assert "slim.o: No such file" in text_of_all(item.facts.reasons)

    @pytest.mark.parametrize("name", [b"../outside.o", b"/etc/passwd", b"sub/../../outside.o"])
    def test_never_outside(self, tmp_path: Path, name: bytes) -> None:
        compiled(tmp_path, "outside", SLIM)
        folder = tmp_path / "folder"
        folder.mkdir()
        table = name + b"/\n"
        table += b"\n" * (len(table) % 2)
        file = folder / "x.a"
        file.write_bytes(b"!<thin>\n" + header(b"//", len(table)) + table + header(b"/0", 100))
        (item,) = objects_of(file)
        assert "outside of the folder" in text_of_all(item.facts.reasons)

    def test_symbolic_link_beside_it_is_not_followed(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "link.o").symlink_to(compiled(tmp_path, "outside", SLIM))
        file = folder / "x.a"
        file.write_bytes(b"!<thin>\n" + header(b"link.o/", 100))
        assert objects_of(file)[0].facts.kind is Kind.UNREADABLE

    def test_loop_ends(self, tmp_path: Path) -> None:
        file = tmp_path / "x.a"
        file.write_bytes(b"!<thin>\n" + header(b"x.a/", 100) * 50)
        items = objects_of(file)
        assert len(items) == 50
        assert {item.facts.kind for item in items} == {Kind.OTHER}


NO_ARCHIVE = st.binary(max_size=64).filter(lambda data: not data.startswith((b"!<", b"<bigaf>")))
MEMBERS = st.lists(st.tuples(st.from_regex(rb"[a-z]{1,8}\.o", fullmatch=True), NO_ARCHIVE), max_size=12)


@given(MEMBERS)
def test_members_in_are_objects_out(members: list[tuple[bytes, bytes]]) -> None:
    items = objects_of(packed(members))
    assert [item.member for item in items] == [name.decode() for name, _ in members]
    assert archives_of(packed(members))[0].facts.members == len(members)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"!<arch>\n", b"!<thin>\n", b"\x7fELF\2\1\1", b"BC\xc0\xde", b"\x64\x86"]),
)
def test_random_bytes_raise_nothing(tail: bytes, magic: bytes) -> None:
    items_of(magic + tail)


def test_walk_is_lazy() -> None:
    """Members are judged as they are asked for: a report of a large archive begins at once."""

    class Counting(BufferSource):
        reads = 0

        def read(self, offset: int, length: int) -> bytes:
            type(self).reads += 1
            return super().read(offset, length)

    data = packed([(b"a.o", b"text")] * 1000)

    def nothing(name: str) -> None:
        raise AssertionError(name)

    next(walk("x", Counting(data), nothing))  # type: ignore[arg-type]
    assert Counting.reads < 20
