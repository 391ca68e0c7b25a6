# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set against a folder of specs: who declares it, who should, who need not."""

import os
from collections.abc import Iterable, Iterator

from checker.errors import Unavailable
from checker.model.audits import Declaration, Need, OptInSet, SpecState
from checker.model.specs import Observed, Ships
from checker.model.statements import Ground, Statement, say
from checker.specs.fix import opted_in
from checker.specs.folder import SUFFIX, SpecFolder
from checker.specs.lexical import look_lexically
from checker.specs.spec_file import read_spec_file

UNDECIDED = (Need.NEEDED, Need.UNKNOWN, Need.OWN_FLAGS)
"""Where an opt-in may be why the objects are as they are."""

SAID_TO_SHIP = (Ships.YES, Ships.CONDITIONAL)


def declarations(found: OptInSet, folder: SpecFolder, macro: str) -> Iterator[Declaration]:
    """Every source package that needs the opt-in, with its spec; then specs that opt in without need.

    In the end comes what could not be read in the folder, called by its file, since what is in it is not known.
    """
    needed = [source.source for source in found.sources if source.need is Need.NEEDED]
    paths = folder.found(needed)
    for name in needed:
        path = paths.get(name)
        yield _declaration(name, path, folder, macro) if path else Declaration(name, SpecState.MISSING)
    sources = {source.source: source for source in found.sources}
    for path, facts in folder.opted_in():
        name = facts.name or os.path.basename(path).removesuffix(SUFFIX)
        place = os.path.relpath(path, folder.folder)
        source = sources.get(name)
        if source and source.need not in UNDECIDED:
            yield Declaration(name, SpecState.UNNEEDED, place, source.why, opted_in=True)
        elif not source and facts.ships not in SAID_TO_SHIP:  # what says that it ships objects was not in this run
            yield Declaration(name, SpecState.UNNEEDED, place, say(Ground.NO_OBJECT_OF_IT), opted_in=True)
    for path, reason in folder.unread.items():
        name = os.path.basename(path).removesuffix(SUFFIX)
        if path not in paths.values() and name not in paths:
            place = os.path.relpath(path, folder.folder)
            yield Declaration(name, SpecState.INACCESSIBLE, place, say(Ground.UNREADABLE, detail=reason))


def _declaration(name: str, path: str, folder: SpecFolder, macro: str) -> Declaration:
    real = os.path.realpath(path)
    place = os.path.relpath(path, folder.folder)
    if os.path.commonpath((real, folder.folder)) != folder.folder:
        return Declaration(name, SpecState.REFUSED, place, say(Ground.LINK_LEADS_OUT))
    try:
        data = read_spec_file(path).data
    except Unavailable as error:
        return Declaration(name, SpecState.INACCESSIBLE, place, say(Ground.UNREADABLE, detail=error.detail))
    try:
        changed = opted_in(data, macro, ships=True)
    except Unavailable as error:
        return Declaration(
            name,
            SpecState.REFUSED,
            place,
            say(Ground.DETAIL, detail=error.detail),
            opted_in=look_lexically(data, macro).opt_in,
        )
    if changed == data:
        return Declaration(name, SpecState.DECLARED, place, opted_in=True, undone=_undone(data, macro))
    place = os.path.relpath(real, folder.folder)
    return Declaration(name, SpecState.UNDECLARED, place, before=data, after=changed, opted_in=False)


def _undone(data: bytes, macro: str) -> Statement | None:
    """The line that takes an opt-in back."""
    undone = (one.spot for one in look_lexically(data, macro).observations if one.what is Observed.FAT_UNDONE)
    return next((say(Ground.SPEC_LINE, line=spot.line, text=spot.text.strip()) for spot in undone), None)


def with_declarations(found: OptInSet, declared: Iterable[Declaration]) -> OptInSet:
    """The set, in which the word of a spec counts for more than that of packages that were built before."""
    said = {one.source: one.opted_in for one in declared if one.opted_in is not None}
    sources = (one._replace(opted_in=said.get(one.source, one.opted_in)) for one in found.sources)
    return found._replace(sources=tuple(sources))
