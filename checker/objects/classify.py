# SPDX-License-Identifier: GPL-2.0-or-later
"""The decision procedure: the bytes of one object -> ObjectFacts."""

from dataclasses import replace
from functools import lru_cache

from checker.errors import Obstacle
from checker.model import Bytecode, Form, Kind, ObjectFacts
from checker.objects import magic
from checker.objects.bitcode import is_bitcode, read_bitcode
from checker.objects.coff import ANONYMOUS, anonymous_format, is_coff
from checker.objects.coff_traits import read_coff
from checker.objects.elf import may_be_elf
from checker.objects.elf_traits import read_elf
from checker.objects.gimple import Gimple, unit_header, version_before_headers
from checker.objects.machines import triple_machine
from checker.objects.offload import host_part
from checker.objects.source import Malformed, Source
from checker.objects.traits import Traits

NOT_JUDGED = {
    "ar": "an archive where only an object is expected",
    "ar-aix": "an AIX big archive, which no Linux linker reads",
    "elf": "an ELF program or shared library, not a relocatable object",
    "coff-anonymous": "an anonymous COFF object of a class that is not known",
    "fpc-unit": "a Free Pascal unit interface",
    "go": "a Go object or package export data",
    "ldscript": "a linker script",
    "msvc-ltcg": "an object of Microsoft's compiler with /GL, which no other linker reads",
    "mach-o": "a Mach-O file, which no Linux linker reads",
    "ocaml": "OCaml bytecode or interface",
    "offload-binary": "code for devices, packed by clang",
    "offload-bundle": "an offload bundle without bitcode for the host",
    "offload-bundle-compressed": "a compressed offload bundle",
    "ptx": "PTX assembly text",
    "rpm": "an RPM package",
    "rust-metadata": "Rust metadata",
    "sdcc": "an object of the SDCC assembler",
    "text": "text",
    "unknown": "of no known format",
    "wasm": "WebAssembly; its LTO objects are LLVM bitcode",
    "zero-length": "without a single byte",
}
"""Why an object of a format is `other`."""


OPTIONS = 1 << 16
"""Bytes of recorded options that are looked at; a unit's have some hundreds."""

NO_FAT = b"'-fno-fat-lto-objects'"
"""How GCC writes an option into `.gnu.lto_.opts`."""


def classify(source: Source, head: bytes = b"") -> ObjectFacts:
    """What the object is, whose first bytes may have been read; never raises for what the bytes are."""
    format_name = "unknown"
    try:
        head = head or magic.head_of(source)
        format_name = confirmed(magic.identify(head), source, head)
        if format_name == "elf":
            return _decide(read_elf(source, head), "elf", source)
        if format_name in ("coff", "coff-import"):
            return _decide(read_coff(source), "coff", source)
        if format_name == "bitcode":
            return _bitcode(source)
        if format_name == "offload-bundle":
            return _bundle(source)
    except Malformed as error:
        return unreadable(str(error), format_name)
    return other(format_name)


def confirmed(format_name: str, source: Source, head: bytes) -> str:
    """The format, after a look at its structure where a magic of four bytes or fewer stands for it.

    Any data may begin so; what has not the structure is of no known format, and not damaged.
    """
    if format_name == "elf":
        return "elf" if may_be_elf(head) else "unknown"
    if format_name == "bitcode":
        return "bitcode" if is_bitcode(source) else "unknown"
    if format_name == "coff":
        return anonymous_format(source) if head.startswith(ANONYMOUS) else "coff" if is_coff(source) else "unknown"
    return format_name


@lru_cache(maxsize=256)
def other(format_name: str) -> ObjectFacts:
    """Facts of an object that is known but not judged."""
    return ObjectFacts(format_name, None, Kind.OTHER, NOT_JUDGED[format_name])


def unreadable(reason: str, format_name: str = "unknown", obstacle: Obstacle = Obstacle.MALFORMED) -> ObjectFacts:
    """Facts of an object that could not be looked at."""
    return ObjectFacts(format_name, None, Kind.UNREADABLE, reason, obstacle=obstacle)


