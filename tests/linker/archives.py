# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives at random: units are renamed, joined, archived and stripped."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.linker.targets import HOST, HOST_BY_ALL, OTHERS, RARER, Target, first_line_of
from tests.linker.units import Unit, run, units

NOT_JOINED = {"bitcode", "embedded"}
"""What no linker joins without LLVM's plugin, and what ar's LLVM plugin cannot read when it was joined."""

COPIES = {
    "prefix": ("--prefix-symbols=own_",),
    "local": ("--wildcard", "--keep-global-symbol=*ymbol_*"),
    "weak": ("--weaken",),
}
"""What objcopy does to units."""

NO_LTO = ("-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-R", ".llvm.lto", "-N", "__gnu_lto_v1")
STRIPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "none": (),
    "fedora": (("strip", "-p", *NO_LTO), ("strip", "-g")),
    "suse": (("strip", "-p", "--discard-locals", "-R", ".comment", "-R", ".note", *NO_LTO),),
    "debian": (("strip", "-g", "-R", ".comment", "-R", ".note", *NO_LTO, "-N", "__gnu_lto_slim"),),
    "arch": (("strip", "-S"), ("strip", "-S", *NO_LTO)),
    "llvm": (("llvm-strip", "-S", "-R", ".gnu.lto_*", "-R", ".llvm.lto"),),
    "sections": (("strip", "-R", ".gnu.lto_*", "-R", ".llvm.lto"),),
}
"""The strip commands of distributions, of LLVM, and of who forgets -g: one after the other."""

KINDS = ("slim", "bitcode", "clang fat", "fat", "embedded", "native")

UNITS, MOST_UNITS = 12, 200
"""Of each target, and one more for every eighth archive; archives are made of them. There are some 200 kinds."""

KNOWN_TO_LLVM = NOT_JOINED | {"clang fat"}
GCC_PLUGIN = ("--plugin", first_line_of("gcc", "-print-file-name=liblto_plugin.so"))
"""Loads in a tenth of the time that LLVM's plugins take, which claim nothing in units of GCC."""


@dataclass(slots=True)
class Made:
    """One archive, and how it is made."""

    path: Path
    target: Target
    units: Sequence[Unit]
    strip: str
    copy: str | None = None
    join: str | None = None
    """None, too, where the linker refused."""

    @property
    def kinds(self) -> set[str]:
        """Of its units."""
        return {unit.kind for unit in self.units}

    @property
    def symbols(self) -> set[int]:
        """The numbers of what its sources define."""
        return {unit.symbol for unit in self.units if unit.symbol is not None}

    @property
    def kind(self) -> str:
        """The kind of unit that is hardest on linkers."""
        first = next(kind for kind in KINDS if kind in self.kinds)
        return first if self.kinds <= {first, "native"} else f"{first}, others"


def archives(folder: Path, seed: int, count: int, *, by_all: bool = False) -> Iterator[Made]:
    """So many archives; the same seed makes the same ones.

    With `by_all`, by the compilers and for the targets that only `make judge` installs, too.
    """
    random_ = random.Random(seed)
    targets = [HOST_BY_ALL, *OTHERS, *RARER] if by_all else [HOST, *OTHERS]
    counts = [count, *(count // 2 // len(targets) for _ in targets[1:])]
    pools = [
        units(folder / target.name, random_, target, min(UNITS + number // 8, MOST_UNITS))
        for target, number in zip(targets, counts, strict=True)
    ]
    plans = []
    for number in range(count):
        ((target, pool),) = random_.choices(list(zip(targets, pools, strict=True)), counts)
        chosen = random_.sample(pool, random_.randint(1, 4))
        plans.append(_plan(folder / f"lib{number}.a", random_, target, chosen))
    with ThreadPoolExecutor() as workers:
        yield from workers.map(_made, plans)


def _plan(path: Path, random_: random.Random, target: Target, chosen: Sequence[Unit]) -> Made:
    plan = Made(path, target, chosen, random_.choice(list(STRIPS)))
    if not plan.kinds & NOT_JOINED:
        if random_.random() < 0.2:
            plan.copy = random_.choice(list(COPIES))
        if len(chosen) > 1 and random_.random() < 0.4:
            plan.join = " ".join(random_.choice(target.joins))
    return plan


def _made(plan: Made) -> Made:
    with TemporaryDirectory(dir=plan.path.parent) as folder:
        files = [unit.path for unit in plan.units]
        if plan.copy:
            files = [_copied(file, plan, Path(folder, f"{number}.o")) for number, file in enumerate(files)]
        if plan.join:
            joined = Path(folder, "joined.o")
            if run(*plan.target.tool(tuple(plan.join.split())), *files, "-o", joined):
                files = [joined]
            else:
                plan.join = None
        plugin = () if plan.kinds & KNOWN_TO_LLVM else GCC_PLUGIN
        assert run(f"{plan.target.prefix}ar", *plugin, "rcsD", plan.path, *files), files
    for tool in STRIPS[plan.strip]:
        run(*plan.target.tool(tool), plan.path)
    return plan


def _copied(file: Path, plan: Made, copy: Path) -> Path:
    assert plan.copy
    assert run(*plan.target.tool(("objcopy",)), *COPIES[plan.copy], file, copy), file
    return copy
