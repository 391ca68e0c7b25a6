# SPDX-License-Identifier: GPL-2.0-or-later
"""COFF objects as mingw's GCC, clang, dlltool and llvm-dlltool write them, with objdump as oracle, and crafted ones."""

import contextlib
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.limits import LIMITS
from checker.objects import coff
from checker.objects.coff_traits import read_coff
from checker.objects.source import BufferSource, FileSource, Malformed
from checker.objects.traits import Traits

PREFIX = "x86_64-w64-mingw32-"

CONTENT = {
    "note": '__attribute__((section(".note.own"))) int in_note = 3;',  # ELF's notes are none in COFF
    "code": "extern int other(int); static int t[4]; int table[9]; int code(int x) { return other(x) + t[x & 3]; }",
    "data": "int answer = 42;",
    "rodata": 'const char text[] = "hello";',
    "bss": "int zero;",
    "tls": "__thread int local = 4;",
    "constructor": 'static void __attribute__((constructor)) begin(void) { asm volatile(""); }',
    "section": '__attribute__((section(".mine"))) int in_mine = 3;',
    "weak": "int __attribute__((weak)) perhaps(void) { return 1; }",
    "assembler": 'asm(".text\\n.byte 1");',
    "absolute": 'asm(".globl q\\n.set q, 5");',
    "assembler_common": 'asm(".comm shared, 16");',
}
NOTHING = {
    "empty": "",
    "declarations": "extern int elsewhere(int); static int unused;",
    "weak_reference": 'asm(".weak nowhere");',
}
SOURCES = CONTENT | NOTHING
FEDORA_STRIP = ("-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1")


def run(*command: object) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def compile_c(folder: Path, text: str, *options: str, compiler: tuple[str, ...] = (PREFIX + "gcc",)) -> Path:
    (folder / "unit.c").write_text(text)
    out = folder / "unit.o"
    run(*compiler, "-O2", "-w", *options, "-c", folder / "unit.c", "-o", out)
    return out


def read(data: bytes) -> Traits:
    return read_coff(BufferSource(data))


