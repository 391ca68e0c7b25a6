# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of a package: its facts and items as compressed lines of JSON, written and read as a stream.

Neighbouring members of archives that share their facts, of which a distribution has millions, are kept together.
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
    Members,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Stage,
    Target,
    TargetType,
)

FACTS = 1
"""The number of what is kept, raised whenever it says more or says it otherwise, so that nothing stale is used."""

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


def gathered(items: Iterable[Item]) -> Iterator[Item]:
    """The items, neighbouring members of an archive together where they share their facts."""
    run: list[ObjectItem] = []
    for item in items:
        if run and not (len(run) < LIMITS.fact_groups and _follows(run[-1], item)):
            yield _together(run)
            run = []
        if isinstance(item, ObjectItem) and item.member is not None and item.position is not None:
            run.append(item)
        else:
            yield item
    if run:
        yield _together(run)


def _follows(last: ObjectItem, item: Item) -> bool:
    return (
        isinstance(item, ObjectItem)
        and item.member is not None
        and last.position is not None
        and (item.path, item.position) == (last.path, last.position + 1)
        and item.facts == last.facts
    )


def _together(run: list[ObjectItem]) -> Item:
    first = run[0]
    if len(run) == 1 or first.position is None:
        return first
    return Members(first.path, first.position, tuple(item.member or "" for item in run), first.facts)


def _lines(target: Target) -> Iterator[list[Any]]:
    """A line for the package, then one for each item, and before it one for its facts unless they were had before."""
    yield _row(target.package)
    numbers: dict[ObjectFacts | ArchiveFacts, int] = {}
    for item in gathered(target.items):
        if isinstance(item, ObjectItem | Members | ArchiveItem):
            if item.facts not in numbers:
                if len(numbers) == LIMITS.fact_groups:
                    numbers.clear()
                    yield ["forget"]
                numbers[item.facts] = len(numbers)
                yield [type(item.facts).__name__, *_row(item.facts)]
            number = numbers[item.facts]
            if isinstance(item, ObjectItem):
                yield ["object", item.path, item.member, item.position, number]
            elif isinstance(item, Members):
                yield ["members", item.path, item.position, item.names, number]
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
        elif word in READERS:
            known.append(READERS[word](values))
        elif word == "object":
            path, member, position, number = values
            yield ObjectItem(path, member, position, known[number])
        elif word == "members":
            path, position, names, number = values
            yield Members(path, position, tuple(names), known[number])
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


READERS: dict[str, Callable[[list[Any]], ObjectFacts | ArchiveFacts]] = {
    ObjectFacts.__name__: _object,
    ArchiveFacts.__name__: _archive,
}
