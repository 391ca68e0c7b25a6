# SPDX-License-Identifier: GPL-2.0-or-later
"""An interrupt ends a command with 130, leaves an older report as it was, and says so."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.audits import COMMAND, ENVIRONMENT
from tests.toolbox import ROOT

HOOK = ROOT / "macros" / "brp-ltocheck"

WAITS = """\
import sys, threading
from checker.cli import progress
def interrupted(*arguments, **more):
    import os, signal
    os.killpg(0, signal.SIGINT)
    threading.Event().wait(30)
progress.Line.is_due = interrupted
from checker.cli import main
main()
"""
"""The program, interrupted as by a terminal while it looks at something."""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("output", [(), ("-o", "report")])
def test_spec(jobs: str, output: tuple[str, ...], tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.spec").write_text("Name: a\n")
    (tmp_path / "report").write_text("older\n")
    process = subprocess.Popen(
        [COMMAND[0], "-c", WAITS, "spec", "--target", "none", "-j", jobs, *output, "."],
        cwd=tmp_path, env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    left = "report is as it was" if output else "the report is not complete"
    assert err == f"ltocheck: interrupted: {left}\n"
    assert (tmp_path / "report").read_text() == "older\n"


LOADING = """\
import os, signal, sys
class Interrupted:
    def find_spec(self, name, *more):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupted())
"""
"""Interrupts the program that follows when it loads a module."""


@pytest.mark.parametrize("module", ["checker.cli.app", "typer", "checker.limits"])
def test_while_it_loads(module: str) -> None:
    program = LOADING.format(module=module) + "from checker.cli import main\nmain()\n"
    done = subprocess.run([COMMAND[0], "-c", program, "rules"], env=ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode in (-signal.SIGINT, 130)
    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.parametrize("module", ["checker.trees.files", "checker.hook", "checker.judging.judge"])
def test_while_the_hook_loads(module: str, tmp_path: Path) -> None:
    (tmp_path / "a.o").write_bytes(b"\x7fELF")
    program = LOADING.format(module=module) + f"import runpy\nrunpy.run_path({str(HOOK)!r}, run_name='__main__')\n"
    done = subprocess.run(
        [COMMAND[0], "-c", program],
        env={**ENVIRONMENT, "RPM_BUILD_ROOT": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, b"brp-ltocheck: interrupted\n")
