# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbols that no unit defines: those of linkers, and GCC's marks of LTO objects (gcc/toplev.cc, of 4.7 to 16)."""

SLIM = b"__gnu_lto_slim"
"""A COMMON symbol of one byte in every slim object, and in no fat one."""

ANY = b"__gnu_lto_v1"
"""The same in every object with bytecode, slim or fat; since GCC 10 in none."""

MARKERS = (SLIM, ANY)
"""How the names of markers end: a target may put an underscore before every name, `objcopy --prefix-symbols` a word."""

OF_LINKERS = {"avr": (b"_REGION_LENGTH__", b"_REGION_ORIGIN__", b"__RODATA_PM_OFFSET__")}
"""How absolute symbols end that `ld -r` defines in every object of a machine; the source is ld/scripttempl/avr.sc."""
