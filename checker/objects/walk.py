# SPDX-License-Identifier: GPL-2.0-or-later
"""The walk over the objects of one file, through archives in archives, and through thin archives by an opener."""

from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from checker.errors import LtocheckError, Obstacle, Unavailable, crash
from checker.limits import LIMITS
from checker.model import (
    ARCHIVE_ORDER,
    ArchiveFacts,
    ArchiveItem,
    Form,
    Index,
    Kind,
    ObjectFacts,
    ObjectItem,
)
from checker.objects import ar, magic
from checker.objects.classify import classify, other, unreadable
from checker.objects.source import Malformed, Source

if TYPE_CHECKING:
    from checker.objects.comment import CompilerName

Opener = Callable[[str], AbstractContextManager[Source]]
"""Opens the file that a thin archive names, by the name in the archive; raises Malformed."""

LINKABLE = (Form.GIMPLE, Form.BITCODE, Form.FAT_SECTION)


def text_of(name: bytes) -> str:
    """A name as text; bytes that are not UTF-8 survive as surrogates."""
    return name.decode("utf-8", "surrogateescape")


def is_archive(source: Source) -> bool:
    """Whether this is an archive of any kind, readable or not."""
    return magic.is_archive(magic.head_of(source))


def walk(
    path: str, source: Source, opener: Opener, compiler: "CompilerName | None" = None
) -> Iterator[ObjectItem | ArchiveItem]:
    """Every object of a file, each archive after its members; malformed bytes become facts, never an exception.

    `compiler`, a new one for each file, collects the compiler that the file's objects name.
    """
    if is_archive(source):
        yield from _walk_archive(path, None, source, opener, 1, compiler)
        return
    facts = _classified(source, b"", compiler)
    if compiler:
        facts = facts._replace(compiler=compiler.name)
    yield ObjectItem(path, None, None, facts)


class _ArchiveCounts:
    """Counts over the members of one archive."""

    def __init__(self) -> None:
        self.kinds: Counter[Kind] = Counter()
        self.formats: set[str] = set()
        self.machines: set[str] = set()
        self.versions: set[str] = set()
        self.bare = 0
        self.nameless = 0
        self._seen: ObjectFacts | None = None

    def add(self, facts: ObjectFacts) -> None:
        self.kinds[facts.kind] += 1
        self.bare += facts.bare
        self.nameless += facts.nameless
        if facts is self._seen:  # most neighbours share their facts
            return
        self._seen = facts
        self.formats.add(facts.format)
        if facts.machine:
            self.machines.add(facts.machine)
        for code in facts.bytecode:
            if code.form in LINKABLE and len(self.versions) < LIMITS.versions:
                self.versions.add(f"{code.producer} {code.version or '?'}")

    def facts(self, archive: ar.Archive | None, compiler: str | None) -> ArchiveFacts:
        kind = next((kind for kind in ARCHIVE_ORDER if self.kinds[kind]), Kind.NONE)
        return ArchiveFacts(
            kind=kind,
            members=self.kinds.total(),
            kinds=tuple(sorted(self.kinds.items())),
            symbol_index=archive.index if archive else Index.MISSING,
            thin=archive.thin if archive else False,
            formats=tuple(sorted(self.formats)),
            machines=tuple(sorted(self.machines)),
            versions=tuple(sorted(self.versions)),
            bare=self.bare,
            nameless=self.nameless,
            compiler=compiler,
        )


def _walk_archive(
    path: str, outer: str | None, source: Source, opener: Opener, depth: int, compiler: "CompilerName | None"
) -> Generator[ObjectItem | ArchiveItem, None, Kind]:
    """The members of one archive, then the archive; returns its kind. `outer` is its name inside other archives."""
    tally = _ArchiveCounts()
    archive = None
    try:
        archive = ar.Archive(source)
        for number, member in enumerate(archive.members()):
            name = text_of(member.name) if outer is None else f"{outer}/{text_of(member.name)}"
            if member.is_reference:
                facts = _referenced(text_of(member.name), member, opener)
            else:
                data = source.slice(member.offset, member.size)
                head = magic.head_of(data)
                if magic.is_archive(head):
                    if depth < LIMITS.archive_depth:
                        inner = yield from _walk_archive(path, name, data, opener, depth + 1, compiler)
                        tally.kinds[Kind.OTHER if inner is Kind.NONE else inner] += 1
                        tally.formats.add("ar")
                        continue
                    facts = unreadable(f"archives inside archives, deeper than {LIMITS.archive_depth}", "ar")
                else:
                    facts = _classified(data, head, compiler)
            tally.add(facts)
            yield ObjectItem(path, name, number, facts)
    except Exception as error:
        is_malformed = isinstance(error, Malformed)
        facts = unreadable(f"malformed archive: {error}", "ar") if is_malformed else _crashed(error)
        number = tally.kinds.total()
        tally.add(facts)
        yield ObjectItem(path, outer, number, facts)
    summary = tally.facts(archive, compiler.name if compiler else None)
    yield ArchiveItem(path, outer, summary)
    return summary.kind


def _classified(source: Source, head: bytes, compiler: "CompilerName | None") -> ObjectFacts:
    """The facts of one object, and its compiler; a bug of ours makes that object unreadable, and the rest is judged."""
    try:
        facts = classify(source, head)
        if compiler:
            compiler.look_at(source, facts)
    except Exception as error:
        return _crashed(error)
    return facts


def _crashed(error: Exception) -> ObjectFacts:
    """Facts of an object that a bug of ltocheck makes unreadable; raises `error` again if it is no bug."""
    if isinstance(error, (OSError, LtocheckError, Unavailable)):
        raise error
    found = crash(error)
    return unreadable(found.detail, obstacle=found.obstacle)


_REFERENCED: dict[tuple[Hashable, int], ObjectFacts] = {}
"""Facts by file and position, because many thin archives may name one file, and an archive may name it often."""


def _referenced(name: str, member: ar.Member, opener: Opener) -> ObjectFacts:
    """Facts of the object that a thin archive names; an archive there is skipped, because it is judged as a file."""
    try:
        with opener(name) as file:
            identity = (file.identity, member.offset) if file.identity else None
            if identity and identity in _REFERENCED:
                return _REFERENCED[identity]
            facts = _found(file, member.offset)
            if identity:
                if len(_REFERENCED) >= LIMITS.shared_links:
                    _REFERENCED.clear()
                _REFERENCED[identity] = facts
            return facts
    except Malformed as error:
        return unreadable(f"member of a thin archive: {error}", obstacle=Obstacle.ELSEWHERE)


def _found(file: Source, position: int) -> ObjectFacts:
    try:
        file = nested_member(file, position) if position else file
        return other("ar") if is_archive(file) else _classified(file, b"", None)
    except Malformed as error:
        return unreadable(f"member of a thin archive: {error}")


def nested_member(file: Source, position: int) -> Source:
    """The member at `position` of an archive that a thin archive names; raises Malformed."""
    for member in ar.Archive(file).members(position):
        return file.slice(member.offset, member.size)
    raise Malformed("no member where the thin archive says", position)
