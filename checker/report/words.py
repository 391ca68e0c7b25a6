# SPDX-License-Identifier: GPL-2.0-or-later
"""The sentences of all statements, and nothing else: `<name>` stands for a value."""

import re
from functools import lru_cache

from checker.model.statements import Evidence, Key, Message, Remedy, Statement

MESSAGES: dict[Key, str] = {
    Message.SLIM: "holds only LTO bytecode and no machine code",
    Message.SLIM_DESPITE_OPT_IN: "holds only LTO bytecode, although the package opted in",
    Message.MIXED: "was joined from slim and native objects; the slim part has no code",
    Message.HOLLOW: "was stripped of the only code it had, which was LTO bytecode",
    Message.PARTLY_HOLLOW: "lost a part to stripping, which was LTO bytecode",
    Message.BYTECODE_LEFT: "still carries LTO bytecode, which other compiler versions refuse",
    Message.DAMAGED: "has lost parts that make it usable",
    Message.INACCESSIBLE: "<detail>",
    Message.UNREADABLE: "cannot be read: <detail>",
    Message.UNDECLARED: "is an installed object, and the package does not declare any",
    Message.CTORS: "has <sections>, whose functions LLD never runs",
    Message.RLIB_WITHOUT_BITCODE: "has no bitcode for rustc, which fails its users' LTO builds",
    Message.PROBABLY_HOLLOW: "was probably stripped of code that it had as LTO bytecode alone",
    Message.THIN: "is a thin archive: it holds names of files, no objects",
    Message.SEVERAL_COMPILERS: "holds bytecode of several compilers: <versions>",
    Message.NO_INDEX: "has no symbol index",
    Message.INDEX_OF_MARKERS: "has a symbol index that names only __gnu_lto_slim",
    Message.UNNEEDED_OPT_IN: "opted in, but it ships no object",
    Message.UNAVAILABLE: "<detail>",
    Message.SOURCE_PACKAGE: "is a source package: it installs no objects",
    Message.UNUSED_WAIVER: "waives nothing: <reason>",
    Message.EXPIRED_WAIVER: "the waiver for <rule> expired on <date>: <reason>",
}

DELETE_OR_OPT_IN = "delete the file in %install, or add at the top of the spec: <line>"

REMEDIES: dict[Key, str] = {
    Remedy.DELETE_OR_OPT_IN: DELETE_OR_OPT_IN,
    Remedy.DELETE_OR_OPT_IN_CLANG: (
        f"{DELETE_OR_OPT_IN} (clang before 18 cannot: build without -flto, %global _lto_cflags %{{nil}})"
    ),
    Remedy.DELETE_OR_BUILD_RUST_WITHOUT_LTO: "delete the file in %install, or build it without -Clinker-plugin-lto",
    Remedy.NEWER_CLANG: "build with clang 18 or newer, or without -flto: %global _lto_cflags %{nil}",
    Remedy.FIND_WHAT_UNDOES_FAT: (
        "find in the build log what comes after -ffat-lto-objects or drops it: -fno-fat-lto-objects, "
        "CMake's INTERPROCEDURAL_OPTIMIZATION, qmake's ltcg, a -flto of the project's own"
    ),
    Remedy.JOIN_FAT: "compile all inputs of `ld -r` fat (<line>), or join them by gcc -r instead of ld -r",
    Remedy.REBUILD_OPTED_IN: "rebuild the package with <line> at the top of the spec, or do not ship the file",
    Remedy.STRIP_BYTECODE: (
        "see why brp-strip-lto passed it over: strip -R .gnu.lto_* -R .gnu.debuglto_* -R .llvm.lto FILE"
    ),
    Remedy.REBUILD_WHOLE: (
        "rebuild it; look for a strip or objcopy in the build that removes some .gnu.lto_ sections, or .text"
    ),
    Remedy.CHECK_PATH: "see whether the path is right and the permissions allow it",
    Remedy.CHECK_WHOLE: (
        "an interrupted build or a full disk leaves files cut off; a deliberate test file wants a waiver"
    ),
    Remedy.DECLARE: "add <line> to the spec",
    Remedy.INIT_ARRAY: "compile with a toolchain that emits .init_array (GCC since 4.7, -fuse-init-array)",
    Remedy.EMBED_BITCODE: "build with -Cembed-bitcode=yes, and do not strip .llvmbc",
    Remedy.TRY_TO_LINK: "link something with it; if that fails, rebuild the package with <line>",
    Remedy.ARCHIVE_WHOLE: "build it without T in ar's flags",
    Remedy.ONE_COMPILER: "build all of it with one compiler",
    Remedy.RANLIB: "run ranlib on it (gcc-ranlib for LTO objects)",
    Remedy.GCC_RANLIB: "create it by gcc-ar, or run gcc-ranlib",
    Remedy.DROP_OPT_IN: "drop the opt-in to build faster, unless a configure test needs it",
    Remedy.TRY_AGAIN: "see what the system says of the file, and try again",
    Remedy.TRY_AGAIN_OR_UNPACK: "try again; where it is always so, unpack it and scan the folder",
    Remedy.LOOK_INTO_IT: "look into it: failed downloads leave error pages and pointers behind",
    Remedy.APPLY_DELTA: "make the full package with applydeltarpm, and scan that",
    Remedy.FETCH_AGAIN: "fetch it again, or build it again",
    Remedy.CHECK_SIGNATURE: "see `rpmkeys -Kv` on the package; --key names the keys to trust",
    Remedy.UNPACK: "unpack it and scan the folder",
    Remedy.REPORT_BUG: "report it as a bug of ltocheck, or see whether there was memory enough",
    Remedy.CHANGE_BY_HAND: "change it by hand",
    Remedy.CHECK_REPOSITORY: "see whether the repository is whole; `createrepo_c` makes its metadata anew",
    Remedy.SCAN_BUILT_PACKAGES: "scan the packages that are built from it",
    Remedy.REMOVE_WAIVER: "remove it",
    Remedy.RENEW_WAIVER: "repair the file, or set a new date with a reason",
}

EVIDENCE: dict[Key, str] = {
    Evidence.BYTECODE: "<compiler> <form> bytecode, <size> bytes",
    Evidence.EMPTY_MEMBERS: "<bare> of <members> members hold neither code, data, symbols nor debug information",
    Evidence.INDEX_WITHOUT_NAMES: "its symbol index names nothing",
}

SENTENCES = MESSAGES | REMEDIES | EVIDENCE

VALUE = re.compile(r"<(\w+)>")


@lru_cache(maxsize=1024)
def text_of(statement: Statement | str) -> str:
    """A statement as a sentence, or the part of one."""
    if isinstance(statement, str):
        return statement
    values = dict(statement.values)
    return VALUE.sub(lambda name: str(values[name[1]]), SENTENCES[statement.key])
