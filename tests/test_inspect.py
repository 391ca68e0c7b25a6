# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck inspect` on what real compilers and binutils write, with readelf and llvm-nm as oracles, and on garbage."""

import json
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.cli.app import run
from checker.inspect import Inspection, inspect_object
from checker.inspect.inspection import TopRows
from checker.inspect.places import locate
from checker.lto.sections import Role
from checker.model import Kind, ObjectItem
from checker.objects.classify import classify
from checker.objects.source import BufferSource
from tests.test_render import INSPECT_SCHEMA, SCHEMAS

SOURCE = """
extern int ext(int);
static int hidden(int x) { return x * 3; }
int g_data = 4; int g_bss;
__attribute__((weak)) int perhaps(void) { return hidden(g_bss); }
int get(void) { return g_data; }
int code_fn(int x) { return ext(x) + perhaps(); }
"""
OTHER_SOURCE = "int second(void) { return 2; }"
DEFINED = {"g_data", "g_bss", "perhaps", "get", "code_fn"}
SWITCHES = ".GCC.command.line"
STRIP_LTO = ("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1")


def loaded(text: str) -> Any:
    """A report in JSON, which the published schema must describe."""
    report = json.loads(text)
    jsonschema.Draft202012Validator(INSPECT_SCHEMA, registry=SCHEMAS).validate(report)
    return report


def run_tool(*command: object) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of objects, one of each sort."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "code.c").write_text(SOURCE)
    (folder / "second.c").write_text(OTHER_SOURCE)
    recipes = {
        "slim.o": ("gcc", "-flto"),
        "slim_g.o": ("gcc", "-flto", "-g"),
        "fat.o": ("gcc", "-flto", "-ffat-lto-objects", "-g"),
        "native.o": ("gcc", "-g"),
        "recorded.o": ("gcc", "-frecord-gcc-switches"),
        "compressed.o": ("gcc", "-g", "-gz"),
        "clang.o": ("clang", "-g"),
        "bitcode.o": ("clang", "-flto"),
        "embedded.o": ("clang", "-fembed-bitcode=all"),
        "coff.o": ("x86_64-w64-mingw32-gcc", "-flto"),
        "coff_native.o": ("x86_64-w64-mingw32-gcc",),
    }
    for name, command in recipes.items():
        run_tool(*command, "-O2", "-c", folder / "code.c", "-o", folder / name)
    run_tool("gcc", "-flto", "-c", folder / "second.c", "-o", folder / "second.o")
    run_tool(*STRIP_LTO, folder / "slim.o", "-o", folder / "hollow.o")
    run_tool("ld", "-r", folder / "second.o", folder / "native.o", "-o", folder / "mixed.o")
    run_tool("ld", "-r", folder / "second.o", folder / "slim.o", "-o", folder / "two.o")
    return folder


def look(data: bytes, name: str = "x.o") -> Inspection:
    source = BufferSource(data)
    return inspect_object(ObjectItem(name, None, None, classify(source)), source)


def look_at(path: Path) -> Inspection:
    return look(path.read_bytes(), str(path))


def told(found: Inspection, place: str) -> list[str]:
    return [origin.text for origin in found.origins if origin.place == place]


def names(rows: TopRows[object]) -> set[str]:
    return {row.name for row in rows.kept}  # type: ignore[attr-defined]


def sections_of(path: Path) -> dict[str, int]:
    rows = re.findall(r"\] (\S+)\s+\S+\s+[0-9a-f]{16} [0-9a-f]+ ([0-9a-f]+)", run_tool("readelf", "-SW", path))
    return {name: int(size, 16) for name, size in rows}


ALL = ("slim", "slim_g", "fat", "native", "clang", "bitcode", "embedded", "coff", "coff_native", "hollow", "mixed")


@pytest.mark.parametrize("name", ALL)
def test_whole_objects_are_read_without_problems(built: Path, name: str) -> None:
    assert look_at(built / f"{name}.o").problems == ()


@pytest.mark.parametrize("name", ["slim", "slim_g", "fat", "native", "clang", "embedded", "hollow", "mixed", "two"])
def test_sections_have_the_sizes_that_readelf_tells(built: Path, name: str) -> None:
    sizes = sections_of(built / f"{name}.o")
    rows = look_at(built / f"{name}.o").sections.kept
    assert rows
    assert {row.name: row.size for row in rows} == {row.name: sizes[row.name] for row in rows}
    lto = {row.name for row in rows if row.role is Role.LTO}
    assert lto == {section for section, size in sizes.items() if section.startswith(".gnu.lto_") and size}


