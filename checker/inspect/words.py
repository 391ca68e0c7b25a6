# SPDX-License-Identifier: GPL-2.0-or-later
"""The meaning of a verdict in words: evidence that would change it, and the behaviour of linkers.

The behaviour of linkers was observed with GNU ld 2.40 to 2.47, LLD 14 to 19 and GCC 4.7 to 16.
"""

from typing import NamedTuple

from checker.model import Form, Kind, ObjectFacts


class Meaning(NamedTuple):
    """The consequences of a verdict, in words for a packager; empty where there are none."""

    otherwise: str
    gnu_ld: str
    lld: str


SLIM_GCC = Meaning(
    "compiled with -ffat-lto-objects too it would be fat; with its .gnu.lto_ sections stripped it is hollow",
    "with the plugin of the very same GCC it compiles it; another GCC stops with a fatal error; "
    "without plugin its symbols are undefined",
    "cannot read GCC's bytecode: its symbols are undefined",
)
SLIM_LLVM = Meaning(
    "compiled with -ffat-lto-objects by clang 18 or newer it would be fat; without -flto, native",
    "does not know the format, unless LLVMgold.so of the same LLVM or a newer one is there",
    "compiles it, if LLD is at least as new as the compiler",
)
SLIM_NOTHING = Meaning(
    "its bytecode defines nothing, so that losing it loses nothing",
    "nothing is lost, with or without the bytecode",
    "nothing is lost, with or without the bytecode",
)
FAT_GCC = Meaning(
    "without machine code it would be slim; with its .gnu.lto_ sections stripped it is native",
    "takes the machine code with -fno-lto; a GCC of another version stops at the bytecode, even without -flto",
    "takes the machine code",
)
FAT_LLVM = Meaning(
    "without machine code it would be damaged; with .llvm.lto stripped it is native",
    "takes the machine code",
    "takes the machine code, or the bitcode with --fat-lto-objects",
)
FAT_NOTHING = Meaning(
    "its bytecode defines nothing, so there is no machine code to miss",
    "nothing is lost, with or without the bytecode",
    "nothing is lost, with or without the bytecode",
)
MIXED = Meaning(
    "joined of fat or native objects only, or by gcc -r -flto, it would be whole",
    "takes the native part; what the slim part should define is undefined",
    "takes the native part; what the slim part should define is undefined",
)
HOLLOW = Meaning(
    "without the marker __gnu_lto_slim nobody could tell it from an empty object",
    "says `plugin needed to handle lto object`, and its symbols are undefined; in an archive only the latter",
    "its symbols are undefined",
)
DAMAGED_GCC = Meaning(
    "with all its .gnu.lto_ sections it would be slim or fat; with none of them, native or hollow",
    "stops with an error of the plugin, or takes what machine code there is",
    "takes what machine code there is",
)
DAMAGED_LLVM = Meaning(
    "with its machine code it would be fat",
    "finds no machine code: its symbols are undefined",
    "compiles the bitcode with --fat-lto-objects; otherwise its symbols are undefined",
)
NATIVE = Meaning(
    "with .gnu.lto_ sections or .llvm.lto beside the content it would be fat", "takes it as it is", "takes it as it is"
)
NATIVE_EMBEDDED = Meaning(
    "the bitcode in .llvmbc is not for linkers; in .llvm.lto it would make the object fat",
    "takes the machine code, and leaves the bitcode out",
    "takes the machine code, and leaves the bitcode out",
)
EMPTY = Meaning(
    "one byte of code or data, or one defined symbol, would make it native",
    "takes it, and it adds nothing",
    "takes it, and it adds nothing",
)
BARE = Meaning(
    "the marker __gnu_lto_slim would make it hollow; a strip that removes the marker too leaves the same bytes",
    "takes it, and it adds nothing; if it was slim once, its symbols are undefined",
    "takes it, and it adds nothing; if it was slim once, its symbols are undefined",
)
OTHER = Meaning("only relocatable ELF, COFF and LLVM bitcode objects are judged", "", "")
UNREADABLE = Meaning("whole, it would be judged by what it holds", "most likely refuses it", "most likely refuses it")

MEANINGS = {
    Kind.NATIVE: NATIVE,
    Kind.MIXED: MIXED,
    Kind.HOLLOW: HOLLOW,
    Kind.EMPTY: EMPTY,
    Kind.OTHER: OTHER,
    Kind.UNREADABLE: UNREADABLE,
}


def meaning(facts: ObjectFacts) -> Meaning:
    """The consequences of the verdict on an object."""
    forms = {code.form for code in facts.bytecode}
    is_gcc = Form.GIMPLE in forms
    if facts.kind is Kind.SLIM:
        return SLIM_NOTHING if facts.empty else SLIM_GCC if is_gcc else SLIM_LLVM
    if facts.kind is Kind.FAT:
        return FAT_NOTHING if facts.empty else FAT_GCC if is_gcc else FAT_LLVM
    if facts.kind is Kind.DAMAGED:
        return DAMAGED_GCC if is_gcc else DAMAGED_LLVM
    if facts.kind is Kind.NATIVE and Form.EMBEDDED in forms:
        return NATIVE_EMBEDDED
    return BARE if facts.bare else MEANINGS[facts.kind]
