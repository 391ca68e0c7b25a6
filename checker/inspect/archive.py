# SPDX-License-Identifier: GPL-2.0-or-later
"""An archive as a whole: a table of its members, and the names in its symbol index."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from checker.inspect.inspection import TopRows, text, top_rows
from checker.inspect.lost import lost_symbols
from checker.inspect.places import places
from checker.limits import LIMITS
from checker.model import ArchiveItem, Finding, Judged, Kind, ObjectItem
from checker.objects.ar import FMAG, HEADER_SIZE
from checker.objects.magic import AR
from checker.objects.source import Malformed, Source
from checker.objects.walk import Opener

WORDS = {b"/": 4, b"/SYM64/": 8}
"""GNU's index members, and the bytes of a number in each. BSD's layout differs, and is not used on Linux."""

SOME = 5
"""The number of members of each kind that a summary names."""


@dataclass(slots=True)
class Overview:
    """An archive with its members; `size` in bytes."""

    size: int
    index_names: TopRows[str] | None = None
    """None for an index that is missing or not GNU's."""
    item: ArchiveItem | None = None
    members: list[ObjectItem] = field(default_factory=list)
    """The first members, as many as a table shows."""
    some: dict[Kind, list[ObjectItem]] = field(default_factory=dict)
    """The first members of every kind."""
    total: int = 0
    findings: list[Finding] = field(default_factory=list)
    lost: TopRows[str] = field(default_factory=TopRows)
    """Names that only the index or bytecode has, and no machine code defines."""
    sizes: dict[tuple[str, int], int] = field(default_factory=dict)
    """Bytes of the first members, by name and by position among all members."""
    exempt: dict[str, None] = field(default_factory=dict)
    """Reasons for which the policy exempts some of its objects, in order."""


def overview(judged: Iterable[Judged], source: Source, opener: Opener, inside: str = "") -> Overview:
    """The overview of an archive from its judged members; the archive itself comes last among them.

    `inside` is the prefix of its members' names, where the archive is a member of another one.
    """
    names = index_names(source)
    seen = Overview(source.size, names, lost=lost_symbols(source, opener, names))
    with suppress(Malformed):  # the finding on the archive reports it
        for place in islice(places(source, opener), LIMITS.inspect_rows):
            seen.sizes[inside + place.name, place.number] = place.source.size
    for item, findings, exempt in judged:
        if isinstance(item, ObjectItem):
            seen.total += 1
            if len(seen.members) < LIMITS.inspect_rows:
                seen.members.append(item)
            some = seen.some.setdefault(item.facts.kind, [])
            if len(some) < SOME:
                some.append(item)
        elif isinstance(item, ArchiveItem):
            seen.item = item
        if item is not None:
            seen.findings.extend(findings[: LIMITS.inspect_rows - len(seen.findings)])
        if exempt and len(seen.exempt) < SOME:
            seen.exempt[exempt] = None
    return seen


def index_names(source: Source) -> TopRows[str] | None:
    """The symbols that the index names, which is the first member; None if there is no GNU index."""
    try:
        header = source.read(len(AR), HEADER_SIZE)
        word, digits = WORDS.get(header[:16].rstrip(b" ")), header[48:58].strip()
        if not word or header[58:] != FMAG or not digits.isdigit():
            return None
        start = len(AR) + HEADER_SIZE
        size = min(int(digits), source.size - start)
        count = int.from_bytes(source.read(start, word), "big")
        names_at = word + count * word
        names = source.read(start + names_at, min(size - names_at, LIMITS.chunk))
    except Malformed:
        return None
    return TopRows(top_rows(text(name) for name in names.split(b"\0", LIMITS.inspect_rows)[:count] if name).kept, count)
