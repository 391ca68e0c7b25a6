# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in real shells, from the files that are installed."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from docs.completions import main
from tests.toolbox import NATIVE, ROOT, archive, compiled

SECONDS = 30
"""The most that a shell may take to answer; a failure takes that long."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the completions, and with the program in bin/."""
    main(tmp_path / "share")
    program = tmp_path / "bin/ltocheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from checker.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    archive(tmp_path / "l.a", [compiled(tmp_path, name, NATIVE) for name in ("first", "second")])
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return {"PATH": f"{home}/bin:/usr/bin:/bin", "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8",
            "XDG_DATA_DIRS": f"{home}/share:/usr/share", "PS1": "ready> ", "PYTHONPATH": str(ROOT)}  # fmt: skip


class Terminal:
    """A shell that believes to talk to somebody."""

    def __init__(self, home: Path, *command: str) -> None:
        assert shutil.which(command[0]), f"{command[0]} is not installed; `make test` installs it"
        self.said = ""
        leader, follower = pty.openpty()
        self._fd = leader
        self._process = subprocess.Popen(
            command, stdin=follower, stdout=follower, stderr=follower, env=environment(home), start_new_session=True
        )
        os.close(follower)

    def type(self, keys: str, until: str) -> None:
        """Send keys, and wait for what must come."""
        os.write(self._fd, keys.encode())
        seen, deadline = len(self.said), time.monotonic() + SECONDS
        while until not in self.said[seen:]:
            left = deadline - time.monotonic()
            assert left > 0, self.said
            assert select.select([self._fd], [], [], left)[0], self.said
            self.said += os.read(self._fd, 4096).decode(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


MEMBER = ("ltocheck inspect 'l.a(fir", "l.a(first.o)")
POLICY = ("ltocheck policy show opens", "opensuse")
TARGETS = ("ltocheck spec --target fedora,opens", "fedora,opensuse")
RULE = ("ltocheck rules hol", "hollow-object")


def complete(home: Path, start: str, *shell: str, more: Sequence[tuple[str, str]] = ()) -> None:
    """`sc` and a tab is the command `scan`, whose help then comes; and so is the beginning of an option's value."""
    terminal = Terminal(home, *shell)
    try:
        terminal.type(f"{start}; echo be''gin\n", until="begin")
        terminal.type("ltocheck sc\t", until="scan")
        terminal.type(" --help\n", until="Usage: ltocheck scan")
        terminal.type("ltocheck scan --format sa\t", until="sarif")
        for before, after in more:
            terminal.type(f"\x15{before}\t", until=after)  # ^U: a new line
    finally:
        terminal.close()


def test_bash(home: Path) -> None:
    colon = ("ltocheck inspect l.a:fir", "l.a:first.o")
    complete(
        home, f"cd; . {home}/share/bash-completion/completions/ltocheck", "bash", "--norc", "--noprofile", "-i",
        more=[POLICY, TARGETS, RULE, MEMBER, colon],
    )  # fmt: skip


def test_zsh(home: Path) -> None:
    """From the very first tab on: zsh loads the file only then."""
    start = f"cd; fpath=({home}/share/zsh/site-functions $fpath); autoload compinit; compinit -u"
    complete(home, start, "zsh", "-f", "-i", more=[POLICY, TARGETS, RULE])


def test_fish(home: Path) -> None:
    assert shutil.which("fish"), "fish is not installed; `make test` installs it"
    colon = ("ltocheck inspect l.a:fir", "l.a:first.o")
    for words, found in (("ltocheck sc", "scan"), ("ltocheck scan --format sa", "sarif"), POLICY, TARGETS, RULE, colon):
        command = [
            "fish",
            "--no-config",
            "-c",
            f"source {home}/share/fish/vendor_completions.d/*.fish; complete -C '{words}'",
        ]
        done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=True, cwd=home)
        assert done.stdout.split()[0] == found
