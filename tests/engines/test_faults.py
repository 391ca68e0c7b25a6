# SPDX-License-Identifier: GPL-2.0-or-later
"""A bug of the Lua engine in one object or archive is a finding about that one; the rest is judged."""

import json
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from checker.errors import ExitCode
from tests.toolbox import ROOT, SLIM, archive, compiled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three slim objects, loose and in an archive; only the second is of this size."""
    root = tmp_path / "root/usr/lib64"
    root.mkdir(parents=True)
    for name, padding in (("aa", 0), ("mm", 1), ("zz", 2)):
        made = compiled(root, name, SLIM, f"int {name}(int x) {{ return x; }}\n")
        made.write_bytes(made.read_bytes() + b"\0" * padding)
    archive(root / "lib.a", sorted(root.glob("*.o")))
    return tmp_path / "root"


def failing_engine(folder: Path, module: str, line: str, fault: str) -> Path:
    """A copy of the engine in which a bug comes before a line of a module."""
    shutil.copytree(ROOT / "macros" / "lua", folder / "lua")
    shutil.copy(ROOT / "macros" / "brp-ltocheck-lua", folder)
    broken = folder / "lua" / module
    text = broken.read_text()
    assert text.count(line) == 1
    broken.write_text(text.replace(line, f"{fault}\n{line}"))
    return folder / "brp-ltocheck-lua"


def run(engine: Path, root: Path, mode: str) -> tuple[int, str, list[tuple[str, str | None, str]]]:
    report = root.parent / "report.json"
    environment = {
        "PATH": "/usr/bin:/bin",
        "RPM_BUILD_ROOT": str(root),
        "LTOCHECK_MODE": mode,
        "LTOCHECK_REPORT_B64": b64encode(str(report).encode()).decode(),
    }
    done = subprocess.run([engine], env=environment, capture_output=True, text=True, check=False)
    (target,) = json.loads(report.read_text())["targets"]
    found = [(Path(one["path"]).name, one["member"], one["message"]) for one in target["findings"]]
    return done.returncode, done.stderr, found


FAULTS = (
    *(
        "nil .. 'x'",
        "('x'):rep(1 << 50)",
        "('x'):rep(1 << 62)",
        "setmetatable({}, { __index = function(t, k) return t[k] end }).x",
    ),
    *("('x'):find(('(x?'):rep(99))", "error({})", "error(nil)"),
)


@pytest.mark.parametrize(
    ("mode", "code", "fault"),
    [*(("enforce", ExitCode.UNREADABLE, fault) for fault in FAULTS), ("warn", ExitCode.OK, FAULTS[0])],
)
def test_in_one_object(root: Path, tmp_path: Path, mode: str, code: ExitCode, fault: str) -> None:
    """A wrong value, memory or a stack that is used up, a pattern, and errors that are no text."""
    size = (root / "usr/lib64/mm.o").stat().st_size
    line = '        return decide(elf_traits.read(source, head), "elf", source)\n'
    engine = failing_engine(tmp_path, "classify.lua", line, f"    local _ = source.size == {size} and {fault}")
    returned, said, found = run(engine, root, mode)
    assert returned == code
    crashed = {(path, member) for path, member, message in found if message.startswith("makes ltocheck fail: ")}
    assert crashed == {("mm.o", None), ("lib.a", "mm.o")}
    slim = {(path, member) for path, member, _ in found} - crashed
    assert slim == {("aa.o", None), ("zz.o", None), ("lib.a", "aa.o"), ("lib.a", "zz.o")}
    assert all(f"/usr/lib64/{name}" in said for name in ("aa.o", "mm.o", "zz.o", "lib.a"))


def test_in_a_file_that_became_shorter(root: Path, tmp_path: Path) -> None:
    """Between the look at its size and the first read."""
    line = '            local source = source_of.open(file, math.tointeger(posix.stat(path, "size")))\n'
    fault = '            if name == "mm.o" then io.open(path, "wb"):close(); path = root .. "/usr/lib64/lib.a" end'
    returned, _, found = run(failing_engine(tmp_path, "tree.lua", line, fault), root, "enforce")
    assert returned == ExitCode.UNREADABLE
    (said,) = (message for path, _, message in found if path == "mm.o")
    assert said.endswith("the file became shorter while it was read (at offset 0)")
    assert {path for path, _, _ in found} == {"aa.o", "mm.o", "zz.o", "lib.a"}


def test_in_an_archive(root: Path, tmp_path: Path) -> None:
    """What comes behind in that archive is lost, other files are not."""
    line = "    local header, before = source:view(position, HEADER_SIZE)\n"
    engine = failing_engine(tmp_path, "ar.lua", line, "    error({})")
    returned, _, found = run(engine, root, "enforce")
    assert returned == ExitCode.UNREADABLE
    assert {path for path, _, _ in found} == {"aa.o", "mm.o", "zz.o", "lib.a"}
    assert [message.split(":")[0] for path, _, message in found if path == "lib.a"] == ["makes ltocheck fail"]