@pytest.mark.parametrize("name", ["slim", "slim_g", "fat", "two"])
def test_symbols_of_the_bytecode_are_those_of_readelf(built: Path, name: str) -> None:
    table = run_tool("readelf", "-W", "--lto-syms", built / f"{name}.o")
    # Binutils 2.44 leaves out the columns of the extension table.
    row = r"^\s+\S+\s+(\S+)\s+\S+\s+[0-9a-f]{8}\s+[0-9a-f]{8}(?:\s+\S+\s+[0-9a-f]{8})?\s+_?(\S+)$"
    rows = re.findall(row, table, re.MULTILINE)
    undefined = {symbol for kind, symbol in rows if kind == "UNDEF"}
    defined = {symbol for kind, symbol in rows if kind != "UNDEF"}
    found = look_at(built / f"{name}.o")
    assert names(found.definitions) == defined >= DEFINED  # type: ignore[arg-type]
    assert names(found.references) == undefined == {"ext"}  # type: ignore[arg-type]


def test_symbols_of_bitcode_are_those_of_llvm_nm(built: Path) -> None:
    rows = [line.split() for line in run_tool("llvm-nm", built / "bitcode.o").splitlines()]
    found = look_at(built / "bitcode.o")
    assert names(found.definitions) == {row[-1] for row in rows if row[-2] in "TDBWVC"} == DEFINED  # type: ignore[arg-type]
    assert names(found.references) == {"ext"}  # type: ignore[arg-type]
    assert {row.kind for row in found.definitions.kept if row.name == "perhaps"} == {"WEAKDEF"}


def test_coff_names_what_would_be_lost(built: Path) -> None:
    found = look_at(built / "coff.o")
    assert names(found.definitions) == DEFINED  # type: ignore[arg-type]
    assert found.item.facts.kind is Kind.SLIM
    assert told(found, ".rdata$zzz")[0].startswith("GCC: ")
    assert "'-flto'" in told(found, ".gnu.lto_.opts")[0]
    native = look_at(built / "coff_native.o")
    assert native.evidence[0].startswith("code and data: .text ")
    assert "get" in native.evidence[1]


@pytest.mark.parametrize("name", ["slim", "clang", "hollow", "two"])
def test_comment_is_that_of_readelf(built: Path, name: str) -> None:
    dump = run_tool("readelf", "-p", ".comment", built / f"{name}.o")
    lines = re.findall(r"^\s+\[ *[0-9a-f]+\]\s+(.+)$", dump, re.MULTILINE)
    assert told(look_at(built / f"{name}.o"), ".comment") == list(dict.fromkeys(lines))


@pytest.mark.parametrize(("name", "producer"), [("native", "GNU C17"), ("slim_g", "GNU C17"), ("clang", "clang")])
def test_dwarf_producer(built: Path, name: str, producer: str) -> None:
    found = look_at(built / f"{name}.o")
    assert producer in told(found, "DW_AT_producer")[0]
    assert told(found, "DW_AT_name")[0].endswith("code.c")


@pytest.mark.parametrize("options", [("-gdwarf-4",), ("-gdwarf-5",), ("-gdwarf-4", "-fdebug-types-section"), ("-m32",)])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_dwarf_of_other_shapes(built: Path, tmp_path: Path, compiler: str, options: tuple[str, ...]) -> None:
    run_tool(compiler, "-g", *options, "-c", built / "code.c", "-o", tmp_path / "x.o")
    found = look_at(tmp_path / "x.o")
    assert found.problems == ()
    assert len(told(found, "DW_AT_producer")) == 1


def test_compressed_dwarf_is_said_to_be_unread(built: Path) -> None:
    assert look_at(built / "compressed.o").problems == ("DWARF: the sections are compressed",)


