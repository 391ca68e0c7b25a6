# SPDX-License-Identifier: GPL-2.0-or-later
"""What rules say, as values: which statement, and what it names. `checker.report.words` has the sentences."""

from enum import Enum
from typing import NamedTuple


class Message(Enum):
    """What is wrong; continues a sentence that begins with the file."""

    SLIM = "slim"
    SLIM_DESPITE_OPT_IN = "slim-despite-opt-in"
    MIXED = "mixed"
    HOLLOW = "hollow"
    PARTLY_HOLLOW = "partly-hollow"
    BYTECODE_LEFT = "bytecode-left"
    DAMAGED = "damaged"
    INACCESSIBLE = "inaccessible"
    UNREADABLE = "unreadable"
    UNDECLARED = "undeclared"
    EMPTY_BITCODE = "empty-bitcode"
    LEFTOVER_MARKER = "leftover-marker"
    JOINED_BITCODE = "joined-bitcode"
    CODE_WITHOUT_SYMBOLS = "code-without-symbols"
    INDEX_ASTRAY = "index-astray"
    CTORS = "ctors"
    RLIB_WITHOUT_BITCODE = "rlib-without-bitcode"
    PROBABLY_HOLLOW = "probably-hollow"
    THIN = "thin"
    SEVERAL_COMPILERS = "several-compilers"
    NO_INDEX = "no-index"
    INDEX_OF_MARKERS = "index-of-markers"
    UNNEEDED_OPT_IN = "unneeded-opt-in"
    UNAVAILABLE = "unavailable"
    SOURCE_PACKAGE = "source-package"
    UNUSED_WAIVER = "unused-waiver"
    EXPIRED_WAIVER = "expired-waiver"
    NEEDS_OPT_IN = "needs-opt-in"
    OPTS_IN_PARTLY = "opts-in-partly"
    EXCLUDES_OBJECTS = "excludes-objects"
    EXCEPTS_OBJECTS = "excepts-objects"
    EXCEPTS_OBJECTS_WITHOUT_REASON = "excepts-objects-without-reason"
    FAT_WITHOUT_OBJECTS = "fat-without-objects"
    FAT_WITHOUT_LTO = "fat-without-lto"
    TAKES_FAT_BACK = "takes-fat-back"
    PROJECT_LTO = "project-lto"
    SLIM_FLAGS_DESPITE_OPT_IN = "slim-flags-despite-opt-in"
    OPT_IN_IN_COMMENT = "opt-in-in-comment"
    OPT_IN_IN_DEAD_CONDITION = "opt-in-in-dead-condition"
    OPT_IN_TOO_LATE = "opt-in-too-late"
    OPT_IN_IN_SHELL = "opt-in-in-shell"
    LTO_OFF = "lto-off"
    ACTIVE_COMMENT = "active-comment"
    RECURSIVE_DEFINE = "recursive-define"
    UNDEFINE = "undefine"
    EXIT_IN_INSTALL = "exit-in-install"
    HOOK_OFF = "hook-off"
    HOOK_CHANGED = "hook-changed"
    SWALLOWS_FAILURES = "swallows-failures"
    KEEPS_BYTECODE = "keeps-bytecode"
    HARDCODED_LTO = "hardcoded-lto"
    UNPARSABLE = "unparsable"
    UNPARSABLE_FOR = "unparsable-for"
    UNSEEN = "unseen"


