# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbols that GCC marks its LTO objects with; the source is gcc/toplev.cc, of 4.7 to 16."""

SLIM = b"__gnu_lto_slim"
"""A COMMON symbol of one byte in every slim object, and in no fat one."""

ANY = b"__gnu_lto_v1"
"""The same in every object with bytecode, slim or fat; since GCC 10 in none."""

MARKERS = (SLIM, ANY)
"""How the names of markers end: a target may put an underscore before every name, `objcopy --prefix-symbols` a word."""
