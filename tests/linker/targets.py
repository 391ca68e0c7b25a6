# SPDX-License-Identifier: GPL-2.0-or-later
"""What units are compiled for: every compiler, in every way to compile, and the linkers that join what comes out."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


def first_line_of(*command: str) -> str:
    """What a tool prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


NEWER = "" if int(first_line_of("clang", "-dumpversion").split(".")[0]) >= 18 else "-19"
"""How LLVM's tools are called that know fat objects: Debian 12 has them beside older ones."""

GNU = {".c": "gcc", ".cc": "g++", ".S": "gcc", ".f90": "gfortran"}
RARER_GNU = {".d": "gdc", ".ads": "gcc", ".go": "gccgo"}
CLANG = {".c": "clang", ".cc": "clang++"}
FAT_CLANG = {".c": f"clang{NEWER}", ".cc": f"clang++{NEWER}"}
"""Clang writes fat objects since 18."""

LDC, RUST = {".d": "ldc2"}, {".rs": "rustc"}


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to compile: the driver for each suffix, and its options."""

    kind: str
    drivers: Mapping[str, str]
    options: tuple[str, ...]


GNU_OPTIONS = (
    ("native", ()),
    ("native", ("-g",)),
    ("fat", ("-flto", "-ffat-lto-objects")),
    ("fat", ("-g", "-flto", "-ffat-lto-objects")),
    ("slim", ("-flto", "-fno-fat-lto-objects")),
    ("slim", ("-g", "-flto", "-fno-fat-lto-objects")),
)
MODES = (
    *(Mode(kind, GNU, ("-O2", *options)) for kind, options in GNU_OPTIONS),
    Mode("native", CLANG, ("-O2",)),
    Mode("bitcode", CLANG, ("-O2", "-flto")),
    Mode("bitcode", FAT_CLANG, ("-O2", "-flto=thin")),
    Mode("clang fat", FAT_CLANG, ("-O2", "-flto", "-ffat-lto-objects")),
    Mode("clang fat", FAT_CLANG, ("-O2", "-g", "-flto=thin", "-ffat-lto-objects")),
    Mode("embedded", CLANG, ("-O2", "-fembed-bitcode")),
)
"""By the compilers that `make test` installs."""

RARER_MODES = (
    *(Mode(kind, RARER_GNU, ("-O2", *options)) for kind, options in GNU_OPTIONS),
    Mode("native", LDC, ("-O", "-betterC")),
    Mode("bitcode", LDC, ("-O", "-betterC", "-flto=full")),
    Mode("native", RUST, ("-O", "--crate-type=lib", "--emit=obj", "-Cembed-bitcode=no")),
    Mode("bitcode", RUST, ("-O", "--crate-type=lib", "--emit=obj", "-Clinker-plugin-lto")),
    Mode("embedded", RUST, ("-O", "--crate-type=lib", "--emit=obj", "-Cembed-bitcode=yes")),
)
"""By those that `make judge` installs besides."""


@dataclass(frozen=True, slots=True)
class Target:
    """What units are compiled for, and by which tools."""

    name: str
    modes: tuple[Mode, ...]
    joins: tuple[tuple[str, ...], ...]
    prefix: str = ""
    """Of the names of GNU's tools."""
    gnu_options: tuple[str, ...] = ()
    clang_options: tuple[str, ...] = ()
    ld_options: tuple[str, ...] = ()

    def compiler(self, mode: Mode, suffix: str) -> tuple[str, ...]:
        """The command that compiles a unit."""
        driver = mode.drivers[suffix]
        if driver.startswith("clang"):
            return (driver, *self.clang_options, *mode.options)
        return (self.prefix + driver, *self.gnu_options, *mode.options)

    def tool(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """A command of binutils or LLVM, as it is called for this target."""
        name, *options = command
        if name == "ld" or name.startswith("ld.lld"):
            return (self.prefix + name if name == "ld" else name, *self.ld_options, *options)
        return (self.prefix + name if name in ("objcopy", "strip") else name, *options)


LD_JOINS = (("ld", "-r"), ("ld", "-r", "-d"), ("ld", "-r", "-S"))
JOINS = (
    *LD_JOINS,
    ("ld.gold", "-r"),
    ("ld.lld", "-r"),
    (f"ld.lld{NEWER}", "-r"),
    ("mold", "-r"),
    ("gcc", "-r", "-nostdlib"),
    ("gcc", "-r", "-nostdlib", "-flto", "-flinker-output=nolto-rel"),
)


def _only(modes: tuple[Mode, ...], *suffixes: str) -> tuple[Mode, ...]:
    """The modes, for sources of these suffixes alone."""
    kept = [(mode, {end: tool for end, tool in mode.drivers.items() if end in suffixes}) for mode in modes]
    return tuple(Mode(mode.kind, drivers, mode.options) for mode, drivers in kept if drivers)


def _without_clang_fat(modes: tuple[Mode, ...]) -> tuple[Mode, ...]:
    """The modes of formats other than ELF."""
    return tuple(mode for mode in modes if mode.kind != "clang fat")


HOST = Target("x86_64", MODES, JOINS)
HOST_BY_ALL = Target("x86_64", (*MODES, *RARER_MODES), JOINS)
OTHERS = (
    Target("i386", _only(MODES, ".c"), LD_JOINS, "", ("-m32",), ("-m32",), ("-m", "elf_i386")),
    Target(
        "s390x",
        _only(MODES, ".c", ".S"),
        (*LD_JOINS, (f"ld.lld{NEWER}", "-r")),
        "s390x-linux-gnu-",
        clang_options=("--target=s390x-linux-gnu",),
    ),
    *(
        Target(
            f"{machine}-mingw",
            _without_clang_fat(_only(MODES, ".c")),
            LD_JOINS[:1],
            f"{machine}-w64-mingw32-",
            clang_options=(f"--target={machine}-w64-mingw32",),
        )
        for machine in ("x86_64", "i686")
    ),
)
"""For these `make test` installs compilers, and for the rarer ones `make judge`."""

RARER = tuple(
    Target(name, _only(MODES[: len(GNU_OPTIONS)], ".c"), LD_JOINS, prefix, options, ld_options=ld_options)
    for name, prefix, options, ld_options in (
        ("aarch64", "aarch64-linux-gnu-", ("-mbranch-protection=standard",), ()),
        ("alpha", "alpha-linux-gnu-", (), ()),
        ("arm", "arm-linux-gnueabihf-", ("-mthumb", "-fexceptions"), ()),
        ("hppa", "hppa-linux-gnu-", (), ()),
        ("m68k", "m68k-linux-gnu-", (), ()),
        ("mips-o32", "mips-linux-gnu-", (), ()),
        ("mips-n32", "mips-linux-gnu-", ("-mabi=n32",), ("-m", "elf32btsmipn32")),
        ("mips64el", "mips64el-linux-gnuabi64-", (), ()),
        ("powerpc64", "powerpc64-linux-gnu-", (), ()),
        ("riscv64", "riscv64-linux-gnu-", (), ()),
        ("sh4", "sh4-linux-gnu-", (), ()),
        ("sparc64", "sparc64-linux-gnu-", (), ()),
        ("xtensa", "xtensa-lx106-elf-", ("-fleading-underscore",), ()),
    )
)
