# SPDX-License-Identifier: GPL-2.0-or-later
"""Repositories for tests of audits: many small packages, whose objects are real."""

import json
import os
import random
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema

from tests.packages import INT32, STRING, File, Layout, package
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, ltocheck, run

SCHEMA = json.loads((ROOT / "docs/reference/report.schema.json").read_text())
ARCHIVE = "current ar archive"

COMMAND = (sys.executable, "-c", "from checker.cli import main; main()")

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@cache
def library(kind: str) -> bytes:
    """An archive of one object: native, slim or hollow."""
    with TemporaryDirectory() as folder:
        code = compiled(Path(folder), "add", NATIVE if kind == "native" else SLIM)
        if kind == "hollow":
            run("strip", "-g", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", code)
        return archive(Path(folder, "lib.a"), [code]).read_bytes()


def add_package(
    folder: Path,
    name: str,
    kind: str = "native",
    version: str = "1.0",
    arch: str = "x86_64",
    source: str | None = None,
    file: str | None = None,
    more: int = 1,
    epoch: int = 0,
) -> Path:
    """A package with a static library, and after it one of so many bytes that nothing compresses."""
    data = random.Random(name).randbytes(more)
    files = [File(f"/usr/share/{name}", data, "ASCII text")]
    if kind != "none":
        files.insert(0, File(file or f"/usr/lib64/lib{name}.a", library(kind), ARCHIVE))
    tags: dict[int, tuple[int, object]] = {
        1000: (STRING, name),
        1001: (STRING, version),
        1002: (STRING, "1"),
        1022: (STRING, arch),
        1044: (STRING, f"{source or name}-{version}-1.src.rpm"),
    }
    if epoch:
        tags[1003] = (INT32, [epoch])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-1.{arch}.rpm"
    path.write_bytes(package(files, Layout(tags=tags)))
    return path


def many_packages(folder: Path, count: int) -> Path:
    """A folder with a repository of packages of which every fifth is broken in one way or another."""
    for number in range(count):
        kind = ("hollow", "native", "slim", "native", "native")[number % 5]
        add_package(folder, f"p{number:03}", kind)
    (folder / "broken.rpm").write_bytes((folder / "p000-1.0-1.x86_64.rpm").read_bytes()[:-7])
    (folder / "page.rpm").write_text("<html>404 not found</html>\n")
    return folder


def audited(*arguments: str | Path, code: int, cwd: Path) -> Any:
    """The JSON report of an audit, or of a report on one, which must end with this exit status."""
    done = ltocheck(*arguments, "--format", "json", cwd=cwd)
    assert done.returncode == code, done.stderr
    loaded = json.loads(done.stdout)
    jsonschema.validate(loaded, SCHEMA)
    return loaded


def names(loaded: Any) -> list[str | None]:
    """NEVRA of the targets of a report."""
    return [target["package"] for target in loaded["targets"]]


def found(loaded: Any) -> list[tuple[str, str]]:
    """Rule and file of every finding."""
    findings: Sequence[Any] = [one for target in loaded["targets"] for one in target["findings"]]
    return [(one["rule"], one["path"]) for one in findings]


def stored(store: Path) -> int:
    """Of how many packages a store has facts."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM packages").fetchone()[0])
    except sqlite3.Error:
        return 0
