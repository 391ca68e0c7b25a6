# SPDX-License-Identifier: GPL-2.0-or-later
"""Bitcode as clang writes it, with llvm-bcanalyzer and llvm-nm as oracles, and bitcode as nobody writes it."""

import contextlib
import os
import re
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.objects import bitcode
from checker.objects.bitcode import Bitcode, read_bitcode
from checker.objects.elf_traits import read_elf
from checker.objects.machines import triple_machine
from checker.objects.source import BufferSource, FileSource, Malformed

SOURCES = {
    "code": "int shared; int get(void) { return shared; }",
    "data": "int answer = 42;",
    "constructor": "static int n; __attribute__((constructor)) static void begin(void) { n = 1; }",
    "assembler": 'asm(".globl sym\\nsym: .byte 1");',
    "nameless_assembler": 'asm(".byte 1");',
    "alias": 'static int one(void) { return 1; } int two(void) __attribute__((alias("one")));',
    "undefined": "extern int elsewhere; int *where(void) { return &elsewhere; }",
    "empty": "",
    "declarations": "extern int elsewhere(void); typedef int word; static int unused;",
}
EMPTY = {"empty", "declarations"}
UNSEEN = {"nameless_assembler", "constructor"}
"""Content that llvm-nm does not show."""

ELF_TARGETS = [
    "x86_64-linux-gnu",
    "i686-linux-gnu",
    "x86_64-linux-gnux32",
    "aarch64-linux-gnu",
    "aarch64_be-linux-gnu",
    "armv7-none-eabi",
    "thumbv7-none-eabi",
    "armebv7-none-eabi",
    "powerpc-linux-gnu",
    "powerpc64-linux-gnu",
    "powerpc64le-linux-gnu",
    "s390x-linux-gnu",
    "riscv32",
    "riscv64",
    "mips-linux-gnu",
    "mipsel-linux-gnu",
    "mips64-linux-gnuabi64",
    "mips64el-linux-gnuabi64",
    "avr",
    "bpf",
    "hexagon",
]


def run(*command: object) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def compile_c(folder: Path, text: str, *options: str) -> Path:
    (folder / "unit.c").write_text(text)
    out = folder / "unit.o"
    run("clang", "-O1", "-w", "-ffreestanding", *options, "-c", folder / "unit.c", "-o", out)
    return out


def read(data: bytes) -> Bitcode:
    return read_bitcode(BufferSource(data))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return compile_c(tmp_path_factory.mktemp("sample"), SOURCES["empty"], "-flto").read_bytes()


@pytest.mark.parametrize("mode", ["-flto=full", "-flto=thin"])
@pytest.mark.parametrize("name", SOURCES)
def test_empty_means_no_symbol_and_no_assembler(tmp_path: Path, name: str, mode: str) -> None:
    path = compile_c(tmp_path, SOURCES[name], mode)
    unit = read(path.read_bytes())
    assert unit.empty == (name in EMPTY)
    if name not in UNSEEN:
        assert unit.empty == (not run("llvm-nm", "--format=just-symbols", path).strip())


def test_producer_and_triple_are_those_that_llvm_tools_see(tmp_path: Path) -> None:
    path = compile_c(tmp_path, SOURCES["code"], "-flto")
    dump = run("llvm-bcanalyzer", "-dump", path)
    identification = re.search(r"<STRING .*record string = '(.*)'", dump)
    triple = re.search(r"<TRIPLE(.*)/>", dump)
    assert identification
    assert triple
    unit = read(path.read_bytes())
    assert f"LLVM{unit.version}" == identification[1]
    assert unit.producer == "llvm"
    assert unit.triple == "".join(chr(int(value)) for value in re.findall(r"op\d+=(\d+)", triple[1]))


