# SPDX-License-Identifier: GPL-2.0-or-later
"""Section tables and kinds as GNU readelf, pyelftools and a second decision procedure see them.

`python -m tests.realworld` does the same for a few hundred packages.
"""

import re
from pathlib import Path

import pytest

from checker.objects import elf
from tests.evaluate.manifests import read_corpus
from tests.evaluate.workshop import FIXTURES, RECIPES, Workshop
from tests.realworld import differential
from tests.realworld.differential import compare, object_files
from tests.realworld.oracle import Opinion, opinion
from tests.realworld.tables import (
    Row,
    elf_objects,
    first_difference,
    flag_letters,
    our_table,
    parse_readelf,
    readelf_tables,
)
from tests.toolbox import run

CORPUS = FIXTURES / "corpus"
BEYOND_COMPILERS = {file for file in (CORPUS / "kinds").iterdir() if not file.name.startswith("mips-")}
"""What joins and renames make; the second procedure knows markers and sections as compilers write them."""

LABELS = {case.file: case.accepted for part in read_corpus(CORPUS, Path("/nonexistent")) for case in part.cases}
INCOMPARABLE = {
    file
    for file, accepted in LABELS.items()
    if "unreadable" in accepted or file.name == "darwin.a" or file in BEYOND_COMPILERS
}
"""Where readers may differ in what they make of it; readelf does not find the members of BSD's archives."""

INCOMPARABLE_RECIPES = re.compile(r"cut|(bsd|darwin)-ar|ld-r-d")
"""As above, by the steps of a recipe."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what all recipes build, and what is built on the way."""
    folder = tmp_path_factory.mktemp("built")
    workshop = Workshop(folder)
    for name in RECIPES:
        workshop.build(name)
        if INCOMPARABLE_RECIPES.search(RECIPES[name]["steps"]):
            for file in folder.glob(f"{name}.[0-9]"):
                file.unlink()
    return folder


def test_objects_of_this_machine_s_compilers(built: Path) -> None:
    comparison = compare(*object_files(built))
    assert comparison.problems == []
    assert comparison.slowly == comparison.objects > 400


def test_objects_of_other_compilers() -> None:
    archives, loose = object_files(CORPUS)
    comparison = compare([*{*archives} - INCOMPARABLE], [*{*loose} - INCOMPARABLE])
    assert comparison.problems == []
    assert comparison.slowly == comparison.objects > 200


@pytest.mark.parametrize("library", ["libc.a", "libgcc.a"])
def test_libraries_of_this_machine(library: str) -> None:
    folder = Path(run("gcc", f"-print-file-name={library}").strip()).resolve().parent
    archives = [folder / library] if library == "libc.a" else sorted(filter(_is_small, folder.glob("*.a")))
    comparison = compare(archives, sorted(folder.glob("*crt*.o")))
    assert comparison.problems == []
    assert comparison.slowly == comparison.objects > 1000


def _is_small(file: Path) -> bool:
    """Libraries of Go and D, where those are installed, take minutes and have nothing that the others have not."""
    return file.stat().st_size < 1 << 24


def test_more_sections_than_a_file_header_can_count(tmp_path: Path) -> None:
    lines = [f'.section .part{number},"a"\n.byte 1\n' for number in range(66_000)]
    (tmp_path / "many.s").write_text("".join(lines))
    run("gcc", "-c", tmp_path / "many.s", "-o", tmp_path / "many.o")
    comparison = compare([], [tmp_path / "many.o"])
    assert comparison.problems == []
    assert comparison.sections > 66_000


def test_the_second_procedure_agrees_with_the_labels() -> None:
    elves = {
        file: accepted
        for file, accepted in LABELS.items()
        if file.read_bytes()[:4] == b"\x7fELF" and file not in BEYOND_COMPILERS
    }
    wrong = {}
    for file, accepted in elves.items():
        said = opinion(file.read_bytes())
        answer = f"{said.kind} empty" if said.empty else said.kind
        # of LLVM's fat objects it does not tell whether they define anything
        if answer not in accepted and f"{answer} empty" not in accepted:
            wrong[file.name] = (answer, accepted)
    assert wrong == {}
    assert len(elves) > 200


def test_a_wrong_section_table_is_noticed(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elf.Elf, "name", lambda _, offset: b".text")
    problems = compare([], [built / "code.c.native.o"]).problems
    assert any("readelf" in problem for problem in problems)
    assert any("pyelftools" in problem for problem in problems)


def test_a_wrong_kind_is_noticed(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differential, "opinion", lambda _: Opinion("slim", empty=False))
    (problem,) = compare([], [built / "code.c.fat.o"]).problems
    assert re.search(r"second procedure: .*fat.* here, .*slim.* there", problem)


def test_a_member_that_is_passed_over_is_noticed(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(elf_objects(built / "archive.native.ar.0"))
    monkeypatch.setattr(differential, "elf_objects", lambda _: iter(every[:-1]))
    assert "readelf sees more" in compare([built / "archive.native.ar.0"], []).problems[0]
    monkeypatch.setattr(differential, "elf_objects", lambda _: iter([*every, every[-1]]))
    assert "not seen" in compare([built / "archive.native.ar.0"], []).problems[0]


def test_first_difference() -> None:
    row = Row(".text", 1, "AX", 64, 4)
    assert first_difference([row], [row]) is None
    assert first_difference([row], []) == "1 sections here, 0 there"
    for changed in (row._replace(name=".data"), row._replace(type=8), row._replace(flags="A"), row._replace(size=5)):
        assert "section 0" in (first_difference([row], [changed]) or "")


def test_flags() -> None:
    assert flag_letters(0x3) == "AW"
    assert flag_letters(0x80000010) == "EM"
    assert flag_letters(0x10000002) == "?A"


def test_what_readelf_prints() -> None:
    text = """
File: x.a(one.o)
There are 3 section headers, starting at offset 0x40:

Section Headers:
  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al
  [ 0]                   NULL            0000000000000000 000000 000000 00      0   0  0
  [ 1] .text with blanks PROGBITS        0000000000000000 000040 00000a 00  AX  0   0  1
  [12345] .x             LOOS+0xfff4c0b  0000000000000000 000040 000010 00  El  0   0  8
Key to Flags:
  W (write), A (alloc), X (execute)

File: x.a(two.o)

There are no sections in this file.
"""
    first, second = parse_readelf(text.splitlines())
    assert first == [
        Row("", 0, "", 0, 0), Row(".text with blanks", 1, "AX", 0x40, 10), Row(".x", 0x6FFF4C0B, "?E", 0x40, 16)
    ]  # fmt: skip
    assert second == []


def test_a_row_that_nobody_understands_is_an_error() -> None:
    with pytest.raises(ValueError, match="no known shape"):
        list(parse_readelf(["There are 1 section headers, starting at offset 0x40:", "  [ 0] what is this"]))


def test_readelf_reads_several_files(built: Path) -> None:
    files = [built / "code.c.native.o", built / "code.c.fat.o"]
    assert [len(table) for table in readelf_tables(files)] == [
        len(our_table(source)) for file in files for _, source in elf_objects(file)
    ]
