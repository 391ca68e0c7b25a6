# SPDX-License-Identifier: GPL-2.0-or-later
"""What compiler flags say about objects."""

FAT_FLAG = "-ffat-lto-objects"
"""The one flag of GCC and clang that asks for machine code beside bytecode."""


def lto_state(flags: str) -> str:
    """Compiler flags reduced to fat, slim or none; the last one of each pair wins, as in GCC and clang."""
    lto = fat = False
    for flag in flags.split():
        if flag == "-flto" or flag.startswith("-flto="):
            lto = True
        elif flag == "-fno-lto":
            lto = False
        elif flag in (FAT_FLAG, "-fno-fat-lto-objects"):
            fat = flag == FAT_FLAG
    return "none" if not lto else "fat" if fat else "slim"
