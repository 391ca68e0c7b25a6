# SPDX-License-Identifier: GPL-2.0-or-later
"""The sentences of what rules say, where `<name>` stands for a value; and every statement as text."""

import re
from functools import lru_cache

from checker.model.statements import Evidence, Key, Message, Part, Reason, Remedy, Statement, Value
from checker.report.reasons import GROUNDS, REASONS

MESSAGES: dict[Key, str] = {
    Message.SLIM: "holds only LTO bytecode and no machine code",
    Message.SLIM_DESPITE_OPT_IN: "holds only LTO bytecode, although the package opted in",
    Message.MIXED: "was joined from objects with machine code and some with only LTO bytecode, which links leave out",
    Message.HOLLOW: "was stripped of the only code it had, which was LTO bytecode",
    Message.PARTLY_HOLLOW: "was stripped of the only code that a part of it had, which was LTO bytecode",
    Message.BYTECODE_LEFT: "still carries LTO bytecode, which other compiler versions refuse",
    Message.DAMAGED: "has lost sections without which nothing can link it",
    Message.INACCESSIBLE: "<detail>",
    Message.UNREADABLE: "cannot be read: <detail>",
    Message.UNDECLARED: "is an installed object, and the package does not declare any",
    Message.EMPTY_BITCODE: "is LLVM bitcode that defines nothing",
    Message.LEFTOVER_MARKER: "defines nothing, and will be taken for an object that lost its code once it is stripped",
    Message.JOINED_BITCODE: "has bitcode of several units in one section, which lld --fat-lto-objects refuses",
    Message.BUNDLE_UNSEEN: "is a compressed offload bundle, into which neither linkers nor this check look",
    Message.CODE_WITHOUT_SYMBOLS: "holds code that no linker finds: all its symbols were stripped",
    Message.INDEX_ASTRAY: "has a symbol index that points where no member begins",
    Message.CTORS: "has <sections>, whose functions LLD never runs",
    Message.RLIB_WITHOUT_BITCODE: "has no bitcode for rustc, so that builds with `lto = true` that use it fail",
    Message.PROBABLY_HOLLOW: "was probably stripped of code that it had as LTO bytecode alone",
    Message.THIN: "is a thin archive: it holds names of files, no objects",
    Message.SEVERAL_COMPILERS: "holds bytecode of several compilers: <versions>",
    Message.NO_INDEX: "has no symbol index",
    Message.INDEX_OF_MARKERS: "has a symbol index in which no linker finds anything: it names only __gnu_lto_slim",
    Message.UNNEEDED_OPT_IN: "opted in, but ships no object",
    Message.UNAVAILABLE: "<detail>",
    Message.SOURCE_PACKAGE: "is a source package: it installs no objects",
    Message.UNUSED_WAIVER: "waives nothing (reason: <reason>)",
    Message.EXPIRED_WAIVER: "the waiver for <rule> expired on <date> (reason: <reason>)",
    Message.NEEDS_OPT_IN: "ships static libraries or object files<where>, and does not opt in to fat ones",
    Message.OPTS_IN_PARTLY: "ships static libraries or object files<where>, and opts in only under some conditions",
    Message.EXCLUDES_OBJECTS: (
        "excludes objects that stay in the build root, where the check stops the build if they are slim"
    ),
    Message.EXCEPTS_OBJECTS: "excepts objects that it ships from the check: <why>",
    Message.EXCEPTS_OBJECTS_WITHOUT_REASON: "excepts objects that it ships from the check: it gives no reason",
    Message.FAT_WITHOUT_OBJECTS: "asks for fat objects, and ships none",
    Message.FAT_WITHOUT_LTO: "asks for fat objects, but LTO is off",
    Message.TAKES_FAT_BACK: "takes <flag> back",
    Message.PROJECT_LTO: "turns on the project's own LTO (<option>), which may make slim objects despite the opt-in",
    Message.SLIM_FLAGS_DESPITE_OPT_IN: (
        "opts in, and its compilers get flags for slim objects all the same (<targets>)"
    ),
    Message.OPT_IN_IN_COMMENT: "the opt-in is only a comment",
    Message.OPT_IN_IN_DEAD_CONDITION: "the opt-in stands in a condition that never holds",
    Message.OPT_IN_TOO_LATE: "the opt-in stands where compiler flags may have been expanded already",
    Message.OPT_IN_IN_SHELL: (
        "asks for fat objects in shell text, which the check at the end of the build does not see"
    ),
    Message.LTO_OFF: "turns LTO off",
    Message.ACTIVE_COMMENT: "defines %<macro> although it looks like a comment",
    Message.RECURSIVE_DEFINE: "%define <macro> expands itself: rpm stops with too many levels of recursion",
    Message.UNDEFINE: "%undefine <macro> uncovers the definition below it, if there is one",
    Message.EXIT_IN_INSTALL: "ends %install, so that the check of objects after it does not run",
    Message.HOOK_OFF: "sets %<macro>, so that the check of objects does not run",
    Message.HOOK_CHANGED: "sets <name>, which decides what the check of objects judges, and how",
    Message.SWALLOWS_FAILURES: "swallows the failures of %<macro>: what it could not strip is shipped as it is",
    Message.KEEPS_BYTECODE: "ships fat objects, and sets %<macro> so that nothing strips their bytecode",
    Message.HARDCODED_LTO: "sets LTO flags by hand",
    Message.UNPARSABLE: "rpm cannot parse it: <detail>",
    Message.UNPARSABLE_FOR: "rpm cannot parse it for <target> on <arch>: <detail>",
    Message.UNSEEN: "not all of it was looked at: not <detail>",
}

