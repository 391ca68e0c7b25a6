# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules: what facts amount to. A rule knows neither files nor policies; its docstring is what users read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import NamedTuple

from checker.model import (
    SOURCE_ARCHITECTURES,
    ArchiveItem,
    Bytecode,
    Claim,
    Form,
    Index,
    Kind,
    ObjectFacts,
    ObjectItem,
    Obstacle,
    PackageFacts,
    Severity,
    Stage,
    TargetType,
)
from checker.rules.specs import SPEC_RULES, SpecCheck


class Case(NamedTuple):
    """What a rule knows besides the facts at hand."""

    package: PackageFacts
    macro: str
    """The macro by which a package opts in, without the percent sign."""
    target: TargetType = TargetType.TREE

    @property
    def opt_in_line(self) -> str:
        """The line that a packager writes to opt in."""
        return opt_in_line(self.macro)


def opt_in_line(macro: str) -> str:
    """The line in a spec by which a package says that it ships objects."""
    return f"%global {macro} 1"


ObjectCheck = Callable[[ObjectItem, Case], Claim | None]
ArchiveCheck = Callable[[ArchiveItem, Case], Claim | None]
PackageCheck = Callable[[PackageFacts, Case], Claim | None]

JUDGED_KINDS = tuple(kind for kind in Kind if kind not in (Kind.OTHER, Kind.UNREADABLE, Kind.NONE))


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check with the severity it has where no policy says otherwise."""

    name: str
    severity: Severity
    object_check: ObjectCheck | None = None
    kinds: tuple[Kind, ...] = ()
    """Kinds of objects for which the object check can say anything at all."""
    archive_check: ArchiveCheck | None = None
    package_check: PackageCheck | None = None
    spec_check: SpecCheck | None = None
    text: str = ""
    """The explanation of a rule that has no check of its own here."""

    @property
    def explanation(self) -> str:
        """What the rule is about, for users."""
        check = self.object_check or self.archive_check or self.package_check or self.spec_check
        return cleandoc((check.__doc__ if check else None) or self.text)


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


def slim_object(item: ObjectItem, case: Case) -> Claim | None:
    """The object holds only LTO bytecode, and the package did not say that it ships objects.

    Bytecode is not portable between compilers, not even between their minor versions, so distributions strip it
    from installed files. Nothing is left of this object then: the library installs, and fails in somebody's link.
    Either do not ship the file, or have the package compiled with both bytecode and machine code.
    """
    if item.facts.empty or case.package.opt_in:
        return None
    return Claim("holds only LTO bytecode and no machine code", _make_it_fat(item.facts, case), _evidence(item.facts))


def _make_it_fat(facts: ObjectFacts, case: Case) -> str:
    code = _linkable(facts)
    ways = f"delete the file in %install, or add at the top of the spec: {case.opt_in_line}"
    if code and code.form is Form.BITCODE:
        if is_rustc(code):
            return "delete the file in %install, or build it without -Clinker-plugin-lto"
        return f"{ways} (clang before 18 cannot: build without -flto, %global _lto_cflags %{{nil}})"
    return ways


def slim_despite_opt_in(item: ObjectItem, case: Case) -> Claim | None:
    """The package opted in, and the object holds only LTO bytecode all the same.

    Something in the build overrides the distribution's flags: a later `-fno-fat-lto-objects` (CMake adds it for
    INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg), an own `-flto` without the distribution's flags, an assignment
    to CFLAGS in a makefile, or a compiler that does not know `-ffat-lto-objects` (clang before 18).
    """
    if item.facts.empty or not case.package.opt_in:
        return None
    code = _linkable(item.facts)
    if code and code.form is Form.BITCODE:
        remedy = "build with clang 18 or newer, or without -flto: %global _lto_cflags %{nil}"
    else:
        remedy = (
            "find in the build log what comes after -ffat-lto-objects or drops it: -fno-fat-lto-objects, "
            "CMake's INTERPROCEDURAL_OPTIMIZATION, qmake's ltcg, a -flto of the project's own"
        )
    evidence = _evidence(item.facts) + case.package.opt_in_evidence
    return Claim("holds only LTO bytecode, although the package opted in", remedy, evidence)


def mixed_object(item: ObjectItem, case: Case) -> Claim | None:
    """The object was joined by `ld -r` from slim and native ones: the code of the slim part is missing.

    Linkers take it for native and leave the slim part out, so opting in later is the only cure: every input must
    be fat or native when `ld -r` runs. `gcc -r -flto -flinker-output=nolto-rel` compiles the slim part instead.
    """
    if item.facts.empty:
        return None
    remedy = f"compile all inputs of `ld -r` fat ({case.opt_in_line}), or join them by gcc -r instead of ld -r"
    return Claim("was joined from slim and native objects; the slim part has no code", remedy, _evidence(item.facts))


def hollow_object(item: ObjectItem, case: Case) -> Claim | None:
    """The object was slim, and its bytecode was stripped: it defines nothing any more.

    It installs and passes as a static library, and every link that needs it fails with undefined references.
    GCC's marker symbol `__gnu_lto_slim` survives the strip commands of RPM distributions and tells.
    """
    if item.facts.empty:
        return None
    what = "lost a part to stripping" if item.facts.partial else "was stripped of the only code it had"
    remedy = f"rebuild the package with {case.opt_in_line} at the top of the spec, or do not ship the file"
    return Claim(f"{what}, which was LTO bytecode", remedy, _evidence(item.facts))


def bytecode_left(item: ObjectItem, case: Case) -> Claim | None:
    """LTO bytecode would be shipped, in a fat object or a slim one.

    A compiler of another version stops with a fatal error when it meets the bytecode, even where machine code is
    beside it. The distribution's strip script did not reach the file, often because of its name. Judged only after
    stripping; bytecode that linkers do not read (`.llvmbc`) does not count.
    """
    code = _linkable(item.facts)
    if code is None or item.facts.empty or case.package.stage is not Stage.STRIPPED:
        return None
    remedy = "see why brp-strip-lto passed it over: strip -R .gnu.lto_* -R .gnu.debuglto_* -R .llvm.lto FILE"
    return Claim("still carries LTO bytecode, which other compiler versions refuse", remedy, _evidence(item.facts))


def damaged_object(item: ObjectItem, case: Case) -> Claim | None:
    """The object lost what makes it usable: bytecode without its parts, or fat without its native part."""
    remedy = "rebuild it; look for a strip or objcopy in the build that removes some .gnu.lto_ sections, or .text"
    return Claim("has lost parts that make it usable", remedy, _evidence(item.facts))


def unreadable_object(item: ObjectItem, case: Case) -> Claim | None:
    """The file, or a part of it, is malformed, cut off, or cannot be read; what could be read was judged."""
    if item.facts.reason.startswith("cannot be opened"):
        return Claim(item.facts.reason, "see whether the path is right and the permissions allow it")
    remedy = "an interrupted build or a full disk leaves files cut off; a deliberate test file wants a waiver"
    return Claim(f"cannot be read: {item.facts.reason}", remedy)


def undeclared_object(item: ObjectItem, case: Case) -> Claim | None:
    """The package installs objects and did not say so.

    The strictest reading of Fedora's change proposal "LTO Build Improvements": every package that installs `.o` or
    `.a` files declares it, whatever is in them.
    """
    if case.package.opt_in:
        return None
    return Claim("is an installed object, and the package does not declare any", f"add {case.opt_in_line} to the spec")


CRT_FILE = re.compile(r"(^|/)crt(begin|end)[A-Za-z]*\.o$")


def ctors_section(item: ObjectItem, case: Case) -> Claim | None:
    """The object has constructors in `.ctors` or `.dtors`, which LLD links without ever running them.

    GNU ld turns them into `.init_array`; LLD keeps the section as it is, and nothing at run time looks at it.
    """
    if not item.facts.ctors or CRT_FILE.search(item.member or item.path):
        return None
    names = ", ".join(item.facts.ctors)
    remedy = "compile with a toolchain that emits .init_array (GCC since 4.7, -fuse-init-array)"
    return Claim(f"has {names}, whose functions LLD never runs", remedy)


def rlib_bitcode(item: ObjectItem, case: Case) -> Claim | None:
    """A member of a Rust library has no bitcode, so that its users cannot link with `lto = true`.

    rustc stops with "failed to get bitcode from object file for LTO". It looks into every member whose name ends in
    `.rcgu.o`. Caused by -Cembed-bitcode=no, or by a strip that removes `.llvmbc`.
    """
    if not (item.member or "").endswith(".rcgu.o") or item.facts.bytecode:
        return None
    remedy = "build with -Cembed-bitcode=yes, and do not strip .llvmbc"
    return Claim("has no bitcode for rustc, which fails its users' LTO builds", remedy, (item.facts.reason,))


def suspected_hollow(item: ArchiveItem, case: Case) -> Claim | None:
    """Half of the archive or more is empty without a sign that it always was.

    Some strip commands, Debian's among them, remove GCC's marker too; a hollow object is then byte for byte an
    empty one. Single members of that kind are common, archives of them are not: among 5,300 sound archives of hosted
    machines none has four of them or more that make up half of it, none three or more that make up 70 %.
    """
    facts = item.facts
    is_half = facts.bare >= 4 and facts.bare * 2 >= facts.members
    is_most = facts.members >= 3 and facts.bare * 10 >= facts.members * 7
    if not is_half and not is_most:
        return None
    evidence: tuple[str, ...] = (
        f"{facts.bare} of {facts.members} members hold neither code, data, symbols nor debug information",
    )
    if facts.index in (Index.EMPTY, Index.LTO_ONLY, Index.MISSING):
        evidence += ("its symbol index names nothing",)
    remedy = f"link something with it; if that fails, rebuild the package with {case.opt_in_line}"
    return Claim("was probably stripped of code that it had as LTO bytecode alone", remedy, evidence)


def thin_archive(item: ArchiveItem, case: Case) -> Claim | None:
    """The archive only points at object files elsewhere, on the machine where it was built."""
    if not item.facts.thin:
        return None
    return Claim("is a thin archive: it holds names of files, no objects", "build it without T in ar's flags")


def bytecode_versions(item: ArchiveItem, case: Case) -> Claim | None:
    """One archive holds bytecode of several compilers or versions: no compiler can read all of it."""
    if len(item.facts.versions) < 2:
        return None
    versions = ", ".join(item.facts.versions)
    return Claim(f"holds bytecode of several compilers: {versions}", "build all of it with one compiler")


def archive_index(item: ArchiveItem, case: Case) -> Claim | None:
    """The archive has no symbol index, or one that names nothing but `__gnu_lto_slim`.

    Linkers find members by the index; without it they stop and ask for ranlib. `ar S`, a strip that dropped it, or
    an ar without the compiler's plugin does that. Go's archives have none and are for Go's own linker alone.
    """
    facts = item.facts
    defining = dict(facts.kinds)
    if not any(defining.get(kind) for kind in (Kind.NATIVE, Kind.FAT, Kind.SLIM, Kind.MIXED)):
        return None
    if facts.thin or "go" in facts.formats:
        return None
    if facts.index is Index.MISSING:
        return Claim("has no symbol index", "run ranlib on it (gcc-ranlib for LTO objects)")
    if facts.index is Index.LTO_ONLY and facts.kind is not Kind.HOLLOW:
        return Claim("has a symbol index that names only __gnu_lto_slim", "create it by gcc-ar, or run gcc-ranlib")
    return None


def unneeded_opt_in(package: PackageFacts, case: Case) -> Claim | None:
    """The package opted in by the macro and ships no object.

    Not necessarily wrong: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script
    that compiles assembly and looks at the object instead of linking it. Not said of a package, whose source may be
    that of others, with objects.
    """
    if not package.declared or any(count for kind, count in package.kinds if kind in JUDGED_KINDS):
        return None
    remedy = "drop the opt-in to build faster, unless a configure test needs it"
    return Claim("opted in, but it ships no object", remedy, package.opt_in_evidence)


AGAIN = "fetch it again, or build it again"
OBSTACLE_REMEDIES = {
    Obstacle.INACCESSIBLE: "see what the system says of the file, and try again",
    Obstacle.NO_PACKAGE: "look into it: failed downloads leave error pages and pointers behind",
    Obstacle.DELTA: "make the full package with applydeltarpm, and scan that",
    Obstacle.MALFORMED: AGAIN,
    Obstacle.TRUNCATED: AGAIN,
    Obstacle.ALTERED: AGAIN,
    Obstacle.UNVERIFIED: "see `rpmkeys -Kv` on the package; --key names the keys to trust",
    Obstacle.TOO_LARGE: "unpack it and scan the folder",
    Obstacle.CRASHED: "report it as a bug of ltocheck, or see whether there was memory enough",
}


def unreadable_package(package: PackageFacts, case: Case) -> Claim | None:
    """The package, or the rest of it, could not be looked at, so that nothing is known of what it installs.

    Truncated and altered packages, files that are no RPM package, and delta packages, which hold differences and no
    files. The message says which. Altered means that a digest, or what is in the payload, contradicts the header.
    """
    if package.unread is None or case.target is TargetType.REPOSITORY:
        return None
    return Claim(package.unread.detail, OBSTACLE_REMEDIES[package.unread.obstacle])


def unreadable_repository(package: PackageFacts, case: Case) -> Claim | None:
    """A package repository, or a part of its metadata, could not be read, so that packages of it may be missing here.

    Metadata that is missing, altered or malformed, a signature that fails, an address that a package must not have.
    """
    if package.unread is None or case.target is not TargetType.REPOSITORY:
        return None
    return Claim(package.unread.detail, "see whether the repository is whole; `createrepo_c` makes its metadata anew")


def source_package(package: PackageFacts, case: Case) -> Claim | None:
    """A source package installs nothing that anybody links, so its sources and patches are not looked at.

    What matters is in the packages that are built from it, and in its spec.
    """
    if package.arch not in SOURCE_ARCHITECTURES:
        return None
    return Claim("is a source package: it installs no objects", "scan the packages that are built from it")


RULES = (
    Rule("slim-object", Severity.ERROR, slim_object, (Kind.SLIM,)),
    Rule("slim-despite-opt-in", Severity.ERROR, slim_despite_opt_in, (Kind.SLIM,)),
    Rule("mixed-object", Severity.ERROR, mixed_object, (Kind.MIXED,)),
    Rule("hollow-object", Severity.ERROR, hollow_object, (Kind.HOLLOW,)),
    Rule("suspected-hollow", Severity.WARNING, archive_check=suspected_hollow),
    Rule("bytecode-left", Severity.ERROR, bytecode_left, (Kind.SLIM, Kind.FAT, Kind.MIXED, Kind.DAMAGED)),
    Rule("damaged-object", Severity.ERROR, damaged_object, (Kind.DAMAGED,)),
    Rule("unreadable-object", Severity.ERROR, unreadable_object, (Kind.UNREADABLE,)),
    Rule("unreadable-package", Severity.ERROR, package_check=unreadable_package),
    Rule("unreadable-repository", Severity.ERROR, package_check=unreadable_repository),
    Rule("thin-archive", Severity.ERROR, archive_check=thin_archive),
    Rule("bytecode-versions", Severity.WARNING, archive_check=bytecode_versions),
    Rule("archive-index", Severity.WARNING, archive_check=archive_index),
    Rule("undeclared-object", Severity.OFF, undeclared_object, JUDGED_KINDS),
    Rule("unneeded-opt-in", Severity.NOTE, package_check=unneeded_opt_in),
    Rule("source-package", Severity.NOTE, package_check=source_package),
    Rule("ctors-section", Severity.WARNING, ctors_section, JUDGED_KINDS),
    Rule("rlib-bitcode", Severity.OFF, rlib_bitcode, (Kind.NATIVE, Kind.EMPTY)),
    Rule(
        "unused-waiver",
        Severity.WARNING,
        text="A waiver whose file was looked at, and no finding was there to waive: remove it.\n\n"
        "A package's own waiver (`%__brp_ltocheck_exclude_from`) is also unused when it matches no file.",
    ),
    Rule(
        "expired-waiver",
        Severity.ERROR,
        text="A waiver past its date: what it waived counts again. Repair the file, or set a new date with a reason.",
    ),
    *(Rule(rule.name, rule.severity, spec_check=rule.check) for rule in SPEC_RULES),
)

RULES_BY_NAME = {rule.name: rule for rule in RULES}
