# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of objects that were once judged wrong, beyond those in fixtures/corpus/kinds."""

import struct
from itertools import product
from pathlib import Path

import pytest

from checker.judging.policy import load_policy
from checker.model import ArchiveItem, Index, Kind, ObjectFacts, ObjectItem, PackageFacts, Stage
from checker.model.statements import Reason, Remedy
from checker.objects.classify import classify
from checker.objects.magic import BEGINNINGS
from checker.objects.source import BufferSource, FileSource, Malformed, Source
from checker.trees.tree import walk_file
from tests.engines.both import differences
from tests.test_bitcode import crafted, module, numbers
from tests.test_judge import findings, judged
from tests.toolbox import CODE, EMPTY, FAT, NATIVE, ROOT, SLIM, archive, compiled, header, packed, run

INDEX_DATA = 8 + 60
"""Where the data of an archive's first member begins."""

KINDS = Path(__file__).parent.parent / "fixtures" / "corpus" / "kinds"


def rules(path: Path, stage: Stage = Stage.INSTALLED, policy: str = "fedora") -> set[str]:
    """The rules that have something to say of a file."""
    entries = judged(walk_file(str(path)), load_policy(policy), PackageFacts(stage=stage))
    return {finding.rule for finding in findings(entries)}


def kind(data: bytes) -> Kind:
    return classify(BufferSource(data)).kind


@pytest.mark.parametrize("name", ["prefix", "underscore", "allocated", "lld", "mips-32", "mips-n32", "mips-64"])
def test_hollow_is_hollow_as_a_whole_however_its_marker_is_spelt_or_kept(name: str) -> None:
    facts = classify(BufferSource((KINDS / f"{name}.hollow.o").read_bytes()))
    assert (facts.kind, facts.partial) == (Kind.HOLLOW, False)


@pytest.mark.parametrize("prefix", ["", "_", "foo_", "x" * 300])
def test_an_index_of_nothing_but_markers(tmp_path: Path, prefix: str) -> None:
    slim = compiled(tmp_path, "slim", SLIM)
    if prefix:
        run("objcopy", f"--prefix-symbols={prefix}", slim)
    *_, item = walk_file(str(archive(tmp_path / "x.a", [slim], tool="llvm-ar")))
    assert isinstance(item, ArchiveItem)
    assert item.facts.symbol_index is Index.LTO_ONLY


@pytest.mark.parametrize(("tool", "compiler"), [("gcc-ranlib", "gcc"), ("llvm-ranlib", "clang")])
def test_ranlib_of_the_compiler_makes_an_index(tmp_path: Path, tool: str, compiler: str) -> None:
    slim = compiled(tmp_path, "slim", ("-O2", "-flto"), compiler=compiler)
    path = tmp_path / "x.a"
    run("ar", "rcS", path, slim)
    assert rules(path) == {"slim-object", "archive-index"}
    run(tool, path)
    assert rules(path) == {"slim-object"}


def test_a_function_that_is_named_like_the_marker_is_native(tmp_path: Path) -> None:
    for name in ("__gnu_lto_slim", "foo___gnu_lto_slim"):
        path = compiled(tmp_path, "function", NATIVE, f"int {name}(void) {{ return 1; }}")
        assert kind(path.read_bytes()) is Kind.NATIVE


def test_a_byte_of_bss_that_something_names_is_native(tmp_path: Path) -> None:
    for source in ("char byte;", "static char byte __attribute__((used));"):
        assert kind(compiled(tmp_path, "byte", (*NATIVE, "-fno-common"), source).read_bytes()) is Kind.NATIVE