ALLOW_FAT = (
    "take -fno-fat-lto-objects out of the build: it stands after the distribution's flags (CMake adds it for "
    "INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg)"
)
OLD_CLANG = "compile it without -flto: clang <version> made it, and clang before 18 writes no fat objects"
CURES: dict[Key, str] = {
    Remedy.OPT_IN: "add at the top of the spec: <line>",
    Remedy.ALLOW_FAT_AND_OPT_IN: f"{ALLOW_FAT}, and add at the top of the spec: <line>",
    Remedy.ALLOW_FAT: ALLOW_FAT,
    Remedy.OWN_LTO: (
        "take the project's own -flto out of the build (the distribution's flags have none; meson adds it for b_lto), "
        "or put -ffat-lto-objects beside it; the opt-in, %<macro>, does not reach it"
    ),
    Remedy.MOVE_OPT_IN: (
        "move the opt-in above every line of the spec that sets compiler flags (%global optflags, _lto_cflags, "
        "build_cflags), and take -flto out of these lines: the flags are still slim. Write at the top of the spec: "
        "<line>"
    ),
    Remedy.KEEP_FLAGS: (
        "pass the distribution's flags to the compiler: its command in the build log lacks their -ffat-lto-objects, "
        "because the project sets flags of its own instead of adding to them"
    ),
    Remedy.OTHER_FRONTEND: "build it without <option>, which <compiler> was given",
    Remedy.NO_FAT_TARGET: "compile it without -flto: there are no fat objects for its target <triple>",
    Remedy.OLD_CLANG: OLD_CLANG,
    Remedy.OLD_CLANG_OR_FLAGS: (
        f"{OLD_CLANG}. Where the -flto is the distribution's, add at the top of the spec: <line>"
    ),
}
"""What makes a slim object fat or native, where it is needed. Where a line for the spec helps, it is the end."""

LINE = "<line>"
COMMANDS: dict[Key, tuple[str, str]] = {
    Remedy.STRIP_BYTECODE: (
        "strip it at the end of %install, because the distribution's scripts passed it over, often for its name",
        "strip -p -R '.gnu.lto_*' -R '.gnu.debuglto_*' -R .llvm.lto -N __gnu_lto_v1",
    ),
}
"""Remedies that end in a command for each file: what to do, and the command without the file."""

