# SPDX-License-Identifier: GPL-2.0-or-later
"""Fuzzes everything below `walk` with coverage feedback: make fuzz [SECONDS=60].

Whatever the bytes are, facts come out: no exception, no hang, as many objects as members. Needs atheris, which
`make fuzz` installs; a finding is left as a file `crash-*` in the folder of inputs.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["checker"]):
    from checker.model import ArchiveItem, ObjectItem
    from tests.toolbox import items_of

LARGEST = 1 << 16
"""Bytes; every seed that is larger is cut."""


def look_at(data: bytes) -> None:
    """Walk one file and hold what must hold."""
    items = items_of(data)
    outer = [item for item in items if isinstance(item, ArchiveItem)]
    objects = sum(isinstance(item, ObjectItem) for item in items)
    assert objects or outer, "nothing at all was said of the file"
    inner = len(outer) - 1
    if outer:
        # An inner archive is one member of the outer one, and its own members are counted there.
        assert sum(item.facts.members for item in outer) == objects + inner


def seed(folder: Path, samples: Path) -> None:
    """Begin with real objects and archives."""
    for number, file in enumerate(sorted(samples.rglob("*"))):
        if file.is_file() and file.stat().st_size <= LARGEST:
            (folder / f"seed-{number}").write_bytes(file.read_bytes())


def main() -> None:
    """Run until the time is up or something breaks: FOLDER-OF-INPUTS FOLDER-OF-SAMPLES SECONDS."""
    inputs, samples, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    inputs.mkdir(parents=True, exist_ok=True)
    seed(inputs, samples)
    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-timeout=10", f"-artifact_prefix={inputs}/"]
    atheris.Setup([sys.argv[0], *options, str(inputs)], look_at)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
