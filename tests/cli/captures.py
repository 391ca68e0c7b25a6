# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees: commands on fixtures, on terminals of several widths, with and without colour, dumb, and piped.

`python -m tests.cli.captures` writes the files in `captures/` anew. Escape is written as `\\e`; variants that look the
same share a heading.
"""

import os
import pty
import re
import shutil
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import ExitStack, chdir, suppress
from fcntl import ioctl
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from unittest.mock import patch

from checker.cli import progress
from checker.cli.app import run
from tests.toolbox import ROOT, ltocheck

FOLDER = Path(__file__).with_name("captures")
CORPUS = ROOT / "fixtures/corpus/gcc12"

CASES = {
    "scan": ["scan", "objects"],
    "scan-statistics": ["scan", "-q", "--statistics", "objects"],
    "spec": ["spec", "--target", "none", "greet.spec"],
    "inspect": ["inspect", "objects/slim.o"],
    "inspect-everything": ["inspect", "-v", "objects/native.o"],
    "inspect-quiet": ["inspect", "-q", "objects/slim.o"],
    "audit": ["audit", "--store", "a.db", "repo"],
    "report-list": ["report", "--store", "made.db", "--list"],
    "rules": ["rules", "slim-object"],
    "policy-list": ["policy", "list"],
    "help": ["--help"],
    "help-report": ["report", "--help"],
    "mistake": ["scan", "--format", "jsno", "objects"],
    "missing": ["scan", "nowhere.a"],
}
OBJECTS = {"slim.o": "code.slim.o", "native.o": "code.native.o", "fat.o": "data.fat.o"}
"""Objects by GCC 12."""
PACKAGE = "v4-xz-hollow.rpm"
UNSTEADY = ((re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "YYYY-MM-DD HH:MM"),)

WIDTHS = (40, 80, 160)


def prepare(folder: Path) -> None:
    """Lay out what the commands look at."""
    (folder / "objects").mkdir()
    (folder / "repo").mkdir()
    for name, source in OBJECTS.items():
        shutil.copy(CORPUS / source, folder / "objects" / name)
    shutil.copy(ROOT / "fixtures/demo/libgreet.spec", folder / "greet.spec")
    shutil.copy(ROOT / "fixtures/packages" / PACKAGE, folder / "repo")
    ltocheck("audit", "--store", "made.db", "--name", "june", "repo", cwd=folder)


def captured(words: list[str], folder: Path) -> str:
    """What a command writes, by how it is looked at."""
    seen: dict[str, list[str]] = {}
    for name, text in _variants(words, folder):
        for pattern, instead in UNSTEADY:
            text = pattern.sub(instead, text)
        seen.setdefault(text.replace("\033", "\\e"), []).append(name)
    parts = (f"== {', '.join(names)}\n{text}" for text, names in seen.items())
    return f"$ ltocheck {' '.join(words)}\n" + "\n".join(parts)


def _variants(words: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    for columns in WIDTHS:
        yield f"{columns} columns", on_terminal(words, folder, columns, TERM="xterm")
        yield f"{columns} columns without colour", on_terminal(words, folder, columns, TERM="xterm", NO_COLOR="1")
    yield "80 columns, dumb", on_terminal(words, folder, 80, TERM="dumb")
    done = ltocheck(*words, cwd=folder)
    yield "piped", done.stdout + done.stderr


def on_terminal(words: list[str], folder: Path, columns: int, **environment: str) -> str:
    """What a command writes to a terminal, standard error among it."""
    reader, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # when nobody is left to write
            while part := os.read(reader, 1 << 16):
                shown.append(part)

    thread = Thread(target=read)
    thread.start()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    with ExitStack() as stack:
        stack.enter_context(chdir(folder))
        stack.enter_context(patch.dict(os.environ, {**kept, "COLUMNS": str(columns), **environment}, clear=True))
        stream = stack.enter_context(os.fdopen(terminal, "w", encoding="utf-8"))
        stack.enter_context(patch.multiple(sys, stdout=stream, stderr=stream))
        stack.enter_context(patch.object(progress, "FIRST_AFTER", 3600))  # how far it is depends on the machine
        run(words)
    thread.join()
    os.close(reader)
    return b"".join(shown).decode().replace("\r\n", "\n")


def main() -> None:
    """Write every capture."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name, words in CASES.items():
            (FOLDER / f"{name}.txt").write_text(captured(words, Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
