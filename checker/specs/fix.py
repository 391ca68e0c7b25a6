# SPDX-License-Identifier: GPL-2.0-or-later
"""Opts a spec in: writes one line where a maintainer would, keeps every other byte, or says why not."""

import re
from difflib import diff_bytes, unified_diff

from checker.errors import Obstacle, Unavailable
from checker.model.specs import LtoState, Observed, Ships, SpecFacts
from checker.specs.lexical import look_lexically

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COMMENT = re.compile(rb"\s*(?:#(?!.*%(?!%))|%dnl\b)")
LINE = re.compile(rb"[^\n]*\n|[^\n]+")
HEADER = re.compile(rb"spec file for|SPDX|Copyright|licen[cs]e|vim?:|-\*-|norootforbuild", re.IGNORECASE)
"""A comment that belongs to the whole file, not to what comes next."""

OF_FILE = re.compile(rb"\s*(?:Name|Summary|Version)\s*:", re.IGNORECASE)
"""Tags that no comment explains: one above them is about the whole file as well."""

OBSTACLES = {
    Observed.UNREADABLE: "{detail}",
    Observed.BROKEN: "line {line}: {detail}",
    Observed.LATE_IN_BUILD: "line {line} sets %{macro} already, below commands that it may not reach: move it up",
    Observed.LATE_OPT_IN: "line {line} sets %{macro} already, too late for the compiler flags: move it up",
    Observed.FAT_UNDONE: "line {line} takes {detail} back",
    Observed.PROJECT_LTO: "line {line}: {detail} turns on the project's own LTO, which the opt-in may not reach",
}
"""Signs that make it unsure whether one line would do."""


def opted_in(data: bytes, macro: str, ships: bool = False) -> bytes:
    """The bytes of a spec with the opt-in in it, the same bytes where it needs none; `macro` without percent sign.

    Goes by the text alone. `ships` says that its packages are known to hold objects, where its file lists leave that
    open. Raises Unavailable where one line would not surely do.
    """
    facts = look_lexically(data, macro)
    if facts.opt_in and not any(seen.what in (Observed.SHELL_OPT_IN, *LATE) for seen in facts.observations):
        return data
    _refuse_obstacles(facts, macro)
    _refuse_shipless(facts, ships)
    return with_opt_in(data, facts, macro)


def with_opt_in(data: bytes, facts: SpecFacts, macro: str) -> bytes:
    """The bytes of a spec that needs the opt-in, with it; raises Unavailable where one line would not surely do."""
    _refuse_obstacles(facts, macro)
    _refuse_flags(facts)
    changed = with_line(data, f"%global {macro} 1".encode())
    after = look_lexically(changed, macro)
    if not after.opt_in or any(seen.what in LATE for seen in after.observations):
        added = changed.count(b"\n") - data.count(b"\n")
        where = next((seen.spot.line - added for seen in after.observations if seen.what is Observed.FAT_UNDONE), None)
        raise _refused(f"line {where} sets %{macro} as well" if where else f"something in it sets %{macro} as well")
    return changed


LATE = (Observed.LATE_OPT_IN, Observed.LATE_IN_BUILD)


def _refused(reason: str) -> Unavailable:
    return Unavailable(Obstacle.REFUSED, reason)


def _refuse_shipless(facts: SpecFacts, ships: bool) -> None:
    if facts.ships is Ships.NO:
        raise _refused("its file lists name no object: is it of another version?" if ships else "it ships no objects")
    if facts.ships is Ships.UNKNOWN and not ships:
        raise _refused(f"nothing shows whether it ships objects: {facts.ships_spots[0].text}")
    if facts.own_flags and facts.reached is Ships.NO:
        names = " and ".join(own.name for own in facts.own_flags)
        raise _refused(f"its objects are made by {names}, whose flags the opt-in does not change")


def _refuse_obstacles(facts: SpecFacts, macro: str) -> None:
    for seen in facts.observations:
        if seen.what in OBSTACLES:
            raise _refused(OBSTACLES[seen.what].format(line=seen.spot.line, detail=seen.detail, macro=macro))


def _refuse_flags(facts: SpecFacts) -> None:
    where = f"line {facts.lto_spots[-1].line}" if facts.lto_spots else "the spec"
    if facts.lto is LtoState.DISABLED:
        raise _refused(f"{where} turns LTO off: there is nothing to make fat")
    if facts.lto in (LtoState.SLIM, LtoState.MODIFIED):
        raise _refused(f"{where} sets LTO flags of its own, which the opt-in does not reach")


def with_line(data: bytes, line: bytes) -> bytes:
    """The bytes of a spec with a line where a maintainer would write it; raises Unavailable for an empty one."""
    mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
    lines = data[len(mark) :].split(b"\n")
    end = b"\r" if lines[0].endswith(b"\r") else b""
    statement = next((number for number, text in enumerate(lines) if text.strip() and not COMMENT.match(text)), None)
    if statement is None:
        raise _refused("it holds nothing but comments")
    place = _above_comments(lines, statement)
    new = [line + end]
    if not lines[statement].lstrip().startswith(b"%"):
        new.append(end)
    if place and lines[place - 1].strip():
        new.insert(0, end)
    lines[place:place] = new
    return mark + b"\n".join(lines)


def _above_comments(lines: list[bytes], statement: int) -> int:
    """The line before which the new one goes: above the comment that explains the first statement, if there is one."""
    place = statement
    while place and lines[place - 1].strip():
        place -= 1
    block = lines[place:statement]
    of_file = max((number for number, text in enumerate(block, 1) if HEADER.search(text)), default=0)
    if of_file and (len(block) >= LONG_COMMENT or OF_FILE.match(lines[statement])):
        return statement
    return place + of_file


LONG_COMMENT = 5
"""Lines of a comment that is taken for the header of the file, with the licence in it, as a whole."""


def unified(path: str, before: bytes, after: bytes) -> bytes:
    """The change of one spec as `git apply` and `patch -p1` take it; bytes, whatever their encoding.

    `path` is relative to the folder in which the patch is to be applied.
    """
    name = path.lstrip("/")
    names = _diff_name(f"a/{name}"), _diff_name(f"b/{name}")
    parts = diff_bytes(unified_diff, LINE.findall(before), LINE.findall(after), *names)
    return b"".join(part if part.endswith(b"\n") else part + b"\n\\ No newline at end of file\n" for part in parts)


def _diff_name(path: str) -> bytes:
    """A name in a diff; the tab is where `patch` stops to read one that holds spaces."""
    return path.encode("utf-8", "surrogateescape") + b"\t" * (" " in path)
