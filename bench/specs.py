# SPDX-License-Identifier: GPL-2.0-or-later
"""Specs: both looks beside `rpmspec -P`, and a distribution's whole tree of them."""

import os
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from bench.inputs import Inputs
from bench.measure import compare, process, seconds_of
from bench.peers import CHECKOUT, LTOCHECK
from bench.tables import COMPARED, MEASURED, Table
from checker.judging.policy import load_policy
from checker.specs.look import LookOptions, look_at_all
from checker.specs.paths import spec_paths

FOLDER = Path(os.environ.get("LTOCHECK_BENCH_SPECS", CHECKOUT / "fixtures/specs"))
"""What is measured on; the variable names a folder of real specs."""

AT_LEAST = 200
"""Specs in a run: a small folder is gone through several times."""

TREE = 24_000
"""Specs of a distribution; Fedora had 24,377 in February 2025."""

RPMSPEC = 'for spec; do rpmspec -P --load="$0" "$spec" >/dev/null 2>&1; done; :'


def specs(_: Inputs, runs: int) -> Table:
    here = list(spec_paths([str(FOLDER)]))
    paths = list(islice(cycle(here), max(AT_LEAST, len(here))))
    table = Table(
        "Specs",
        f"{len(paths)} specs, {_average_size(here):,} bytes on average. The peer is `rpmspec -P`, a process for each "
        "spec, with the macros of the target fedora. Lexical: in process. Expanded: the whole command for that target, "
        "with the start of the sandbox and the lexical look; a bar of 0.5 means: at most twice the peer's time.",
        COMPARED,
    )
    peer = process(["sh", "-c", RPMSPEC, str(CHECKOUT / "macros/targets/fedora"), *paths])
    turns = max(3, runs // 3)
    table.compared("lexical, vs rpmspec -P", compare(lexical(paths), peer, turns), 5)
    expanded = process([LTOCHECK, "spec", "--target", "fedora", "--fail-on", "never", "--quiet", *paths])
    table.compared("expanded, vs rpmspec -P", compare(expanded, peer, turns), 0.5)
    return table


def spec_tree(_: Inputs, runs: int) -> Table:
    here = list(spec_paths([str(FOLDER)]))
    note = f"The lexical look, {TREE:,} specs of {_average_size(here):,} bytes on average, two jobs."
    table = Table("A tree of specs", note, MEASURED)
    table.measured("whole tree", lexical(list(islice(cycle(here), TREE)), jobs=2)(), "s", 120)
    return table


def lexical(paths: list[str], jobs: int = 1) -> Callable[[], float]:
    """The lexical look at files, as a side."""
    options = LookOptions(load_policy().macro)

    def run() -> None:
        for _ in look_at_all(paths, options, jobs):
            pass

    return lambda: seconds_of(run)


def _average_size(paths: list[str]) -> int:
    return sum(Path(path).stat().st_size for path in paths) // max(1, len(paths))