def _bitcode(source: Source) -> ObjectFacts:
    unit = read_bitcode(source)
    code = Bytecode(Form.BITCODE, unit.producer, unit.version, source.size, unit.triple)
    reason = "LLVM bitcode, no machine code" + ("; it defines nothing" if unit.empty else "")
    machine = triple_machine(unit.triple) if unit.triple else None
    return ObjectFacts("bitcode", machine, Kind.SLIM, reason, empty=unit.empty, bytecode=(code,))


def _bundle(source: Source) -> ObjectFacts:
    """An offload bundle: linkers do not open one, so a host part of bitcode is as bad as such an object."""
    host = host_part(source)
    if host is None:
        return other("offload-bundle")
    facts = classify(host)
    if facts.kind is Kind.SLIM:
        return replace(facts, reason=f"an offload bundle, which no linker opens; its host part: {facts.reason}")
    return facts if facts.kind is Kind.UNREADABLE else other("offload-bundle")


def _decide(traits: Traits | None, format_name: str, source: Source) -> ObjectFacts:
    if traits is None:
        return other(format_name)
    if traits.lto:
        return _gimple(traits, traits.lto, source)
    if traits.marker:
        reason = "__gnu_lto_slim says it was written slim, its bytecode is gone"
        reason += "; the native part of what was joined with it is left" if traits.native else ""
        return _plain(
            traits.format, traits.machine, Kind.HOLLOW, reason, None, traits.native, traits.embedded, ctors=traits.ctors
        )
    if traits.llvm:
        return _llvm_fat(traits, source)
    if traits.rust_metadata:
        return other("rust-metadata")
    if traits.native:
        return _native(traits.format, traits.machine, traits.embedded, traits.ctors, traits.nameless)
    return _empty(traits)


@lru_cache(maxsize=4096)
def _plain(
    format_name: str,
    machine: str,
    kind: Kind,
    reason: str,
    empty: bool | None,
    partial: bool,
    embedded: int | None,
    bare: bool = False,
    ctors: tuple[str, ...] = (),
    nameless: bool = False,
) -> ObjectFacts:
    """Facts without linkable bytecode; cached, because nearly all objects of an archive have the same."""
    code = (Bytecode(Form.EMBEDDED, "llvm", None, embedded),) if embedded else ()
    return ObjectFacts(format_name, machine, kind, reason, empty, partial, code, bare, ctors, nameless=nameless)


@lru_cache(maxsize=4096)
def _native(
    format_name: str, machine: str, embedded: int | None, ctors: tuple[str, ...], nameless: bool
) -> ObjectFacts:
    """Facts of nearly all objects."""
    reason = "native content, no bytecode for a linker" + ("; no symbol is defined in it" if nameless else "")
    return _plain(format_name, machine, Kind.NATIVE, reason, False, False, embedded, ctors=ctors, nameless=nameless)


def _empty(traits: Traits) -> ObjectFacts:
    """Neither content nor bytecode; some signs show that it never was a slim object."""
    sign = (
        "it asks for symbols, which a stripped slim object does not"
        if traits.undefined
        else f"it has {traits.telling}, which a stripped slim object has not"
        if traits.telling
        else None
    )
    reason = f"no content and no bytecode; {sign or 'nothing tells whether there ever was any'}"
    return _plain(traits.format, traits.machine, Kind.EMPTY, reason, True, False, traits.embedded, bare=sign is None)


def _llvm_fat(traits: Traits, source: Source) -> ObjectFacts:
    assert traits.llvm is not None
    section = traits.llvm
    is_beside = traits.native or traits.aside
    try:
        unit = read_bitcode(source.slice(section.offset, section.size), whole=not is_beside)
    except Malformed as error:
        code = Bytecode(Form.FAT_SECTION, "llvm", None, section.size)
        return _with_bytecode(traits, Kind.DAMAGED, f"the bitcode in .llvm.lto is unusable: {error}", code)
    code = Bytecode(Form.FAT_SECTION, unit.producer, unit.version, section.size, unit.triple)
    if is_beside:
        reason = "machine code, and LLVM bitcode in .llvm.lto"
        if unit.files > 1:
            reason += f", joined of {unit.files} files, which only `lld --fat-lto-objects` refuses"
        return _with_bytecode(traits, Kind.FAT, reason, code, joined=unit.files > 1)
    if not unit.defines:
        return _with_bytecode(traits, Kind.FAT, "LLVM bitcode in .llvm.lto that defines nothing", code, empty=True)
    return _with_bytecode(traits, Kind.DAMAGED, "LLVM bitcode in .llvm.lto, but no machine code beside it", code)


