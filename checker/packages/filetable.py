# SPDX-License-Identifier: GPL-2.0-or-later
"""What the header of a package says of its files, as columns."""

import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checker.errors import Obstacle, Unavailable
from checker.limits import Limits
from checker.packages.bindings import integer, rpm

GHOST = 1 << 6
"""RPMFILE_GHOST: listed, not in the payload."""

DIGEST_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224", 12: "sha3_256"}
"""As OpenPGP numbers them (RFC 9580, section 9.5); rpm's default is 1."""

INDEX_ENTRY = 16
"""Bytes of an entry of a header's index: tag, type, offset and count."""

TYPE_TAGS = ((5115, 5116), (1141, 1142))
"""Index and words of MIME types (rpm 6), and of file(1)'s (FILECLASS and CLASSDICT)."""

INT32, STRING_ARRAY = 4, 8
"""Types of a header's data."""


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


def read_files(raw: Any, limits: Limits) -> FileTable:
    """The files of a header; raises Unavailable where its columns contradict each other, or are too long."""
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
        digest_algorithm=DIGEST_ALGORITHMS.get(integer(raw, tags.RPMTAG_FILEDIGESTALGO) or 1),
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
    return Unavailable(
        Obstacle.MALFORMED, f"has a header that contradicts itself: tag {tag} has not one entry per file"
    )


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
