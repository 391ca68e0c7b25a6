# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives at random: units by several compilers in every way to compile them, joined, archived and stripped."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = {
    "c": "int {name}(int a) {{ return a + 1; }}\n",
    "c++": 'template <class T> T twice(T a) {{ return a + a; }}\nextern "C" int {name}(int a) {{ return twice(a); }}\n',
    "data": "int {name} = 3;\n",
    "zero": "int {name}[9];\n",
    "const": 'const char {name}[] = "text";\n',
    "asm": 'asm(".globl {name}\\n.text\\n{name}:\\n.byte 1");\n',
    "nothing": "extern int {name};\n",
}
DEFINES_NOTHING = "nothing"

MODES = {
    "native": ("gcc", "-O2"),
    "native-g": ("gcc", "-O1", "-g"),
    "fat": ("gcc", "-O2", "-flto", "-ffat-lto-objects"),
    "fat-g": ("gcc", "-O2", "-g", "-flto", "-ffat-lto-objects"),
    "slim": ("gcc", "-O2", "-flto", "-fno-fat-lto-objects"),
    "slim-g": ("gcc", "-O2", "-g", "-flto", "-fno-fat-lto-objects"),
    "clang": ("clang", "-O2"),
    "bitcode": ("clang", "-O2", "-flto"),
    "embedded": ("clang", "-O2", "-fembed-bitcode"),
}

NOT_JOINED = {"bitcode", "embedded"}
"""What no linker joins without LLVM's plugin, and what ar's LLVM plugin cannot read when it was joined."""

JOINS = (("ld", "-r"), ("ld", "-r", "-d"), ("ld.gold", "-r"), ("ld.lld", "-r"))

NO_LTO = ("-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-R", ".llvm.lto", "-N", "__gnu_lto_v1")
STRIPS = {
    "none": (),
    "fedora": (("-p", *NO_LTO), ("-g",)),
    "suse": (("-p", "--discard-locals", "-R", ".comment", "-R", ".note", *NO_LTO),),
    "debian": (("-g", "-R", ".comment", "-R", ".note", *NO_LTO, "-N", "__gnu_lto_slim"),),
    "arch": (("-S",), ("-S", *NO_LTO)),
}
"""The strip commands of distributions, one after the other."""

COPIES = 40
"""Units of each source and mode that are compiled; archives are made of them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One compiled source; `symbol` is what it should define, None for one that defines nothing."""

    path: Path
    mode: str
    symbol: str | None


@dataclass(slots=True)
class Made:
    """One archive, how it was made, and the symbols that its sources define."""

    path: Path
    strip: str
    modes: set[str] = field(default_factory=set)
    symbols: set[str] = field(default_factory=set)
    has_empty_slim: bool = False
    """A unit of it defines nothing and was compiled slim."""


def run(*command: str | Path) -> bool:
    """Run a tool; whether it succeeded."""
    return subprocess.run(list(map(str, command)), capture_output=True, check=False).returncode == 0


def units(folder: Path, random_: random.Random, count: int) -> list[Unit]:
    """Units of random sources and modes."""
    folder.mkdir(parents=True, exist_ok=True)
    plans = [(number, random_.choice(list(SOURCES)), random_.choice(list(MODES))) for number in range(count)]

    def compiled(plan: tuple[int, str, str]) -> Unit:
        number, source, mode = plan
        name = f"symbol_{number}"
        text = folder / f"u{number}.{'cc' if source == 'c++' else 'c'}"
        text.write_text(SOURCES[source].format(name=name))
        driver, *flags = MODES[mode]
        if source == "c++":
            driver = {"gcc": "g++", "clang": "clang++"}[driver]
        path = folder / f"u{number}.o"
        assert run(driver, *flags, "-c", text, "-o", path), (driver, flags, source)
        return Unit(path, mode, None if source == DEFINES_NOTHING else name)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compiled, plans))


def archives(folder: Path, seed: int, count: int) -> Iterator[Made]:
    """So many archives; the same seed makes the same ones."""
    random_ = random.Random(seed)
    pool = units(folder / "units", random_, COPIES + count // 8)
    joins = [join for join in JOINS if shutil.which(join[0])]
    for number in range(count):
        made = Made(folder / f"lib{number}.a", random_.choice(list(STRIPS)))
        chosen = random_.sample(pool, random_.randint(1, 4))
        files = [unit.path for unit in chosen]
        made.modes = {unit.mode for unit in chosen}
        made.has_empty_slim = any(unit.mode.startswith("slim") and unit.symbol is None for unit in chosen)
        made.symbols = {unit.symbol for unit in chosen if unit.symbol}
        if len(chosen) > 1 and random_.random() < 0.4 and not made.modes & NOT_JOINED:
            joined = folder / f"joined{number}.o"
            if run(*random_.choice(joins), *files, "-o", joined):
                files = [joined]
        assert run("ar", "rcsD", made.path, *files), files
        for options in STRIPS[made.strip]:
            run("strip", *options, made.path)
        yield made
