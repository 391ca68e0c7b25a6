# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives in all common variants: GNU, BSD `#1/`, Darwin, `/SYM64/`, COFF import libraries, thin.

A damaged archive raises Malformed once all members before the damage are yielded.
"""

import re
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from checker.limits import LIMITS
from checker.model import Index
from checker.objects.ar_index import INDEX_NAMES, ArchiveIndex
from checker.objects.coff import is_coff
from checker.objects.magic import AR, AR_THIN, head_of, identify
from checker.objects.source import Malformed, Source

HEADER_SIZE = 60
FMAG = b"`\n"

NAME_REFERENCE = re.compile(rb"/(\d+)(?::(\d+))?(?: .*)?")
"""The offset of a long name in the `//` table; thin archives add the position of the member in the named file.

A blank ends it: GNU ar leaves a stale slash in the last byte if the name of a thin archive's member has 15 bytes.
"""

MICROSOFT_TABLES = (b"/<ECSYMBOLS>/", b"/<XFGHASHMAP>/")
TABLES = frozenset({*INDEX_NAMES, b"//", *MICROSOFT_TABLES})
"""Names of ar's own tables, the only members whose bytes are inside a thin archive."""

OBJECTS = ("elf", "bitcode", "ar")


class Member(NamedTuple):
    """One member; `offset` and `size` are its data in the archive, or in the file that a thin archive names."""

    name: bytes
    offset: int
    size: int
    is_reference: bool = False


class Archive:
    """One archive; `index` is valid once `members` is exhausted. Raises Malformed if the magic is missing."""

    def __init__(self, source: Source) -> None:
        magic = source.read(0, len(AR))
        if magic not in (AR, AR_THIN):
            raise Malformed("no archive magic", 0)
        self.thin = magic == AR_THIN
        self.index = Index.MISSING
        self._source = source
        self._names = 0, 0
        self._names_in_memory: bytes | None = None
        self._index: ArchiveIndex | None = None
        self._tables: list[bytes] = []
        self._places: array[int] = array("Q")
        """Where the headers of members are."""

    def members(self, position: int = len(AR)) -> Iterator[Member]:
        """Every member except ar's own tables, in order, from the header at `position`; raises Malformed."""
        size_of_all = self._source.size
        while position < size_of_all:
            header = self._header(position)
            if header is None:
                break
            field, size = header
            data, left = position + HEADER_SIZE, size_of_all - position - HEADER_SIZE
            is_table = self._is_table(field, data, size)
            held = size if is_table or not self.thin else 0
            if held > left:
                raise Malformed(f"member of {size} bytes, the archive ends after {left}", position)
            if is_table:
                self._read_table(field, data, size)
            else:
                member = self._member(field, data, size, position)
                if field.startswith(b"#1/") and self._is_table(member.name, member.offset, member.size):
                    self._read_table(member.name, member.offset, member.size)
                else:
                    self._places.append(position)
                    yield member
            position = data + held + held % 2
        # The entries of an index that is longer than its member says are not there to be read.
        if self._index and self.index is not Index.WRONG and not self._index.points_at(self._places):
            self.index = Index.WRONG

    def _header(self, position: int) -> tuple[bytes, int] | None:
        """The name and the size in a member's header; None if only padding follows."""
        left = self._source.size - position
        if left < HEADER_SIZE:
            if self._source.read(position, left).strip(b"\n"):
                raise Malformed(f"member header cut off after {left} of {HEADER_SIZE} bytes", position)
            return None
        header = self._source.read(position, HEADER_SIZE)
        if header[58:] != FMAG:
            raise Malformed("no member header where one should be", position)
        digits = header[48:58].strip()
        if not digits.isdigit():
            raise Malformed(f"member size is {digits!r}, expected a number", position)
        return header[:16].rstrip(b" "), int(digits)

    def _read_table(self, name: bytes, data: int, size: int) -> None:
        if name == b"//":
            self._names = data, size
            self._names_in_memory = self._source.read(data, size) if size <= LIMITS.chunk else None
        elif name in INDEX_NAMES and self._index is None:
            self._index = ArchiveIndex(self._source, name, data, size)
            self.index = self._index.state

    def _member(self, field: bytes, data: int, size: int, position: int) -> Member:
        if field.startswith(b"#1/") and field[3:].isdigit():
            length = int(field[3:])
            if length > size or self.thin:
                raise Malformed(f"name of {length} bytes in a member of {size}", position)
            name = self._source.read(data, min(length, LIMITS.member_name)).rstrip(b"\0")
            return Member(name, data + length, size - length)
        if field.startswith(b"/") and (reference := NAME_REFERENCE.fullmatch(field)):
            name = self._long_name(int(reference[1]), position)
            data = int(reference[2] or 0) if self.thin else data
            return Member(name, data, size, self.thin)
        name = field[:-1] if field.endswith(b"/") and field not in TABLES else field
        return Member(name, 0 if self.thin else data, size, self.thin)

    def _long_name(self, offset: int, position: int) -> bytes:
        start, size = self._names
        if offset >= size:
            raise Malformed(f"name at {offset} of a name table of {size} bytes", position)
        length = min(LIMITS.member_name, size - offset)
        if self._names_in_memory is None:
            names, offset = self._source.read(start + offset, length), 0
        else:
            names = self._names_in_memory
        # GNU ends a name with a slash and a line end, Microsoft's lib with NUL; GNU thin archives have slashes within.
        name, line_end, _ = names[offset : offset + length].partition(b"\0")[0].partition(b"\n")
        return name.removesuffix(b"/") if line_end else name

    def _is_table(self, name: bytes, data: int, size: int) -> bool:
        """Whether a member is one of ar's own tables: by its name, before all other members, and no object.

        Microsoft's archives have a second index of another layout right after the first.
        """
        if name not in TABLES or self._places or (name in self._tables and self._tables != [b"/"]):
            return False
        held = self._source.slice(data, min(size, max(0, self._source.size - data)))
        found = identify(head_of(held))
        if found in OBJECTS or (found == "coff" and is_coff(held)):
            return False
        self._tables.append(name)
        return True