REMEDIES: dict[Key, str] = {
    **{key: f"delete the file in %install, or {cure}" for key, cure in CURES.items()},
    **{key: f"{advice}: {command} FILE" for key, (advice, command) in COMMANDS.items()},
    Remedy.REMOVE_MARKER: (
        "compile it fat (<line>) or without -flto, or remove the marker: objcopy -N __gnu_lto_slim FILE"
    ),
    Remedy.JOIN_BY_LLD: "join with `ld.lld -r` of LLVM 19 or newer, unless the file is stripped before it is shipped",
    Remedy.BUNDLE_UNCOMPRESSED: "build it without --offload-compress, and do what is then said",
    Remedy.KEEP_SYMBOLS: (
        "add -g where the build runs strip on it: without -g strip removes all symbols, even to remove sections by -R"
    ),
    Remedy.ARCHIVE_ANEW: "delete the archive and create it anew with ar",
    Remedy.REBUILD_OPTED_IN: "rebuild the package with <line> at the top of the spec, or do not ship the file",
    Remedy.REBUILD_WHOLE: (
        "take the strip or objcopy out of the build that removes sections of it (-R .gnu.lto_..., -R .text)"
    ),
    Remedy.CHECK_WHOLE: (
        "build it again, because an interrupted build or a full disk leaves files cut off; except a file that is "
        "broken on purpose (%__brp_ltocheck_exclude_from)"
    ),
    Remedy.DECLARE: "add at the top of the spec: <line>",
    Remedy.INIT_ARRAY: "compile it with GCC 4.7 or newer, or with clang and -fuse-init-array, which write .init_array",
    Remedy.EMBED_BITCODE: "build with -Cembed-bitcode=yes, and do not strip .llvmbc",
    Remedy.TRY_TO_LINK: "link a program with it; if that fails, rebuild the package with <line> at the top of the spec",
    Remedy.ARCHIVE_WHOLE: "build it without T in ar's flags, or delete it at the end of %install",
    Remedy.ONE_COMPILER: "build all of it with one compiler",
    Remedy.RANLIB: "run ranlib on it (gcc-ranlib for GCC's LTO objects, llvm-ranlib for clang's)",
    Remedy.MEMBERS_THEMSELVES: "add the members of the archives in it, not the archives: no linker opens those",
    Remedy.GCC_RANLIB: "create it with gcc-ar, or run gcc-ranlib on it",
    Remedy.DROP_OPT_IN: "drop the opt-in to build faster, unless a configure test needs it",
    Remedy.TRY_AGAIN: "check the path, its permissions and its disk, and try again",
    Remedy.TRY_AGAIN_OR_UNPACK: "try again; if it happens each time, unpack it and scan the folder",
    Remedy.LOOK_INTO_IT: "look into it: failed downloads leave error pages and pointers behind",
    Remedy.APPLY_DELTA: "make the full package with applydeltarpm, and scan that",
    Remedy.FETCH_AGAIN: "fetch it again, or build it again",
    Remedy.CHECK_SIGNATURE: "see `rpmkeys -Kv` on the package; --key names the keys to trust",
    Remedy.UNPACK: "unpack it and scan the folder",
    Remedy.AUDIT_AGAIN: "audit it again, into another store",
    Remedy.REPORT_BUG: "report it as a bug of ltocheck, unless memory ran out",
    Remedy.CHANGE_BY_HAND: "change it by hand",
    Remedy.CHECK_REPOSITORY: "check whether the repository is complete; `createrepo_c` writes its metadata anew",
    Remedy.CHECK_LOCATION: "check the path or address, and whether this machine reaches it",
    Remedy.SCAN_BUILT_PACKAGES: "scan the packages that are built from it",
    Remedy.REMOVE_WAIVER: "remove it",
    Remedy.RENEW_WAIVER: "repair the file, or set a new date with a reason",
    Remedy.ADD_OPT_IN_OR_DELETE: "add at the top of the spec: <line>, or delete the files in %install",
    Remedy.DELETE_INSTEAD_OF_EXCLUDE: "write at the end of %install: rm -f %{buildroot}<path>, and drop the %exclude",
    Remedy.REVIEW_EXCEPTION: "check whether it is still needed",
    Remedy.GIVE_REASON: "say why: %global __brp_ltocheck_exclude_why TEXT",
    Remedy.REMOVE_OPT_IN: "remove it to build faster, unless a configure test needs it",
    Remedy.REMOVE_ONE_LINE: "remove one of the two lines",
    Remedy.REMOVE_LINE_OR_OBJECTS: "remove this line, or the objects in %install",
    Remedy.REMOVE_PROJECT_LTO: "leave LTO to the distribution's flags: remove the option",
    Remedy.REMOVE_OWN_FLAGS: "leave LTO to the distribution's flags: remove what sets them",
    Remedy.MOVE_OPT_IN_UP: "write at the top of the spec: <line>",
    Remedy.TRY_WITH_LTO: "keep it if LTO breaks the package; otherwise try whether it builds with LTO today",
    Remedy.ESCAPE_COMMENT: "write %% for %, or %dnl for #",
    Remedy.DEFINE_GLOBALLY: "write %global <macro>",
    Remedy.DEFINE_AS_NIL: "write %global <macro> %{nil}",
    Remedy.REMOVE_EXIT: "remove the exit, or put it into a condition",
    Remedy.EXCEPT_FILES: "remove the line, or except single files: %global __brp_ltocheck_exclude_from REGEX",
    Remedy.LEAVE_TO_DISTRIBUTION: "leave it to the distribution",
    Remedy.EXCEPT_UNSTRIPPABLE: "except the files that it cannot strip, not all",
    Remedy.REMOVE_LINE_OR_LTO: "remove the line, or build without LTO",
    Remedy.REPAIR_SPEC: "repair the spec",
    Remedy.INCLUDE_BESIDE: "have rpm parse it, with the file beside the spec",
    Remedy.SIMPLIFY_SPEC: "break long lines, and nest fewer macros",
    Remedy.DEFINE_MISSING: (
        "define the missing macro in a file and pass it: --target ./FILE; until then the text alone counts"
    ),
    Remedy.GIVE_SPEC: "give a spec file, or a source package that holds one",
}

