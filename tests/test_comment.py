# SPDX-License-Identifier: GPL-2.0-or-later
"""Compilers are told by what they write into their objects, and only when that is asked for."""

import shutil
import struct
from pathlib import Path

import pytest

from checker.model import ArchiveItem, Kind, ObjectItem
from checker.objects.comment import LENGTH, READ, CompilerName, does_lto
from checker.objects.source import BufferSource, Source
from checker.objects.walk import walk
from checker.packages.options import PackageOptions
from tests.packages import items_in, rpmbuilt
from tests.toolbox import CONSTRUCTOR, FAT, NATIVE, SLIM, archive, compiled, packed, run


def named(source: Path | bytes) -> str | None:
    """The compiler that is told of a file, which is no thin archive."""

    return items_named(source)[-1].facts.compiler


def items_named(source: Path | bytes) -> list[ObjectItem | ArchiveItem]:
    """What is found in a file where compilers are asked for."""

    def opener(name: str) -> Source:
        raise AssertionError(name)

    data = source if isinstance(source, bytes) else source.read_bytes()
    items = walk("x", BufferSource(data), opener, CompilerName())  # type: ignore[arg-type]
    return [item for item in items if isinstance(item, ObjectItem | ArchiveItem)]


def commented(folder: Path, name: str, comment: bytes) -> Path:
    """An object of assembly whose `.comment` is as given."""
    code = folder / f"{name}.s"
    text = "".join(f".byte {byte}\n" for byte in comment)
    code.write_text(f'.globl {name}\n{name}:\n.long 1\n.section .comment,"MS",@progbits,1\n{text}')
    run("as", code, "-o", folder / f"{name}.o")
    return folder / f"{name}.o"


@pytest.mark.parametrize(
    ("compiler", "source", "name"),
    [
        ("gcc", "int f(void) { return 1; }", "GCC: ("),
        ("clang", "int f(void) { return 1; }", "clang version"),
        ("g++", "int f() { return 1; }", "GCC: ("),
        ("gfortran", "      subroutine f\n      print *, 1\n      end\n", "GCC: ("),
    ],
)
def test_compilers_that_do_lto(tmp_path: Path, compiler: str, source: str, name: str) -> None:
    suffix = {"g++": "cc", "gfortran": "f"}.get(compiler, "c")
    (tmp_path / f"x.{suffix}").write_text(source)
    run(compiler, "-O2", "-c", tmp_path / f"x.{suffix}", "-o", tmp_path / "x.o")
    found = named(tmp_path / "x.o")
    assert found
    assert name in found
    assert does_lto(found)
    run("ar", "rcs", tmp_path / "x.a", tmp_path / "x.o")
    assert named(tmp_path / "x.a") == found


def test_fat_objects_name_their_compiler_before_and_after_stripping(tmp_path: Path) -> None:
    fat = compiled(tmp_path, "fat", FAT)
    native = named(compiled(tmp_path, "native", NATIVE))
    assert named(fat) == native
    run("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1", fat)
    assert named(fat) == native


def test_what_holds_no_code_or_no_name_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "asm.S").write_text(".globl f\nf:\n.long 1\n")
    run("gcc", "-c", tmp_path / "asm.S", "-o", tmp_path / "asm.o")
    assert named(tmp_path / "asm.o") is None
    assert named(compiled(tmp_path, "slim", SLIM)) is None, "bytecode tells of itself"
    assert named(compiled(tmp_path, "nothing", NATIVE, "")) is None
    assert named(b"\x7fELF") is None
    run("objcopy", "-R", ".comment", compiled(tmp_path, "native", NATIVE), tmp_path / "without.o")
    assert named(tmp_path / "without.o") is None
    assert [item.facts.kind for item in items_named(tmp_path / "without.o")] == [Kind.NATIVE]


def test_a_section_of_a_name_like_it_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"GCC: (other) 1.0\0")
    without, other = tmp_path / "without.o", tmp_path / "other.o"
    run("objcopy", "-R", ".comment", compiled(tmp_path, "native", NATIVE), without)
    run("objcopy", "--add-section", f".comments={tmp_path / 'text'}", without, other)
    assert named(other) is None
    run("objcopy", "--add-section", f".comment={tmp_path / 'text'}", other, tmp_path / "both.o")
    assert named(tmp_path / "both.o") == "GCC: (other) 1.0"
    data = (tmp_path / "both.o").read_bytes()
    at = data.rindex(b"GCC: (other)")
    table = struct.unpack_from("<Q", data, 40)[0]
    row = next(at_row for at_row in range(table, len(data), 64) if struct.unpack_from("<Q", data, at_row + 24)[0] == at)
    damaged = bytearray(data)
    struct.pack_into("<2Q", damaged, row + 24, len(data) + 1, 9)
    assert named(bytes(damaged)) is None
    assert [item.facts.kind for item in items_named(bytes(damaged))] == [Kind.NATIVE]


