# SPDX-License-Identifier: GPL-2.0-or-later
"""`FILE[:MEMBER]` arguments of users, resolved to the bytes of a file or member."""

import os
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from checker.errors import UsageError
from checker.limits import LIMITS
from checker.objects import ar
from checker.objects.source import BufferSource, Malformed, Source
from checker.objects.walk import Opener, is_archive, nested_member, text_of

SUGGESTED = 5


class Place(NamedTuple):
    """One member of an archive, or of an archive in it; its source can be read until the next place is requested."""

    name: str
    label: str
    """Its name with the last part replaced by its number: `#3`, `inner.a/#0`."""
    number: int
    source: Source
    problem: str | None = None
    """The reason why it cannot be read, such as a file that a thin archive names and that does not exist."""


def locate(argument: str, exists: Callable[[str], bool] = os.path.lexists) -> tuple[str, str | None]:
    """Split an argument into file and member: the longest beginning that exists is the file.

    `FILE(MEMBER)`, as reports and linkers write it, is the same as `FILE:MEMBER`.
    """
    if argument.endswith(")") and not exists(argument):
        file, _, member = argument[:-1].partition("(")
        if exists(file):
            return file, member or None
    end = len(argument)
    while end > 0:
        if exists(argument[:end]):
            return argument[:end], argument[end + 1 :] or None
        end = argument.rfind(":", 0, end)
    return argument, None


def places(source: Source, opener: Opener, outer: str = "", depth: int = 1) -> Iterator[Place]:
    """Every member of an archive, archives before their members; raises Malformed after those before the damage."""
    for number, member in enumerate(ar.Archive(source).members()):
        name, label = f"{outer}{text_of(member.name)}", f"{outer}#{number}"
        if member.is_reference:
            yield from _reference(Place(name, label, number, BufferSource(b"")), member, opener)
            continue
        data = source.slice(member.offset, member.size)
        yield Place(name, label, number, data)
        if member.size and depth < LIMITS.archive_depth and is_archive(data):
            try:
                yield from places(data, opener, f"{name}/", depth + 1)
            except Malformed:
                continue  # selecting that archive reports the damage inside


def _reference(place: Place, member: ar.Member, opener: Opener) -> Iterator[Place]:
    try:
        with opener(text_of(member.name)) as file:
            yield place._replace(source=nested_member(file, member.offset) if member.offset else file)
    except Malformed as error:
        yield place._replace(problem=f"member of a thin archive: {error}")


def select(source: Source, opener: Opener, path: str, wanted: str) -> Iterator[Place]:
    """The members that `wanted` selects, by name or else by number; raises UsageError if there is none."""
    if not is_archive(source):
        raise UsageError(f"{path} is no archive, it has no member {wanted}")
    tests: tuple[Callable[[Place], bool], ...] = (
        lambda place: place.name == wanted,
        lambda place: place.label == wanted,
    )
    names: list[str] = []
    damage = ""
    for test in tests:
        found = False
        try:
            for place in places(source, opener):
                if test(place):
                    found = True
                    yield place
                elif len(names) < LIMITS.inspect_names:
                    names.append(place.name)
        except Malformed as error:
            damage = f" before the damage ({error})"
        if found:
            return
    raise UsageError(f"{path} has no member {wanted}{damage}{_suggestion(wanted, names)}")


def _suggestion(wanted: str, names: list[str]) -> str:
    similar = get_close_matches(wanted, list(dict.fromkeys(names)), SUGGESTED, 0.5)
    inside = (name for name in dict.fromkeys(names) if name.rpartition("/")[2] == wanted)
    nearest = (
        list(dict.fromkeys([*islice(inside, SUGGESTED), *similar]))[:SUGGESTED]
        or list(dict.fromkeys(names))[:SUGGESTED]
    )
    return f"; there is {', '.join(nearest)}" if nearest else "; it has no members at all"
