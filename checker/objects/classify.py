# SPDX-License-Identifier: GPL-2.0-or-later
"""The classification of one object, from bytes to ObjectFacts."""

from functools import lru_cache
from typing import Literal

from checker.errors import Obstacle
from checker.model import Bytecode, Form, Kind, ObjectFacts
from checker.model.statements import Reason, Statement, say
from checker.objects import magic
from checker.objects.coff import ANONYMOUS, anonymous_format, is_coff
from checker.objects.elf import may_be_elf
from checker.objects.elf_traits import read_elf
from checker.objects.gimple import Gimple, unit_header, version_before_headers
from checker.objects.machines import triple_machine
from checker.objects.source import Malformed, Source
from checker.objects.traits import Traits

OPTIONS = 1 << 16
"""Bytes of recorded options that are read; one unit records some hundreds."""

COMPRESSED_BUNDLES = frozenset(bytes((version, 0, method, 0)) for version in (1, 2, 3) for method in (0, 1))
"""Version and method, zlib or zstd, after the magic of compressed bundles, from clang/lib/Driver/OffloadBundler.cpp."""

NO_FAT = b"'-fno-fat-lto-objects'"
"""The option as GCC quotes it in `.gnu.lto_.opts`."""


def classify(source: Source, head: bytes = b"") -> ObjectFacts:
    """The facts of an object; `head` is its first bytes, if read. Malformed bytes become facts, never an exception."""
    format_name = "unknown"
    try:
        head = head or magic.head_of(source)
        format_name = confirmed(magic.identify(head), source, head)
        if format_name == "elf":
            return _decide(read_elf(source, head), "elf", source)
        if format_name in ("coff", "coff-import"):
            from checker.objects.coff_traits import read_coff  # noqa: PLC0415 most runs of the hook see ELF alone

            return _decide(read_coff(source), "coff", source)
        if format_name == "bitcode":
            return _bitcode(source)
        if format_name == "offload-bundle":
            return _bundle(source)
    except Malformed as error:
        return unreadable(str(error), format_name)
    return other(format_name)


def confirmed(format_name: str, source: Source, head: bytes) -> str:
    """The format, checked against the structure where the magic has four bytes or fewer.

    Any data may begin with so short a magic: without the structure the format is unknown, not damaged.
    """
    if format_name == "elf":
        return "elf" if may_be_elf(head) else "unknown"
    if format_name == "bitcode":
        from checker.objects.bitcode import is_bitcode  # noqa: PLC0415 as above

        return "bitcode" if is_bitcode(source) else "unknown"
    if format_name == "offload-bundle-compressed":
        return format_name if head[4:8] in COMPRESSED_BUNDLES else "unknown"
    if format_name == "coff":
        return anonymous_format(source) if head.startswith(ANONYMOUS) else "coff" if is_coff(source) else "unknown"
    return format_name


@lru_cache(maxsize=256)
def other(format_name: str) -> ObjectFacts:
    """Facts of an object of a known format that is not judged."""
    return ObjectFacts(format_name, None, Kind.OTHER, (say(Reason(format_name)),))


def unreadable(problem: str, format_name: str = "unknown", obstacle: Obstacle = Obstacle.MALFORMED) -> ObjectFacts:
    """Facts of an object that could not be read."""
    return ObjectFacts(format_name, None, Kind.UNREADABLE, (say(Reason.PROBLEM, detail=problem),), obstacle=obstacle)


def _bitcode(source: Source) -> ObjectFacts:
    from checker.objects.bitcode import read_bitcode  # noqa: PLC0415 as above

    unit = read_bitcode(source)
    code = Bytecode(Form.BITCODE, unit.producer, unit.version, source.size, unit.triple, frontend=unit.frontend)
    reasons = _said(Reason.BITCODE, unit.empty and Reason.DEFINES_NOTHING)
    machine = triple_machine(unit.triple) if unit.triple else None
    return ObjectFacts("bitcode", machine, Kind.SLIM, reasons, empty=unit.empty, bytecode=(code,))


