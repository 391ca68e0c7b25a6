# SPDX-License-Identifier: GPL-2.0-or-later
"""Real tools for tests: compilers, ar, strip, and the command line. A missing tool fails the test that needs it."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO
from unittest.mock import patch

from checker.cli.app import run as run_command_line
from checker.errors import Obstacle
from checker.model import ArchiveItem, Item, ObjectItem
from checker.objects.source import BufferSource
from checker.objects.walk import Opener, walk
from checker.trees.tree import opener_below, walk_file

ROOT = Path(__file__).resolve().parent.parent

CREATEREPO = Path(sys.executable).with_name("createrepo_c")
"""Of the Python package: it knows all compressions, whatever the distribution has."""

SLIM = ("-O2", "-flto", "-fno-fat-lto-objects")
FAT = ("-O2", "-flto", "-ffat-lto-objects")
NATIVE = ("-O2",)

CODE = "int add(int a, int b) { return a + b; }\n"
CONSTRUCTOR = (
    "static int ready;\n__attribute__((constructor)) static void start(void) { *(volatile int *)&ready = 1; }\n"
)
EMPTY = "extern int declared_elsewhere;\n"

TERMINAL = {"COLUMNS": "100", "TERM": "dumb"}


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a tool that must succeed; returns its standard output."""
    program = str(command[0])
    assert shutil.which(program), f"{program} is not installed; `make test` installs it"
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done.stdout


def compiled(folder: Path, name: str, flags: Sequence[str], source: str = CODE, compiler: str = "gcc") -> Path:
    """An object `NAME.o` in a folder."""
    target = folder / f"{name}.o"
    text = folder / f"{name}.c"
    text.write_text(source)
    run(compiler, *flags, "-c", text, "-o", target)
    text.unlink()
    return target


def archive(file: Path, members: Iterable[Path], operation: str = "rcs", tool: str = "ar") -> Path:
    """An archive of objects, as `ar` makes it."""
    run(tool, operation, file, *members)
    return file


def header(name: bytes, size: int | bytes) -> bytes:
    """A member's header as ar writes it."""
    digits = size if isinstance(size, bytes) else str(size).encode()
    return struct.pack("16s12s6s6s8s10s2s", name.ljust(16), b"0".ljust(12), b"0".ljust(6), b"0".ljust(6),
                       b"644".ljust(8), digits.ljust(10), b"`\n")  # fmt: skip


def packed(members: Iterable[tuple[bytes, bytes]], magic: bytes = b"!<arch>\n") -> bytes:
    """An archive of bytes; names are at most 15 long and stand as they are."""
    parts = [magic]
    for name, data in members:
        parts += [header(name + b"/", len(data)), data, b"\n" * (len(data) % 2)]
    return b"".join(parts)


@cache
def _opener_of_nothing() -> Opener:
    with TemporaryDirectory() as folder:
        return opener_below(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), "")


def items_of(data: bytes) -> list[Item]:
    """What is in a file of these bytes, which lies in an empty folder."""
    items = list(walk("file", BufferSource(data), _opener_of_nothing()))
    for item in items:  # a bug that ends one object only is a bug all the same
        assert not (isinstance(item, ObjectItem) and item.facts.obstacle is Obstacle.CRASHED), item
    return list[Item](items)


def objects_of(source: Path | bytes) -> list[ObjectItem]:
    """The objects in a file."""
    items = items_of(source) if isinstance(source, bytes) else list(walk_file(str(source)))
    return [item for item in items if isinstance(item, ObjectItem)]


def archives_of(source: Path | bytes) -> list[ArchiveItem]:
    """The archives in a file, inner ones first."""
    items = items_of(source) if isinstance(source, bytes) else list(walk_file(str(source)))
    return [item for item in items if isinstance(item, ArchiveItem)]


def ltocheck(*arguments: str | Path, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, with streams that are files as those of a shell can be."""
    words = list(map(str, arguments))
    with ExitStack() as stack:
        streams = [
            stack.enter_context(TemporaryFile("w+", encoding="utf-8", errors="backslashreplace")) for _ in range(2)
        ]
        given = stack.enter_context(TemporaryFile("w+", encoding="utf-8"))
        given.write(stdin)
        given.seek(0)
        stack.enter_context(chdir(cwd or Path.cwd()))
        stack.enter_context(patch.dict(os.environ, TERMINAL))
        stack.enter_context(patch.multiple(sys, stdin=given, stdout=streams[0], stderr=streams[1]))
        status = run_command_line(words)
        out, err = map(_written, streams)
    return subprocess.CompletedProcess(["ltocheck", *words], status, out, err)


def _written(stream: IO[str]) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def ltocheck_process(
    *arguments: str | Path, cwd: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command line as users do, in a process of its own."""
    command = [sys.executable, "-c", "from checker.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **TERMINAL}
    return subprocess.run(
        command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, errors="replace", check=False
    )
