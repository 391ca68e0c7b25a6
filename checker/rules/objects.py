# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on objects."""

import re
from collections.abc import Iterator

from checker.errors import Obstacle
from checker.model import Bytecode, Claim, Form, Kind, ObjectFacts, ObjectItem, Stage, TargetType
from checker.model.statements import Evidence, Message, Remedy, Statement, say
from checker.rules.remedies import cure, fat_despite_opt_in, linkable, make_it_fat
from checker.rules.rule import Case

JUDGED_KINDS = tuple(kind for kind in Kind if kind not in (Kind.OTHER, Kind.UNREADABLE, Kind.NONE))

LINKED_SUFFIXES = (".o", ".lo", ".obj")
"""Suffixes of object files that are meant for linkers; members of archives always are."""

CRT_FILE = r"(^|/)crt(begin|end)[A-Za-z]*\.o$"


def _evidence(facts: ObjectFacts) -> tuple[Statement | str, ...]:
    return (say(Evidence.REASONS, reasons=facts.reasons), *map(_described, facts.bytecode))


def _described(code: Bytecode) -> Statement:
    compiler = f"{code.producer} {code.version}" if code.version else code.producer
    return say(Evidence.BYTECODE, compiler=compiler, form=code.form, size=code.size)


def slim_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object holds only LTO bytecode, and the package did not say that it ships objects.

    No other version of GCC reads GCC's bytecode, and distributions strip it from installed files. Nothing is left of
    such an object then: the library installs, and fails in somebody's link. LLVM's bitcode stays, and fails wherever no
    LLVM links.

    What to do: delete the file at the end of %install if nobody needs it. Otherwise add at the top of the spec:
    `%global _fat_lto_objects 1`. The finding names what else helps where that line cannot.
    """
    if item.facts.empty or case.package.opt_in:
        return
    yield Claim(say(Message.SLIM), make_it_fat(item.facts, case), _evidence(item.facts))


def slim_despite_opt_in(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The package opted in, and the object holds only LTO bytecode all the same.

    Something in the build overrides the distribution's flags: a later `-fno-fat-lto-objects` (CMake adds it for
    INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg), a `-flto` of the project's own without the distribution's flags, an
    assignment to CFLAGS in a makefile, or a compiler that does not know `-ffat-lto-objects` (clang before 18). Or the
    opt-in stands below the line of the spec that fixes the flags.

    What to do: follow the finding, which names the cause where the object records it. Otherwise find one compiler call
    in the build log, and look for what stands after `-ffat-lto-objects`.
    """
    if item.facts.empty or not case.package.opt_in:
        return
    evidence = _evidence(item.facts) + case.package.opt_in_evidence
    yield Claim(say(Message.SLIM_DESPITE_OPT_IN), fat_despite_opt_in(item.facts, case), evidence)


def mixed_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object was joined by `ld -r` from slim and native ones: the code of the slim part is missing.

    Linkers take it for native and leave the slim part out. So every input must be fat or native when `ld -r` runs.

    What to do: add at the top of the spec: `%global _fat_lto_objects 1`. The finding names what else helps where that
    line cannot. Or join with `gcc -r -flto -flinker-output=nolto-rel`, which compiles the slim part.
    """
    if item.facts.empty:
        return
    yield Claim(say(Message.MIXED), cure(item.facts, case), _evidence(item.facts))


def hollow_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object was slim, and its bytecode was stripped: it defines nothing any more.

    It installs and passes as a static library, and every link that needs it fails with undefined references. GCC's
    marker symbol `__gnu_lto_slim` gives it away: the strip commands of RPM distributions leave it in place.

    What to do: stop shipping the file, or rebuild the package with this line at the top of its spec: `%global
    _fat_lto_objects 1`. In a build the finding names what else helps where that line cannot.
    """
    if item.facts.empty:
        return
    message = Message.PARTLY_HOLLOW if item.facts.partial else Message.HOLLOW
    is_build = case.target is TargetType.TREE
    remedy = cure(item.facts, case) if is_build else say(Remedy.REBUILD_OPTED_IN, line=case.opt_in_line)
    yield Claim(say(message), remedy, _evidence(item.facts))


