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
    REPORT_BUG = "report-bug"
    CHANGE_BY_HAND = "change-by-hand"
    CHECK_REPOSITORY = "check-repository"
    SCAN_BUILT_PACKAGES = "scan-built-packages"
    REMOVE_WAIVER = "remove-waiver"
    RENEW_WAIVER = "renew-waiver"


class Evidence(Enum):
    """Why it is believed."""

    BYTECODE = "bytecode"
    EMPTY_MEMBERS = "empty-members"
    MEMBERS_WITHOUT_SYMBOLS = "members-without-symbols"
    INDEX_WITHOUT_NAMES = "index-without-names"


Key = Message | Remedy | Evidence


class Statement(NamedTuple):
    """One statement."""

    key: Key
    values: tuple[tuple[str, str | int], ...] = ()
    """What it names; `<name>` stands for the value in its sentence."""


def say(key: Key, **values: str | int) -> Statement:
    """A statement that names these values."""
    return Statement(key, tuple(values.items()))