def read_path(path: Path) -> Traits:
    """What is read from the file, which must be what is read from memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        traits = read_coff(FileSource(descriptor, path.stat().st_size))
    finally:
        os.close(descriptor)
    assert traits == read(path.read_bytes())
    return traits


def sections_by_objdump(path: Path) -> list[tuple[bytes, int, int]]:
    rows = re.findall(r"^ *\d+ (\S+) +([0-9a-f]{8})  \S+  \S+  ([0-9a-f]{8})", run("objdump", "-h", path), re.MULTILINE)
    return [(name.encode(), int(at, 16), int(size, 16)) for name, size, at in rows]


@pytest.mark.parametrize("big", [(), ("-Wa,-mbig-obj",)], ids=["plain", "big"])
@pytest.mark.parametrize("debug", [(), ("-g",)], ids=["", "debug"])
@pytest.mark.parametrize("name", SOURCES)
class TestGcc:
    def test_native(self, tmp_path: Path, name: str, debug: tuple[str, ...], big: tuple[str, ...]) -> None:
        traits = read_path(compile_c(tmp_path, SOURCES[name], *debug, *big))
        assert (traits.format, traits.machine) == ("coff", "x86_64")
        assert (traits.native, traits.marker, traits.lto) == (name in CONTENT, False, None)
        assert (traits.telling is not None) == bool(debug)
        assert traits.ctors == ()
        if name in NOTHING:
            assert traits.undefined == (name == "weak_reference")

    def test_slim_and_hollow(self, tmp_path: Path, name: str, debug: tuple[str, ...], big: tuple[str, ...]) -> None:
        path = compile_c(tmp_path, SOURCES[name], "-flto", *debug, *big)
        traits = read_path(path)
        assert (traits.native, traits.marker, traits.undefined, traits.telling) == (False, True, False, None)
        expected = [row for row in sections_by_objdump(path) if row[0].startswith(b".gnu.lto_")]
        assert traits.lto
        assert traits.lto.size == sum(size for _, _, size in expected)
        (unit,) = traits.lto.units.values()
        assert unit.header
        assert tuple(unit.header) in expected

        run(PREFIX + "strip", *FEDORA_STRIP, path)
        traits = read_path(path)
        assert (traits.native, traits.marker, traits.lto) == (False, True, None)
        run(PREFIX + "strip", "-N", "__gnu_lto_slim", path)
        assert read_path(path) == Traits("coff", "x86_64")

    def test_fat_is_native_with_bytecode(
        self, tmp_path: Path, name: str, debug: tuple[str, ...], big: tuple[str, ...]
    ) -> None:
        native = read_path(compile_c(tmp_path, SOURCES[name], *debug, *big))
        path = compile_c(tmp_path, SOURCES[name], "-flto", "-ffat-lto-objects", *debug, *big)
        fat = read_path(path)
        assert fat.lto
        assert (fat.native, fat.marker, fat.undefined) == (native.native, False, native.undefined)
        run(PREFIX + "strip", *FEDORA_STRIP, path)
        assert read_path(path) == native


def test_common(tmp_path: Path) -> None:
    assert read_path(compile_c(tmp_path, CONTENT["bss"], "-fcommon")).native


def test_weakened_by_objcopy(tmp_path: Path) -> None:
    path = compile_c(tmp_path, CONTENT["code"])
    run(PREFIX + "objcopy", "--weaken", path)
    traits = read_path(path)
    assert (traits.native, traits.nameless) == (True, False)


def test_slim_joined_with_native_is_both(tmp_path: Path) -> None:
    slim = compile_c(tmp_path, CONTENT["data"], "-flto").rename(tmp_path / "slim.o")
    native = compile_c(tmp_path, CONTENT["code"])
    run(PREFIX + "ld", "-r", slim, native, "-o", tmp_path / "joined.o")
    traits = read_path(tmp_path / "joined.o")
    assert (traits.native, traits.marker) == (True, True)
    assert traits.lto


def test_marker_of_i386_has_one_more_underscore(tmp_path: Path) -> None:
    """Assembled by clang, because GCC for 32-bit mingw is not everywhere."""
    text = 'asm(".comm ___gnu_lto_slim, 1");'
    path = compile_c(tmp_path, text, compiler=("clang", "--target=i686-w64-mingw32"))
    assert read_path(path) == Traits("coff", "i386", marker=True)


def test_symbols_that_are_like_the_marker_are_none(tmp_path: Path) -> None:
    for name in ("__gnu_lto_slim_not", "__gnu_lto_sli"):
        traits = read_path(compile_c(tmp_path, f'asm(".comm {name}, 1");'))
        assert not traits.marker


def test_clang(tmp_path: Path) -> None:
    clang = ("clang", "--target=x86_64-w64-mingw32")
    assert read_path(compile_c(tmp_path, "", compiler=clang)) == Traits("coff", "x86_64")
    assert read_path(compile_c(tmp_path, 'asm(".weak nowhere");', compiler=clang)) == Traits(
        "coff", "x86_64", undefined=True
    )
    path = compile_c(tmp_path, "", "-fembed-bitcode", compiler=clang)
    embedded = next(size for name, _, size in sections_by_objdump(path) if name == b".llvmbc")
    assert read_path(path) == Traits("coff", "x86_64", embedded=embedded)


@pytest.mark.parametrize(("target", "machine"), [("i686", "i386"), ("aarch64", "aarch64"), ("armv7", "arm")])
def test_machines(tmp_path: Path, target: str, machine: str) -> None:
    path = compile_c(tmp_path, CONTENT["data"], compiler=("clang", f"--target={target}-w64-windows-gnu"))
    assert read_path(path) == Traits("coff", machine, native=True)


def test_more_sections_than_16_bits_count(tmp_path: Path) -> None:
    text = "".join(f'.section .text$a_long_name_{number},"x"\n.byte 1\n' for number in range(70_000))
    (tmp_path / "many.s").write_text(text)
    run(PREFIX + "as", "-mbig-obj", tmp_path / "many.s", "-o", tmp_path / "many.o")
    assert read_path(tmp_path / "many.o") == Traits("coff", "x86_64", native=True, nameless=True)


def test_import_libraries(tmp_path: Path) -> None:
    (tmp_path / "some.def").write_text("LIBRARY some.dll\nEXPORTS\nfunction\nvariable DATA\n")
    for tool, expected in (("llvm-dlltool", "coff-import"), (PREFIX + "dlltool", "coff")):
        folder = tmp_path / tool
        folder.mkdir()
        run(tool, "-m", "i386:x86-64", "-d", tmp_path / "some.def", "-l", folder / "libsome.a")
        members = read_members((folder / "libsome.a").read_bytes())
        assert len(members) >= 4
        assert all(traits.native and traits.machine == "x86_64" for traits in members)
        assert any(traits.format == expected for traits in members)


def read_members(archive: bytes) -> list[Traits]:
    """The objects of an archive that a tool has just written."""
    found, at = [], 8
    while at < len(archive):
        size = int(archive[at + 48 : at + 58])
        if archive[at : at + 1] != b"/" or archive[at + 1 : at + 2].isdigit():
            found.append(read(archive[at + 60 : at + 60 + size]))
        at += 60 + size + size % 2
    return found


# Crafted objects ---------------------------------------------------------------------------------------------------

CODE = 0x60000020
LEFT_OUT = CODE | 0x800


def crafted(
    sections: tuple[tuple[bytes, bytes, int], ...] = (),
    symbols: tuple[tuple[bytes, int, int, int], ...] = (),
    strings: bytes = b"",
    machine: int = 0x8664,
) -> bytes:
    """An object of sections (name, bytes, flags) and symbols (name, value, section, storage class)."""
    at = 20 + 40 * len(sections)
    rows, bodies = b"", b""
    for name, body, flags in sections:
        rows += struct.pack("<8s6I2HI", name, 0, 0, len(body), at + len(bodies), 0, 0, 0, 0, flags)
        bodies += body
    table = b"".join(struct.pack("<8sIhHBB", name, value, number, 0, kind, 0) for name, value, number, kind in symbols)
    header = struct.pack("<2H3I2H", machine, len(sections), 0, at + len(bodies), len(symbols), 0, 0)
    return header + rows + bodies + table + struct.pack("<I", 4 + len(strings)) + strings


def named(offset: int) -> bytes:
    """A symbol's name by its offset into the strings of `crafted`."""
    return struct.pack("<2I", 0, 4 + offset)


