# SPDX-License-Identifier: GPL-2.0-or-later
"""The decision procedure: the bytes of one object -> ObjectFacts."""

from functools import lru_cache

from checker.model import Bytecode, Form, Kind, ObjectFacts
from checker.objects import gimple, magic
from checker.objects.bitcode import read_bitcode
from checker.objects.coff import read_coff
from checker.objects.elf import read_elf
from checker.objects.machines import triple_machine
from checker.objects.source import Malformed, Source
from checker.objects.traits import Traits

NOT_JUDGED = {
    "ar": "an archive where only an object is expected",
    "ar-aix": "an AIX big archive, which no Linux linker reads",
    "elf": "an ELF program or shared library, not a relocatable object",
    "fpc-unit": "a Free Pascal unit interface",
    "go": "a Go object or package export data",
    "ldscript": "a linker script",
    "mach-o": "a Mach-O file, which no Linux linker reads",
    "ocaml": "OCaml bytecode or interface",
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


def classify(source: Source, head: bytes = b"") -> ObjectFacts:
    """What the object is, whose first bytes may have been read; never raises for what the bytes are."""
    format_name = "unknown"
    try:
        head = head or magic.head_of(source)
        format_name = magic.identify(head)
        if format_name == "elf":
            return _decide(read_elf(source, head), "elf", source)
        if format_name == "coff":
            return _decide(read_coff(source), "coff", source)
        if format_name == "bitcode":
            return _bitcode(source)
    except Malformed as error:
        return unreadable(str(error), format_name)
    return other(format_name)


@lru_cache(maxsize=256)
def other(format_name: str) -> ObjectFacts:
    """Facts of an object that is known but not judged."""
    return ObjectFacts(format_name, None, Kind.OTHER, NOT_JUDGED[format_name])


def unreadable(reason: str, format_name: str = "unknown") -> ObjectFacts:
    """Facts of an object that could not be looked at."""
    return ObjectFacts(format_name, None, Kind.UNREADABLE, reason)


def _bitcode(source: Source) -> ObjectFacts:
    unit = read_bitcode(source)
    code = Bytecode(Form.BITCODE, unit.producer, unit.version, source.size)
    reason = "LLVM bitcode, no machine code" + ("; it names no symbol" if unit.empty else "")
    machine = triple_machine(unit.triple) if unit.triple else None
    return ObjectFacts("bitcode", machine, Kind.SLIM, reason, empty=unit.empty, bytecode=(code,))


def _decide(traits: Traits | None, format_name: str, source: Source) -> ObjectFacts:
    if traits is None:
        return other(format_name)
    if traits.lto:
        return _gimple(traits, source)
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
        return _native(traits.format, traits.machine, traits.embedded, traits.ctors)
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
) -> ObjectFacts:
    """Facts without linkable bytecode; cached, because nearly all objects of an archive have the same."""
    code = (Bytecode(Form.EMBEDDED, "llvm", None, embedded),) if embedded else ()
    return ObjectFacts(format_name, machine, kind, reason, empty, partial, code, bare, ctors)


@lru_cache(maxsize=4096)
def _native(format_name: str, machine: str, embedded: int | None, ctors: tuple[str, ...]) -> ObjectFacts:
    """Facts of nearly all objects."""
    reason = "native content, no bytecode for a linker"
    return _plain(format_name, machine, Kind.NATIVE, reason, False, False, embedded, ctors=ctors)


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
    try:
        unit = read_bitcode(source.slice(section.offset, section.size))
    except Malformed as error:
        # The machine code may be whole: `ld -r` puts the bitcode of several objects one after the other.
        code = Bytecode(Form.FAT_SECTION, "llvm", None, section.size)
        return _with_bytecode(traits, Kind.DAMAGED, f"the bitcode in .llvm.lto is unusable: {error}", code)
    code = Bytecode(Form.FAT_SECTION, unit.producer, unit.version, section.size)
    if traits.native:
        return _with_bytecode(traits, Kind.FAT, "machine code, and LLVM bitcode in .llvm.lto", code)
    if unit.empty:
        return _with_bytecode(traits, Kind.FAT, "LLVM bitcode in .llvm.lto that defines nothing", code, empty=True)
    return _with_bytecode(traits, Kind.DAMAGED, "LLVM bitcode in .llvm.lto, but no machine code beside it", code)


def _gimple(traits: Traits, source: Source) -> ObjectFacts:
    headers = gimple.headers(source, traits.lto)
    versions = sorted({(header.major, header.minor) for header in headers})
    version = ", ".join(f"{major}.{minor}" for major, minor in versions)
    code = Bytecode(
        Form.GIMPLE,
        "gcc",
        version or gimple.version_before_headers(source, traits.lto),
        sum(section.size for section in traits.lto) + traits.lto_more,
    )
    if not gimple.has_declarations(traits.lto):
        return _with_bytecode(traits, Kind.DAMAGED, "GCC bytecode without .gnu.lto_.decls, which no GCC reads", code)
    is_slim = any(header.slim for header in headers) if headers else traits.marker
    said_by = "LTO header says" if headers else "__gnu_lto_slim says" if traits.marker else "no sign of"
    if is_slim:
        empty = gimple.defines_nothing(traits.lto, asm_counts=True)
        nothing = "; its bytecode defines nothing" if empty else ""
        if traits.native:
            reason = f"{said_by} slim; there is native content of other objects, its own is missing{nothing}"
            return _with_bytecode(traits, Kind.MIXED, reason, code, empty=empty, partial=True)
        return _with_bytecode(traits, Kind.SLIM, f"{said_by} slim; no native content{nothing}", code, empty=empty)
    if traits.marker:
        reason = "__gnu_lto_slim says that a part was slim, the bytecode that is left says fat"
        return _with_bytecode(traits, Kind.MIXED, reason, code, partial=traits.native)
    if traits.native:
        return _with_bytecode(traits, Kind.FAT, f"{said_by} {'fat' if headers else 'slim'}; native content", code)
    if gimple.defines_nothing(traits.lto, asm_counts=False):
        return _with_bytecode(traits, Kind.FAT, "bytecode that defines nothing, so no native content", code, empty=True)
    return _with_bytecode(traits, Kind.DAMAGED, "written fat, but its native content is missing", code)


def _with_bytecode(
    traits: Traits, kind: Kind, reason: str, code: Bytecode, empty: bool = False, partial: bool = False
) -> ObjectFacts:
    embedded = (Bytecode(Form.EMBEDDED, "llvm", None, traits.embedded),) if traits.embedded else ()
    return ObjectFacts(
        traits.format, traits.machine, kind, reason, empty, partial, (code, *embedded), ctors=traits.ctors
    )
