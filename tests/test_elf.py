# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF objects that no assembler writes in this way, and that others may: every class and byte order."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from checker.limits import LIMITS, Limits
from checker.model import Kind
from checker.objects.classify import classify
from checker.objects.elf import may_be_elf
from checker.objects.elf_traits import is_common, read_elf
from checker.objects.machines import elf_machine
from checker.objects.markers import MarkerNames
from checker.objects.source import BufferSource, Malformed
from checker.objects.traits import Traits

PROGBITS, SYMTAB, STRTAB, NOTE, NOBITS = 1, 2, 3, 7, 8
LOPROC, HIPROC = 0x70000000, 0x7FFFFFFF
ALLOC = 2
LOCAL, GLOBAL, WEAK = 0, 1, 2
NOTYPE, OBJECT, FUNC = 0, 1, 2
COMMON, ABSOLUTE, XINDEX = 0xFFF2, 0xFFF1, 0xFFFF
LAYOUTS = [(64, "<"), (64, ">"), (32, "<"), (32, ">")]


class Section(NamedTuple):
    name: bytes
    type: int
    flags: int = 0
    body: bytes = b""
    size: int | None = None
    """What the header says; the size of the body unless given."""
    link: int = 0
    info: int = 0


class Symbol(NamedTuple):
    name: bytes
    section: int = 1
    binding: int = GLOBAL
    size: int = 0
    type: int = OBJECT


CODE = Section(b".text", PROGBITS, ALLOC, b"\xc3" * 8)
SLIM = Symbol(b"__gnu_lto_slim", COMMON, size=1)
MANY = [Symbol(b"l%d" % number, binding=LOCAL, type=NOTYPE) for number in range(300)]


