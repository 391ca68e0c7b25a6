# SPDX-License-Identifier: GPL-2.0-or-later
"""Hints in the sources of configure: tests that read objects or assembly, or compile assembly without linking it.

The result of such a test may change with slim objects, so that it is a hint before anything is built.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from checker.limits import LIMITS
from checker.model.rebuilds import Hint
from checker.rebuild.configure import opened

NAMES = re.compile(r"configure(?:\.ac|\.in)?|.*\.m4|CMakeLists\.txt|.*\.cmake|meson\.build")
GENERATED = re.compile(r"aclocal\.m4|libtool\.m4|lt[\w~-]*\.m4|configure")
OBJECT = rb"(?:conftest\.(?:\$ac_objext|\$\{?OBJEXT\}?|o\b|obj\b)|conftest\$ac_cv_objext)"
LOOKS = (
    (
        re.compile(rb"\b(?:od|strings|objdump|nm|readelf|hexdump|grep|size)\b[^\n|;]{0,100}" + OBJECT),
        "reads an object that it has compiled",
    ),
    (
        re.compile(rb"(?:\$\{?CC\}?|\$ac_compile|\$\{?CCAS\}?|gcc)\b[^\n|;]{0,100}\s-S\b"),
        "reads assembly that the compiler writes",
    ),
)
ASSEMBLY = re.compile(rb"\b(?:__)?asm(?:__)?\b\s{0,9}(?:(?:__)?volatile(?:__)?\s{0,9})?\(")
COMPILE_ONLY = re.compile(
    rb"AC_COMPILE_IFELSE|AC_TRY_COMPILE|ac_fn_\w{1,10}_try_compile|check_\w{1,4}_source_compiles|\.compiles\("
)
LINKS = re.compile(
    rb"AC_LINK_IFELSE|AC_TRY_LINK|AC_RUN_IFELSE|AC_TRY_RUN|try_link|try_run|\.links\(|\.run\(|check_\w{1,4}_source_runs"
)
WINDOW = 25
"""Lines before and after assembly that are searched for the way to compile it."""
MOST = 20


def hints_in(tree: Path) -> tuple[Hint, ...]:
    """The first lines below a folder that look like such a test."""
    found: list[Hint] = []
    for path in sorted(_files(tree)):
        if len(found) >= MOST:
            break
        with opened(tree / path) as file:
            found += list(_hints(path, file.read(LIMITS.configure_file)))[: MOST - len(found)]
    return tuple(found)


def _files(tree: Path) -> Iterator[str]:
    """Sources of configure; the configure script only if it has no source."""
    seen = 0
    for folder, _, names in os.walk(tree):
        seen += len(names)
        if seen > LIMITS.tree_files:
            return
        has_source = {"configure.ac", "configure.in"} & set(names)
        for name in names:
            if NAMES.fullmatch(name) and not (GENERATED.fullmatch(name) and (has_source or name != "configure")):
                yield os.path.relpath(os.path.join(folder, name), tree)


def _hints(path: str, text: bytes) -> Iterator[Hint]:
    lines = [line[: LIMITS.spec_line] for line in text.split(b"\n")]
    last = -WINDOW
    for number, line in enumerate(lines):
        for pattern, reason in LOOKS:
            if pattern.search(line):
                yield Hint(path, number + 1, reason)
        if ASSEMBLY.search(line) and number >= last + WINDOW:
            around = b"\n".join(lines[max(0, number - WINDOW) : number + WINDOW])
            if COMPILE_ONLY.search(around) and not LINKS.search(around):
                last = number
                yield Hint(path, number + 1, "compiles assembly and does not link it")
