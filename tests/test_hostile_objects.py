# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes that mean harm: nothing raises, nothing takes long, and nothing that is cut off passes for whole."""

import os
import resource
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.limits import LIMITS
from checker.model import ArchiveItem, Kind, ObjectItem
from checker.trees.tree import walk_file
from tests.toolbox import CODE, FAT, NATIVE, ROOT, SLIM, archive, compiled, header, items_of, objects_of, packed, run

MEGABYTE = 1 << 20
MEMORY = 256 * MEGABYTE
"""How much more memory a few megabytes of input may take at most."""

MAGICS = [
    b"",
    b"\x7fELF\x02\x01\x01",
    b"\x7fELF\x01\x02\x01",
    b"!<arch>\n",
    b"!<thin>\n",
    b"BC\xc0\xde",
    b"\xde\xc0\x17\x0b",
    b"\x64\x86",
]

SEEDS = sorted(
    file for file in (ROOT / "fixtures" / "corpus").rglob("*") if file.is_file() and file.stat().st_size < 20_000
)


def build_kinds(folder: Path) -> dict[str, bytes]:
    """A small file of every kind that is read in its own way."""
    objects = {
        name: compiled(folder, name, flags) for name, flags in (("native", NATIVE), ("slim", SLIM), ("fat", FAT))
    }
    objects["bitcode"] = compiled(folder, "bitcode", ("-O2", "-flto=thin"), compiler="clang")
    objects["coff"] = compiled(folder, "coff", FAT, CODE, compiler="x86_64-w64-mingw32-gcc")
    run("strip", "-p", "-R", ".gnu.lto_*", "-N", "__gnu_lto_v1", "-o", folder / "hollow.o", objects["slim"])
    objects["hollow"] = folder / "hollow.o"
    small = [objects["native"], objects["hollow"], compiled(folder, "a_member_with_a_long_name", NATIVE)]
    objects["archive"] = archive(folder / "x.a", small)
    objects["bsd"] = archive(folder / "bsd.a", small, "-rcs", "llvm-ar")
    return {name: file.read_bytes() for name, file in objects.items()}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build_kinds(tmp_path_factory.mktemp("kinds"))


@contextmanager
def limits(seconds: float, memory: int = MEMORY) -> Iterator[None]:
    """Fail when the processor time or the growth of memory goes beyond a bound, which is generous."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + memory, before[1]))
    start = time.process_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert time.process_time() - start < seconds


def address_space() -> int:
    """What this process has mapped, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


ELVES = ("native", "slim", "fat", "hollow")
ARCHIVES = ("archive", "bsd")


@pytest.mark.parametrize("name", [*ELVES, "coff"])
def test_an_object_cut_anywhere_is_not_taken_for_whole(name: str, kinds: dict[str, bytes]) -> None:
    data = kinds[name]
    whole = objects_of(data)[0].facts
    # A COFF header has no magic number: only a section behind it shows that the file is an object.
    known_from = 20 + 40 if name == "coff" else 64
    for length in range(len(data)):
        (item,) = objects_of(data[:length])
        # GNU as writes ELF's section table last; of COFF the string table is last, whose end may be padding.
        assert item.facts.kind in (Kind.UNREADABLE, Kind.OTHER) or (name == "coff" and item.facts == whole), length
        assert item.facts.kind is not Kind.OTHER or length < known_from, length


def test_bitcode_cut_anywhere_never_raises(kinds: dict[str, bytes]) -> None:
    data = kinds["bitcode"]
    for length in range(0, len(data), 4):
        (item,) = objects_of(data[:length])
        assert item.facts.kind in (Kind.SLIM, Kind.UNREADABLE, Kind.OTHER)


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_cut_between_members_is_short_and_elsewhere_unreadable(name: str, kinds: dict[str, bytes]) -> None:
    data = kinds[name]
    boundaries = set(member_boundaries(data))
    for length in range(8, len(data)):
        found = {item.facts.kind for item in objects_of(data[:length])}
        assert (Kind.UNREADABLE in found) == (length not in boundaries), length


def member_boundaries(data: bytes) -> Iterator[int]:
    """Where an archive may end: before each header, and after it when no padding byte is missing but the last."""
    position = 8
    while position < len(data):
        yield position
        end = position + 60 + int(data[position + 48 : position + 58])
        if end % 2:
            yield end  # GNU ar does without the padding at the end, too
        position = end + end % 2


@pytest.mark.parametrize("name", [*ELVES, "coff", "bitcode", *ARCHIVES])
def test_every_byte_may_be_anything(name: str, kinds: dict[str, bytes]) -> None:
    data = bytearray(kinds[name])
    step = 1 + len(data) // 2000
    for position in [*range(min(512, len(data))), *range(512, len(data), step)]:
        original = data[position]
        for value in {0, 0xFF, original ^ (1 << position % 8)}:
            data[position] = value
            assert items_of(bytes(data))
        data[position] = original


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_of_real_objects_never_raise(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(SEEDS), "seed").read_bytes()
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6), "changes")):
        position = data.draw(st.integers(0, max(0, len(changed) - 1)), "at")
        length = data.draw(st.integers(0, 64), "length")
        changed[position : position + length] = data.draw(st.binary(max_size=64), "by")
    assert items_of(bytes(changed))