IMPORT = coff.ANONYMOUS + b"\0\0\x64\x86"
SLIM = (named(0), 1, 0, 2)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (crafted(), Traits("coff", "x86_64")),
        (crafted(machine=0x1234), Traits("coff", "coff-0x1234")),
        (crafted(((b".text", b"\xc3", CODE),)), Traits("coff", "x86_64", native=True, nameless=True)),
        (crafted(((b".text", b"", CODE),)), Traits("coff", "x86_64")),
        (crafted(((b".other", b"x", LEFT_OUT),)), Traits("coff", "x86_64")),
        (crafted(((b".rdata$zzz"[:8], b"x", 0x40),)), Traits("coff", "x86_64", native=True, nameless=True)),
        (crafted(((b"/4", b"x", 0x40),), strings=b".rdata$zzz\0"), Traits("coff", "x86_64")),
        (crafted(((b"//AAAAAE", b"x", 0x40),), strings=b".rdata$zzz\0"), Traits("coff", "x86_64")),
        (crafted(((b"//AAAABB", b"x", 0x40),), strings=b"x" * 61 + b".llvmcmd\0"), Traits("coff", "x86_64")),
        (
            crafted(((b"/4", b"x", 0x40),), strings=b".gnu.linkonce.d.x\0"),
            Traits("coff", "x86_64", native=True, nameless=True),
        ),
        (crafted(((b"/x", b"x", CODE),)), Traits("coff", "x86_64", native=True, nameless=True)),
        (crafted(((b".rmeta", b"x", 0x40),)), Traits("coff", "x86_64", rust_metadata=True)),
        (crafted(((b".llvmbc", b"BC", 0x40), (b".llvmbc", b"BC", 0x40))), Traits("coff", "x86_64", embedded=4)),
        (crafted(((b".debug$S", b"x", 0x42000040),)), Traits("coff", "x86_64", telling=".debug$S")),
        (crafted((), ((b"f", 0, 1, 2),)), Traits("coff", "x86_64", native=True)),
        (crafted((), ((b"f", 0, 1, 3),)), Traits("coff", "x86_64")),
        (crafted(((b".bss", b"x", 0xC0000080),)), Traits("coff", "x86_64")),
        (
            crafted(((b".bss", b"x", 0xC0000080),), ((b"v", 0, 1, 3),)),
            Traits("coff", "x86_64", native=True, nameless=True),
        ),
        (crafted(((b".bss", b"x", 0xC0000080),), ((b"v", 0, 1, 104),)), Traits("coff", "x86_64")),
        (crafted((), ((b"f", 0, -2, 2),)), Traits("coff", "x86_64")),
        (crafted((), ((b"f", 0, -1, 2),)), Traits("coff", "x86_64", native=True)),
        (crafted((), ((b".weak.f", 0, -1, 2),)), Traits("coff", "x86_64")),
        (crafted((), ((b".weak.f", 7, -1, 2),)), Traits("coff", "x86_64", native=True)),
        (crafted((), ((b"f", 0, 0, 2),)), Traits("coff", "x86_64", undefined=True)),
        (crafted((), ((b"f", 8, 0, 2),)), Traits("coff", "x86_64", native=True)),
        (crafted((), (SLIM,), b"__gnu_lto_slim\0"), Traits("coff", "x86_64", marker=True)),
        (crafted((), (SLIM,), b"__gnu_lto_v1\0"), Traits("coff", "x86_64")),
        (crafted((), ((b"f", 0, 1, 2), SLIM), b"__gnu_lto_slim\0"), Traits("coff", "x86_64", native=True, marker=True)),
        (crafted((), (), b"__gnu_lto_slim\0"), Traits("coff", "x86_64")),
        (crafted()[:-4], Traits("coff", "x86_64")),
        (IMPORT + struct.pack("<4xI4x", 4) + b"f\0d\0", Traits("coff-import", "x86_64", native=True)),
    ],
)
def test_crafted_objects(data: bytes, expected: Traits) -> None:
    assert read(data) == expected