@pytest.mark.parametrize(
    ("source", "frontend"),
    [
        ("extra.91e4f034-cgu.0", "rustc"),
        ("extra.d", "ldc2"),
        ("extra.c", None),
        ("extra.91e4f034-cgu.c", None),
        ("extra.cd", None),
    ],
)
def test_the_compiler_shows_in_the_name_of_the_source(tmp_path: Path, source: str, frontend: str | None) -> None:
    (tmp_path / source).write_text("int one(void) { return 1; }")
    run("clang", "-flto", "-c", "-x", "c", tmp_path / source, "-o", tmp_path / "x.o")
    assert read((tmp_path / "x.o").read_bytes()).frontend == frontend


def test_file_and_buffer_say_the_same(tmp_path: Path) -> None:
    path = compile_c(tmp_path, SOURCES["code"], "-flto")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert read_bitcode(FileSource(descriptor, path.stat().st_size)) == read(path.read_bytes())
    finally:
        os.close(descriptor)


def test_wrapped_as_for_darwin(tmp_path: Path) -> None:
    data = compile_c(tmp_path, SOURCES["code"], "-flto", "--target=arm64-apple-macosx11").read_bytes()
    assert data.startswith(bitcode.WRAPPER)
    unit = read(data)
    assert (unit.producer, unit.triple, unit.empty) == ("llvm", "arm64-apple-macosx11.0.0", False)
    assert triple_machine(unit.triple or "") == "aarch64"
    assert read(data + b"\n" * 20) == unit, "the wrapper says where bitcode ends"


def test_without_symbol_table_block(tmp_path: Path, sample: bytes) -> None:
    """Clang writes none when it cannot build one; taken out here, the answer must stay."""
    data = compile_c(tmp_path, SOURCES["data"], "-flto").read_bytes()
    for whole in (data, sample):
        blocks = top_level(whole)
        assert 25 in dict(blocks)
        without = whole[:4] + b"".join(part for block, part in blocks if block != 25)
        assert read(without) == read(whole)


def test_two_modules_are_empty_when_both_are(tmp_path: Path, sample: bytes) -> None:
    full = compile_c(tmp_path, SOURCES["data"], "-flto").read_bytes()
    assert read(sample + sample[4:]).empty
    assert not read(sample + full[4:]).empty
    assert not read(full + sample[4:]).empty


def test_thinlto_index_defines_nothing(tmp_path: Path) -> None:
    path = compile_c(tmp_path, SOURCES["code"], "-flto=thin")
    run("llvm-lto", "-thinlto-action=thinlink", "-o", tmp_path / "index.bc", path)
    assert read((tmp_path / "index.bc").read_bytes()) == Bitcode("llvm", None, None, empty=True, defines=False)


def test_every_truncation_is_malformed(sample: bytes) -> None:
    assert len(sample) % 4 == 0
    for size in range(len(sample)):
        with pytest.raises(Malformed):
            read(sample[:size])


@pytest.mark.parametrize("padding", [b"\n", b"\0" * 4, b"\0" * 8, b"\x01" * 8])
def test_what_ar_pads_with_is_ignored(sample: bytes, padding: bytes) -> None:
    assert read(sample + padding) == read(sample)


@pytest.mark.parametrize("size", [9, 12, 16])
def test_other_data_behind_is_malformed(sample: bytes, size: int) -> None:
    with pytest.raises(Malformed, match="no block begins") as caught:
        read(sample + b"\0" * size)
    assert caught.value.offset == len(sample)


@pytest.mark.parametrize(
    ("identification", "expected"),
    [
        ("LLVM14.0.6", ("llvm", "14.0.6")),
        ("LLVM22.1.2-rust-1.95.0-stable", ("llvm", "22.1.2-rust-1.95.0-stable")),
        ("APPLE_1_1500.3.9.4_0", ("apple", "1_1500.3.9.4_0")),
        ("zig 0.14.0", ("zig", "0.14.0")),
        ("LLVM", ("llvm", None)),
        ("", ("llvm", None)),
        ("7", ("llvm", "7")),
    ],
)
def test_producers(identification: str, expected: tuple[str, str | None]) -> None:
    unit = read(crafted(block(13, text_record(1, identification)), module()))
    assert (unit.producer, unit.version) == expected


