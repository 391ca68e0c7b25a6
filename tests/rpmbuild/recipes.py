# SPDX-License-Identifier: GPL-2.0-or-later
"""Pieces of specs: compile the units in sources/ with the distribution's flags, and install what comes out."""

SLIM = "-O2 -flto"
FAT = "-O2 -flto -ffat-lto-objects"
NATIVE = "-O2"

LIBRARY = "/usr/lib64/libdemo.a"

OPT_IN = "%global _fat_lto_objects 1"


def compiled(unit: str, flags: str = "%{build_cflags}", compiler: str = "gcc") -> str:
    """The line that compiles one unit."""
    return f"{compiler} {flags} -c %{{_sourcedir}}/{unit}.c -o {unit}.o\n"


def archive(*units: str, path: str = LIBRARY, tool: str = "gcc-ar") -> str:
    """The lines that install the units' objects as a static library."""
    objects = " ".join(f"{unit}.o" for unit in units)
    return f"mkdir -p %{{buildroot}}{path.rpartition('/')[0]}\n{tool} rcs %{{buildroot}}{path} {objects}\n"


def library(*units: str, flags: str = "%{build_cflags}", path: str = LIBRARY) -> str:
    """Compile and install in one; `flags` are the distribution's unless said otherwise."""
    units = units or ("add",)
    return "".join(compiled(unit, flags) for unit in units) + archive(*units, path=path)