def test_llvm_lto_section() -> None:
    traits = read(crafted(((b"/4", b"BC\xc0\xde", 0x40),), strings=b".llvm.lto\0"))
    assert traits.llvm == (b".llvm.lto", 60, 4)
    assert not traits.native


def test_auxiliary_rows_are_no_symbols() -> None:
    plain = crafted((), ((b".file", 0, -2, 103), (b"f", 0, 1, 2), (b"g", 0, 1, 2)))
    for auxiliary, native in ((0, True), (1, True), (2, False), (255, False)):
        rows = bytearray(plain)
        rows[20 + 17] = auxiliary
        assert read(bytes(rows)).native == native


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "wanted"),
        (b"\x64\x86", "wanted"),
        (crafted()[:19], "wanted"),
        (crafted(((b".text", b"", CODE),))[:59], "wanted"),
        (struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, 0xFFFF, 0) + b"\0" * 40, "wanted"),
        (struct.pack("<2H3I2H", 0x8664, 0, 0, 20, 5, 0, 0) + b"\0" * 40, "wanted"),
        (struct.pack("<2H3I2H", 0x8664, 0, 0, 20, 0xFFFFFFFF, 0, 0), "4294967295 symbols"),
        (struct.pack("<2H3I2H", 0x8664, 0, 0, 20, 0, 0, 0) + b"\xff\0\0\0", "a string table of 255 bytes"),
        (crafted(((b".text", b"x" * 9, CODE),)).replace(struct.pack("<I", 9), struct.pack("<I", 999)), "ends after"),
        (crafted(((b"/9999999", b"", CODE),), strings=b"abc\0"), "a name at 9999999"),
        (crafted(((b"/0", b"", CODE),), strings=b"abc\0"), "a name at 0"),
        (struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, 0, 0) + b"/4".ljust(40, b"\0"), "a name at 4"),
        (crafted(((b"////////", b"", CODE),), strings=b"abc\0"), "a name at"),
        (crafted((), ((named(77), 1, 0, 2),), b"abc\0"), "a name at 81"),
        (coff.ANONYMOUS + b"\x01\0\x64\x86" + b"\0" * 48, "anonymous object of version 1"),
        (coff.ANONYMOUS + b"\x02\0\x64\x86" + b"\0" * 48, "which is no COFF"),
        (
            coff.ANONYMOUS + b"\x02\0\x64\x86" + b"\0" * 4 + coff.BIG_CLASS + b"\0" * 16 + b"\xff" * 4 + b"\0" * 8,
            "4294967295 sections",
        ),
        (IMPORT + struct.pack("<4xI4x", 2) + b"f\0", "without the names"),
        (IMPORT + struct.pack("<4xI4x", 9) + b"f\0d\0", "without the names"),
        (IMPORT + struct.pack("<4xI4x", 0xFFFFFFFF), "without the names"),
        (coff.ANONYMOUS, "wanted"),
    ],
)
def test_hostile_bytes_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason) as caught:
        read(data)
    assert caught.value.offset is not None


