# SPDX-License-Identifier: GPL-2.0-or-later
"""Offload bundles, clang's files that hold the objects of a host and of devices.

The layout is that of clang/lib/Driver/OffloadBundler.cpp: a magic, the number of entries, and for each its offset, its
size and its name, which begins with `host-` or the kind of device.
"""

import struct

from checker.objects.source import Malformed, Source

MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"
COUNT = struct.Struct("<Q")
ENTRY = struct.Struct("<3Q")

ENTRIES = 256
"""The most entries in a bundle, which has one for each device of the compilation."""

NAME = 256
"""Bytes of an entry's name that are read."""


def host_part(source: Source) -> Source | None:
    """The part for the host; None if there are parts for devices only. Raises Malformed."""
    (count,) = COUNT.unpack(source.read(len(MAGIC), COUNT.size))
    if count > ENTRIES:
        raise Malformed(f"an offload bundle of {count} entries, more than the limit of {ENTRIES}", len(MAGIC))
    at = len(MAGIC) + COUNT.size
    for _ in range(count):
        offset, size, length = ENTRY.unpack(source.read(at, ENTRY.size))
        at += ENTRY.size
        if source.read(at, min(length, NAME)).startswith(b"host-") and size:
            host = source.slice(offset, size)
            if size >= len(MAGIC) and host.read(0, len(MAGIC)) == MAGIC:  # it may be the bundle itself
                raise Malformed("an offload bundle for a host in an offload bundle", offset)
            return host
        at += min(length, source.size)
    return None