def _bundle(source: Source) -> ObjectFacts:
    """Facts of an offload bundle: linkers do not open it, so bitcode as its host part is as bad as a bitcode object."""
    from checker.objects.offload import host_part  # noqa: PLC0415 as above

    host = host_part(source)
    if host is None:
        return other("offload-bundle")
    facts = classify(host)
    if facts.kind is Kind.SLIM:
        reasons = _said(Reason.BUNDLE, Reason.HOST_PART, bool(facts.empty) and Reason.DEFINES_NOTHING)
        return facts._replace(format="offload-bundle", reasons=reasons)
    return facts if facts.kind is Kind.UNREADABLE else other("offload-bundle")


def _decide(traits: Traits | None, format_name: str, source: Source) -> ObjectFacts:
    if traits is None:
        return other(format_name)
    if traits.lto:
        return _gimple(traits, traits.lto, source)
    if traits.marker:
        reasons = _said(Reason.STRIPPED, traits.native and Reason.NATIVE_PART_LEFT)
        return _plain(
            traits.format,
            traits.machine,
            Kind.HOLLOW,
            reasons,
            None,
            traits.native,
            traits.embedded,
            ctors=traits.ctors,
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
    reasons: tuple[Statement, ...],
    empty: bool | None,
    partial: bool,
    embedded: int | None,
    bare: bool = False,
    ctors: tuple[str, ...] = (),
    nameless: bool = False,
) -> ObjectFacts:
    """Facts without linkable bytecode; cached, because nearly all objects of an archive share them."""
    code = (Bytecode(Form.EMBEDDED, "llvm", None, embedded),) if embedded else ()
    return ObjectFacts(format_name, machine, kind, reasons, empty, partial, code, bare, ctors, nameless=nameless)


@lru_cache(maxsize=4096)
def _native(
    format_name: str, machine: str, embedded: int | None, ctors: tuple[str, ...], nameless: bool
) -> ObjectFacts:
    """Facts of a native object, as nearly all are."""
    reasons = _said(Reason.NATIVE, nameless and Reason.NO_SYMBOL)
    return _plain(format_name, machine, Kind.NATIVE, reasons, False, False, embedded, ctors=ctors, nameless=nameless)


def _empty(traits: Traits) -> ObjectFacts:
    """Facts of an object with neither content nor bytecode; some signs prove that it never was slim."""
    if traits.undefined:
        sign = say(Reason.ASKS_FOR_SYMBOLS)
    else:
        sign = say(Reason.HAS_SECTION, section=traits.telling) if traits.telling else say(Reason.NO_TRACE)
    bare = sign.key is Reason.NO_TRACE
    reasons = (say(Reason.NO_CONTENT), sign)
    return _plain(traits.format, traits.machine, Kind.EMPTY, reasons, True, False, traits.embedded, bare)


def _llvm_fat(traits: Traits, source: Source) -> ObjectFacts:
    from checker.objects.bitcode import read_bitcode  # noqa: PLC0415 as above

    assert traits.llvm is not None
    section = traits.llvm
    is_beside = traits.native or traits.aside
    try:
        unit = read_bitcode(source.slice(section.offset, section.size), whole=not is_beside)
    except Malformed as error:
        code = Bytecode(Form.FAT_SECTION, "llvm", None, section.size)
        return _with_bytecode(traits, Kind.DAMAGED, (say(Reason.SECTION_UNUSABLE, detail=str(error)),), code)
    code = Bytecode(Form.FAT_SECTION, unit.producer, unit.version, section.size, unit.triple)
    if is_beside:
        reasons = _said(Reason.CODE_AND_SECTION)
        if unit.files > 1:
            reasons = (*reasons, say(Reason.SECTION_JOINED, files=unit.files))
        return _with_bytecode(traits, Kind.FAT, reasons, code, joined=unit.files > 1)
    if not unit.defines:
        return _with_bytecode(traits, Kind.FAT, _said(Reason.SECTION_EMPTY), code, empty=True)
    return _with_bytecode(traits, Kind.DAMAGED, _said(Reason.SECTION_ALONE), code)