def bytecode_left(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """LTO bytecode would be shipped, in a fat object or a slim one.

    A compiler of another version stops with a fatal error when it meets the bytecode, even where machine code is beside
    it. The distribution's strip script did not reach the file, often because of its name. This is judged only after
    stripping. Bytecode that linkers do not read (`.llvmbc`) does not count.

    What to do: strip a fat object at the end of %install: `strip -p -R '.gnu.lto_*' -R '.gnu.debuglto_*' -R .llvm.lto
    -N __gnu_lto_v1 FILE`, or give the file a name that the strip script knows. Without -N or -g, strip removes every
    symbol, too. A slim object has nothing beside its bytecode: the finding names what makes it fat.
    """
    code = linkable(item.facts)
    if code is None or case.package.stage is not Stage.STRIPPED or (item.facts.empty and code.form is not Form.BITCODE):
        return
    remedy = cure(item.facts, case) if item.facts.kind is Kind.SLIM else say(Remedy.STRIP_BYTECODE)
    yield Claim(say(Message.BYTECODE_LEFT), remedy, _evidence(item.facts))


def empty_bitcode(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object is LLVM bitcode that defines nothing: nothing is lost, but its format breaks links.

    GNU ld stops at it where it links the file itself or takes whole archives, and no strip removes it. Once the brp
    scripts have run it counts as bytecode that is left.

    What to do: leave the object out of the archive, compile it without `-flto`, or add at the top of the spec: `%global
    _fat_lto_objects 1` (clang 18 or newer).
    """
    code = linkable(item.facts)
    if code is None or code.form is not Form.BITCODE or not item.facts.empty or case.package.stage is Stage.STRIPPED:
        return
    yield Claim(say(Message.EMPTY_BITCODE), make_it_fat(item.facts, case), _evidence(item.facts))


def leftover_marker(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object has GCC's marker of slim objects, from a unit that defines nothing, so nothing of it is missing.

    Once the bytecode is stripped nobody can tell it from an object that lost its code: it will be called hollow.

    What to do: add at the top of the spec: `%global _fat_lto_objects 1`, or remove the marker: `objcopy -N
    __gnu_lto_slim FILE`.
    """
    remedy = say(Remedy.REMOVE_MARKER, line=case.opt_in_line)
    yield Claim(say(Message.LEFTOVER_MARKER), remedy, _evidence(item.facts))


def joined_bitcode(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """`ld -r` joined the object from fat ones of clang: its bitcode is that of several units, one after the other.

    The machine code is whole, and stripping leaves an ordinary native object. Until then `lld --fat-lto-objects`
    refuses it. LLD since 19 leaves the bitcode out when it joins.

    What to do: join with `ld.lld -r` of LLVM 19 or newer, unless the file is stripped before it is shipped.
    """
    yield Claim(say(Message.JOINED_BITCODE), say(Remedy.JOIN_BY_LLD))


def compressed_bundle(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object is a compressed offload bundle of clang, and what it holds is not known.

    No linker opens a bundle. One that holds bitcode for the host is as useless to whoever links as a bitcode object,
    and one without it holds code for devices alone. Compressed (`--offload-compress`, with zstd), the two look alike.

    What to do: build without `--offload-compress`, and do what is then said. Nothing, where it is meant for devices.
    """
    if item.facts.format == "offload-bundle-compressed" and (item.member or item.path.endswith(LINKED_SUFFIXES)):
        yield Claim(say(Message.BUNDLE_UNSEEN), say(Remedy.BUNDLE_UNCOMPRESSED), _evidence(item.facts))


def damaged_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object lost what makes it usable: bytecode without its parts, or fat without its native part.

    A strip or objcopy removed some of the sections that belong together, or part of the file was overwritten.

    What to do: take the strip or objcopy out of the build that removes some `.gnu.lto_` sections, or `.text`.
    """
    yield Claim(say(Message.DAMAGED), say(Remedy.REBUILD_WHOLE), _evidence(item.facts))


def unreadable_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The file, or a part of it, is malformed, cut off, or cannot be read; what could be read was judged.

    An interrupted build, a full disk or missing permissions cause this; so do test files that are damaged on purpose.
    Of files that a thin archive names and that are not there, `thin-archive` says what to do.

    What to do: check the path, its permissions and its disk, or build the file again. Waive a file that is broken on
    purpose in a policy, or in its spec with `%global __brp_ltocheck_exclude_from REGEX`.
    """
    detail, obstacle = item.facts.reasons, item.facts.obstacle
    if obstacle in (Obstacle.INACCESSIBLE, Obstacle.FORBIDDEN):
        yield Claim(say(Message.INACCESSIBLE, detail=detail), say(Remedy.TRY_AGAIN))
    elif obstacle is Obstacle.CRASHED:
        yield Claim(say(Message.INACCESSIBLE, detail=detail), say(Remedy.REPORT_BUG))
    elif obstacle is not Obstacle.ELSEWHERE:
        yield Claim(say(Message.UNREADABLE, detail=detail), say(Remedy.CHECK_WHOLE))


def undeclared_object(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The package installs objects and did not say so.

    This is the strictest reading of Fedora's change proposal "LTO Build Improvements": every package that installs `.o`
    or `.a` files declares it, whatever is in them. Modules of a kernel or a boot loader do not count.

    What to do: add at the top of the spec: `%global _fat_lto_objects 1`, or delete the files at the end of %install.
    """
    if case.package.opt_in or (item.member is None and not item.path.endswith(LINKED_SUFFIXES)):
        return
    yield Claim(say(Message.UNDECLARED), say(Remedy.DECLARE, line=case.opt_in_line))


def ctors_section(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """The object has constructors in `.ctors` or `.dtors`, which LLD links without ever running them.

    GNU ld turns them into `.init_array`. LLD keeps the section as it is, and nothing at run time looks at it.

    What to do: compile it with GCC 4.7 or newer, or with clang and `-fuse-init-array`, which write `.init_array`.
    """
    if re.search(CRT_FILE, item.member or item.path):
        return
    yield Claim(say(Message.CTORS, sections=", ".join(item.facts.ctors)), say(Remedy.INIT_ARRAY))


def rlib_bitcode(item: ObjectItem, case: Case) -> Iterator[Claim]:
    """A member of a Rust library has no bitcode, so that its users cannot link with `lto = true`.

    rustc stops with "failed to get bitcode from object file for LTO". It looks into every member whose name ends in
    `.rcgu.o`. `-Cembed-bitcode=no` causes this, and so does a strip that removes `.llvmbc`.

    What to do: build with `-Cembed-bitcode=yes`, and do not strip `.llvmbc` from the library.
    """
    if not (item.member or "").endswith(".rcgu.o") or item.facts.bytecode:
        return
    yield Claim(say(Message.RLIB_WITHOUT_BITCODE), say(Remedy.EMBED_BITCODE), _evidence(item.facts)[:1])
