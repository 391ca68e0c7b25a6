# SPDX-License-Identifier: GPL-2.0-or-later
"""The cpio archive in a package: "new ASCII", with or without checksums, and rpm's own stripped form.

In the stripped form (rpm's lib/cpio.cc), which packages of format 6 and those with files of 4 GB and more have,
an entry says only which file of the header it is.
"""

from binascii import unhexlify
from collections.abc import Iterator

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.packages.filetable import FileTable
from checker.packages.payload import Payload

NEW_ASCII = (b"070701", b"070702")
STRIPPED = b"07070X"
NEW_ASCII_FIELDS = 13 * 8
STRIPPED_FIELDS = 8
TRAILER = b"TRAILER!!!"
LINK_TARGET = 4096
"""PATH_MAX, the most that follows an entry that is no regular file."""


def members(payload: Payload, files: FileTable) -> Iterator[tuple[int, int]]:
    """Every file of a payload, as its number in the header and its size in bytes.

    Its data may be taken from the payload before the next one is asked for. Raises Unavailable for whatever the header
    did not promise: files it does not list, files that come twice, and other sizes. So a payload is never larger than
    its header says.
    """
    catalogue = _Catalogue(files)
    while True:
        magic = payload.read(6)
        if magic == STRIPPED:
            index = catalogue.by_number(_number(payload.read(STRIPPED_FIELDS)))
            size = files.stored_size(index)
        elif magic in NEW_ASCII:
            fields = payload.read(NEW_ASCII_FIELDS)
            size, name_size = _number(fields[48:56]), _number(fields[88:96])
            if not 0 < name_size <= LIMITS.member_name:
                raise Unavailable(Obstacle.ALTERED, f"has a payload with a name of {name_size} bytes")
            name = payload.read(name_size).rstrip(b"\0")
            if name == TRAILER:
                return
            index = catalogue.by_name(name)
            _check_size(files, index, size)
        else:
            raise Unavailable(Obstacle.ALTERED, f"has a payload that is no cpio archive at byte {payload.position}")
        payload.skip(-payload.position % 4)
        end = payload.position + size
        yield index, size
        payload.skip(end - payload.position)
        payload.skip(-end % 4)


def _number(digits: bytes) -> int:
    try:
        return int.from_bytes(unhexlify(digits), "big")  # int() would take signs, blanks and underscores
    except ValueError:
        raise Unavailable(Obstacle.ALTERED, "has a payload with a field that is no hexadecimal number") from None


def _check_size(files: FileTable, index: int, size: int) -> None:
    if files.is_regular(index):
        # Of several hard links, only one carries data.
        fits = size == files.sizes[index] or (size == 0 and len(files.links(index)) > 1)
    else:
        fits = size <= LINK_TARGET
    if not fits:
        raise Unavailable(
            Obstacle.ALTERED,
            f"has a payload in which {files.names[index]} has {size} bytes, not the {files.sizes[index]} of its header",
        )


class _Catalogue:
    """Finds the files of a header, each at most once."""

    def __init__(self, files: FileTable) -> None:
        self._files = files
        self._seen: set[int] = set()
        self._numbers: dict[bytes, list[int]] = {}

    def by_number(self, number: int) -> int:
        if number >= len(self._files.names) or number in self._seen:
            raise Unavailable(Obstacle.ALTERED, f"has a payload with file number {number}, not promised by its header")
        self._seen.add(number)
        return number

    def by_name(self, name: bytes) -> int:
        if not self._numbers:
            for number, path in enumerate(self._files.names):
                key = path.encode("utf-8", "surrogateescape").lstrip(b"/")
                self._numbers.setdefault(key, []).append(number)
        # "./usr/bin/x" since rpm 4, "usr/bin/x" before
        for number in self._numbers.get(name.removeprefix(b"./").lstrip(b"/"), ()):
            if number not in self._seen:
                return self.by_number(number)
        shown = name.decode("utf-8", "surrogateescape")
        raise Unavailable(Obstacle.ALTERED, f"has a payload with {shown}, which its header does not promise")