def test_without_identification_it_is_an_old_llvm() -> None:
    assert read(crafted(module())) == Bitcode("llvm", None, None, empty=True, defines=False)


@pytest.mark.parametrize("target", ELF_TARGETS)
def test_machine_is_the_one_of_the_native_object(tmp_path: Path, target: str) -> None:
    unit = read(compile_c(tmp_path, SOURCES["data"], "-emit-llvm", f"--target={target}").read_bytes())
    native = compile_c(tmp_path, SOURCES["data"], f"--target={target}")
    traits = read_elf(BufferSource(native.read_bytes()))
    assert traits
    assert triple_machine(unit.triple or "") == traits.machine


@pytest.mark.parametrize(
    ("triple", "machine"),
    [
        ("amdgcn-amd-amdhsa", "amdgcn"),
        ("nvptx64-nvidia-cuda", "nvptx64"),
        ("nvptx-nvidia-cuda", "nvptx"),
        ("spir-unknown-unknown", "spir"),
        ("spirv64", "spirv64"),
        ("wasm32", "wasm32"),
        ("loongarch64-linux-gnu", "loongarch64"),
        ("sparcv9-sun-solaris", "sparc64"),
        ("arm64e-apple-ios", "aarch64"),
        ("thumbv7em-none-eabi", "arm"),
        ("i386-pc-windows-msvc", "i386"),
        ("quantum9-none", "quantum9"),
        ("unknown-unknown-unknown", None),
        ("", None),
    ],
)
def test_machines_of_triples(triple: str, machine: str | None) -> None:
    assert triple_machine(triple) == machine


# Crafted bit streams -----------------------------------------------------------------------------------------------


def top_level(data: bytes) -> list[tuple[int, bytes]]:
    """Ids and bytes of the blocks at top level; good for well-formed files with ids below 128."""
    blocks, at = [], 4
    while at < len(data):
        head, words = struct.unpack_from("<2I", data, at)
        blocks.append((head >> 2 & 0x7F, data[at : at + 8 + words * 4]))
        at += 8 + words * 4
    return blocks


def bits_of(*fields: tuple[int, int]) -> str:
    """Values of given widths as text, the first bit first."""
    return "".join(f"{value:0{width}b}"[::-1] for value, width in fields)


def vbr(value: int, width: int) -> str:
    out, top = "", 1 << width - 1
    while value >= top:
        out += bits_of((value & top - 1 | top, width))
        value >>= width - 1
    return out + bits_of((value, width))


def text_record(code: int, text: str) -> str:
    """An unabbreviated record of characters, in a block whose abbreviation ids have three bits."""
    return bits_of((3, 3)) + vbr(code, 6) + vbr(len(text), 6) + "".join(vbr(ord(char), 6) for char in text)