def test_symbols_in_sections_whose_number_they_have_no_room_for(tmp_path: Path) -> None:
    prefix = "s390x-linux-gnu-"
    many, joined, stripped = tmp_path / "many.o", tmp_path / "joined.o", tmp_path / "stripped.o"
    run(f"{prefix}as", ROOT / "fixtures" / "sources" / "sections.s", "-o", many)
    slim = compiled(tmp_path, "slim", (*SLIM, "-g"), compiler=f"{prefix}gcc")
    run(f"{prefix}ld", "-r", "-d", many, slim, "-o", joined)
    run(f"{prefix}strip", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-g", joined, "-o", stripped)
    facts = [classify(BufferSource(path.read_bytes())) for path in (many, joined, stripped)]
    assert [fact.kind for fact in facts] == [Kind.EMPTY, Kind.SLIM, Kind.HOLLOW]
    assert not facts[2].partial
    data = bytearray(joined.read_bytes())
    table = struct.unpack_from(">Q", data, 40)[0]
    numbers = next(at for at in range(table, len(data), 64) if struct.unpack_from(">I", data, at + 4)[0] == 18)
    struct.pack_into(">Q", data, numbers + 24, len(data) - 9)
    beyond = tmp_path / "beyond.o"
    beyond.write_bytes(data)
    assert kind(bytes(data)) is Kind.UNREADABLE
    assert list(differences([many, joined, stripped, beyond])) == []


def test_units_of_a_joined_object_are_judged_one_by_one(tmp_path: Path) -> None:
    empty, slim = compiled(tmp_path, "empty", SLIM, EMPTY), compiled(tmp_path, "slim", SLIM)
    fat = compiled(tmp_path, "fat", FAT, "int sub(int a) { return a - 1; }")
    native = compiled(tmp_path, "native", NATIVE, "int neg(int a) { return -a; }")
    expected = {
        (empty, fat): {"leftover-marker"},
        (empty, native): {"leftover-marker"},
        (slim, fat): {"mixed-object"},
        (slim, native): {"mixed-object"},
        (empty,): {"leftover-marker"},
    }
    for number, (parts, found) in enumerate(expected.items()):
        joined = tmp_path / f"joined{number}.o"
        run("ld", "-r", *parts, "-o", joined)
        assert rules(joined) == found, parts


def test_bitcode_that_defines_nothing_is_no_error_until_it_is_shipped(tmp_path: Path) -> None:
    path = KINDS / "empty.bitcode.o"
    assert rules(path) == {"empty-bitcode"}
    assert rules(path, Stage.STRIPPED) == {"bytecode-left"}


def with_section(folder: Path, path: Path, bitcode: bytes) -> ObjectFacts:
    """The facts of an object to which `.llvm.lto` was added."""
    (folder / "section").write_bytes(bitcode)
    run("objcopy", "--add-section", f".llvm.lto={folder / 'section'}", path, folder / "added.o")
    return classify(BufferSource((folder / "added.o").read_bytes()))


def test_bitcode_beside_machine_code_is_counted_by_its_files(tmp_path: Path) -> None:
    native, empty = compiled(tmp_path, "native", NATIVE), compiled(tmp_path, "empty", NATIVE, "")
    bitcode = compiled(tmp_path, "bitcode", ("-flto",), CODE, "clang").read_bytes()
    for number in (1, 2, 3):
        facts = with_section(tmp_path, native, bitcode * number)
        assert (facts.kind, facts.joined, len(facts.reasons)) == (Kind.FAT, number > 1, 1 + (number > 1))
        assert with_section(tmp_path, empty, bitcode * number).kind is Kind.DAMAGED
    facts = with_section(tmp_path, empty, crafted(module(numbers(1, 1) + numbers(7, 3, 3, 0, 9))))
    assert (facts.kind, facts.empty) == (Kind.FAT, True), "a declaration alone needs no code"


def test_how_much_of_a_joined_object_is_slim(tmp_path: Path) -> None:
    slim, fat = compiled(tmp_path, "slim", SLIM), compiled(tmp_path, "fat", FAT, "int sub(int a) { return a - 1; }")
    native = compiled(tmp_path, "native", NATIVE, "int neg(int a) { return -a; }")
    for other, reason in ((fat, Reason.HEADER_SLIM_UNITS), (native, Reason.HEADER_SLIM_PART)):
        run("ld", "-r", slim, other, "-o", tmp_path / "joined.o")
        facts = classify(BufferSource((tmp_path / "joined.o").read_bytes()))
        assert (facts.kind, facts.reasons[0].key) == (Kind.MIXED, reason)


def bundle(*parts: tuple[bytes, bytes]) -> bytes:
    """An offload bundle of these names and bytes."""
    head = b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", len(parts))
    at = len(head) + sum(24 + len(name) for name, _ in parts)
    bodies = b""
    for name, body in parts:
        head += struct.pack("<3Q", at + len(bodies), len(body), len(name)) + name
        bodies += body
    return head + bodies


def test_the_host_part_of_a_bundle_decides(tmp_path: Path) -> None:
    native = compiled(tmp_path, "native", NATIVE).read_bytes()
    bitcode = compiled(tmp_path, "bitcode", ("-flto",), CODE, "clang").read_bytes()
    device = (b"hip-amdgcn", bitcode)
    for host, expected in ((native, Kind.OTHER), (bitcode, Kind.SLIM), (bitcode[:100], Kind.UNREADABLE)):
        facts = classify(BufferSource(bundle(device, (b"host-x86_64", host))))
        assert facts.kind is expected
        assert facts.format == ("bitcode" if expected is Kind.UNREADABLE else "offload-bundle")
    for parts in ([device], [], [device, (b"host-x86_64", b"")]):
        facts = classify(BufferSource(bundle(*parts)))
        assert (facts.kind, facts.format) == (Kind.OTHER, "offload-bundle")


@pytest.mark.parametrize(
    ("name", "frontend"), [("rustc", "rustc"), ("rustc-shim", "rustc"), ("ldc", "ldc2"), ("empty", None)]
)
def test_bitcode_names_who_wrote_it_where_that_is_not_clang(name: str, frontend: str | None) -> None:
    """Distributions build rustc and LDC with their LLVM, which then is all that the producer names."""
    (code,) = classify(BufferSource((KINDS / f"{name}.bitcode.o").read_bytes())).bytecode
    assert (code.producer, code.frontend) == ("llvm", frontend)


def index_remedies(path: Path) -> list[object]:
    entries = judged(walk_file(str(path)), load_policy("fedora"), PackageFacts())
    return [finding.remedy.key for finding in findings(entries) if finding.rule == "archive-index"]


def test_ranlib_is_no_remedy_for_members_that_it_does_not_open(tmp_path: Path) -> None:
    native = compiled(tmp_path, "native", NATIVE)
    assert index_remedies(archive(tmp_path / "bundle.a", [KINDS / "bundle.o"])) == []
    assert index_remedies(archive(tmp_path / "both.a", [KINDS / "bundle.o", native], "rcS")) == [Remedy.RANLIB]
    nested = archive(tmp_path / "outer.a", [archive(tmp_path / "inner.a", [native])])
    assert index_remedies(nested) == [Remedy.MEMBERS_THEMSELVES]
    run("ranlib", nested)
    assert index_remedies(nested) == [Remedy.MEMBERS_THEMSELVES]
    (tmp_path / "script").write_text("create flat.a\naddlib inner.a\nsave\nend\n")
    run("sh", "-c", "ar -M < script", cwd=tmp_path)
    assert rules(tmp_path / "flat.a") == set()


def test_joined_bitcode_beside_machine_code_is_a_warning() -> None:
    assert rules(KINDS / "joined-clang-fat.o") == {"joined-bitcode"}
    assert rules(KINDS / "joined-clang-fat.o", Stage.STRIPPED) == {"bytecode-left", "joined-bitcode"}


def test_a_compressed_bundle_is_said_to_be_unknown_where_a_linker_meets_it(tmp_path: Path) -> None:
    bundle = KINDS / "bundle-compressed.o"
    assert rules(bundle) == {"compressed-bundle"}
    native = compiled(tmp_path, "native", NATIVE)
    assert rules(archive(tmp_path / "x.a", [native, bundle])) == {"compressed-bundle"}
    device = tmp_path / "kernels.co"
    device.write_bytes(bundle.read_bytes())
    assert rules(device) == set()


@pytest.mark.parametrize(
    "start",
    [
        b"\0\0\xff\xff",
        b"BC\xc0\xde",
        b"\xde\xc0\x17\x0b",
        b"\x64\x86",
        b"\x4c\x01",
        b"\x7fELF",
        b"CCOB",
        b"\xca\xfe\xba\xbe",
    ],
)
@pytest.mark.parametrize(
    "rest", [b"", b"\0\0\xff\xff" * 64, b"\0" * 200, bytes(range(1, 200)), b"text follows it\n" * 9]
)
def test_data_that_begins_like_an_object_is_none(start: bytes, rest: bytes) -> None:
    if start == b"\x7fELF" and len(rest) < 12:
        return  # nothing speaks against a cut-off object
    assert kind(start + rest) is Kind.OTHER


def test_both_engines_say_the_same_of_every_magic_with_nothing_or_data_behind_it(tmp_path: Path) -> None:
    paths = []
    for number, (start, rest) in enumerate(product(BEGINNINGS, (b"", b"\xff", b"data" * 40, b"\0" * 80))):
        paths.append(tmp_path / f"{number}.o")
        paths[-1].write_bytes(start + rest)
        if start == b"CCOB":
            assert rules(paths[-1]) == set()
    assert list(differences(paths)) == []


def test_what_is_cut_off_stays_unreadable(tmp_path: Path) -> None:
    for name, flags, compiler in (("elf", NATIVE, "gcc"), ("bitcode", ("-flto",), "clang")):
        data = compiled(tmp_path, name, flags, CODE, compiler).read_bytes()
        assert kind(data[: len(data) // 2]) is Kind.UNREADABLE


def test_a_member_named_like_a_table_is_one_where_tables_stand(tmp_path: Path) -> None:
    native = compiled(tmp_path, "native", NATIVE).read_bytes()
    slim = compiled(tmp_path, "slim", SLIM).read_bytes()
    coff = compiled(tmp_path, "coff", SLIM, CODE, compiler="x86_64-w64-mingw32-gcc").read_bytes()
    names = (b"/", b"//", b"/SYM64/", b"__.SYMDEF", b"/<ECSYMBOLS>/", b"__.SYMDEF SORTED")
    for name, code in product(names, (slim, coff)):
        member = header(name, len(code)) + code + b"\n" * (len(code) % 2)
        for data in (packed([(b"n.o", native)]) + member, b"!<arch>\n" + member):
            (tmp_path / "x.a").write_bytes(data)
            assert "slim-object" in rules(tmp_path / "x.a"), name


def test_an_index_that_points_into_a_member(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.a", [compiled(tmp_path, "native", NATIVE)])
    assert rules(path) == set()
    data = bytearray(path.read_bytes())
    at = 8 + 60 + 4
    (place,) = struct.unpack(">I", data[at : at + 4])
    data[at : at + 4] = struct.pack(">I", place + 60)
    path.write_bytes(data)
    assert rules(path) == {"archive-index"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of a library of GCC's, of some hundred members."""
    path = tmp_path / "libgcc.a"
    path.write_bytes(Path(run("gcc", "-print-libgcc-file-name").strip()).read_bytes())
    assert rules(path) == set()
    return path


def test_one_entry_of_a_real_library_s_index_that_points_into_a_member(library: Path) -> None:
    data = bytearray(library.read_bytes())
    (count,) = struct.unpack_from(">I", data, INDEX_DATA)
    assert count > 100
    entry = INDEX_DATA + 4 * (count // 2)
    (place,) = struct.unpack_from(">I", data, entry)
    struct.pack_into(">I", data, entry, place + 60)
    library.write_bytes(data)
    assert rules(library) == {"archive-index"}
    assert list(differences([library])) == []


def test_a_real_library_s_index_that_names_markers_alone(library: Path) -> None:
    data = library.read_bytes()
    size = int(data[8 + 48 : 8 + 58])
    (count,) = struct.unpack_from(">I", data, INDEX_DATA)
    names = b"__gnu_lto_slim\0" * (count - 1) + b"own___gnu_lto_slim\0"
    places = struct.unpack_from(f">{count}I", data, INDEX_DATA + 4)
    longer = 4 + 4 * count + len(names) + len(names) % 2 - size
    index = (
        struct.pack(f">{count + 1}I", count, *(place + longer for place in places)) + names + b"\0" * (len(names) % 2)
    )
    library.write_bytes(data[:8] + header(b"/", len(index)) + index + data[INDEX_DATA + size :])
    run("nm", "--print-armap", library)
    assert rules(library) == {"archive-index"}
    assert list(differences([library])) == []


def test_code_without_symbols_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.a", [compiled(tmp_path, "fat", FAT)])
    run("strip", "-R", ".gnu.lto_*", path)
    assert rules(path) == {"code-without-symbols"}
    sound = archive(tmp_path / "y.a", [compiled(tmp_path, "native", NATIVE)], "rcS")
    assert rules(sound) == {"archive-index"}


@pytest.mark.parametrize("flags", [NATIVE, FAT])
def test_an_archive_of_registrars_was_not_stripped(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Whole archives are linked for entries of a section that no symbol leads to; their local names are there."""
    source = '__attribute__((used, section("plugins"))) static int (*entry)(int);'
    path = archive(tmp_path / "x.a", [compiled(tmp_path, "registrar", flags, source)])
    assert rules(path) == set()
    assert list(differences([path])) == []
    run("strip", "-R", ".gnu.lto_*", path)
    assert rules(path) == {"code-without-symbols"}
    assert list(differences([path])) == []


def test_modules_of_a_kernel_are_not_declared(tmp_path: Path) -> None:
    native = compiled(tmp_path, "native", NATIVE)
    module = tmp_path / "foo.ko"
    module.write_bytes(native.read_bytes())
    assert rules(module, policy="fedora-strict") == set()
    assert rules(native, policy="fedora-strict") == {"undeclared-object"}


def test_a_file_that_thin_archives_name_often_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(tmp_path, "native", NATIVE)
    run("ar", "rcT", "x.a", *["native.o"] * 3, cwd=tmp_path)
    calls: list[object] = []

    def counted(source: Source, head: bytes = b"") -> ObjectFacts:
        calls.append(source)
        return classify(source, head)

    monkeypatch.setattr("checker.objects.walk.classify", counted)
    for _ in range(2):
        items = list(walk_file(str(tmp_path / "x.a")))
        assert [item.facts.kind for item in items if isinstance(item, ObjectItem)]
    assert len(calls) == 1


def test_a_section_behind_the_end_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345678")
    with path.open("rb") as file:
        source = FileSource(file.fileno(), 8)
        for offset, size in ((1 << 64, 1), (8, 1), (0, 9), (4, -1)):
            with pytest.raises(Malformed):
                source.slice(offset, size)
        assert source.slice(4, 4).read(0, 4) == b"5678"