def _gimple(traits: Traits, lto: Gimple, source: Source) -> ObjectFacts:
    """What GCC's bytecode makes of an object; `ld -r` joins units, each of which was written slim or fat."""
    units = [(unit, unit_header(source, unit)) for unit in lto.units.values()]
    versions = sorted({(header.major, header.minor) for _, header in units if header})
    version = ", ".join(f"{major}.{minor}" for major, minor in versions)
    code = Bytecode(
        Form.GIMPLE,
        "gcc",
        version or version_before_headers(source, lto.units.values()),
        lto.size,
        is_fat_forbidden=_forbids_fat(lto, source),
    )
    whole = [unit for unit, _ in units if unit.declarations]
    if not whole or any(unit.has_parts and not unit.declarations for unit, _ in units):
        return _with_bytecode(traits, Kind.DAMAGED, "GCC bytecode without .gnu.lto_.decls, which no GCC reads", code)
    slim = [unit for unit, header in units if (header.slim if header else traits.marker)]
    fat = [unit for unit, header in units if not (header.slim if header else traits.marker)]
    lost = [unit for unit in slim if not unit.defines_nothing(asm_counts=True)]
    said_by = "LTO header says" if versions else "__gnu_lto_slim says" if traits.marker else "no sign of"
    if lost or (slim and not fat):
        empty = not lost
        nothing = "; its bytecode defines nothing" if empty else ""
        if traits.native:
            part = f"{len(lost)} of {len(units)} units" if len(units) > 1 and lost else "a part"
            reason = f"{said_by} slim of {part}; there is native content of others, its own is missing{nothing}"
            return _with_bytecode(traits, Kind.MIXED, reason, code, empty=empty, partial=True, marked=empty)
        return _with_bytecode(
            traits, Kind.SLIM, f"{said_by} slim; no native content{nothing}", code, empty=empty, marked=empty
        )
    if traits.marker and not slim:
        reason = "__gnu_lto_slim says that a part was slim, the bytecode that is left says fat"
        return _with_bytecode(traits, Kind.MIXED, reason, code, partial=traits.native)
    beside = "; a slim part defines nothing" if slim else ""
    if traits.native or traits.aside:
        what = "native content" if traits.native else "notes, or what else no program gets"
        reason = f"{said_by} {'fat' if versions else 'slim'}; {what}{beside}"
        return _with_bytecode(traits, Kind.FAT, reason, code, marked=bool(slim))
    if all(unit.defines_nothing(asm_counts=False) for unit in fat):
        reason = f"bytecode that defines nothing, so no native content{beside}"
        return _with_bytecode(traits, Kind.FAT, reason, code, empty=True, marked=bool(slim))
    return _with_bytecode(traits, Kind.DAMAGED, "written fat, but its native content is missing", code)


def _forbids_fat(lto: Gimple, source: Source) -> bool:
    """Whether the recorded options say that no fat object was wanted, which is more than not to ask for one."""
    if lto.options is None:
        return False
    options = source.read(lto.options.offset, min(lto.options.size, OPTIONS))
    return NO_FAT in options


def _with_bytecode(
    traits: Traits,
    kind: Kind,
    reason: str,
    code: Bytecode,
    *,
    empty: bool = False,
    partial: bool = False,
    marked: bool = False,
    joined: bool = False,
) -> ObjectFacts:
    embedded = (Bytecode(Form.EMBEDDED, "llvm", None, traits.embedded),) if traits.embedded else ()
    return ObjectFacts(
        traits.format,
        traits.machine,
        kind,
        reason,
        empty,
        partial,
        (code, *embedded),
        ctors=traits.ctors,
        marked=marked,
        joined=joined,
        nameless=traits.nameless,
    )
