# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command costs before it does anything, against the import of the library that reads command lines."""

import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.inputs import Inputs
from bench.measure import compare, processor_time
from bench.tables import COMPARED, Table

CHECKOUT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-c", "from checker.cli import main; main()"]
IMPORT = [sys.executable, "-c", "import typer"]
BARE = ["/usr/bin/python3", "-I", "-S", "-c", "pass"]


def startup(_: Inputs, runs: int) -> Table:
    table = Table(
        "Start-up",
        "Processor time of whole processes. The peer of commands is `python -c 'import typer'` in the same "
        "environment, that of the hook is `python3 -I -S -c pass`. A bar of 0.4 means: at most 2.5 times the "
        "peer's time.",
        COMPARED,
    )
    with TemporaryDirectory() as folder, chdir(folder):  # where no settings of a project are
        root = Path(folder, "root/usr/lib64")
        root.mkdir(parents=True)
        code, spec = root / "a.o", Path(folder, "a.spec")
        subprocess.run(["gcc", "-xc", "-c", "-", "-o", code], input=b"int a;", check=True)
        spec.write_text("Name: a\n%files\n/usr/bin/a\n")
        commands: tuple[tuple[str, list[str | Path], float], ...] = (
            ("--version", ["--version"], 1 / 2.5),
            ("--help", ["--help"], 1 / 2),
            ("scan FILE", ["scan", code], 1 / 2.2),
            ("spec --target none FILE", ["spec", "--target", "none", spec], 1 / 2.2),
        )
        peer = processor_time(IMPORT)
        for what, arguments, bar in commands:
            ours = processor_time([*COMMAND, *arguments], PYTHONPATH=str(CHECKOUT))
            table.compared(what, compare(ours, peer, runs), bar)
        ours = processor_time([CHECKOUT / "macros/brp-ltocheck"], RPM_BUILD_ROOT=str(root.parent.parent))
        table.compared("brp-ltocheck, one object", compare(ours, processor_time(BARE), runs), 1 / 6)
    return table