def test_every_truncation_is_malformed(tmp_path: Path) -> None:
    """The string table is last. Only a file without any can be taken for whole, when it ends where one may begin."""
    data = compile_c(tmp_path, CONTENT["code"], "-flto").read_bytes()
    for size in range(len(data)):
        with pytest.raises(Malformed):
            read(data[:size])


def test_tables_are_read_in_parts(tmp_path: Path) -> None:
    """More symbols, and more bytes of their names, than are held in memory at a time; what decides comes last."""
    names = "".join(f".globl symbol_with_a_name_of_its_own_{number}\n" for number in range(60_000))
    (tmp_path / "many.s").write_text(f"{names}.comm __gnu_lto_slim,1\n")
    run(f"{PREFIX}as", tmp_path / "many.s", "-o", tmp_path / "many.o")
    asked: list[int] = []

    class Watched(BufferSource):
        def read(self, offset: int, length: int) -> bytes:
            asked.append(length)
            return super().read(offset, length)

    traits = read_coff(Watched((tmp_path / "many.o").read_bytes()))
    assert (traits.native, traits.marker, traits.lto) == (False, True, None)
    assert sum(asked) > 2 * LIMITS.chunk
    assert max(asked) <= LIMITS.chunk


def test_limits_are_kept() -> None:
    sections, symbols = LIMITS.sections + 1, LIMITS.symbols + 1
    big = coff.BIG_HEADER.pack(2, 0x8664, coff.BIG_CLASS, sections, 0, 0)
    many_symbols = coff.HEADER.pack(0x8664, 0, coff.HEADER.size, symbols, 0)
    many_sections = coff.ANONYMOUS + big[len(coff.ANONYMOUS) :]
    for data, number in ((many_sections, sections), (many_symbols, symbols)):
        with pytest.raises(Malformed, match=f"{number} .*, more than the limit of {number - 1}"):
            read(data)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("samples")
    options: tuple[tuple[str, ...], ...] = ((), ("-flto",), ("-Wa,-mbig-obj",))
    return [compile_c(folder, CONTENT["code"], *flags).read_bytes() for flags in options]


@given(st.data())
def test_mutated_objects_raise_nothing_but_malformed(samples: list[bytes], data: st.DataObject) -> None:
    mutated = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        read(bytes(mutated))


@given(st.sampled_from([b"", coff.ANONYMOUS, b"\x64\x86\x02\0", coff.ANONYMOUS + b"\0\0"]), st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_malformed(start: bytes, data: bytes) -> None:
    with contextlib.suppress(Malformed):
        read(start + data)
