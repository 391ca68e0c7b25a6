# SPDX-License-Identifier: GPL-2.0-or-later
"""The header of a package, read by rpm: what the package is, and what it says of its files."""

import os
import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple, Protocol

from checker import requires
from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS, Limits
from checker.objects import magic

LEAD_SIZE = 96
DELTA_MAGIC = b"drpm"
HEADER_MAGIC = b"\x8e\xad\xe8\x01"
INDEX_ENTRY = 16

GHOST = 1 << 6
"""RPMFILE_GHOST: listed, not in the payload."""

DIGEST_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224", 12: "sha3_256"}
"""As OpenPGP numbers them (RFC 9580, section 9.5); rpm's default is 1."""

PAYLOADSIZE = 5112
"""A tag of rpm 6 that older bindings do not know by name."""

TYPE_TAGS = ((5115, 5116), (1141, 1142))
"""Index and words of MIME types (rpm 6), and of file(1)'s (FILECLASS and CLASSDICT)."""

INT32, STRING_ARRAY = 4, 8
"""Types of a header's data."""


class Arriving(Protocol):
    """A package file that is not there whole."""

    @property
    def size(self) -> int:
        """How many bytes the whole file has."""

    def reach(self, end: int) -> None:
        """Have at least the first `end` bytes there, or all of a shorter file; raises Unavailable."""


class Span(NamedTuple):
    """Where the header and the payload of a package begin, and where the file ends, in bytes."""

    header: int
    payload: int
    end: int


@dataclass(frozen=True)
class FileTable:
    """What a header says of the files of its package; every column has one entry for each."""

    names: Sequence[str]
    modes: Sequence[int]
    flags: Sequence[int]
    sizes: Sequence[int]
    types: Sequence[str]
    """In the words of file(1), or as MIME types; empty where the header does not say."""
    digests: Sequence[str]
    digest_algorithm: str | None
    inodes: Sequence[tuple[int, int]]
    targets: Sequence[str]
    """Where symbolic links lead; empty for other files."""

    def is_regular(self, index: int) -> bool:
        """Whether this is a regular file that is in the payload."""
        return stat.S_ISREG(self.modes[index]) and not self.flags[index] & GHOST

    def links(self, index: int) -> list[int]:
        """The file with its hard links, in the order of the header; only the last one carries data."""
        return self._links.get(self.inodes[index], [index])

    def stored_size(self, index: int) -> int:
        """How many bytes of data a stripped payload has for the file."""
        if self.is_regular(index):
            return self.sizes[index] if self.links(index)[-1] == index else 0
        return self.sizes[index] if stat.S_ISLNK(self.modes[index]) else 0

    @cached_property
    def _links(self) -> dict[tuple[int, int], list[int]]:
        groups: dict[tuple[int, int], list[int]] = {}
        for index, inode in enumerate(self.inodes):
            if self.is_regular(index):
                groups.setdefault(inode, []).append(index)
        return groups


NO_FILES = FileTable((), (), (), (), (), (), None, (), ())


@dataclass(frozen=True, slots=True)
class PackageHeader:
    """What is known of a package before its payload is touched."""

    nevra: str
    source: str
    arch: str
    """`src` or `nosrc` for a source package."""
    optflags: str
    """The compiler flags of the distribution at build time."""
    built: int | None
    """BUILDTIME, in seconds since 1970, UTC."""
    payload_at: int
    files: FileTable


@cache
def rpm() -> Any:
    """The bindings of rpm; raises UsageError that says what to install."""
    try:
        import rpm as bindings  # noqa: PLC0415 only packages need it
    except ImportError as error:
        raise UsageError(requires.RPM.missing(error)) from error
    bindings.setVerbosity(bindings.RPMLOG_EMERG)  # what is wrong with a package becomes a finding
    return bindings


def read_header(
    fd: int, arriving: Arriving | None = None, *, with_sources: bool = False, limits: Limits = LIMITS
) -> PackageHeader:
    """The header of an open package whose digests are right; signatures are not looked at. Raises Unavailable.

    The files of a source package are sources, no objects of its own: they are left out, unless they are asked for.
    """
    span = _measure(fd, arriving, limits)
    raw = _load(fd)
    try:
        return _interpret(raw, span, with_sources, limits)
    except rpm().error as error:
        raise Unavailable(Obstacle.MALFORMED, f"has a header that rpm cannot make sense of: {error}") from error


