# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols that no unit defines: those of linkers, and GCC's markers of LTO objects (gcc/toplev.cc, 4.7 to 16)."""

SLIM = b"__gnu_lto_slim"
"""A COMMON symbol of one byte in every slim object, and in no fat one."""

ANY = b"__gnu_lto_v1"
"""A COMMON symbol of one byte in every object with bytecode, slim or fat; not written since GCC 10."""

MARKERS = (SLIM, ANY)
"""Ends of markers' names: a target may put an underscore before every name, `objcopy --prefix-symbols` a word."""

OF_LINKERS = {"avr": (b"_REGION_LENGTH__", b"_REGION_ORIGIN__", b"__RODATA_PM_OFFSET__")}
"""Ends of absolute symbols that `ld -r` defines in every object of a machine, from ld/scripttempl/avr.sc."""
