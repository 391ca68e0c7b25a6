# SPDX-License-Identifier: GPL-2.0-or-later
"""rpm's macros that hold LTO flags."""

KNOBS = frozenset({"_lto_cflags", "_gcc_lto_cflags", "_clang_lto_cflags", "optflags_lto"})
"""Macros whose whole text is the LTO flags: Fedora's, openSUSE's and ALT's. Where there is no LTO, they are empty."""

FLAG_MACROS = frozenset(
    {
        "optflags",
        "build_cflags",
        "build_cxxflags",
        "build_fflags",
        "build_fcflags",
        "__global_compiler_flags",
        "_general_options",
        "__global_cflags",
    }
)
"""Macros that hold the LTO flags among others; not %build_ldflags, because links make no objects."""

DISABLING = frozenset({"_disable_lto"})
"""OpenMandriva's switch: whatever its text is, being defined is enough."""
