# SPDX-License-Identifier: GPL-2.0-or-later
"""Units at random: small sources in every language, by every compiler, in every way to compile them."""

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.linker.targets import Mode, Target

SOURCES = (
    (".c", "int symbol_{n}(int a) {{ return a + 1; }}"),
    (".c", "int symbol_{n} = 3;"),
    (".c", "int symbol_{n}[9];"),
    (".c", 'const char symbol_{n}[] = "text";'),
    (".c", "_Thread_local int symbol_{n};"),
    (".c", "__attribute__((common)) int symbol_{n};"),
    (".c", "__attribute__((weak)) int symbol_{n}(void) {{ return 1; }}"),
    (".c", '__attribute__((used, section("own"))) int symbol_{n} = 1;'),
    (".c", '__attribute__((used, section(".note.own"))) const int symbol_{n} = 1;'),
    (".c", 'asm(".globl symbol_{n}\\n\\t.text\\nsymbol_{n}:\\n\\t.byte 1");'),
    (".c", "extern int nothing_{n};"),
    (".c", 'asm(".weak nothing_{n}");'),
    (".cc", 'template <class T> T same(T a) {{ return a; }}\nextern "C" int symbol_{n}(int a) {{ return same(a); }}'),
    (".cc", "inline int symbol_{n} = 4; int *nothing_{n}() {{ return &symbol_{n}; }}"),
    (".S", ".globl symbol_{n}\n.text\nsymbol_{n}: .byte 1\n"),
    (".f90", 'integer function f(a) bind(C, name="symbol_{n}")\ninteger, value :: a\nf = a + 1\nend function'),
    (".f90", "module nothing_{n}\ninteger, parameter :: three = 3\nend module"),
    (".d", "extern(C) int symbol_{n}(int a) {{ return a + 1; }}"),
    (".ads", 'package U{n} is\n V : Integer := 3 with Export, External_Name => "symbol_{n}";\nend U{n};'),
    (".go", "package p\nfunc Symbol_{n}(a int) int {{ return a + 1 }}"),
    (".rs", '#[no_mangle] pub extern "C" fn symbol_{n}(a: i32) -> i32 {{ a + 1 }}'),
)  # fmt: skip
"""A unit's suffix and text; what is called a symbol should be found, and what has none defines nothing."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One compiled source; `symbol` is the number of what it should define, None for one that defines nothing."""

    path: Path
    kind: str
    symbol: int | None
    source: str


def run(*command: str | Path) -> bool:
    """Run a tool; whether it succeeded."""
    return subprocess.run(list(map(str, command)), capture_output=True, check=False).returncode == 0


def units(folder: Path, random_: random.Random, target: Target, count: int) -> list[Unit]:
    """Units for a target, of random sources and modes."""
    folder.mkdir(parents=True, exist_ok=True)
    plans: list[tuple[int, str, str, Mode]] = []
    while len(plans) < count:
        mode, (suffix, text) = random_.choice(target.modes), random_.choice(SOURCES)
        if suffix in mode.drivers:
            plans.append((len(plans), suffix, text, mode))

    def compiled(plan: tuple[int, str, str, Mode]) -> Unit:
        number, suffix, text, mode = plan
        source = folder / f"u{number}{suffix}"
        source.write_text(text.format(n=number))
        path = folder / f"u{number}.o"
        command = target.compiler(mode, suffix)
        output = (f"-of={path}",) if command[0] == "ldc2" else ("-o", str(path))
        only = () if command[0] == "rustc" else ("-c",)
        modules = (f"-J{folder}",) if suffix == ".f90" else (f"-fgo-pkgpath=p{number}",) if suffix == ".go" else ()
        assert run(*command, *modules, *only, source, *output), (command, text)
        return Unit(path, mode.kind, number if "symbol_{n}" in text.lower() else None, text)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compiled, plans))