def elf(
    *sections: Section,
    symbols: Iterable[Symbol] | None = None,
    layout: tuple[int, str] = (64, "<"),
    info: int | None = None,
    names_first: bool = False,
    behind: int = 0,
    tail: bytes = b"",
    padding: int = 0,
) -> bytes:
    """An object of these sections, then symbols, their names and the names of sections, in this order in the file.

    `info` is what the symbol table says of its local ones, `names_first` puts the names of symbols before these,
    `padding` fills the names up, `tail` is what the symbol table has beyond whole symbols, and `behind` what it counts
    too much.
    """
    bits, order = layout
    rows = [Section(b"", 0), *sections]
    if symbols is not None:
        names, table = bytearray(1 + padding), pack_symbol(Symbol(b"", 0, LOCAL), 0, layout)
        listed = list(symbols)
        for symbol in listed:
            table += pack_symbol(symbol, len(names) if symbol.name else 0, layout)
            names += symbol.name + b"\0" * bool(symbol.name)
        table += tail
        local = 1 + sum(symbol.binding == LOCAL for symbol in listed)
        at = len(rows)
        here, there = (at + 1, at) if names_first else (at, at + 1)
        strings = Section(b".strtab", STRTAB, body=bytes(names))
        own = Section(
            b".symtab", SYMTAB, 0, table, len(table) + behind, link=there, info=local if info is None else info
        )
        rows += [strings, own] if names_first else [own, strings]
        assert rows[here].type == SYMTAB
    held = b"\0" + b"".join(section.name + b"\0" for section in rows) + b".shstrtab\0"
    rows.append(Section(b".shstrtab", STRTAB, body=held))
    head_size, row_size = (64, 64) if bits == 64 else (52, 40)
    table_at = head_size
    position = table_at + row_size * len(rows)
    headers, bodies = b"", b""
    for section in rows:
        size = len(section.body) if section.size is None else section.size
        fields = (held.index(b"\0" + section.name + b"\0") + 1, section.type, section.flags, 0, position + len(bodies))
        headers += struct.pack(
            order + ("IIQQQQIIQQ" if bits == 64 else "10I"), *fields, size, section.link, section.info, 1, 0
        )
        bodies += section.body
    ident = b"\x7fELF" + bytes([bits // 32, 1 + "<>".index(order), 1]) + b"\0" * 9
    numbers = (1, 62, 1, 0, 0, table_at, 0, head_size, 0, 0, row_size, len(rows), len(rows) - 1)
    return (
        ident + struct.pack(order + ("HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH"), *numbers) + headers + bodies
    )


def pack_symbol(symbol: Symbol, name: int, layout: tuple[int, str]) -> bytes:
    bits, order = layout
    info = symbol.binding << 4 | symbol.type
    if bits == 64:
        return struct.pack(order + "IBBHQQ", name, info, 0, symbol.section, 0, symbol.size)
    return struct.pack(order + "IIIBBH", name, 0, symbol.size, info, 0, symbol.section)


def read(data: bytes, limits: Limits = LIMITS) -> Traits:
    traits = read_elf(BufferSource(data), limits=limits)
    assert traits
    return traits


@pytest.fixture(params=LAYOUTS, ids=lambda layout: f"{layout[0]}{layout[1]}")
def layout(request: pytest.FixtureRequest) -> tuple[int, str]:
    found: tuple[int, str] = request.param
    return found


@pytest.mark.parametrize("names_first", [False, True])
@pytest.mark.parametrize("tail", [b"", b"\0" * 5])
def test_symbols_that_define(layout: tuple[int, str], names_first: bool, tail: bytes) -> None:
    """Wherever the names are, and however much more than whole symbols the table has."""

    def nameless(*symbols: Symbol, info: int | None = None) -> bool:
        data = elf(CODE, symbols=symbols, layout=layout, info=info, names_first=names_first, tail=tail)
        traits = read(data)
        assert (traits.native, traits.marker) == (True, False)
        return traits.nameless

    assert not nameless(Symbol(b"f"))
    assert not nameless(Symbol(b"f", binding=WEAK))
    assert not nameless(Symbol(b"f"), info=999), "no such number of local symbols"
    assert not nameless(Symbol(b"f"), info=0)
    assert not nameless(Symbol(b"l", binding=LOCAL), Symbol(b"f"))
    assert nameless()
    assert nameless(*MANY)
    assert not nameless(*MANY, Symbol(b"f"))
    assert nameless(Symbol(b"f", section=0))
    assert nameless(MANY[0])
    assert nameless(MANY[0], info=0)
    assert not nameless(*MANY, Symbol(b"l", binding=LOCAL))
    assert not nameless(Symbol(b"l", binding=LOCAL, type=FUNC))


@pytest.mark.parametrize("names_first", [False, True])
def test_a_marker_anywhere_among_the_symbols(layout: tuple[int, str], names_first: bool) -> None:
    for before in ([], [Symbol(b"f")], MANY, [*MANY, Symbol(b"f")]):
        for padding in (0, LIMITS.chunk + 99):
            traits = read(elf(CODE, symbols=[*before, SLIM], layout=layout, names_first=names_first, padding=padding))
            assert (traits.native, traits.marker) == (True, True)


def test_a_marker_has_its_name_to_the_end() -> None:
    names = MarkerNames([(0, b"\0__gnu_lto_slim\0x\0y___gnu_lto_slim\0")])
    assert [at for at in range(1000) if names.is_marker(at)] == [1, 18, 19, 20]


@pytest.mark.parametrize(
    ("number", "common"),
    [(0, False), (1, False), (0xFEFF, False), (0xFF00, True), (COMMON, True), (ABSOLUTE, False), (XINDEX, False)],
)
def test_numbers_of_common(number: int, common: bool) -> None:
    """MIPS has 0xFF00 for COMMON symbols that are allocated."""
    assert is_common(number) is common


@pytest.mark.parametrize(("name", "nameless"), [(b".text", True), (b".init_array", False), (b".ctors", False)])
def test_code_that_runs_without_a_name(name: bytes, nameless: bool) -> None:
    assert read(elf(Section(name, PROGBITS, ALLOC, b"x" * 8), symbols=[])).nameless is nameless
    assert read(elf(Section(name, PROGBITS, ALLOC, b"x" * 8))).nameless is nameless, "without a symbol table"


@pytest.mark.parametrize(
    ("section", "telling", "aside"),
    [
        (Section(b".bss", NOBITS, ALLOC, size=1), None, False),
        (Section(b".mine", PROGBITS, 0, b"x"), ".mine", True),
        (Section(b".mine", NOTE, 0, b"x"), ".mine", True),
        (Section(b".mine", NOTE, ALLOC, b"x"), ".mine", True),
        (Section(b".note.mine", PROGBITS, ALLOC, b"x"), ".note.mine", True),
        (Section(b".debug_info", PROGBITS, 0, b"x"), ".debug_info", False),
        (Section(b".mine", LOPROC, 0, b"x"), None, False),
        (Section(b".mine", HIPROC, 0, b"x"), None, False),
        (Section(b".mine", HIPROC + 1, 0, b"x"), ".mine", True),
        (Section(b".mine", LOPROC - 1, 0, b"x"), ".mine", True),
        (Section(b".mine", PROGBITS), None, False),
        (Section(b".comment", PROGBITS, 0, b"x"), None, False),
    ],
)
def test_signs_that_an_object_was_never_slim(section: Section, telling: str | None, aside: bool) -> None:
    traits = read(elf(section, symbols=[]))
    assert (traits.native, traits.telling, traits.aside) == (False, telling, aside)


def test_an_object_without_content_is_empty() -> None:
    facts = classify(BufferSource(elf(symbols=[])))
    assert (facts.kind, facts.empty) == (Kind.EMPTY, True)


def test_names_of_sections_that_are_not_held_in_memory(layout: tuple[int, str]) -> None:
    inputs = [
        elf(*sections, symbols=symbols, layout=layout)
        for sections in (
            [CODE],
            [Section(b".gnu.lto_.decls.1", PROGBITS, 0, b"x" * 40), Section(b".gnu.lto_f.1", PROGBITS, 0, b"y")],
            [Section(b".mine", PROGBITS, 0, b"x")],
            [Section(b".ctors", PROGBITS, ALLOC, b"x"), Section(b".llvm.lto", PROGBITS, 0, b"BC\xc0\xde")],
        )
        for symbols in ([], [Symbol(b"f")], [SLIM])
    ]
    expected = [read(data) for data in inputs]
    limits = LIMITS._replace(section_names=0)
    assert [read(data, limits) for data in inputs] == expected


def test_more_sections_than_the_header_has_room_for(layout: tuple[int, str]) -> None:
    """The number of sections, and that of their names, are in the first section header then."""
    bits, order = layout
    plain = elf(CODE, symbols=[Symbol(b"f")], layout=layout)
    at = 60 if bits == 64 else 48
    table, size_at, link_at, word = (64, 32, 40, "Q") if bits == 64 else (52, 20, 24, "I")
    count, names = struct.unpack_from(order + "HH", plain, at)
    for is_counted, is_named in ((True, False), (False, True), (False, False)):
        data = bytearray(plain)
        struct.pack_into(order + "HH", data, at, count if is_counted else 0, names if is_named else XINDEX)
        struct.pack_into(order + word, data, table + size_at, 0 if is_counted else count)
        struct.pack_into(order + "I", data, table + link_at, 0 if is_named else names)
        assert read(bytes(data)) == read(plain)


def test_the_names_of_sections_may_end_the_file(layout: tuple[int, str]) -> None:
    data = elf(CODE, symbols=[Symbol(b"f")], layout=layout)
    assert data.endswith(b".shstrtab\0")
    assert read(data).native
    with pytest.raises(Malformed, match="section names end after the file"):
        read(data[:-1])


def test_without_a_section_table(layout: tuple[int, str]) -> None:
    bits, order = layout
    data = bytearray(elf(CODE, layout=layout))
    at = 40 if bits == 64 else 32
    struct.pack_into(order + ("Q" if bits == 64 else "I"), data, at, 0)
    with pytest.raises(Malformed, match=f"without a section table .at offset {at}."):
        read(bytes(data))


def test_a_section_that_ends_after_the_file() -> None:
    with pytest.raises(Malformed, match="a section of 500000 bytes that ends after the file"):
        read(elf(Section(b".gnu.lto_.decls.1", PROGBITS, 0, b"x", size=500_000)))
    assert read(elf(Section(b".gnu.lto_.decls.1", NOBITS, 0, b"x", size=500_000))).lto


def test_symbols_that_end_after_the_file() -> None:
    """Even where those that are there would decide."""
    limits = LIMITS._replace(chunk=1 << 12)
    many = [Symbol(b"f"), *(Symbol(b"") for _ in range(300))]
    assert read(elf(CODE, symbols=many, names_first=True), limits).native
    with pytest.raises(Malformed):
        read(elf(CODE, symbols=many, names_first=True, behind=1 << 12), limits)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x7fELF", True),
        (b"\x7fELF" + b"x" * 11, True),
        (b"\x7fELF" + b"x" * 12, False),
        (b"\x7fELF\2\1" + b"x" * 10, True),
        (b"\x7fELFxx\1xx" + b"\0" * 7, True),
        (b"\x7fELFxx\2xx" + b"\0" * 7, False),
        (b"\x7fELFxx\1xx" + b"\0" * 6 + b"x", False),
    ],
)
def test_what_may_be_elf(head: bytes, expected: bool) -> None:
    assert may_be_elf(head) is expected


@pytest.mark.parametrize(
    ("number", "bits", "order", "name"),
    [
        (22, 64, ">", "s390x"),
        (22, 32, ">", "s390"),
        (62, 32, "<", "x32"),
        (258, 32, "<", "loongarch32"),
        (258, 64, "<", "loongarch64"),
        (243, 64, "<", "riscv64"),
        (21, 64, "<", "ppc64le"),
        (8, 64, ">", "mips64"),
        (40, 32, ">", "armeb"),
        (183, 64, ">", "aarch64_be"),
        (9999, 64, "<", "elf-9999"),
    ],
)
def test_names_of_machines(number: int, bits: int, order: str, name: str) -> None:
    assert elf_machine(number, bits, order) == name