def _interpret(raw: Any, span: Span, with_sources: bool, limits: Limits) -> PackageHeader:
    if _text(raw, rpm().RPMTAG_PAYLOADFORMAT) == "drpm":
        raise Unavailable(Obstacle.DELTA, "is a delta package: it holds differences to another package, no files")
    _check_length(raw, span)
    name = _text(raw, rpm().RPMTAG_NAME)
    if raw.isSource():
        skipped = raw[rpm().RPMTAG_NOSOURCE] or raw[rpm().RPMTAG_NOPATCH]
        arch, source = "nosrc" if skipped else "src", name
        files = _read_files(raw, limits) if with_sources else NO_FILES
    else:
        arch, files = _text(raw, rpm().RPMTAG_ARCH), _read_files(raw, limits)
        source = _text(raw, rpm().RPMTAG_SOURCERPM).rsplit("-", 2)[0] or name
    return PackageHeader(
        nevra=f"{_text(raw, rpm().RPMTAG_NEVR)}.{arch}",
        source=source,
        arch=arch,
        optflags=_text(raw, rpm().RPMTAG_OPTFLAGS),
        built=_integer(raw, rpm().RPMTAG_BUILDTIME),
        payload_at=span.payload,
        files=files,
    )


def _measure(fd: int, arriving: Arriving | None, limits: Limits) -> Span:
    """Find the parts of a package by the sizes they state, so that a cut is told from other damage."""
    if arriving:
        arriving.reach(LEAD_SIZE)
        end = arriving.size
    else:
        end = os.fstat(fd).st_size
    head = os.pread(fd, magic.HEAD_SIZE, 0)
    found = magic.identify(head)
    if head.startswith(DELTA_MAGIC):
        raise Unavailable(Obstacle.DELTA, "is a delta package: it holds differences to another package, no files")
    if found != "rpm":
        raise Unavailable(Obstacle.NO_PACKAGE, f"is no RPM package: it begins like {found}")
    signatures_end = _header_end(fd, LEAD_SIZE, end, arriving, limits)
    header = signatures_end + -signatures_end % 8
    return Span(header, _header_end(fd, header, end, arriving, limits), end)


def _header_end(fd: int, start: int, file_end: int, arriving: Arriving | None, limits: Limits) -> int:
    if arriving:
        arriving.reach(start + 16)
    intro = os.pread(fd, 16, start)
    if len(intro) < 16:
        raise _cut(file_end)
    if not intro.startswith(HEADER_MAGIC):
        raise Unavailable(Obstacle.MALFORMED, f"has no header at byte {start}, where one must be")
    size = 16 + int.from_bytes(intro[8:12], "big") * INDEX_ENTRY + int.from_bytes(intro[12:16], "big")
    if size > limits.package_header:
        raise Unavailable(Obstacle.TOO_LARGE, f"has a header of {size} bytes, more than {limits.package_header}")
    if start + size > file_end:
        raise _cut(file_end)
    if arriving:
        arriving.reach(start + size)
    return start + size


def _cut(size: int) -> Unavailable:
    return Unavailable(Obstacle.TRUNCATED, f"is truncated: its {size} bytes end inside of its header")


def _load(fd: int) -> Any:
    """The header as rpm sees it. Digests are checked because that costs nothing; signatures only by `verify`."""
    transaction = _transaction()
    digests = rpm().RPMVSF_MASK_NOSIGNATURES | rpm().RPMVSF_NEEDPAYLOAD
    for flags in (digests, -1):
        os.lseek(fd, 0, os.SEEK_SET)
        transaction.setVSFlags(flags)
        try:
            raw = transaction.hdrFromFdno(fd)
        except rpm().error:
            continue
        if flags != digests:
            raise Unavailable(Obstacle.ALTERED, "was altered: its header does not fit the digest of it")
        return raw
    raise Unavailable(Obstacle.MALFORMED, "has a header that rpm cannot read")


@cache
def _transaction() -> Any:
    return rpm().TransactionSet()


def _check_length(raw: Any, span: Span) -> None:
    """Compare the file with the length that it promises, which needs no look into the payload."""
    if span.payload == span.end:  # even without files there is an end mark
        raise Unavailable(Obstacle.TRUNCATED, f"is truncated: its {span.end} bytes end with its header")
    payload = _integer(raw, PAYLOADSIZE)
    promised = _integer(raw, rpm().RPMTAG_LONGSIGSIZE) or _integer(raw, rpm().RPMTAG_SIGSIZE)
    if payload is not None:
        expected = span.payload + payload
    elif promised is not None:
        expected = span.header + promised
    else:
        return
    if span.end < expected:
        raise Unavailable(Obstacle.TRUNCATED, f"is truncated: {span.end} of {expected} bytes are there")
    if span.end > expected:
        raise Unavailable(Obstacle.ALTERED, f"was altered: it has {span.end} bytes, not {expected}")