def test_the_first_that_does_lto_is_named_before_any_other(tmp_path: Path) -> None:
    rust = commented(tmp_path, "rust", b"rustc version 1.70.0 (x 2023)\0")
    haskell = commented(tmp_path, "haskell", b"\0GHC 9.0.2\0")
    code = compiled(tmp_path, "code", NATIVE)
    assert named(archive(tmp_path / "others.a", [rust, haskell])) == "rustc version 1.70.0 (x 2023)"
    assert named(archive(tmp_path / "more.a", [haskell, rust, code])) == named(code)
    run("ld", "-r", rust, haskell, code, "-o", tmp_path / "joined.o")
    assert named(tmp_path / "joined.o") == named(code)


@pytest.mark.parametrize("text", [b"\0The Netwide Assembler 2.15.05\0", b"Linker: Debian LLD 14.0.6\0", b"\0\0", b""])
def test_linkers_and_assemblers_are_no_compilers(tmp_path: Path, text: bytes) -> None:
    assert named(commented(tmp_path, "x", text)) is None


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("GCC: (GNU) 4.4.7 20120313 (Red Hat 4.4.7-4)", True),
        ("GCC: (Debian 12.2.0-14) 12.2.0", True),
        ("clang version 17.0.6 (Fedora 17.0.6-2.fc39)", True),
        ("Debian clang version 14.0.6", True),
        ("AMD clang version 17.0.0 (roc-6.0.2)", True),
        ("flang version 18.1.8 (Fedora 18.1.8-1.fc41)", True),
        ("rustc version 1.70.0 (90c541806 2023-05-31)", False),
        ("GHC 9.0.2", False),
        ("ldc version 1.30.0", False),
        ("notGCC: x", False),
    ],
)
def test_lto_is_done_by_gcc_and_llvm(name: str, yes: bool) -> None:
    assert does_lto(name) is yes


def test_hostile_names_are_short_and_cost_little(tmp_path: Path) -> None:
    long = named(commented(tmp_path, "long", b"\x1b[31m\n\xff" + b"x" * 100_000))
    assert long == "\x1b[31m\n\udcff" + "x" * (LENGTH - 7)
    many = named(commented(tmp_path, "many", b"a\0" * READ + b"GCC: late\0"))
    assert many == "a"


class Counting(BufferSource):
    """Bytes that count how often they are read."""

    reads = 0

    def read(self, offset: int, length: int) -> bytes:
        Counting.reads += 1
        return super().read(offset, length)

    def slice(self, offset: int, size: int) -> Source:
        return Counting(super().read(offset, size))


def test_an_archive_is_asked_once(tmp_path: Path) -> None:
    code = compiled(tmp_path, "code", NATIVE, CONSTRUCTOR).read_bytes()

    def reads(members: int, compiler: CompilerName | None) -> int:
        Counting.reads = 0
        data = packed((b"%d.o" % number, code) for number in range(members))
        list(walk("x", Counting(data), None, compiler))  # type: ignore[arg-type]
        return Counting.reads

    assert reads(100, CompilerName()) - reads(100, None) == reads(1, CompilerName()) - reads(1, None)


def test_packages_tell_it_only_when_asked(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    code = compiled(tmp_path, "code", NATIVE)
    shutil.copy(code, root / "loose.o")
    shutil.copy(code, root / "one.o")
    (root / "linked.o").hardlink_to(root / "one.o")
    archive(root / "x.a", [code])
    built = rpmbuilt(tmp_path, root)

    def names(reading: PackageOptions) -> dict[str, str | None]:
        items = items_in(built, reading)
        return {
            item.path: item.facts.compiler
            for item in items
            if isinstance(item, ArchiveItem) or (isinstance(item, ObjectItem) and item.member is None)
        }

    files = ["/linked.o", "/loose.o", "/one.o", "/x.a"]
    assert names(PackageOptions()) == dict.fromkeys(files)
    assert names(PackageOptions(origins=True)) == dict.fromkeys(files, named(code))
