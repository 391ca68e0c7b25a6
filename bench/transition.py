# SPDX-License-Identifier: GPL-2.0-or-later
"""What a transition costs: a whole distribution's source packages, from a store to a page."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.inputs import Inputs
from bench.measure import peak_megabytes, process
from bench.peers import LTOCHECK
from bench.tables import MEASURED, Table
from checker.audit.facts import recorded
from checker.audit.rows import RunPackage
from checker.audit.store import Store
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Index,
    Item,
    Kind,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Target,
    TargetType,
)
from checker.model.audits import Repository

SOURCES, MEMBERS = 25_000, 20
"""Source packages, each with a static library of so many members: twenty times what a distribution has."""


def transition(_: Inputs, runs: int) -> Table:
    """Seconds and memory of `ltocheck transition`, by format."""
    table = Table(
        "A transition",
        f"`ltocheck transition` over a store with an audit of {SOURCES:,} source packages, each with a static library "
        f"of {MEMBERS} members, one of twenty hollow. Start-up and the report included; memory in 10^6 bytes.",
        MEASURED,
    )
    with TemporaryDirectory(prefix="bench-") as place:
        store = Path(place, "store.db")
        filled(store)
        for format_ in ("text", "json", "html"):
            command = [LTOCHECK, "transition", "--store", str(store), "--format", format_, "--output", "/dev/null"]
            seconds = min(process(command)() for _ in range(max(1, runs // 4)))
            table.measured(f"{format_}, time", seconds, "s", 10)
            table.measured(f"{format_}, memory", peak_megabytes(command), "MB", 300)
    return table


def filled(place: Path) -> None:
    """A store with an audit of synthetic packages."""
    with Store(place, write=True) as store:
        names = []
        for number in range(SOURCES):
            target = _package(number)
            store.add(target.path, "whole", recorded(target))
            names.append((target.path, target.package))
        store.flush()
        packages = (
            RunPackage(path, store.find(path, "whole"), None, facts.name, facts.source, facts.arch)
            for path, facts in names
        )
        store.add_run("whole", SOURCES, [Repository("repo", {}, SOURCES, 1 << 36, ())], packages)


def _package(number: int) -> Target:
    name = f"package{number:05}"
    facts = PackageFacts(f"{name}-static-1.0-1.x86_64", name, "x86_64", flags="slim" if number % 20 == 0 else "fat")
    return Target(
        f"repo/{name}.rpm", TargetType.RPM, facts, _library(name, Kind.HOLLOW if number % 20 == 0 else Kind.NATIVE)
    )


def _library(name: str, kind: Kind) -> Iterator[Item]:
    path = f"/usr/lib64/lib{name}.a"
    facts = ObjectFacts("elf", "x86_64", kind)
    for number in range(MEMBERS):
        yield ObjectItem(path, f"{number}.o", number, facts)
    whole = ArchiveFacts(
        kind,
        MEMBERS,
        ((kind, MEMBERS),),
        Index.PRESENT,
        formats=("elf",),
        machines=("x86_64",),
        compiler="GCC: (GNU) 16.1",
    )
    yield ArchiveItem(path, None, whole)
