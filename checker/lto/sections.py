# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections of relocatable objects other than the program's code and data, and the role of each.

A section that is not in the table is content when it is allocated and has bytes.
"""

from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple


class Role(StrEnum):
    """The role of a section in the verdict."""

    LTO = "LTO bytecode"
    LTO_DEBUG = "LTO debug info"
    BITCODE = "LLVM bitcode"
    EMBEDDED = "embedded bitcode"
    NATIVE = "native content"
    """The role of sections that are not in the table."""
    NATIVE_PART = "native part of ld -r"
    CTORS = "constructors"
    ABI = "target's ABI"
    """Written by an assembler or a compiler into every object of a target, whatever the unit defines."""
    NOTE = "notes"
    """Written for this unit, not for every object of a target."""
    DEBUG = "debug info"
    OFFLOAD = "offload bytecode"
    """Written by GCC into slim objects, too, and kept by strip."""
    DEVICE = "code for a device"
    RUST = "Rust metadata"
    COMPILER = "compiler's name"
    LINKER = "words to the linker"


class KnownSection(NamedTuple):
    """The role of a section by its name, which is a pattern as for `strip -R`: a final `*` matches any rest."""

    name: str
    role: Role
    source: str
    """The source of the fact: a file of GCC, binutils (bfd, gas) or LLVM, or a compiler that was observed."""
    machines: tuple[str, ...] = ()
    """The machines to which it is restricted; empty for all."""


MIPS = ("mips", "mipsel", "mips64", "mips64el")
POWERPC = ("ppc", "ppcle", "ppc64", "ppc64le")

SECTIONS = (
    KnownSection(".gnu.lto_*", Role.LTO, "gcc/lto-section-names.h"),
    KnownSection(".gnu.debuglto_*", Role.LTO_DEBUG, "gcc/dwarf2out.cc"),
    KnownSection(".gnu_object_only", Role.NATIVE_PART, "bfd/elf-bfd.h, binutils 2.44"),
    KnownSection(".llvm.lto", Role.BITCODE, "llvm/lib/Transforms/IPO/EmbedBitcodePass.cpp"),
    KnownSection(".llvmbc", Role.EMBEDDED, "llvm/lib/Bitcode/Writer/BitcodeWriter.cpp"),
    KnownSection(".llvmcmd", Role.COMPILER, "llvm/lib/Bitcode/Writer/BitcodeWriter.cpp"),
    KnownSection(".rmeta", Role.RUST, "rust/compiler/rustc_codegen_ssa/src/back/metadata.rs"),
    KnownSection(".rmeta-link", Role.RUST, "rustc 1.97"),
    KnownSection(".ctors", Role.CTORS, "ld/scripttempl/elf.sc"),
    KnownSection(".ctors.*", Role.CTORS, "ld/scripttempl/elf.sc"),
    KnownSection(".dtors", Role.CTORS, "ld/scripttempl/elf.sc"),
    KnownSection(".dtors.*", Role.CTORS, "ld/scripttempl/elf.sc"),
    KnownSection(".gnu.offload_*", Role.OFFLOAD, "gcc/lto-section-names.h, gcc/omp-offload.cc"),
    KnownSection("__CLANG_OFFLOAD_BUNDLE__*", Role.DEVICE, "clang/lib/Driver/OffloadBundler.cpp"),
    KnownSection(".llvm.offloading", Role.DEVICE, "llvm/lib/Frontend/Offloading/Utility.cpp"),
    KnownSection(".debug_*", Role.DEBUG, "DWARF"),
    KnownSection(".zdebug_*", Role.DEBUG, "gas/write.c"),
    KnownSection(".debug$*", Role.DEBUG, "CodeView; Microsoft's PE Format specification"),
    KnownSection(".stab*", Role.DEBUG, "gas/stabs.c"),
    KnownSection(".comment", Role.COMPILER, "gcc/varasm.cc"),
    KnownSection(".GCC.command.line", Role.COMPILER, "gcc/varasm.cc, -frecord-gcc-switches"),
    KnownSection(".annobin*", Role.COMPILER, "annobin 12"),
    KnownSection(".gnu.build.attributes*", Role.COMPILER, "annobin 8"),
    KnownSection(".go_export*", Role.COMPILER, "gcc/go/go-backend.cc; gccgo writes it into slim objects"),
    KnownSection(".rdata$zzz", Role.COMPILER, "gcc/config/i386/cygming.h; into empty units, too"),
    KnownSection(".drectve", Role.LINKER, "Microsoft's PE Format specification"),
    KnownSection(".llvm_addrsig", Role.LINKER, "llvm/docs/Extensions.rst"),
    KnownSection(".linker-options", Role.LINKER, "llvm/docs/Extensions.rst"),
    KnownSection(".deplibs", Role.LINKER, "llvm/docs/Extensions.rst"),
    KnownSection(".note.gnu.property", Role.ABI, "gcc 12 -fcf-protection, -mbranch-protection; gas -mx86-used-note"),
    KnownSection(".note.GNU-stack", Role.ABI, "gcc/varasm.cc"),
    KnownSection(".note.GNU-no-split-stack", Role.ABI, "gcc/toplev.cc"),
    KnownSection(".note.GNU-split-stack", Role.ABI, "gcc/toplev.cc"),
    KnownSection(".note.renesas", Role.ABI, "gas/config/tc-v850.c, v850_md_finish", ("v850",)),
    KnownSection(".note*", Role.NOTE, "ELF gABI"),
    KnownSection(".gnu.attributes", Role.ABI, "bfd/elf-attrs.c"),
    KnownSection(".MIPS.abiflags", Role.ABI, "gas/config/tc-mips.c; gcc 12", MIPS),
    KnownSection(".reginfo", Role.ABI, "gas/config/tc-mips.c; gcc 12, o32 and n32", MIPS),
    KnownSection(".MIPS.options", Role.ABI, "gas/config/tc-mips.c; gcc 12, n64", MIPS),
    KnownSection(".mdebug*", Role.ABI, "gcc/config/mips/mips.cc", MIPS),
    KnownSection(".pdr", Role.ABI, "gas/config/tc-mips.c", MIPS),
    KnownSection(".ARM.attributes", Role.ABI, "gas/config/tc-arm.c; gcc 12", ("arm", "armeb", "aarch64", "aarch64_be")),
    KnownSection(".PPC.EMB.apuinfo", Role.ABI, "gas/config/tc-ppc.c", POWERPC),
    KnownSection(".xtensa.info", Role.ABI, "gas/config/tc-xtensa.c", ("xtensa",)),
)
"""The first entry that fits a name decides."""

CONTENT = (Role.NATIVE, Role.CTORS)
"""Roles of sections whose bytes belong to the program."""

NO_CONTENT = tuple(role for role in Role if role not in CONTENT)

OF_ANY_UNIT = (Role.LTO, Role.LTO_DEBUG, Role.OFFLOAD, Role.COMPILER, Role.ABI)
"""Roles of sections that do not depend on an object's definitions, so that a stripped slim object may have them."""

DECISIVE = (Role.LTO, Role.BITCODE, Role.EMBEDDED, Role.RUST, Role.CTORS)
"""Roles of sections whose presence decides something."""


@lru_cache(maxsize=4096)
def role_of(name: bytes, machine: str) -> Role | None:
    """The role of a section by its name, for `machine`; None for content, tables and relocations."""
    ended = name + b"\0"
    for known in SECTIONS:
        if (not known.machines or machine in known.machines) and ended.startswith(_beginning(known.name)):
            return known.role
    return None


@cache
def beginnings(roles: tuple[Role, ...], machine: str | None = None) -> tuple[bytes, ...]:
    """Beginnings of section names with these roles, on one machine or any; NUL ends those that must match whole."""
    wanted = (known for known in SECTIONS if known.role in roles and (not known.machines or machine in known.machines))
    return tuple(_beginning(known.name) for known in wanted)


def _beginning(pattern: str) -> bytes:
    return pattern[:-1].encode() if pattern.endswith("*") else pattern.encode() + b"\0"