class Remedy(Enum):
    """What to do about it."""

    OPT_IN = "opt-in"
    ALLOW_FAT_AND_OPT_IN = "allow-fat-and-opt-in"
    ALLOW_FAT = "allow-fat"
    OWN_LTO = "own-lto"
    MOVE_OPT_IN = "move-opt-in"
    KEEP_FLAGS = "keep-flags"
    RUST_WITHOUT_LTO = "rust-without-lto"
    NO_FAT_TARGET = "no-fat-target"
    OLD_CLANG = "old-clang"
    REMOVE_MARKER = "remove-marker"
    JOIN_BY_LLD = "join-by-lld"
    KEEP_SYMBOLS = "keep-symbols"
    ARCHIVE_ANEW = "archive-anew"
    JOIN_FAT = "join-fat"
    REBUILD_OPTED_IN = "rebuild-opted-in"
    STRIP_BYTECODE = "strip-bytecode"
    REBUILD_WHOLE = "rebuild-whole"
    CHECK_PATH = "check-path"
    CHECK_WHOLE = "check-whole"
    DECLARE = "declare"
    INIT_ARRAY = "init-array"
    EMBED_BITCODE = "embed-bitcode"
    TRY_TO_LINK = "try-to-link"
    ARCHIVE_WHOLE = "archive-whole"
    ONE_COMPILER = "one-compiler"
    RANLIB = "ranlib"
    GCC_RANLIB = "gcc-ranlib"
    DROP_OPT_IN = "drop-opt-in"
    TRY_AGAIN = "try-again"
    TRY_AGAIN_OR_UNPACK = "try-again-or-unpack"
    LOOK_INTO_IT = "look-into-it"
    APPLY_DELTA = "apply-delta"
    FETCH_AGAIN = "fetch-again"
    CHECK_SIGNATURE = "check-signature"
    UNPACK = "unpack"
    AUDIT_AGAIN = "audit-again"
    REPORT_BUG = "report-bug"
    CHANGE_BY_HAND = "change-by-hand"
    CHECK_REPOSITORY = "check-repository"
    CHECK_LOCATION = "check-location"
    SCAN_BUILT_PACKAGES = "scan-built-packages"
    REMOVE_WAIVER = "remove-waiver"
    RENEW_WAIVER = "renew-waiver"
    ADD_OPT_IN_OR_DELETE = "add-opt-in-or-delete"
    DELETE_INSTEAD_OF_EXCLUDE = "delete-instead-of-exclude"
    REVIEW_EXCEPTION = "review-exception"
    GIVE_REASON = "give-reason"
    REMOVE_OPT_IN = "remove-opt-in"
    REMOVE_ONE_LINE = "remove-one-line"
    REMOVE_LINE_OR_OBJECTS = "remove-line-or-objects"
    REMOVE_PROJECT_LTO = "remove-project-lto"
    REMOVE_OWN_FLAGS = "remove-own-flags"
    MOVE_OPT_IN_UP = "move-opt-in-up"
    TRY_WITH_LTO = "try-with-lto"
    ESCAPE_COMMENT = "escape-comment"
    DEFINE_GLOBALLY = "define-globally"
    DEFINE_AS_NIL = "define-as-nil"
    REMOVE_EXIT = "remove-exit"
    EXCEPT_FILES = "except-files"
    LEAVE_TO_DISTRIBUTION = "leave-to-distribution"
    EXCEPT_UNSTRIPPABLE = "except-unstrippable"
    REMOVE_LINE_OR_LTO = "remove-line-or-lto"
    USE_LTO_MACRO = "use-lto-macro"
    REPAIR_SPEC = "repair-spec"
    INCLUDE_BESIDE = "include-beside"
    SIMPLIFY_SPEC = "simplify-spec"
    DEFINE_MISSING = "define-missing"
    GIVE_SPEC = "give-spec"


class Evidence(Enum):
    """Why it is believed."""

    BYTECODE = "bytecode"
    EMPTY_MEMBERS = "empty-members"
    MEMBERS_WITHOUT_SYMBOLS = "members-without-symbols"
    INDEX_WITHOUT_NAMES = "index-without-names"
    LINE = "line"
    MORE = "more"


class Part(Enum):
    """A part of a statement that is one of several."""

    ALWAYS = "always"
    UNDER_CONDITIONS = "under-conditions"
    ON_TARGETS = "on-targets"
    TARGET = "target"


Key = Message | Remedy | Evidence | Part


class Statement(NamedTuple):
    """One statement."""

    key: Key
    values: tuple[tuple[str, "Value"], ...] = ()
    """What it names; `<name>` stands for the value in its sentence."""


Value = str | int | Statement | tuple[Statement, ...]


def say(key: Key, **values: Value) -> Statement:
    """A statement that names these values."""
    return Statement(key, tuple(values.items()))