def test_units_and_options_of_joined_objects(built: Path) -> None:
    found = look_at(built / "two.o")
    assert len({unit.name for unit in found.units.kept}) == found.units.total == 2
    version = found.item.facts.bytecode[0].version
    assert {f"{unit.major}.{unit.minor}" for unit in found.units.kept} == {version}
    assert all(unit.slim_byte == 1 and unit.compression == "zstd" for unit in found.units.kept)
    assert len(told(found, ".gnu.lto_.opts")) == 2  # one was compiled with -O2
    assert [unit.slim_byte for unit in look_at(built / "fat.o").units.kept] == [0]


def test_recorded_switches(built: Path) -> None:
    line = re.search(r"^\s+\[ *0\]\s+(.+)$", run_tool("readelf", "-p", SWITCHES, built / "recorded.o"), re.MULTILINE)
    assert line
    assert told(look_at(built / "recorded.o"), SWITCHES) == [line[1]]


def test_embedded_bitcode(built: Path) -> None:
    found = look_at(built / "embedded.o")
    assert told(found, ".llvmbc triple") == ["x86_64-pc-linux-gnu"]
    assert "-fembed-bitcode=all" in told(found, ".llvmcmd")[0]


@pytest.mark.parametrize(("value", "state"), [(0x3D5056C, "on"), (0x3D6056C, "off")])
def test_annobin_in_both_shapes(tmp_path: Path, value: int, state: str) -> None:
    number = ", ".join(str(byte) for byte in value.to_bytes(4, "little"))
    strings = f'.section .annobin.notes,"MS",@strtab,1\n.string "GW:{value:#x} x.c"\n'
    note = f'.section .gnu.build.attributes,"",@note\n.long 12, 0, 0x100\n.ascii "GA*GOW"\n.byte 0, {number}, 0\n'
    for text in (strings.replace("@strtab", "@progbits"), note):
        (tmp_path / "x.s").write_text(text)
        run_tool("gcc", "-c", tmp_path / "x.s", "-o", tmp_path / "x.o")
        assert told(look_at(tmp_path / "x.o"), "annobin") == [f"-flto was {state}"]
    assert f"GOW:{value:#x}" in run_tool("readelf", "-nW", tmp_path / "x.o")


@pytest.mark.parametrize("name", ALL)
def test_evidence_agrees_with_the_verdict(built: Path, name: str) -> None:
    """The reasons that are shown come from a reader of their own; it must not contradict the classifier."""
    found = look_at(built / f"{name}.o")
    if found.item.facts.format == "bitcode":
        return
    has_content = found.evidence[0].startswith("code and data") or "symbols: 0 defined" not in found.evidence[1]
    assert has_content == (found.item.facts.kind in (Kind.NATIVE, Kind.FAT, Kind.MIXED))
    assert found.evidence[2].endswith("slim") == (found.item.facts.kind in (Kind.SLIM, Kind.HOLLOW, Kind.MIXED))


# The command


