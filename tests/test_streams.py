# SPDX-License-Identifier: GPL-2.0-or-later
"""Output to files that are replaced, and to standard streams that are closed or full."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from checker.streams import replacing, replacing_text
from tests.toolbox import ROOT

FILES = b"before"
LINE = b"after "


def test_files_are_replaced_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "real.spec"
    file.write_bytes(FILES)
    file.chmod(0o640)
    link = tmp_path / "link.spec"
    link.symlink_to(file)
    inode = file.stat().st_ino
    with replacing(link) as out:
        out.write(LINE + FILES)
    assert link.is_symlink()
    assert file.read_bytes() == LINE + FILES
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_ino != inode
    assert sorted(os.listdir(tmp_path)) == ["link.spec", "real.spec"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.spec"
    file.write_bytes(FILES)

    def fail(_from: str, _to: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr("checker.streams.os.replace", fail)
    with pytest.raises(OSError, match="no"), replacing(file) as out:
        out.write(LINE)
    assert file.read_bytes() == FILES
    assert os.listdir(tmp_path) == ["x.spec"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    file, usual = tmp_path / "x.json", tmp_path / "usual"
    usual.touch()
    with replacing_text(file) as out:
        out.write("text")
        assert not file.exists()
    assert file.read_text() == "text"
    assert file.stat().st_mode == usual.stat().st_mode


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    with replacing("/dev/null") as out:
        out.write(b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OSError, match="No such device or address"), replacing(fifo):
        pass
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with replacing(fifo) as out:
        out.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_name_with_a_nul() -> None:
    with pytest.raises(OSError, match="null"), replacing("x\0y"):
        pass


LTOCHECK = ["-c", "import sys; from checker.cli import main; sys.argv[0] = 'ltocheck'; main()"]


@pytest.mark.parametrize(
    ("redirection", "arguments", "code"),
    [
        (">&-", ["rules", "slim-object"], 0),
        ("2>&-", ["scan", "missing"], 3),
        ("<&- >&- 2>&-", ["scan", "missing"], 3),
        ("<&- >&- 2>&-", ["lsp"], 0),
        ("<&-", ["lsp"], 0),
        ("<&-", ["scan", "-"], 0),
        ("2>/dev/full", ["nonsense"], 2),
        (">/dev/null 2>/dev/full", ["scan", "missing"], 3),
    ],
)
def test_no_stream_makes_a_command_fail(redirection: str, arguments: list[str], code: int, tmp_path: Path) -> None:
    command = ["sh", "-c", f'exec "$0" "$@" {redirection}', sys.executable, *LTOCHECK, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, *LTOCHECK, "rules"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"ltocheck: No space left on device\n")


@pytest.mark.parametrize("limit", ["-n 6", "-n 8", "-n 16", "-v 80000", "-v 150000"])
def test_a_process_that_may_have_little(limit: str, tmp_path: Path) -> None:
    """Of descriptors, or of memory: what is missing is said, and is no bug."""
    (tmp_path / "repodata").mkdir()
    command = ["sh", "-c", f'ulimit {limit}; exec "$0" "$@"', sys.executable, *LTOCHECK]
    for arguments in (["audit", "-j", "1", "--store", "s.db", "."], ["scan", "."]):
        done = subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 2, 3), done.stderr
        assert "Traceback" not in done.stderr
        if "Too many open files" in done.stderr:
            assert "ulimit -n" in done.stderr


@pytest.mark.parametrize("command", ["report", "opt-in", "transition", "audit"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_can_be_no_store_is_not_waited_for(command: str, kind: str, tmp_path: Path) -> None:
    place = tmp_path / "store.db"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.mkdir()
    words = [command, "--store", str(place), *([str(tmp_path)] if command == "audit" else [])]
    done = subprocess.run([sys.executable, *LTOCHECK, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == f"ltocheck: {place}: the store cannot be used: it is no regular file\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "punycode"])
def test_an_encoding_for_our_streams_is_not_for_those_of_others(encoding: str, tmp_path: Path) -> None:
    command = [sys.executable, *LTOCHECK, "audit", "--store", str(tmp_path / "s.db"), str(ROOT / "fixtures/packages")]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode in (0, 1, 3)
    assert "internal error" not in done.stderr.decode(encoding, "replace")