def _gimple(traits: Traits, lto: Gimple, source: Source) -> ObjectFacts:
    """Facts of an object with GCC's bytecode; `ld -r` joins units, each of which was written slim or fat."""
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
        return _with_bytecode(traits, Kind.DAMAGED, _said(Reason.NO_DECLARATIONS), code)
    slim = [unit for unit, header in units if (header.slim if header else traits.marker)]
    fat = [unit for unit, header in units if not (header.slim if header else traits.marker)]
    lost = [unit for unit in slim if not unit.defines_nothing(asm_counts=True)]
    if lost or (slim and not fat):
        empty = not lost
        nothing = _said(empty and Reason.BYTECODE_EMPTY)
        if traits.native:
            written = _slim_in_part(len(lost), len(units), by_header=bool(versions))
            reasons = (written, *_said(Reason.OTHERS_NATIVE), *nothing)
            return _with_bytecode(traits, Kind.MIXED, reasons, code, empty=empty, partial=True, marked=empty)
        reasons = (*_said(Reason.HEADER_SLIM if versions else Reason.MARKER_SLIM, Reason.NOT_NATIVE), *nothing)
        return _with_bytecode(traits, Kind.SLIM, reasons, code, empty=empty, marked=empty)
    if traits.marker and not slim:
        return _with_bytecode(traits, Kind.MIXED, _said(Reason.MARKER_AGAINST_HEADER), code, partial=traits.native)
    beside = _said(bool(slim) and Reason.SLIM_PART_EMPTY)
    if traits.native or traits.aside:
        written = say(Reason.HEADER_FAT if versions else Reason.NO_SIGN_OF_SLIM)
        reasons = (written, *_said(Reason.CONTENT if traits.native else Reason.NOTES), *beside)
        return _with_bytecode(traits, Kind.FAT, reasons, code, marked=bool(slim))
    if all(unit.defines_nothing(asm_counts=False) for unit in fat):
        reasons = (*_said(Reason.FAT_EMPTY), *beside)
        return _with_bytecode(traits, Kind.FAT, reasons, code, empty=True, marked=bool(slim))
    return _with_bytecode(traits, Kind.DAMAGED, _said(Reason.FAT_ALONE), code)


def _slim_in_part(slim: int, units: int, *, by_header: bool) -> Statement:
    """The statement that a part was written slim, proven by headers with `by_header`, else by GCC's marker."""
    if slim and units > 1:
        return say(Reason.HEADER_SLIM_UNITS if by_header else Reason.MARKER_SLIM_UNITS, slim=slim, all=units)
    return say(Reason.HEADER_SLIM_PART if by_header else Reason.MARKER_SLIM_PART)


def _forbids_fat(lto: Gimple, source: Source) -> bool:
    """Whether the recorded options contain -fno-fat-lto-objects, not merely lack -ffat-lto-objects."""
    if lto.options is None:
        return False
    options = source.read(lto.options.offset, min(lto.options.size, OPTIONS))
    return NO_FAT in options


def _with_bytecode(
    traits: Traits,
    kind: Kind,
    reasons: tuple[Statement, ...],
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
        reasons,
        empty,
        partial,
        (code, *embedded),
        ctors=traits.ctors,
        marked=marked and traits.marker,
        joined=joined,
        nameless=traits.nameless,
    )


def _said(*reasons: Reason | Literal[False]) -> tuple[Statement, ...]:
    """The statements of reasons without arguments; False stands for a reason that does not hold."""
    return tuple(say(reason) for reason in reasons if reason)