@settings(max_examples=300, deadline=None)
@given(
    magic=st.sampled_from(MAGICS),
    rest=st.binary(max_size=400),
)
def test_random_bytes_never_raise(magic: bytes, rest: bytes) -> None:
    assert items_of(magic + rest)


class Crafted:
    """A 64-bit little-endian ELF object whose every number is given; sections are raw headers."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = body
        self.rows: list[bytes] = [bytes(64)]

    def add(
        self,
        name: int = 0,
        kind: int = 1,
        flags: int = 0,
        offset: int = 0,
        size: int = 0,
        link: int = 0,
        entry: int = 0,
    ) -> int:
        """Add a section header; returns its number. Offsets count from the body."""
        self.rows.append(struct.pack("<IIQQQQIIQQ", name, kind, flags, 0, 64 + offset, size, link, 0, 1, entry))
        return len(self.rows) - 1

    def data(self, count: int | None = None, names: int = 1, table: int | None = None, row_size: int = 64) -> bytes:
        """The file."""
        if count is None:
            count = len(self.rows)
            if count >= 0xFF00:  # SHN_LORESERVE: the first section header's size is the count then
                self.rows[0] = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, count, 0, 0, 0, 0)
                count = 0
        at = 64 + len(self.body) if table is None else table
        ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
        fields = struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, at, 0, 64, 0, 0, row_size, count, names)
        return ident + fields + self.body + b"".join(self.rows)


def kind_of(data: bytes) -> Kind:
    (item,) = objects_of(data)
    return item.facts.kind


def test_the_crafted_object_is_readable_as_long_as_nothing_is_wrong() -> None:
    crafted = Crafted(b"\0.names\0.text\0")
    crafted.add(name=1, kind=3, size=14)
    crafted.add(name=8, flags=2 | 4, size=4)
    assert kind_of(crafted.data()) is Kind.NATIVE


@pytest.mark.parametrize("count", [1 << 17, 1 << 20, (1 << 20) + 1, 1 << 32, (1 << 64) - 1])
def test_more_sections_than_there_are_bytes(count: int) -> None:
    crafted = Crafted(b"\0" * 64)
    crafted.add(kind=3, size=64)
    crafted.rows[0] = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, count, 1, 0, 0, 0)
    with limits(seconds=1):
        assert kind_of(crafted.data(count=0, names=0xFFFF)) is Kind.UNREADABLE


HUGE = [1 << 31, 1 << 32, 1 << 40, (1 << 63) - 1, (1 << 64) - 1]


@pytest.mark.parametrize("size", HUGE)
@pytest.mark.parametrize("what", ["names", "symbols", "strings", "table"])
def test_tables_past_the_end(what: str, size: int) -> None:
    crafted = Crafted(b"\0.gnu.lto_.decls\0".ljust(64, b"\0"))
    crafted.add(kind=3, size=size if what == "names" else 64)
    crafted.add(kind=2, size=size if what == "symbols" else 48, link=3, entry=24)
    crafted.add(kind=3, size=size if what == "strings" else 64)
    with limits(seconds=1):
        assert kind_of(crafted.data(table=size if what == "table" else None)) is Kind.UNREADABLE


@pytest.mark.parametrize("size", [*HUGE, 0, 7])
@pytest.mark.parametrize(
    "name", [b".gnu.lto_.lto.0", b".gnu.lto_.decls.0", b".gnu.lto_.symtab.0", b".llvm.lto", b".ctors"]
)
def test_sections_of_interest_past_the_end(name: bytes, size: int) -> None:
    crafted = Crafted((b"\0" + name + b"\0").ljust(64, b"\0"))
    crafted.add(kind=3, size=64)
    crafted.add(name=1, size=size)
    with limits(seconds=1):
        assert items_of(crafted.data())


@pytest.mark.parametrize("offset", [63, 64, 65, 1 << 31, (1 << 32) - 1])
def test_names_past_the_end(offset: int) -> None:
    crafted = Crafted(b"\0.llvm.lto".ljust(64, b"\xff"))
    crafted.add(kind=3, size=64)
    crafted.add(name=offset, size=4)
    assert items_of(crafted.data())


def test_names_in_a_section_that_is_not_there() -> None:
    crafted = Crafted(b"\0" * 64)
    crafted.add(kind=3, size=64)
    assert kind_of(crafted.data(names=2)) is Kind.UNREADABLE


@pytest.mark.parametrize("row_size", [0, 1, 40, 63, 65, 0xFFFF])
def test_section_headers_of_another_size(row_size: int) -> None:
    crafted = Crafted(b"\0" * 64)
    crafted.add(kind=3, size=64)
    assert kind_of(crafted.data(row_size=row_size)) is Kind.UNREADABLE


@pytest.mark.parametrize(
    "prefix", [b".gnu.lto_.", b".gnu.lto_f", b".note.", b".ctors", b".debug_", b".llvm.lto", b".rmeta"]
)
@pytest.mark.parametrize("flags", [0, 2])
@pytest.mark.parametrize("length", [MEGABYTE, LIMITS.section_names + 1])
def test_many_sections_with_endless_names(prefix: bytes, flags: int, length: int) -> None:
    starts = [prefix * (MEGABYTE // 2 // len(prefix)), b"x" * length]
    body = b"".join(starts)[:length]
    crafted = Crafted(body)
    crafted.add(kind=3, size=len(body))
    for number in range(100_000):
        crafted.add(name=number % 50_000 * len(prefix), flags=flags, size=1)
    with limits(seconds=10):
        assert items_of(crafted.data())


def test_many_sections_that_share_one_great_content() -> None:
    names = b"\0.gnu.lto_.symtab.0\0.gnu.lto_.decls.0\0.gnu.lto_.lto.0\0"
    crafted = Crafted(names.ljust(4 * MEGABYTE, b"\1"))
    crafted.add(kind=3, size=len(names))
    rows = [crafted.rows[crafted.add(name=names.index(part), size=3 * MEGABYTE)] for part in names.split(b"\0") if part]
    crafted.rows += rows * 5_000
    with limits(seconds=10):
        assert items_of(crafted.data())


def test_many_symbols_that_share_one_endless_name() -> None:
    strings = b"__gnu_lto_slim_not".ljust(MEGABYTE, b"x")
    symbol = struct.pack("<IBBHQQ", 0, 0x10, 0, 0xFFF2, 0, 0)
    crafted = Crafted(strings + symbol * 200_000)
    crafted.add(kind=3, size=MEGABYTE)
    crafted.add(kind=2, offset=MEGABYTE, size=len(symbol) * 200_000, link=1, entry=24)
    with limits(seconds=10):
        assert items_of(crafted.data())


def test_a_million_members(tmp_path: Path) -> None:
    file = tmp_path / "x.a"
    file.write_bytes(b"!<arch>\n" + header(b"x.o/", 0) * 1_000_000)
    with limits(seconds=60):
        last = None
        for item in walk_file(str(file)):
            last = item
    assert isinstance(last, ArchiveItem)
    assert last.facts.members == 1_000_000


@pytest.mark.parametrize("size", [b"4294967295", b"9999999999", b"-1", b"0x10", b"", b"1e9", b"\xc2\xb2", b"1 2"])
def test_members_larger_than_the_archive_or_of_no_size(size: bytes) -> None:
    (item,) = objects_of(b"!<arch>\n" + header(b"x.o/", size) + b"\0" * 32)
    assert item.facts.kind is Kind.UNREADABLE


@pytest.mark.parametrize(
    "name", [b"#1/9999999999", b"#1/0", b"#1/-1", b"#1/", b"/0", b"/99999999999999", b"/0:0", b"//"]
)
def test_names_that_lead_nowhere(name: bytes) -> None:
    with limits(seconds=1):
        assert items_of(b"!<arch>\n" + header(name, 4) + b"abcd" + header(name, 4) + b"abcd")


def test_long_names_without_an_end() -> None:
    table = b"n" * MEGABYTE
    members = header(b"/0", 0) * 100_000
    with limits(seconds=30, memory=2048 * MEGABYTE):
        found = items_of(b"!<arch>\n" + header(b"//", len(table)) + table + members)
    assert all(len(item.member or "") <= 4096 for item in found if isinstance(item, ObjectItem))


def test_indexes_that_promise_too_much() -> None:
    for field, count in ((b"/", b"\xff" * 4), (b"/SYM64/", b"\xff" * 8), (b"__.SYMDEF", b"\xff" * 4)):
        with limits(seconds=1):
            assert items_of(b"!<arch>\n" + header(field, 8) + count.ljust(8, b"\0"))


def test_an_archive_that_contains_the_beginning_of_itself() -> None:
    data = packed([(b"a", packed([(b"b", b"x")]))])
    for _ in range(64):
        data = packed([(b"a", data), (b"b", data[:200])])
        if len(data) > MEGABYTE:
            break
    with limits(seconds=30):
        assert Kind.UNREADABLE in {item.facts.kind for item in objects_of(data)}


def test_a_thin_archive_that_names_itself(tmp_path: Path) -> None:
    file = tmp_path / "self.a"
    names = b"self.a/\n"
    file.write_bytes(b"!<thin>\n" + header(b"//", len(names)) + names + header(b"/0", 100) + header(b"/0:8", 100))
    with limits(seconds=1):
        assert len(list(walk_file(str(file)))) >= 2


def test_two_thin_archives_that_name_each_other(tmp_path: Path) -> None:
    for name, other in (("one.a", b"two.a/\n"), ("two.a", b"one.a/\n")):
        table = other + b"\n" * (len(other) % 2)
        (tmp_path / name).write_bytes(b"!<thin>\n" + header(b"//", len(table)) + table + header(b"/0", 100))
    with limits(seconds=1):
        assert len(list(walk_file(str(tmp_path / "one.a")))) >= 2
