# SPDX-License-Identifier: GPL-2.0-or-later
"""The header of a package, read by rpm: what the package is, and what it says of its files."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.objects import magic
from checker.packages.bindings import integer, rpm, text
from checker.packages.filetable import INDEX_ENTRY, NO_FILES, FileTable, read_files

LEAD_SIZE = 96
DELTA_MAGIC = b"drpm"
HEADER_MAGIC = b"\x8e\xad\xe8\x01"

PAYLOADSIZE = 5112
"""A tag of rpm 6 that older bindings do not know by name."""


class Arriving(Protocol):
    """A package file that is still being downloaded."""

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
    if text(raw, rpm().RPMTAG_PAYLOADFORMAT) == "drpm":
        raise Unavailable(Obstacle.DELTA, "is a delta package: it holds differences to another package, no files")
    _check_length(raw, span)
    name = text(raw, rpm().RPMTAG_NAME)
    if raw.isSource():
        skipped = raw[rpm().RPMTAG_NOSOURCE] or raw[rpm().RPMTAG_NOPATCH]
        arch, source = "nosrc" if skipped else "src", name
        files = read_files(raw, limits) if with_sources else NO_FILES
    else:
        arch, files = text(raw, rpm().RPMTAG_ARCH), read_files(raw, limits)
        source = text(raw, rpm().RPMTAG_SOURCERPM).rsplit("-", 2)[0] or name
    return PackageHeader(
        nevra=f"{text(raw, rpm().RPMTAG_NEVR)}.{arch}",
        source=source,
        arch=arch,
        optflags=text(raw, rpm().RPMTAG_OPTFLAGS),
        built=integer(raw, rpm().RPMTAG_BUILDTIME),
        payload_at=span.payload,
        files=files,
    )


def _measure(fd: int, arriving: Arriving | None, limits: Limits) -> Span:
    """Find the parts of a package by the sizes in it, which distinguishes a truncated file from other damage."""
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
        raise Unavailable(Obstacle.MALFORMED, f"has no header at byte {start}, where one is expected")
    size = 16 + int.from_bytes(intro[8:12], "big") * INDEX_ENTRY + int.from_bytes(intro[12:16], "big")
    if size > limits.package_header:
        raise Unavailable(Obstacle.TOO_LARGE, f"has a header of {size} bytes, more than {limits.package_header}")
    if start + size > file_end:
        raise _cut(file_end)
    if arriving:
        arriving.reach(start + size)
    return start + size


def _cut(size: int) -> Unavailable:
    return Unavailable(Obstacle.TRUNCATED, f"is truncated: its {size} bytes end inside its header")


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
            raise Unavailable(Obstacle.ALTERED, "was altered: its header does not match its digest")
        return raw
    raise Unavailable(Obstacle.MALFORMED, "has a header that rpm cannot read")


@cache
def _transaction() -> Any:
    return rpm().TransactionSet()


def _check_length(raw: Any, span: Span) -> None:
    """Compare the length of the file with that in its header, without reading the payload."""
    if span.payload == span.end:  # even without files there is an end mark
        raise Unavailable(Obstacle.TRUNCATED, f"is truncated: its {span.end} bytes end with its header")
    payload = integer(raw, PAYLOADSIZE)
    promised = integer(raw, rpm().RPMTAG_LONGSIGSIZE) or integer(raw, rpm().RPMTAG_SIGSIZE)
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
