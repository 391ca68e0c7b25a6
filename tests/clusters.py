# SPDX-License-Identifier: GPL-2.0-or-later
"""A Dask cluster of real processes, for tests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.toolbox import ROOT

PID_FILE = "scheduler.pid"


@contextmanager
def cluster(folder: Path, workers: int, threads: int = 1) -> Iterator[str]:
    """A scheduler, by its address, and workers, each a process that a nanny starts again when it dies."""
    file = folder / "scheduler.json"
    pid_file = folder / PID_FILE
    with process("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file, "--no-dashboard",
                 "--pid-file", pid_file):  # fmt: skip
        while not (file.exists() and file.read_text().endswith("}")):
            time.sleep(0.02)
        address = json.loads(file.read_text())["address"]
        with process("worker", address, "--nworkers", workers, "--nthreads", threads, "--local-directory", folder,
                     "--no-dashboard"):  # fmt: skip
            yield address


def scheduler_of(folder: Path) -> int:
    """The process of the scheduler."""
    return int((folder / PID_FILE).read_text())


@contextmanager
def process(what: str, *arguments: str | int | Path) -> Iterator[int]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, arguments)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as started:
        try:
            yield started.pid
        finally:
            started.terminate()
