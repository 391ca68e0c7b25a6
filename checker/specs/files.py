# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a spec ships objects, and which of them the distribution's flags reach and the check judges."""

from collections.abc import Iterable
from typing import NamedTuple

from checker.model.specs import OwnFlags, Ships, Spot
from checker.specs.buildsystems import Makers
from checker.specs.conditions import Truth
from checker.specs.entries import ListedFiles, listed_in
from checker.specs.text import SpecText
from checker.specs.waivers import Exceptions


class FilesFindings(NamedTuple):
    """Whether objects are shipped, and the lines that say so."""

    ships: Ships
    spots: tuple[Spot, ...]
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
    listed = listed_in(spec)
    own: dict[str, OwnFlags] = {}
    excepted = []
    reached = ListedFiles([], [], [], listed.provides)
    for entries, kept in ((listed.objects, reached.objects), (listed.hidden, reached.hidden)):
        for entry in entries:
            maker = makers.of(entry.path)
            if maker and not makers.is_sure(maker):
                reached.hidden.append(entry)
            elif maker:
                own.setdefault(maker.name, OwnFlags(maker.name, maker.need))
            elif entry.path and exceptions.cover(entry.path):
                excepted.append(entry.spot)
            elif entry.truth is not Truth.OFF:
                kept.append(entry)
    left = (one.spot for one in listed.excluded if not makers.of(one.path) and not exceptions.cover(one.path))
    return FilesFindings(
        listed.ships,
        listed.spots,
        reached.ships,
        reached.spots,
        tuple(left),
        tuple(own.values()),
        tuple(excepted),
    )
