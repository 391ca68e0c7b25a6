# SPDX-License-Identifier: GPL-2.0-or-later
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.limits import LIMITS
from checker.model import Index
from checker.objects.ar import Archive, Member
from checker.objects.source import BufferSource, Malformed
from tests.toolbox import NATIVE, SLIM, archive, compiled, header, packed, run

LONG = "a_name_that_is_longer_than_a_header_has_room_for"


def read(data: bytes) -> tuple[Archive, list[Member]]:
    opened = Archive(BufferSource(data))
    return opened, list(opened.members())


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("ar")
    odd = folder / "odd"
    odd.write_bytes(b"seven b")
    return [
        compiled(folder, "short", NATIVE),
        compiled(folder, LONG, NATIVE),
        compiled(folder, "with space", NATIVE),
        odd,
    ]


@pytest.mark.parametrize(
    ("tool", "operation"),
    [
        ("ar", "rcs"),
        ("ar", "rcS"),
        ("llvm-ar", "rcs --format=gnu"),
        ("llvm-ar", "rcs --format=bsd"),
        ("llvm-ar", "rcs --format=darwin"),
    ],
)
def test_members_are_those_that_ar_extracts(inputs: list[Path], tmp_path: Path, tool: str, operation: str) -> None:
    file = tmp_path / "x.a"
    verb, *options = operation.split()
    run(tool, *options, verb, file, *inputs)
    data = file.read_bytes()
    opened, members = read(data)
    listed = [name for name in run("ar", "t", file).splitlines() if not name.startswith("__.SYMDEF")]
    assert [member.name.decode() for member in members] == listed
    for member, source in zip(members, inputs, strict=True):
        # Darwin's ar pads members to eight bytes, and counts the padding as theirs.
        found = data[member.offset : member.offset + member.size]
        assert found.rstrip(b"\n\0") == source.read_bytes().rstrip(b"\n\0")
    assert opened.index is (Index.MISSING if verb == "rcS" else Index.PRESENT)


def test_sym64_index(inputs: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "x.a"
    run("llvm-ar", "rcs", "--format=gnu", file, *inputs, env={"SYM64_THRESHOLD": "0"})
    assert b"/SYM64/" in file.read_bytes()[:24]
    opened, members = read(file.read_bytes())
    assert len(members) == len(inputs)
    assert opened.index is Index.PRESENT


def test_duplicate_names_are_members_of_their_own(inputs: list[Path], tmp_path: Path) -> None:
    file = archive(tmp_path / "x.a", [inputs[0], inputs[0]], "qcs")
    assert [member.name for member in read(file.read_bytes())[1]] == [b"short.o", b"short.o"]


def test_index_that_names_only_the_marker(tmp_path: Path) -> None:
    objects = [compiled(tmp_path, name, SLIM, f"int {name};\n") for name in ("one", "two")]
    file = archive(tmp_path / "x.a", objects, tool="llvm-ar")  # knows no GCC plugin, and so only the marker
    opened, _ = read(file.read_bytes())
    assert opened.index is Index.LTO_ONLY


def test_index_of_nothing(tmp_path: Path) -> None:
    opened, _ = read(packed([(b"", b"\0\0\0\0"), (b"a.o", b"data")]))
    assert opened.index is Index.EMPTY


def test_missing_final_pad_is_fine() -> None:
    data = packed([(b"a", b"odd")])
    assert len(read(data[:-1])[1]) == 1


@pytest.mark.parametrize("tail", [b"\n", b"\n\n\n"])
def test_trailing_newlines_are_fine(tail: bytes) -> None:
    assert len(read(packed([(b"a", b"even")]) + tail)[1]) == 1


def test_members_before_the_damage_are_given_out() -> None:
    good = packed([(b"a", b"1234")])
    archive_ = Archive(BufferSource(good + header(b"b/", 100) + b"too little"))
    members = archive_.members()
    assert next(members).name == b"a"
    with pytest.raises(Malformed, match="member of 100 bytes, the archive ends after 10") as caught:
        next(members)
    assert caught.value.offset == len(good)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"!<arch>\n" + header(b"a/", b"xx"), "expected a number"),
        (b"!<arch>\n" + header(b"a/", b""), "expected a number"),
        (b"!<arch>\n" + header(b"a/", b"-4"), "expected a number"),
        (b"!<arch>\n" + header(b"a/", 0)[:-2] + b"??", "no member header"),
        (b"!<arch>\n" + header(b"a/", 0)[:30], "cut off after 30 of 60"),
        (b"!<arch>\n" + header(b"/7", 0), "name at 7 of a name table of 0"),
        (b"!<arch>\n" + header(b"//", 4) + b"a.o\n" + header(b"/4", 0), "name at 4 of a name table of 4"),
        (b"!<arch>\n" + header(b"#1/99", 4) + b"abcd", "name of 99 bytes in a member of 4"),
        (b"!<arch>", "8 bytes wanted"),
        (b"?" + b"x" * 67, r"no archive magic \(at offset 0\)"),
    ],
)
def test_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(data)


