# SPDX-License-Identifier: GPL-2.0-or-later
"""Remedies for slim objects: one way that works, chosen by the facts of the object and of the build."""

import re

from checker.model import Bytecode, Form, ObjectFacts
from checker.model.statements import Remedy, Statement, say
from checker.rules.rule import Case

FAT_SINCE = 18
"""The first clang that writes fat objects; 14 and 16 accept -ffat-lto-objects and write bitcode, 17 warns first."""

NOT_ELF = (
    *("darwin", "macos", "ios", "apple", "windows", "win32", "mingw", "msvc", "cygwin", "uefi", "aix", "zos"),
    *("wasi", "wasm", "emscripten", "cuda"),
)
"""Parts of target triples without fat objects, which exist for ELF alone."""

LTO_OPTIONS = {"rustc": "-Clinker-plugin-lto", "ldc2": "-flto"}
"""What makes bitcode of compilers that write no fat objects."""


def linkable(facts: ObjectFacts) -> Bytecode | None:
    """The bytecode of an object that a linker can read; None if there is none."""
    return next((code for code in facts.bytecode if code.form is not Form.EMBEDDED), None)


def frontend_of(code: Bytecode) -> str | None:
    """The compiler of another language that made LLVM's bytecode; upstream's rustc names itself in the version."""
    name = "rustc" if "rust" in (code.version or "") else code.frontend
    return name if name in LTO_OPTIONS else None  # a store that somebody changed has any name


def make_it_fat(facts: ObjectFacts, case: Case) -> Statement:
    """The remedy for a slim object whose package did not opt in."""
    code = linkable(facts)
    if code and (cure := _beyond_opt_in(code, case)):
        return cure
    if code and code.is_fat_forbidden:
        return say(Remedy.ALLOW_FAT_AND_OPT_IN, line=case.opt_in_line)
    if case.package.flags == "none":
        return say(Remedy.OWN_LTO, macro=case.macro)
    return say(Remedy.OPT_IN, line=case.opt_in_line)


def fat_despite_opt_in(facts: ObjectFacts, case: Case) -> Statement:
    """The remedy for a slim object whose package opted in."""
    code = linkable(facts)
    if code and (cure := _beyond_opt_in(code, case)):
        return cure
    if code and code.is_fat_forbidden:
        return say(Remedy.ALLOW_FAT)
    if case.package.flags == "none":
        return say(Remedy.OWN_LTO, macro=case.macro)
    if case.package.flags == "slim":
        return say(Remedy.MOVE_OPT_IN, line=case.opt_in_line)
    return say(Remedy.KEEP_FLAGS)


def cure(facts: ObjectFacts, case: Case) -> Statement:
    """The remedy for an object whose code is, or was, only bytecode; for a hollow one only the build is known."""
    return fat_despite_opt_in(facts, case) if case.package.opt_in else make_it_fat(facts, case)


def _beyond_opt_in(code: Bytecode, case: Case) -> Statement | None:
    """The remedy for bitcode to which no opt-in adds machine code; None for other bytecode."""
    if code.form is not Form.BITCODE:
        return None
    if frontend := frontend_of(code):
        return say(Remedy.OTHER_FRONTEND, compiler=frontend, option=LTO_OPTIONS[frontend])
    if code.triple and any(word in code.triple for word in NOT_ELF):
        return say(Remedy.NO_FAT_TARGET, triple=code.triple)
    version = code.version or ""
    major = re.match(r"\d+", version)
    if code.producer == "llvm" and major and int(major[0]) < FAT_SINCE:
        if case.lto_off and case.package.flags != "none":
            return say(Remedy.OLD_CLANG_OR_FLAGS, version=version, line=case.lto_off)
        return say(Remedy.OLD_CLANG, version=version)
    return None