EVIDENCE: dict[Key, str] = {
    Evidence.REASONS: "<reasons>",
    Evidence.BYTECODE: "<size> bytes of bytecode (<form>) by <compiler>",
    Evidence.EMPTY_MEMBERS: "<bare> of <members> members hold neither code, data, symbols nor debug information",
    Evidence.MEMBERS_WITHOUT_SYMBOLS: "<nameless> of <members> members have code or data and define no symbol",
    Evidence.INDEX_WITHOUT_NAMES: "its symbol index names nothing",
    Evidence.LINE: "line <line>: <text>",
    Evidence.MORE: "and <count> more",
}

PARTS: dict[Key, str] = {
    Part.NONE: "",
    Part.ALWAYS: "",
    Part.UNDER_CONDITIONS: " under some conditions",
    Part.ON_TARGETS: " (<targets>)",
    Part.TARGET: "<target> on <arch>",
}

SENTENCES = MESSAGES | REMEDIES | REASONS | EVIDENCE | GROUNDS | PARTS

VALUE = r"<(\w+)>"


def cure_of(remedy: Statement | str) -> tuple[str, str] | None:
    """What makes a slim object fat or native, without the advice to delete it; None for remedies of other kinds.

    The second part is the line to copy into the spec, with which some end.
    """
    if isinstance(remedy, str) or remedy.key not in CURES:
        return None
    advice = CURES[remedy.key].removesuffix(f" {LINE}")
    return _filled(advice, remedy), _filled(LINE, remedy) if advice != CURES[remedy.key] else ""


def command_of(remedy: Statement | str) -> tuple[str, str]:
    """A remedy without the command that ends it, and that command without the file; empty if none does."""
    command = COMMANDS.get(remedy.key) if isinstance(remedy, Statement) else None
    return command or (text_of(remedy), "")


@lru_cache(maxsize=1024)
def text_of(statement: Statement | str) -> str:
    """A statement as a sentence, or the part of one."""
    if isinstance(statement, str):
        return statement
    return _filled(SENTENCES[statement.key], statement)


def text_of_all(statements: tuple[Statement, ...]) -> str:
    """Statements one after the other, as they are joined in a sentence."""
    is_reason = all(isinstance(one.key, Reason) for one in statements)
    return ("; " if is_reason else ", ").join(map(text_of, statements))


def _filled(sentence: str, statement: Statement) -> str:
    values = dict(statement.values)
    return re.sub(VALUE, lambda name: _shown(values.get(name[1], name[0])), sentence)  # a store may lack some


def _shown(value: Value) -> str:
    if isinstance(value, Statement):
        return text_of(value)
    return text_of_all(value) if isinstance(value, tuple) else str(value)
