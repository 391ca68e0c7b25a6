# SPDX-License-Identifier: GPL-2.0-or-later
"""Fuzzes the readers of hostile bytes: make fuzz [SECONDS=60] [TARGETS="objects specs"].

Each target runs so long with coverage feedback (by atheris, which `make fuzz` installs), then as long again over random
changes of what that found, without. Each runs in a process of its own; a finding is left as a file `crash-*`,
`timeout-*` or `oom-*` in the folder of inputs, and makes the whole fail.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

from tests.fuzz.changes import run_changes

LARGEST = 1 << 13
"""Bytes of an input; real files that are larger are no seeds, because small inputs are run many times as often."""

SAMPLES = ("fixtures/corpus", "fixtures/packages", "fixtures/specs", "policies", "macros/targets")
"""Folders of real files, with which the targets that may like them begin."""

LIKES = {
    "objects": SAMPLES[:1],
    "files": SAMPLES[:1],
    "packages": SAMPLES[1:2],
    "specs": SAMPLES[2:3],
    "macros": SAMPLES[2:5],
    "policies": SAMPLES[3:4],
}


def seed(folder: Path, name: str) -> None:
    """Begin with the committed inputs and with real files."""
    from tests.fuzz.targets import corpus  # noqa: PLC0415 not before it is instrumented

    for number, data in enumerate(corpus(name)):
        (folder / f"seed-{number}").write_bytes(data)
    real = sorted(file for place in LIKES.get(name, ()) for file in Path(place).rglob("*") if file.is_file())
    for number, file in enumerate(file for file in real if file.stat().st_size <= LARGEST):
        (folder / f"real-{number}").write_bytes(file.read_bytes())


def fuzz(name: str, inputs: Path, seconds: str) -> None:
    """Fuzz one target in this process, until the time is up or something breaks; does not return."""
    import atheris  # noqa: PLC0415 the process that starts the others needs none

    with atheris.instrument_imports(include=["checker"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    seed(inputs, name)
    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-timeout=20", "-rss_limit_mb=1024"]
    atheris.Setup(
        [sys.argv[0], *options, f"-artifact_prefix={inputs}/", "-print_final_stats=1", str(inputs)], TARGETS[name]
    )
    atheris.Fuzz()


def change(name: str, inputs: Path, seconds: str) -> None:
    """Run random changes of all that is known for a target."""
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 the process that starts the others needs none

    seed(inputs, name)
    known = [file.read_bytes() for file in inputs.iterdir()]
    runs = run_changes(TARGETS[name], known, float(seconds), inputs / "crash-changed", LARGEST)
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)


WAYS: dict[str, Callable[[str, Path, str], None]] = {"coverage": fuzz, "changes": change}


def main() -> int:
    """Fuzz each target for some seconds in both ways: FOLDER SECONDS TARGET...; prints how often each was run."""
    folder, seconds, *names = sys.argv[1:]
    if names[0] in WAYS:  # what this program starts itself
        way, name = names
        inputs = Path(folder, name)
        inputs.mkdir(parents=True, exist_ok=True)
        WAYS[way](name, inputs, seconds)
        return 0
    has_failed = False
    for name, way in product(names, WAYS):
        command = [sys.executable, "-m", "tests.fuzz", folder, seconds, way, name]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        print(f"{name}, {way}: {runs[1] if runs else 0} executions, exit status {done.returncode}", flush=True)
        if done.returncode:
            has_failed = True
            print(done.stdout[-2000:], done.stderr[-4000:], sep="\n")
    return has_failed


if __name__ == "__main__":
    sys.exit(main())
