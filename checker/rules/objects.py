# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on objects."""

import re
from collections.abc import Iterator

from checker.model import Bytecode, Claim, Form, Kind, ObjectFacts, ObjectItem, Stage
from checker.rules.rule import Case

JUDGED_KINDS = tuple(kind for kind in Kind if kind not in (Kind.OTHER, Kind.UNREADABLE, Kind.NONE))

CRT_FILE = re.compile(r"(^|/)crt(begin|end)[A-Za-z]*\.o$")


def describe(code: Bytecode) -> str:
    """A bytecode as a reader wants it: `gcc 12.0 bytecode, 1234 bytes`."""
    name = f"{code.producer} {code.version}" if code.version else code.producer
    return f"{name} {code.form} bytecode, {code.size} bytes"


def is_rustc(code: Bytecode) -> bool:
    """Whether rustc made a bytecode; compiler flags of a distribution do not reach it."""
    return "rust" in (code.version or "")


def _evidence(facts: ObjectFacts) -> tuple[str, ...]:
    return (facts.reason, *map(describe, facts.bytecode))


def _linkable(facts: ObjectFacts) -> Bytecode | None:
    return next((code for code in facts.bytecode if code.form is not Form.EMBEDDED), None)


def slim_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object holds only LTO bytecode, and the package did not say that it ships objects.

    Bytecode is not portable between compilers, not even between their minor versions, so distributions strip it
    from installed files. Nothing is left of this object then: the library installs, and fails in somebody's link.
    Either do not ship the file, or have the package compiled with both bytecode and machine code.
    """
    if item.facts.empty or case.package.opt_in:
        return
    yield Claim("holds only LTO bytecode and no machine code", _make_it_fat(item.facts, case), _evidence(item.facts))


def _make_it_fat(facts: ObjectFacts, case: Case) -> str:
    code = _linkable(facts)
    ways = f"delete the file in %install, or add at the top of the spec: {case.opt_in_line}"
    if code and code.form is Form.BITCODE:
        if is_rustc(code):
            return "delete the file in %install, or build it without -Clinker-plugin-lto"
        return f"{ways} (clang before 18 cannot: build without -flto, %global _lto_cflags %{{nil}})"
    return ways


def slim_despite_opt_in(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The package opted in, and the object holds only LTO bytecode all the same.

    Something in the build overrides the distribution's flags: a later `-fno-fat-lto-objects` (CMake adds it for
    INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg), an own `-flto` without the distribution's flags, an assignment
    to CFLAGS in a makefile, or a compiler that does not know `-ffat-lto-objects` (clang before 18).
    """
    if item.facts.empty or not case.package.opt_in:
        return
    code = _linkable(item.facts)
    if code and code.form is Form.BITCODE:
        remedy = "build with clang 18 or newer, or without -flto: %global _lto_cflags %{nil}"
    else:
        remedy = (
            "find in the build log what comes after -ffat-lto-objects or drops it: -fno-fat-lto-objects, "
            "CMake's INTERPROCEDURAL_OPTIMIZATION, qmake's ltcg, a -flto of the project's own"
        )
    evidence = _evidence(item.facts) + case.package.opt_in_evidence
    yield Claim("holds only LTO bytecode, although the package opted in", remedy, evidence)


def mixed_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object was joined by `ld -r` from slim and native ones: the code of the slim part is missing.

    Linkers take it for native and leave the slim part out, so opting in later is the only cure: every input must
    be fat or native when `ld -r` runs. `gcc -r -flto -flinker-output=nolto-rel` compiles the slim part instead.
    """
    if item.facts.empty:
        return
    remedy = f"compile all inputs of `ld -r` fat ({case.opt_in_line}), or join them by gcc -r instead of ld -r"
    yield Claim("was joined from slim and native objects; the slim part has no code", remedy, _evidence(item.facts))


def hollow_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object was slim, and its bytecode was stripped: it defines nothing any more.

    It installs and passes as a static library, and every link that needs it fails with undefined references.
    GCC's marker symbol `__gnu_lto_slim` survives the strip commands of RPM distributions and tells.
    """
    if item.facts.empty:
        return
    what = "lost a part to stripping" if item.facts.partial else "was stripped of the only code it had"
    remedy = f"rebuild the package with {case.opt_in_line} at the top of the spec, or do not ship the file"
    yield Claim(f"{what}, which was LTO bytecode", remedy, _evidence(item.facts))


def bytecode_left(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """LTO bytecode would be shipped, in a fat object or a slim one.

    A compiler of another version stops with a fatal error when it meets the bytecode, even where machine code is
    beside it. The distribution's strip script did not reach the file, often because of its name. Judged only after
    stripping; bytecode that linkers do not read (`.llvmbc`) does not count.
    """
    code = _linkable(item.facts)
    if code is None or item.facts.empty or case.package.stage is not Stage.STRIPPED:
        return
    remedy = "see why brp-strip-lto passed it over: strip -R .gnu.lto_* -R .gnu.debuglto_* -R .llvm.lto FILE"
    yield Claim("still carries LTO bytecode, which other compiler versions refuse", remedy, _evidence(item.facts))


def damaged_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object lost what makes it usable: bytecode without its parts, or fat without its native part."""
    remedy = "rebuild it; look for a strip or objcopy in the build that removes some .gnu.lto_ sections, or .text"
    yield Claim("has lost parts that make it usable", remedy, _evidence(item.facts))


def unreadable_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The file, or a part of it, is malformed, cut off, or cannot be read; what could be read was judged."""
    if item.facts.reason.startswith("cannot be opened"):
        yield Claim(item.facts.reason, "see whether the path is right and the permissions allow it")
    else:
        remedy = "an interrupted build or a full disk leaves files cut off; a deliberate test file wants a waiver"
        yield Claim(f"cannot be read: {item.facts.reason}", remedy)


def undeclared_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The package installs objects and did not say so.

    The strictest reading of Fedora's change proposal "LTO Build Improvements": every package that installs `.o` or
    `.a` files declares it, whatever is in them.
    """
    if case.package.opt_in:
        return
    yield Claim("is an installed object, and the package does not declare any", f"add {case.opt_in_line} to the spec")


def ctors_section(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object has constructors in `.ctors` or `.dtors`, which LLD links without ever running them.

    GNU ld turns them into `.init_array`; LLD keeps the section as it is, and nothing at run time looks at it.
    """
    if CRT_FILE.search(item.member or item.path):
        return
    names = ", ".join(item.facts.ctors)
    remedy = "compile with a toolchain that emits .init_array (GCC since 4.7, -fuse-init-array)"
    yield Claim(f"has {names}, whose functions LLD never runs", remedy)


def rlib_bitcode(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """A member of a Rust library has no bitcode, so that its users cannot link with `lto = true`.

    rustc stops with "failed to get bitcode from object file for LTO". It looks into every member whose name ends in
    `.rcgu.o`. Caused by -Cembed-bitcode=no, or by a strip that removes `.llvmbc`.
    """
    if not (item.member or "").endswith(".rcgu.o") or item.facts.bytecode:
        return
    remedy = "build with -Cembed-bitcode=yes, and do not strip .llvmbc"
    yield Claim("has no bitcode for rustc, which fails its users' LTO builds", remedy, (item.facts.reason,))
