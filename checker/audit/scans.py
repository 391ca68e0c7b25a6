# SPDX-License-Identifier: GPL-2.0-or-later
"""Paths that a user names, scanned by several processes: the same targets in the same order as by one."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import NamedTuple

from checker.audit.executors import DEADLY, Workers, in_order
from checker.audit.facts import recorded, replayed
from checker.errors import Unavailable
from checker.limits import LIMITS, Limits
from checker.model import Item, Members, PackageFacts, Target, TargetType
from checker.packages.options import PackageOptions
from checker.packages.path import is_build_root, is_package, prefix_of, target_at
from checker.trees.parts import TreePart, parts, walk_part
from checker.trees.tree import unreadable_item

TOO_MUCH = b""
"""The record of what is too large to be sent between processes; the parent scans it itself."""


class ScanOptions(NamedTuple):
    """How paths are to be read."""

    package: PackageFacts
    """What is known of the package that files belong to."""
    build_root: bool | None
    reading: PackageOptions
    limits: Limits = LIMITS
    """What one process may hand to another."""
    files: int = 16
    """Files of a folder that a process is given at once."""


class Piece(NamedTuple):
    """The task of a process: a path, or a part of the folder there."""

    number: int
    """Of the path among all."""
    path: str
    part: TreePart | None


def scanned(paths: Iterable[str], options: ScanOptions, workers: Workers) -> Iterator[Target]:
    """A target for each path; a file that kills every process that reads it is unreadable, and no other is."""
    with closing(in_order(workers, partial(_look, options=options), _pieces(paths, options))) as results:
        for (_, path), pieces in groupby(results, key=lambda result: result[0][:2]):
            if is_package(path):
                ((piece, record),) = pieces
                deadly = Target(path, TargetType.RPM, PackageFacts(), iter([DEADLY]))
                found = _found(piece, options) if record == TOO_MUCH else replayed(record, path) if record else deadly
            else:
                found = target_at(path, options.package, options.build_root)
                items = (item for piece, record in pieces for item in _items(piece, record, options, workers))
                found = found._replace(items=items)
            yield found._replace(items=_one_by_one(found.items))


def _pieces(paths: Iterable[str], options: ScanOptions) -> Iterator[Piece]:
    for number, path in enumerate(paths):
        try:
            if os.path.isdir(path):
                is_root = is_build_root(path, options.build_root)
                yield from (Piece(number, path, part) for part in parts(path, is_root, options.files))
                continue
        except OSError:  # the look at the whole path says so
            pass
        yield Piece(number, path, None)


def _look(piece: Piece, options: ScanOptions) -> bytes:
    """What is in a piece, as a record; this is what workers do."""
    try:
        return recorded(_found(piece, options), options.limits)
    except Unavailable:
        return TOO_MUCH


def _found(piece: Piece, options: ScanOptions) -> Target:
    if piece.part is None:
        return target_at(piece.path, options.package, options.build_root, options.reading)
    items = walk_part(piece.path, piece.part, _prefix(piece, options))
    return Target(piece.path, TargetType.TREE, options.package, items)


def _items(piece: Piece, record: bytes | None, options: ScanOptions, workers: Workers) -> Iterator[Item]:
    """What was found in a piece; if that killed its process, its files are tried one by one."""
    if record == TOO_MUCH:
        yield from _found(piece, options).items
    elif record is not None:
        yield from replayed(record, piece.path).items
    elif piece.part is None:
        yield unreadable_item(piece.path, DEADLY)
    elif len(piece.part.files) == 1:
        ((folder, name, _),) = piece.part.files
        yield unreadable_item(f"{_prefix(piece, options)}{folder}{name}", DEADLY)
    else:
        singles = (piece._replace(part=part) for part in piece.part.each())
        for single, again in in_order(workers, partial(_look, options=options), singles):
            yield from _items(single, again, options, workers)


def _prefix(piece: Piece, options: ScanOptions) -> str:
    return prefix_of(piece.path, is_build_root(piece.path, options.build_root))


def _one_by_one(items: Iterator[Item]) -> Iterator[Item]:
    """The items, with members of a record as single objects again."""
    for item in items:
        if isinstance(item, Members):
            yield from item.each()
        else:
            yield item
