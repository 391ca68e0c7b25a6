# SPDX-License-Identifier: GPL-2.0-or-later
"""One list of compiler flags for everything that reads them, and for a compiler."""

import shlex
from csv import QUOTE_NONE, DictReader
from pathlib import Path

import pytest

from checker.lto.flags import lto_flags, lto_flags_in_shell
from checker.model import Kind
from checker.model.flags import Lto
from tests.toolbox import ROOT, compiled, objects_of, run

with (ROOT / "fixtures/flags.tsv").open() as table:
    ROWS = list(DictReader(table, delimiter="\t", quoting=QUOTE_NONE))
FLAGS = [(row["text"].strip(), row["state"]) for row in ROWS if row["where"] == "flags"]
SHELL = [(row["text"], row["state"]) for row in ROWS]

KINDS = {Kind.SLIM: Lto.SLIM, Kind.FAT: Lto.FAT, Kind.NATIVE: Lto.NONE}


@pytest.mark.parametrize(("flags", "state"), FLAGS)
def test_flags(flags: str, state: str) -> None:
    assert lto_flags(flags).state == state


@pytest.mark.parametrize(("text", "state"), SHELL)
def test_shell_text_and_bodies_of_macros(text: str, state: str) -> None:
    assert lto_flags_in_shell(text).state == state


@pytest.mark.parametrize(("flags", "state"), FLAGS)
def test_the_macros_that_tell_the_hook(flags: str, state: str) -> None:
    macros = ROOT / "macros/macros.ltocheck"
    said = run("rpm", f"--load={macros}", f"--define=build_cflags {flags or '%{nil}'}", "--eval=%_ltocheck_look")
    assert f"LTOCHECK_FLAGS=c={state}," in said


@pytest.mark.parametrize(("flags", "state"), [row for row in FLAGS if "-Xassembler" not in row[0]])
def test_the_compiler(flags: str, state: str, tmp_path: Path) -> None:
    """Not where the assembler gets a flag that it does not know."""
    (made,) = objects_of(compiled(tmp_path, "made", shlex.split(flags)))
    assert KINDS[made.facts.kind] == state
