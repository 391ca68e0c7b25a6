# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a spec ships objects, and which of them the distribution's flags reach and the check judges."""

from collections.abc import Iterable
from typing import NamedTuple

from checker.model.specs import OwnFlags, Ships, Spot
from checker.specs.buildsystems import Makers
from checker.specs.conditions import Truth
from checker.specs.entries import Entry, listed_in
from checker.specs.text import SpecText
from checker.specs.waivers import Exceptions


class FilesFindings(NamedTuple):
    """Whether objects are shipped, and the lines that say so."""

    ships: Ships
    spots: list[Spot]
    reached: Ships
    """The same of what the distribution's flags reach, is not off by default, and not excepted from the check."""
    reached_spots: tuple[Spot, ...]
    excluded: tuple[Spot, ...]
    """Objects that %exclude keeps out of the package, but not out of the build root."""
    own_flags: tuple[OwnFlags, ...]
    excepted: tuple[Spot, ...]
    """Objects that the spec excepts from the check."""


def look_at_files(
    spec: SpecText,
    exceptions: Exceptions,
    build: SpecText,
    target: str | None = None,
    dead: Iterable[tuple[int, int]] = (),
) -> FilesFindings:
    """What a spec ships, as far as the text shows; `build` has the commands that make it, but for the lines `dead`."""
    makers = Makers(build, target, dead)
    objects, hidden, excluded, provides = listed_in(spec)
    own: dict[str, OwnFlags] = {}
    excepted = []
    reached_objects: list[Entry] = []
    reached_hidden: list[Entry] = []
    for entries, reached in ((objects, reached_objects), (hidden, reached_hidden)):
        for entry in entries:
            maker = makers.of(entry.path)
            if maker and not makers.is_sure(maker):
                reached_hidden.append(entry)
            elif maker:
                own.setdefault(maker.name, OwnFlags(maker.name, maker.need))
            elif entry.path and exceptions.cover(entry.path):
                excepted.append(entry.spot)
            elif entry.truth is not Truth.OFF:
                reached.append(entry)
    left = (one.spot for one in excluded if not makers.of(one.path) and not exceptions.cover(one.path))
    declared = [] if objects else provides
    return FilesFindings(
        _ships(objects, hidden, declared),
        _spots(objects, hidden, declared),
        _ships(reached_objects, reached_hidden, declared),
        tuple(_spots(reached_objects, reached_hidden, declared)),
        tuple(left),
        tuple(own.values()),
        tuple(excepted),
    )


def _ships(objects: list[Entry], hidden: list[Entry], declared: list[Spot]) -> Ships:
    if objects:
        return Ships.YES if any(entry.truth.by_default for entry in objects) else Ships.CONDITIONAL
    if hidden:
        return Ships.YES if declared else Ships.UNKNOWN
    return Ships.NO


def _spots(objects: list[Entry], hidden: list[Entry], declared: list[Spot]) -> list[Spot]:
    """The lines that say so: those that name objects, or else those that may."""
    spots = sorted(entry.spot for entry in objects or hidden)
    return spots if objects else [*spots, *declared]