def inspect(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run(["inspect", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def archive(built: Path) -> Path:
    inner, path = built / "inner.a", built / "outer.a"
    run_tool("ar", "qc", inner, built / "second.o")
    members = ("slim.o", "native.o", "slim.o", "inner.a", "bitcode.o")
    run_tool("ar", "qc", path, *(built / name for name in members))
    return path


@pytest.mark.parametrize(
    ("name", "code", "phrases"),
    [
        (
            "slim_g",
            1,
            ("slim, elf x86_64", "error: slim-object", "%global _fat_lto_objects 1", "lost without", "-flto"),
        ),
        ("hollow", 1, ("hollow, elf", "error: hollow-object", "__gnu_lto_slim is there", "nothing names it any more")),
        ("mixed", 1, ("mixed (partial)", "error: mixed-object", "second", ".text")),
        ("bitcode", 1, ("slim, bitcode", "clang 18", "triple: x86_64-pc-linux-gnu")),
        ("native", 0, ("native, elf", "none (nothing found)", "DW_AT_producer: GNU C17")),
        ("fat", 0, ("fat, elf", "defined by the bytecode: 5", "slim byte 0 (fat)")),
        ("coff", 1, ("slim, coff", "lost without the bytecode: 5")),
    ],
)
def test_text_fits_a_screen(
    built: Path, capsys: pytest.CaptureFixture[str], name: str, code: int, phrases: tuple[str, ...]
) -> None:
    status, out, err = inspect(capsys, built / f"{name}.o")
    assert (status, err) == (code, "")
    for phrase in phrases:
        assert phrase in out
    assert len(out.splitlines()) <= 40


def test_an_archive_loses_what_bitcode_alone_defines(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an index, as after a strip, which has no plugin to read bitcode with."""
    archive = tmp_path / "lib.a"
    run_tool("ar", "rcS", archive, built / "bitcode.o")
    (line,) = [line for line in inspect(capsys, archive, "-v")[1].splitlines() if "of its symbols: " in line]
    assert set(line.partition("of its symbols: ")[2].split(", ")) == DEFINED
    run_tool("ar", "rcS", archive, built / "native.o")
    assert "of its symbols: " not in inspect(capsys, archive, "-v")[1]


def test_options_reach_the_rules(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(capsys, built / "fat.o", "--stage", "stripped")[0] == 1
    assert "slim-despite-opt-in" in inspect(capsys, built / "slim.o", "--opt-in")[1]
    assert inspect(capsys, built / "slim.o", "--fail-on", "never")[0] == 0


def test_json_says_what_the_text_says(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = inspect(capsys, "-f", "json", built / "slim_g.o")
    report = loaded(out)
    assert (report["schema"], report["exit_code"], code) == ("ltocheck-inspect/1", 1, 1)
    (entry,) = report["objects"]
    assert (entry["kind"], entry["findings"][0]["rule"]) == ("slim", "slim-object")
    assert {row["name"] for row in entry["definitions"]["rows"]} == DEFINED
    assert entry["units"]["rows"][0]["slim_byte"] == 1


def test_archive_without_member(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = inspect(capsys, archive)
    assert code == 1
    assert "1 native, 4 slim" in out
    assert "inner.a/second.o" in out
    assert f"{archive}:MEMBER" in out
    entry = loaded(inspect(capsys, "-f", "json", archive)[1])["archives"][0]
    index = run_tool("nm", "--print-armap", archive).split("\n\n")[0]
    assert entry["index_names"]["total"] == len(re.findall(r" in \S+$", index, re.MULTILINE))
    assert entry["objects"]["total"] == 5


def test_large_archive_is_summed_up(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = built / "large.a"
    run_tool("ar", "qcS", path, *[built / "native.o"] * 30)
    out = inspect(capsys, path)[1]
    assert "and 25 more" in out
    assert out.count("native.o") == 5
    assert inspect(capsys, path, "-v")[1].count("native.o") == 30


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("native.o", ["native.o) #1: native"]),
        ("slim.o", ["slim.o) #0: slim", "slim.o) #2: slim", "2 members have this name"]),
        ("#2", ["slim.o) #2: slim"]),
        ("inner.a/second.o", ["inner.a/second.o) #0: slim"]),
        ("inner.a/#0", ["inner.a/second.o) #0: slim"]),
        ("inner.a", ["inner.a): slim, archive of 1 member", "inner.a/second.o"]),
    ],
)
def test_members(archive: Path, capsys: pytest.CaptureFixture[str], member: str, shown: list[str]) -> None:
    out = inspect(capsys, f"{archive}:{member}")[1]
    for text in shown:
        assert text in out


@pytest.mark.parametrize(
    ("member", "text"),
    [("slin.o", "there is slim.o"), ("second.o", "there is inner.a/second.o"), ("#9", "has no member #9")],
)
def test_missing_members(archive: Path, capsys: pytest.CaptureFixture[str], member: str, text: str) -> None:
    code, out, err = inspect(capsys, f"{archive}:{member}")
    assert (code, out) == (2, "")
    assert text in err


def test_thin_archive(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here.o").write_bytes((built / "slim.o").read_bytes())
    (tmp_path / "gone.o").write_bytes((built / "slim.o").read_bytes())
    path = tmp_path / "thin.a"
    subprocess.run(["ar", "qcST", "thin.a", "here.o", "gone.o"], check=True, cwd=tmp_path)
    (tmp_path / "gone.o").unlink()
    assert inspect(capsys, f"{path}:here.o")[0] == 1
    code, out, _ = inspect(capsys, f"{path}:gone.o")
    assert code == 3
    assert "No such file" in out


def test_what_cannot_be_inspected(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(capsys, tmp_path / "missing.o")[0] == 3
    assert inspect(capsys, tmp_path)[0] == 2
    assert inspect(capsys, f"{built}/slim.o:x")[0] == 2
    (tmp_path / "short.o").write_bytes((built / "native.o").read_bytes()[:700])
    code, out, _ = inspect(capsys, tmp_path / "short.o")
    assert (code, "unreadable, elf" in " ".join(out.split())) == (3, True)
    (tmp_path / "note.txt").write_text("hello")
    code, out, _ = inspect(capsys, tmp_path / "note.txt")
    assert (code, "other, text" in out, "GNU ld" in out) == (0, True, False)


def test_existing_file_wins_over_member(built: Path, tmp_path: Path) -> None:
    (tmp_path / "a:b.o").write_bytes(b"")
    (tmp_path / "a").write_bytes(b"")
    assert locate(f"{tmp_path}/a:b.o") == (f"{tmp_path}/a:b.o", None)
    assert locate(f"{tmp_path}/a:b.o:c:d") == (f"{tmp_path}/a:b.o", "c:d")
    assert locate(f"{tmp_path}/a:x") == (f"{tmp_path}/a", "x")
    assert locate(f"{tmp_path}/z:x") == (f"{tmp_path}/z:x", None)


def test_hostile_names_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.s").write_text('.globl "\x1b[31mred"\n"\x1b[31mred":\n.section ".note.\\233x"\n.byte 1\n')
    run_tool("gcc", "-c", tmp_path / "x.s", "-o", tmp_path / "x.o")
    for arguments in ((), ("-v",)):
        out = inspect(capsys, tmp_path / "x.o", *arguments)[1]
        assert "\x1b" not in out
        assert "\\x1b[31mred" in out
        assert "\\x9bx" in out
    loaded(inspect(capsys, "-f", "json", tmp_path / "x.o")[1])


def test_scan_does_not_load_pyelftools() -> None:
    code = "import sys, checker.cli; print([name for name in sys.modules if name.startswith('elftools')])"
    assert run_tool(sys.executable, "-c", code) == "[]\n"


# Garbage


BASES = ("slim_g", "fat", "native", "clang", "bitcode", "embedded", "coff", "coff_native", "hollow", "mixed", "two")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(BASES),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), min_size=1, max_size=12),
    cut=st.none() | st.integers(0, 1 << 14),
)
def test_mutated_objects_keep_their_verdict(
    built: Path, name: str, changes: list[tuple[int, bytes]], cut: int | None
) -> None:
    data = bytearray((built / f"{name}.o").read_bytes())
    for at, new in changes:
        at %= len(data)
        data[at : at + len(new)] = new
    mutated = bytes(data[:cut])
    found = look(mutated)
    assert found.item.facts == classify(BufferSource(mutated))
    assert len(found.sections.kept) <= found.sections.total


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filler=st.binary(min_size=1, max_size=64), name=st.sampled_from(["slim_g", "native", "clang"]))
def test_garbage_in_dwarf(built: Path, filler: bytes, name: str) -> None:
    """Only the bytes that pyelftools reads change, so that its every complaint has a chance."""
    data = bytearray((built / f"{name}.o").read_bytes())
    table = run_readelf_once(built / f"{name}.o")
    for section, (at, size) in table.items():
        if "debug_" in section:
            data[at : at + size] = (filler * size)[:size]
    found = look(bytes(data))
    assert found.item.facts.kind in (Kind.NATIVE, Kind.SLIM)


_tables: dict[Path, dict[str, tuple[int, int]]] = {}


def run_readelf_once(path: Path) -> dict[str, tuple[int, int]]:
    if path not in _tables:
        rows = re.findall(r"\] (\S+)\s+\S+\s+[0-9a-f]{16} ([0-9a-f]+) ([0-9a-f]+)", run_tool("readelf", "-SW", path))
        _tables[path] = {name: (int(at, 16), int(size, 16)) for name, at, size in rows}
    return _tables[path]


def test_memory_does_not_grow_with_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sections = (".comment", ".debug_str", ".debug_abbrev", ".gnu.lto_.opts", ".annobin.notes", ".text", ".debug_info")
    (tmp_path / "x.s").write_text("".join(f".section {name}\n.fill 60000000, 1, 65\n" for name in sections))
    run_tool("gcc", "-c", tmp_path / "x.s", "-o", tmp_path / "x.o")
    inspect(capsys, "--help")
    tracemalloc.start()
    inspect(capsys, tmp_path / "x.o")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000
