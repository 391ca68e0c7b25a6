# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of a package: its facts and items as compressed lines of JSON, written and read as a stream.

Neighbouring members of archives that share their facts, of which a distribution has millions, are kept together.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from checker.audit.typed import Reader, reader
from checker.compact import encode
from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    FileCount,
    Item,
    Members,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Target,
    TargetType,
)
from checker.model.statements import Statement

FACTS = 5
"""The version of what is stored of a package; raise it whenever that changes, so that nothing stale is used."""

DAMAGE = (zlib.error, ValueError, LookupError, TypeError, RecursionError)
"""What reading a damaged record raises."""

CHUNK = 1 << 16
WIDEST = 16
"""Bytes that a character of a name may take in a line, and some to spare for the path."""


def recorded(target: Target, limits: Limits = LIMITS) -> bytes:
    """The record of a package; its items are walked to the end. Raises Unavailable if that is too large."""
    packer = zlib.compressobj()
    packed, left = [], limits.record
    for line in _lines(target, limits):
        data = f"{encode(line)}\n".encode()
        left -= len(data)
        if left < 0:
            raise Unavailable(Obstacle.TOO_LARGE, f"has more in it than {limits.record} bytes can say")
        packed.append(packer.compress(data))
    return b"".join((*packed, packer.flush()))


def replayed(record: bytes, path: str) -> Target:
    """The target of a record, to be judged again; raises one of DAMAGE, also while its items are walked."""
    rows = _unpacked(record)
    package: PackageFacts = _PACKAGE(next(rows, None))
    return Target(path, TargetType.RPM, package, _items(rows))


def gathered(items: Iterable[Item], limits: Limits = LIMITS) -> Iterator[Item]:
    """The items; neighbouring members of an archive with equal facts are one `Members`."""
    run: list[ObjectItem] = []
    names = 0
    for item in items:
        if run and not (
            len(run) < limits.fact_groups and names < limits.record_row // WIDEST and _follows(run[-1], item)
        ):
            yield _together(run)
            run, names = [], 0
        if isinstance(item, ObjectItem) and item.member is not None and item.position is not None:
            run.append(item)
            names += len(item.member)
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


def _lines(target: Target, limits: Limits) -> Iterator[list[Any]]:
    """A line for the package, then one for each item; before it one for its facts, where those are new."""
    yield _row(target.package)
    numbers: dict[ObjectFacts | ArchiveFacts, int] = {}
    for item in gathered(target.items, limits):
        if isinstance(item, ObjectItem | Members | ArchiveItem):
            if item.facts not in numbers:
                if len(numbers) == limits.fact_groups:
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
            yield ["files", item.files, item.not_looked_at]
        elif isinstance(item, Unavailable):
            yield ["unread", item.obstacle, item.detail]


def _row(facts: PackageFacts | ObjectFacts | ArchiveFacts | Bytecode) -> list[Any]:
    return [_plain(value) for value in facts]


def _plain(value: Any) -> Any:
    """A field of facts as JSON has it."""
    if isinstance(value, Statement):
        return [value.key.value, value.values]
    if isinstance(value, Bytecode):
        return _row(value)
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _unpacked(record: bytes) -> Iterator[Any]:
    """The rows of a record; never more than one, and a part of what is packed, is in memory unpacked."""
    unpacker = zlib.decompressobj()
    rest, data, size = b"", record, 0
    while data and not unpacker.eof:
        block = unpacker.decompress(data, CHUNK)
        data = unpacker.unconsumed_tail
        size += len(block)
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > LIMITS.record_row or size > LIMITS.record:
            raise ValueError("larger than any facts that are stored")
        yield from map(json.loads, lines)
    rest += unpacker.flush()
    if not unpacker.eof:
        raise ValueError("facts that are cut off")
    yield from (json.loads(line) for line in rest.split(b"\n") if line)


def _items(rows: Iterator[Any]) -> Iterator[Item]:
    known: list[Any] = []
    for word, *values in rows:
        if word == "forget":
            known = []
        elif word in FACTS_BY_NAME:
            known.append(FACTS_BY_NAME[word](values))
        elif word == "object":
            path, member, position, number = _OBJECT(values)
            yield ObjectItem(path, member, position, known[number])
        elif word == "members":
            path, position, names, number = _MEMBERS(values)
            yield Members(path, position, names, known[number])
        elif word == "archive":
            path, member, number = _ARCHIVE(values)
            yield ArchiveItem(path, member, known[number])
        elif word == "files":
            yield _FILES(values)
        elif word == "unread":
            yield Unavailable(*_UNREAD(values))
        else:
            raise ValueError(f"{str(word)[:40]!r} where the name of an item is expected")


FACTS_BY_NAME: dict[str, Reader] = {facts.__name__: reader(facts) for facts in (ObjectFacts, ArchiveFacts)}
_OBJECT = reader(tuple[str, str | None, int | None, int])
_MEMBERS = reader(tuple[str, int, tuple[str, ...], int])
_ARCHIVE = reader(tuple[str, str | None, int])
_FILES = reader(FileCount)
_UNREAD = reader(tuple[Obstacle, str])
_PACKAGE = reader(PackageFacts)
