# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives as ar writes them: GNU, BSD `#1/`, Darwin, `/SYM64/`, COFF import libraries, thin.

Malformed archives raise, after every member before the damage has been given out.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from checker.limits import LIMITS
from checker.lto.markers import SLIM
from checker.model import Index
from checker.objects.magic import AR, AR_AIX, AR_THIN
from checker.objects.source import Malformed, Source

HEADER_SIZE = 60
FMAG = b"`\n"

NAME_REFERENCE = re.compile(rb"/(\d+)(?::(\d+))?(?: .*)?")
"""Where a long name is in the `//` table; thin archives add where in the named file the member is.

A blank ends it: GNU ar leaves a stale slash in the last byte when the name of a thin archive's member is 15 long.
"""

INDEX_NAMES = frozenset({b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED", b"__.SYMDEF_64", b"__.SYMDEF_64 SORTED"})
MICROSOFT_TABLES = (b"/<ECSYMBOLS>/", b"/<XFGHASHMAP>/")
TABLES = frozenset({*INDEX_NAMES, b"//", *MICROSOFT_TABLES})
"""Members that are ar's own; the only ones whose bytes are inside a thin archive."""

END_OF_NAME = re.compile(rb"/?\n|\0")
"""GNU ends a name with "/\\n", Microsoft's lib with NUL; only GNU thin archives have slashes within."""


class Member(NamedTuple):
    """One member; `offset` and `size` are its data in the archive, or in the file that a thin archive names."""

    name: bytes
    offset: int
    size: int
    is_reference: bool = False


class Archive:
    """One archive; `index` is known once `members` has been walked."""

    def __init__(self, source: Source) -> None:
        magic = source.read(0, len(AR))
        if magic == AR_AIX:
            raise Malformed("AIX big archive, which no Linux linker reads", 0)
        if magic not in (AR, AR_THIN):
            raise Malformed("no archive magic", 0)
        self.thin = magic == AR_THIN
        self.index = Index.MISSING
        self._source = source
        self._names = 0, 0
        self._names_in_memory: bytes | None = None

    def members(self, position: int = len(AR)) -> Iterator[Member]:
        """Every member but the tables of ar itself, in order, from the header at `position`."""
        source = self._source
        while position < source.size:
            left = source.size - position
            if left < HEADER_SIZE:
                if source.read(position, left).strip(b"\n"):
                    raise Malformed(f"member header cut off after {left} of {HEADER_SIZE} bytes", position)
                return
            header = source.read(position, HEADER_SIZE)
            if header[58:] != FMAG:
                raise Malformed("no member header where one should be", position)
            digits = header[48:58].strip()
            if not digits.isdigit():
                raise Malformed(f"member size is {digits!r}, expected a number", position)
            size, data = int(digits), position + HEADER_SIZE
            field = header[:16].rstrip(b" ")
            is_table = field in TABLES
            held = size if is_table or not self.thin else 0
            if held > left - HEADER_SIZE:
                raise Malformed(f"member of {size} bytes, the archive ends after {left - HEADER_SIZE}", position)
            if field == b"//":
                self._names = data, size
                self._names_in_memory = source.read(data, size) if size <= LIMITS.chunk else None
            elif is_table:
                self._read_index(field, data, size)
            else:
                member = self._member(field, data, size, position)
                if member.name in INDEX_NAMES:
                    self._read_index(member.name, member.offset, member.size)
                else:
                    yield member
            position = data + held + held % 2

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
        name = field[:-1] if field.endswith(b"/") else field
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
        end = END_OF_NAME.search(names, offset, offset + length)
        return names[offset : end.start() if end else offset + length]

    def _read_index(self, name: bytes, data: int, size: int) -> None:
        """See whether the index names anything that a linker could ask for."""
        source = self._source
        if size < 4:
            self.index = Index.EMPTY
            return
        if name.startswith(b"__.SYMDEF"):
            word = 8 if b"_64" in name else 4
            table = min(int.from_bytes(source.read(data, word), order) for order in ("little", "big"))
            strings, count = data + 2 * word + table, table
        else:
            word = 8 if name == b"/SYM64/" and size >= 8 else 4
            count = int.from_bytes(source.read(data, word), "big")
            strings = data + word + count * word
        if not count:
            self.index = Index.EMPTY
            return
        self.index = Index.LTO_ONLY if self._names_only_marker(strings, data + size) else Index.PRESENT

    def _names_only_marker(self, position: int, end: int) -> bool:
        entry = SLIM + b"\0"
        if position + len(entry) > end or self._source.read(position, len(entry)) != entry:
            return False
        step = LIMITS.chunk // len(entry) * len(entry)
        while position < end:
            part = self._source.read(position, min(step, end - position))
            if part.replace(entry, b"").strip(b"\0\n"):
                return False
            position += len(part)
        return True
