# SPDX-License-Identifier: GPL-2.0-or-later
"""What the engines once disagreed about, as small as it can be."""

import struct
from pathlib import Path

import pytest

from tests.engines.both import differences, hooks_agree, python_facts
from tests.toolbox import ROOT, header

WORD = 1 << 64
HALF = 1 << 63

NUMBERS = (b"2", b"   2", b"2\t\n\v\f\r", b"\v2", b"0000000002")
NO_NUMBERS = (b"", b"+2", b"-2", b"1_0", b"0x2", b"2.0", b"2e0", b"2\0", b"2 2", b"2`\n", b"\xc2\xb2", b"2\xa0")
TOO_LARGE = (b"3", b"9999999999")


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        *((digits, "") for digits in NUMBERS),
        *((digits, "expected a number") for digits in NO_NUMBERS),
        *((digits, "the archive ends after 2") for digits in TOO_LARGE),
    ],
)
def test_sizes_of_members(tmp_path: Path, digits: bytes, reason: str) -> None:
    path = tmp_path / "x.a"
    path.write_bytes(b"!<arch>\n" + header(b"x.o/", digits) + b"xx")
    assert list(differences([path])) == []
    member, _ = python_facts(path)
    assert member["facts"]["kind"] == ("unreadable" if reason else "other")
    assert reason in member["facts"]["reason"]


@pytest.mark.parametrize(
    ("offset", "size", "length", "wanted"),
    [
        *((0, 0, length, 24) for length in (HALF, WORD - 1, WORD - 56)),
        *((offset, size, 5, size) for offset in (HALF, WORD - 1) for size in (1, 2, HALF, WORD - 1)),
        *((1, size, 5, size) for size in (HALF, WORD - 1)),
    ],
)
def test_numbers_of_offload_bundles(tmp_path: Path, offset: int, size: int, length: int, wanted: int) -> None:
    """Not all of them fit into a signed number, and not all sums of two into 64 bits."""
    path = tmp_path / "x.o"
    entry = struct.pack("<3Q", offset, size, length) + b"host-"
    path.write_bytes(b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", 2) + entry + bytes(256))
    assert list(differences([path])) == []
    (item,) = python_facts(path)
    assert item["facts"]["kind"] == "unreadable"
    assert f"{wanted} bytes wanted" in item["facts"]["reason"]


def test_an_offload_bundle_that_holds_itself(tmp_path: Path) -> None:
    """And one that holds another one, which clang does not make: no reader goes down without end."""
    path = tmp_path / "x.o"
    magic = b"__CLANG_OFFLOAD_BUNDLE__"
    path.write_bytes(magic + struct.pack("<4Q", 1, 0, 61, 5) + b"host-")
    assert list(differences([path])) == []
    (item,) = python_facts(path)
    assert (item["facts"]["kind"], item["facts"]["obstacle"]) == ("unreadable", "malformed")
    assert item["facts"]["reason"].startswith("an offload bundle for a host in an offload bundle")


def test_targets_of_bitcode_that_are_no_utf8(tmp_path: Path) -> None:
    """Bits of one byte after the other are set: some are in the triple, which reports name as the machine."""
    root = tmp_path / "root"
    root.mkdir()
    bitcode = (ROOT / "fixtures/corpus/llvm/asmtop.clang14.full.o").read_bytes()
    for place in range(150, 250):
        (root / str(place)).write_bytes(bitcode[:place] + b"\xff" + bitcode[place + 1 :])
    paths = sorted(root.iterdir())
    assert list(differences(paths)) == []
    machines = {python_facts(path)[0]["facts"].get("machine") for path in paths}
    assert "x8\\xfe_64" in machines
    assert hooks_agree(root, tmp_path / "report.json")


@pytest.mark.parametrize("count", [9, 1 << 32, 0x7F << 56, WORD - 1])
def test_indexes_with_more_entries_than_bytes(tmp_path: Path, count: int) -> None:
    path = tmp_path / "x.a"
    index = struct.pack(">Q", count) + b"x\0"
    path.write_bytes(b"!<arch>\n" + header(b"/SYM64/", b"%d" % len(index)) + index + header(b"x.o/", b"2") + b"xx")
    assert list(differences([path])) == []
    member, archive = python_facts(path)
    assert (member["facts"]["kind"], archive["facts"]["symbol_index"]) == ("other", "wrong")
