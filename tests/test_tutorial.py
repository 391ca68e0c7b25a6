# SPDX-License-Identifier: GPL-2.0-or-later
"""The tutorial does what it says: its commands are run as they stand, and print what it shows.

A block `sh` is run, all blocks in one shell, and must succeed; `sh fails` must fail. A block `text` is what the block
before it prints, where `...` stands for anything. A block of commands without one may print what it likes.
"""

import doctest
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.toolbox import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "--- end of block"


class Block(NamedTuple):
    """Commands, and what becomes of them."""

    commands: str
    fails: bool
    prints: str | None


def blocks(page: str) -> list[Block]:
    """The commands of a page, each with what it shows below them."""
    found: list[Block] = []
    for language, text in FENCE.findall(page):
        match language.split():
            case ["sh", *words]:
                assert words in ([], ["fails"]), language
                found.append(Block(text, bool(words), None))
            case ["text"]:
                assert found, text
                assert found[-1].prints is None, text
                found[-1] = found[-1]._replace(prints=text)
            case _:
                raise AssertionError(f"neither commands nor what they print: {language!r}")
    return found


def test_tutorial(tmp_path: Path) -> None:
    tutorial = blocks(TUTORIAL.read_text())
    script = tmp_path / "script"
    script.write_text("".join(f"{block.commands}echo '{MARK}' $?\n" for block in tutorial))
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    done = subprocess.run(
        ["bash", script], cwd=ROOT, env=environment, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    parts = re.split(rf"^{MARK} (\d+)\n", done.stdout, flags=re.MULTILINE)
    results = list(zip(parts[::2], parts[1::2], strict=False))
    assert len(results) == len(tutorial), done.stdout
    for block, (printed, status) in zip(tutorial, results, strict=True):
        assert (status != "0") == block.fails, f"{block.commands}status {status}, and it printed\n{printed}"
        if block.prints is not None:
            same = doctest.OutputChecker().check_output(block.prints, printed, doctest.ELLIPSIS)
            assert same, f"{block.commands}prints\n{printed}and not\n{block.prints}"