def test_name_without_end_is_cut() -> None:
    table = b"x" * 100_000
    data = b"!<arch>\n" + header(b"//", len(table)) + table + header(b"/0", 0)
    assert len(read(data)[1][0].name) <= 4096


@given(st.lists(st.tuples(st.from_regex(rb"[a-z]{1,12}\.o", fullmatch=True), st.binary(max_size=40)), max_size=20))
def test_members_in_are_members_out(members: list[tuple[bytes, bytes]]) -> None:
    data = packed(members)
    found = [(member.name, data[member.offset : member.offset + member.size]) for member in read(data)[1]]
    assert found == members


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_malformed(tail: bytes) -> None:
    for magic in (b"!<arch>\n", b"!<thin>\n"):
        with suppress(Malformed):
            read(magic + tail)


def test_names_may_end_like_anything() -> None:
    assert [member.name for member in read(packed([]) + header(b"a!", 0) + header(b"b/", 0))[1]] == [b"a!", b"b"]


def test_a_second_table_is_a_member() -> None:
    tables = header(b"//", 4) + b"a/\nb"
    _, members = read(packed([]) + tables + tables + header(b"/0", 0))
    assert [member.name for member in members] == [b"//", b"a"]


def test_names_in_a_table_that_is_not_held_in_memory() -> None:
    table = b"first/\n" + b"x" * LIMITS.chunk + b"\nlast.o"
    assert len(table) % 2 == 0
    at = len(table) - len(b"last.o")
    _, members = read(packed([]) + header(b"//", len(table)) + table + header(b"/0", 0) + header(f"/{at}".encode(), 0))
    assert [member.name for member in members] == [b"first", b"last.o"]


def index(name: bytes, data: bytes) -> Index:
    opened, _ = read(packed([]) + header(name, len(data)) + data + header(b"a/", 0))
    return opened.index


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (b"main\0", Index.PRESENT),
        (b"__gnu_lto_slim\0", Index.LTO_ONLY),
        (b"_x___gnu_lto_slim\0__gnu_lto_slim\0", Index.LTO_ONLY),
        (b"__gnu_lto_slim\0main\0", Index.PRESENT),
        (b"__gnu_lto_slim\0main", Index.PRESENT),
        (b"__gnu_lto_slim\0main\0other\0", Index.PRESENT),
        (b"", Index.PRESENT),
    ],
)
def test_index_of_bsd_in_either_byte_order(order: str, names: bytes, expected: Index) -> None:
    names = names.ljust(-(-len(names) // 4) * 4, b"\0")
    place = 8 + 60 + 16 + len(names)
    assert index(b"__.SYMDEF", struct.pack(f"{order}4I", 8, 0, place, len(names)) + names) is expected


def test_index_of_gnu_to_its_last_byte() -> None:
    assert index(b"/", struct.pack(">2I", 1, 8 + 60 + 8)) is Index.PRESENT
    assert index(b"/", struct.pack(">2I", 1, 8 + 60 + 6)) is Index.WRONG
    assert index(b"/", struct.pack(">I", 2)) is Index.WRONG
    assert index(b"/", b"") is Index.EMPTY
    assert index(b"/", b"\0\0") is Index.EMPTY