def _text(raw: Any, tag: int) -> str:
    value = raw[tag]
    return value if isinstance(value, str) else ""


def _integer(raw: Any, tag: int) -> int | None:
    value = raw[tag]
    return value if isinstance(value, int) else None


def _read_files(raw: Any, limits: Limits) -> FileTable:
    tags = rpm()
    modes = _column(raw, tags.RPMTAG_FILEMODES, None, 0)
    count = len(modes)
    if count > limits.package_files:
        raise Unavailable(Obstacle.TOO_LARGE, f"holds {count} files, more than {limits.package_files}")
    sizes = tags.RPMTAG_LONGFILESIZES if raw[tags.RPMTAG_LONGFILESIZES] else tags.RPMTAG_FILESIZES
    devices = _column(raw, tags.RPMTAG_FILEDEVICES, count, 0)
    inodes = raw[tags.RPMTAG_FILEINODES] or range(count)  # where there are none, no file is another's link
    if len(inodes) != count:
        raise _contradiction(tags.RPMTAG_FILEINODES)
    return FileTable(
        names=_file_names(raw, count),
        modes=modes,
        flags=_column(raw, tags.RPMTAG_FILEFLAGS, count, 0),
        sizes=_column(raw, sizes, count, None),
        types=_file_types(raw, count),
        digests=_column(raw, tags.RPMTAG_FILEDIGESTS, count, ""),
        digest_algorithm=DIGEST_ALGORITHMS.get(_integer(raw, tags.RPMTAG_FILEDIGESTALGO) or 1),
        inodes=list(zip(devices, inodes, strict=True)),
        targets=_column(raw, tags.RPMTAG_FILELINKTOS, count, ""),
    )


def _column(raw: Any, tag: int, count: int | None, missing: Any) -> Sequence[Any]:
    """One entry for each file; `missing` everywhere when the header has no such column and need not have one."""
    values: Sequence[Any] = raw[tag] or ()
    if not values and missing is not None and count:
        return [missing] * count
    if count is not None and len(values) != count:
        raise _contradiction(tag)
    return values


def _contradiction(tag: int) -> Unavailable:
    return Unavailable(Obstacle.MALFORMED, f"has a header that contradicts itself: not one entry a file in tag {tag}")


def _file_names(raw: Any, count: int) -> list[str]:
    folders = raw[rpm().RPMTAG_DIRNAMES] or ()
    numbers = _column(raw, rpm().RPMTAG_DIRINDEXES, count, None)
    if not all(number < len(folders) for number in numbers):
        raise _contradiction(rpm().RPMTAG_DIRINDEXES)
    names = _column(raw, rpm().RPMTAG_BASENAMES, count, None)
    return [folders[number] + name for number, name in zip(numbers, names, strict=True)]


def _file_types(raw: Any, count: int) -> list[str]:
    """The type of every file, from the header's own form: entries of tag, type, offset and count, then their data.

    Not by the bindings, because of tags that they do not know they give only the first value, and because they end
    the process over an index that is out of range (FILECLASS in rpm 4.18).
    """
    blob = raw.unload()
    data_at = 8 + int.from_bytes(blob[:4], "big") * INDEX_ENTRY
    entries = {tag: rest for tag, *rest in struct.iter_unpack(">IIII", blob[8:data_at])}
    for number_tag, word_tag in TYPE_TAGS:
        kind, offset, length = entries.get(number_tag, (0, 0, 0))
        word_kind, word_offset, words_length = entries.get(word_tag, (0, 0, 0))
        if (kind, word_kind) != (INT32, STRING_ARRAY):
            continue
        start = data_at + word_offset
        words = [word.decode("utf-8", "replace") for word in blob[start:].split(b"\0", words_length)[:words_length]]
        try:
            numbers = struct.unpack_from(f">{length}I", blob, data_at + offset)
            types = [words[number] for number in numbers]
        except (struct.error, IndexError):
            types = []
        if len(types) != count:
            raise _contradiction(number_tag)
        return types
    return [""] * count