def block(number: int, body: str, *, end: bool = True, words: int | None = None) -> bytes:
    body += bits_of((0, 3)) if end else ""
    body += "0" * (-len(body) % 32)
    head = bits_of((1, 2)) + vbr(number, 8) + vbr(3, 4)
    head += "0" * (-len(head) % 32)
    head += bits_of((len(body) // 32 if words is None else words, 32))
    stream = head + body
    return int(stream[::-1], 2).to_bytes(len(stream) // 8, "little")


def module(body: str = "") -> bytes:
    return block(8, body)


def crafted(*blocks: bytes) -> bytes:
    return bitcode.MAGIC + b"".join(blocks)


def abbreviation(*operands: str) -> str:
    return bits_of((2, 3)) + vbr(len(operands), 5) + "".join(operands)


def literal(value: int) -> str:
    return "1" + vbr(value, 8)


def encoded(encoding: int, width: int | None = None) -> str:
    return "0" + bits_of((encoding, 3)) + ("" if width is None else vbr(width, 5))


def test_crafted_module_is_read() -> None:
    char6_text = abbreviation(literal(2), encoded(3), encoded(4)) + bits_of((4, 3)) + vbr(3, 6) + bits_of((0, 6)) * 3
    assert read(crafted(module(char6_text))) == Bitcode("llvm", None, "aaa", empty=True, defines=False)
    with_assembler = module(text_record(2, "avr") + text_record(4, "nop"))
    assert read(crafted(with_assembler)) == Bitcode("llvm", None, "avr", empty=False, defines=True)


@pytest.mark.parametrize("code", range(20))
def test_records_that_are_content(code: int) -> None:
    """ASM, GLOBALVAR, FUNCTION, ALIAS_OLD, ALIAS and IFUNC; not, say, SECTIONNAME, GCNAME or SOURCE_FILENAME."""
    assert read(crafted(module(text_record(code, "")))).empty == (code not in (4, 7, 8, 9, 14, 15))


def test_the_first_triple_and_producer_are_told() -> None:
    first, second = block(13, text_record(1, "LLVM1")), block(13, text_record(1, "LLVM2"))
    data = crafted(first, module(text_record(2, "avr")), second, module(text_record(2, "bpf")), module())
    assert read(data) == Bitcode("llvm", "1", "avr", empty=True, defines=False)


def test_wrapper_of_any_length(sample: bytes) -> None:
    for size in range(20, 28):
        head = bitcode.WRAPPER + struct.pack("<4I", 0, size, len(sample), 7)
        assert read(head.ljust(size, b"\0") + sample + b"behind") == read(sample)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "wanted"),
        (b"BC\xc0\xdf", "no bitcode magic"),
        (crafted(), "without a module"),
        (crafted(block(13, text_record(1, "LLVM3.8"))), "without a module"),
        (crafted(module(text_record(1, "\x02"))), "without the string table"),
        (crafted(block(8, "", words=9)), "a block of 36 bytes"),
        (crafted(block(8, "", words=0xFFFFFFFF)), "a block of"),
        (crafted(block(8, bits_of((1, 3)) + vbr(9, 8) + vbr(3, 4) + "0" * 17 + "1" * 32)), "a block of"),
        (crafted(block(8, bits_of((3, 3)) + vbr(12, 6) + vbr(20, 6) + "0" * 81, end=False)), "ends early"),
        (crafted(module(bits_of((7, 3)))), "abbreviation 7 is not defined"),
        (crafted(module(abbreviation())), "of 0 fields"),
        (crafted(module(bits_of((2, 3)) + vbr(1 << 40, 5))), "an abbreviation of 1099511627776 fields"),
        (crafted(module(abbreviation(encoded(6)))), "encoding 6"),
        (crafted(module(abbreviation(encoded(1, 65)))), "a field of 65 bits"),
        (crafted(module(abbreviation(encoded(2, 1)))), "a field of 1 bits"),
        (crafted(module(abbreviation(encoded(3)))), "not its last field"),
        (crafted(module(abbreviation(encoded(5), literal(1)))), "not its last field"),
        (crafted(module(abbreviation(encoded(3), encoded(3), encoded(4)))), "not its last field"),
        (crafted(module(abbreviation(literal(2), encoded(3), literal(65)))), "take no room"),
        (crafted(module(abbreviation(literal(2), encoded(3), encoded(1, 0)))), "take no room"),
        (crafted(module(abbreviation(literal(5), encoded(5)) + bits_of((4, 3)) + vbr(1 << 60, 6))), "ends early"),
        (crafted(module(bits_of((3, 3)) + "000001" * 20)), "more than 64 bits"),
        (crafted(module(bits_of((3, 3)) + vbr(2, 6) + vbr(1, 6) + vbr(300, 6))), "no bytes"),
        (crafted(module(abbreviation(literal(1)) * 300)), "more than 256 abbreviations"),
        (bitcode.WRAPPER + struct.pack("<4I", 0, 20, 1 << 31, 7), "the wrapper says"),
        (bitcode.WRAPPER + struct.pack("<4I", 0, 20, 0, 7), "no bitcode magic"),
        (bitcode.WRAPPER, "wanted"),
    ],
)
def test_hostile_bytes_are_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(data)


