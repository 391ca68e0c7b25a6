# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of a package: its facts and items as compressed lines of JSON, written and read as a stream.

Sound members of archives, of which there are millions in a distribution, are kept as counts.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    FileCount,
    Form,
    Index,
    Item,
    Kind,
    ObjectCount,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Stage,
    Target,
    TargetType,
)

SOUND = (Kind.NATIVE, Kind.EMPTY)

CHUNK = 1 << 16

_encode = json.JSONEncoder(separators=(",", ":"), default=list).encode


def recorded(target: Target) -> bytes:
    """A package with all that is in it; the target is walked to its end."""
    packer = zlib.compressobj()
    lines = (f"{_encode(line)}\n".encode() for line in _lines(target))
    return b"".join((*map(packer.compress, lines), packer.flush()))


def replayed(record: bytes, path: str) -> Target:
    """The target that was recorded, to be judged anew."""
    rows = map(json.loads, _unpacked(record))
    package = _package(next(rows))
    return Target(path, TargetType.RPM, package, _items(rows))


def counted(items: Iterable[Item]) -> Iterator[Item]:
    """The items, with the sound members of each archive as counts, but for those that a rule may single out."""
    path = None
    groups: dict[ObjectFacts, tuple[int, int]] = {}
    for item in items:
        if isinstance(item, ObjectItem) and item.member is not None:
            if item.path != path:
                yield from _counts(path, groups)
                path, groups = item.path, {}
            if _is_ordinary(item) and len(groups) < LIMITS.fact_groups:
                facts, size = _without_size(item.facts)
                count, total = groups.get(facts, (0, 0))
                groups[facts] = (count + 1, total + size)
                continue
        elif isinstance(item, ArchiveItem) and item.member is None:
            yield from _counts(path, groups)
            groups = {}
        yield item
    yield from _counts(path, groups)


def _is_ordinary(item: ObjectItem) -> bool:
    facts = item.facts
    rust_without_bitcode = (item.member or "").endswith(".rcgu.o") and not facts.bytecode
    return facts.kind in SOUND and not facts.ctors and not rust_without_bitcode


def _without_size(facts: ObjectFacts) -> tuple[ObjectFacts, int]:
    """Facts that are equal for objects with different amounts of embedded bitcode, and that amount."""
    if not facts.bytecode:
        return facts, 0
    bare = tuple(replace(code, size=0) for code in facts.bytecode)
    return replace(facts, bytecode=bare), sum(code.size for code in facts.bytecode)


def _counts(path: str | None, groups: dict[ObjectFacts, tuple[int, int]]) -> Iterator[ObjectCount]:
    for facts, (count, size) in groups.items():
        if size:
            first, *others = facts.bytecode
            facts = replace(facts, bytecode=(replace(first, size=size), *others))
        assert path is not None
        yield ObjectCount(path, facts, count)


def _lines(target: Target) -> Iterator[list[Any]]:
    """A line for the package, then one for each item, and before it one for its facts unless they were had before."""
    yield _row(target.package)
    numbers: dict[ObjectFacts | ArchiveFacts, int] = {}
    for item in counted(target.items):
        if isinstance(item, ObjectItem | ObjectCount | ArchiveItem):
            if item.facts not in numbers:
                if len(numbers) == LIMITS.fact_groups:
                    numbers.clear()
                    yield ["forget"]
                numbers[item.facts] = len(numbers)
                yield [type(item.facts).__name__, *_row(item.facts)]
            number = numbers[item.facts]
            if isinstance(item, ObjectItem):
                yield ["object", item.path, item.member, item.position, number]
            elif isinstance(item, ObjectCount):
                yield ["count", item.path, number, item.objects]
            else:
                yield ["archive", item.path, item.member, number]
        elif isinstance(item, FileCount):
            yield ["files", item.files]
        elif isinstance(item, Unavailable):
            yield ["unread", item.obstacle, item.detail]


def _row(facts: PackageFacts | ObjectFacts | ArchiveFacts | Bytecode) -> list[Any]:
    values = (getattr(facts, field.name) for field in fields(facts))
    return [
        [_row(one) if isinstance(one, Bytecode) else one for one in value] if isinstance(value, tuple) else value
        for value in values
    ]


def _unpacked(record: bytes) -> Iterator[str]:
    """The lines of a record; never more than a part of it is in memory unpacked."""
    unpacker = zlib.decompressobj()
    rest, data = b"", record
    while data and not unpacker.eof:
        *lines, rest = (rest + unpacker.decompress(data, CHUNK)).split(b"\n")
        data = unpacker.unconsumed_tail
        yield from (line.decode() for line in lines)
    yield from (line.decode() for line in (rest + unpacker.flush()).split(b"\n") if line)


def _items(rows: Iterator[list[Any]]) -> Iterator[Item]:
    known: list[Any] = []
    for word, *values in rows:
        if word == "forget":
            known = []
        elif word in FACTS:
            known.append(FACTS[word](values))
        elif word == "object":
            path, member, position, number = values
            yield ObjectItem(path, member, position, known[number])
        elif word == "count":
            path, number, count = values
            yield ObjectCount(path, known[number], count)
        elif word == "archive":
            path, member, number = values
            yield ArchiveItem(path, member, known[number])
        elif word == "files":
            yield FileCount(values[0])
        else:
            yield Unavailable(Obstacle(values[0]), values[1])


def _package(row: list[Any]) -> PackageFacts:
    names = (field.name for field in fields(PackageFacts))
    facts = PackageFacts(**dict(zip(names, row, strict=True)))
    return replace(
        facts, opt_in_evidence=tuple(facts.opt_in_evidence), stage=Stage(facts.stage), kinds=_kinds(facts.kinds)
    )


def _object(row: list[Any]) -> ObjectFacts:
    facts = ObjectFacts(*row)
    rows: Iterable[Any] = facts.bytecode
    code = tuple(Bytecode(Form(form), *rest) for form, *rest in rows)
    return replace(facts, kind=Kind(facts.kind), bytecode=code, ctors=tuple(facts.ctors))


def _archive(row: list[Any]) -> ArchiveFacts:
    facts = ArchiveFacts(*row)
    return replace(
        facts,
        kind=Kind(facts.kind),
        kinds=_kinds(facts.kinds),
        index=Index(facts.index),
        formats=tuple(facts.formats),
        machines=tuple(facts.machines),
        versions=tuple(facts.versions),
    )


def _kinds(rows: Iterable[Any]) -> tuple[tuple[Kind, int], ...]:
    return tuple((Kind(kind), count) for kind, count in rows)


FACTS: dict[str, Callable[[list[Any]], ObjectFacts | ArchiveFacts]] = {
    ObjectFacts.__name__: _object,
    ArchiveFacts.__name__: _archive,
}