def test_names_that_are_missing_have_a_place() -> None:
    data = crafted(module(text_record(1, "\x02")))
    with pytest.raises(Malformed) as caught:
        read(data)
    assert caught.value.offset == len(data)


@pytest.mark.parametrize(("value", "fits"), [((1 << 64) - 1, True), (1 << 64, False), ((1 << 65) - 1, False)])
def test_numbers_have_64_bits(value: int, fits: bool) -> None:
    data = crafted(module(bits_of((3, 3)) + vbr(value, 6) + vbr(0, 6)))
    if fits:
        assert read(data).empty
    else:
        with pytest.raises(Malformed, match="more than 64 bits"):
            read(data)


@pytest.mark.parametrize("width", [1, 33])
def test_widths_of_abbreviation_ids(width: int) -> None:
    data = bytearray(crafted(module()))
    head = bits_of((1, 2)) + vbr(8, 8) + vbr(width, 4)
    data[4:8] = int(head[::-1], 2).to_bytes(4, "little")
    with pytest.raises(Malformed, match=f"abbreviation ids of {width} bits"):
        read(bytes(data))


def numbers(code: int, *values: int) -> str:
    """A record of numbers, in a block whose abbreviation ids have three bits."""
    return text_record(code, "".join(map(chr, values)))


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize(
    ("code", "fields", "defines"),
    [
        (7, (5, 9), True),  # a variable with an initialiser, and a linkage
        (7, (0, 9), False),
        (7, (5, 2), False),
        (7, (5,), True),
        (8, (0, 9), True),  # a function with a body
        (8, (1, 9), False),
        (8, (0, 12), False),
        (9, (0, 12), True),
        (14, (0, 12), True),
        (15, (0, 12), True),
        (4, (0, 12), False),  # assembler is in the machine code's own object as well
    ],
)
def test_what_machine_code_should_have_too(code: int, fields: tuple[int, ...], defines: bool, outside: bool) -> None:
    """Names in a string table put two fields more in front."""
    record = numbers(code, *(1, 1) * outside, 3, 3, *fields)
    data = crafted(module(numbers(1, 1 + outside) + record), block(23, ""))
    assert read_bitcode(BufferSource(data), whole=True).defines is defines


@pytest.mark.parametrize(
    "body",
    [
        bits_of((3, 3)) + vbr(3, 6) + vbr(1 << 50, 6) + "0" * (1 << 21),
        abbreviation(*[literal(12)] * 64) + bits_of((4, 3)) * (1 << 10),
    ],
    ids=["long record", "fields without room"],
)
def test_work_is_bounded(body: str) -> None:
    data = crafted(module(body))
    start = time.process_time()
    with pytest.raises(Malformed, match="fields before the first global"):
        read(data)
    assert time.process_time() - start < 1


def test_a_large_body_is_never_read(sample: bytes) -> None:
    """Reads of a file with a block of a gigabyte stay within a few kilobytes."""

    class Huge(BufferSource):
        total = 0

        def __init__(self, head: bytes, hole: int, tail: bytes) -> None:
            super().__init__(head + tail)
            self.size += hole
            self._head, self._hole = len(head), hole

        def read(self, offset: int, length: int) -> bytes:
            Huge.total += length
            shift = self._hole if offset >= self._head + self._hole else 0
            data = bytes(self._data[offset - shift : offset - shift + length])
            return data.ljust(length, b"\0")

    hole = 1 << 30
    source = Huge(sample + block(99, "", end=False, words=hole // 4), hole, sample[4:])
    assert read_bitcode(source) == read(sample)
    assert Huge.total < 1 << 17


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_malformed(data: bytes) -> None:
    for start in (b"", bitcode.MAGIC, bitcode.WRAPPER, bitcode.MAGIC + b"\x35\x14\x00\x00"):
        with contextlib.suppress(Malformed):
            read(start + data)


@given(st.data())
def test_mutated_bitcode_raises_nothing_but_malformed(sample: bytes, data: st.DataObject) -> None:
    mutated = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, min(len(mutated), 600) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        read(bytes(mutated))
