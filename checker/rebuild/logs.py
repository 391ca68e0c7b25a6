# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader of build logs: the marked lines of an arm, phases, and the cause of a failure.

The marked lines are described in macros/arms/lines. In a log without them, rpm's own lines show the phase.
Memory and time per byte do not depend on a log's content: lines are cut, and every search begins with fixed bytes.
"""

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass, field

from checker.limits import LIMITS
from checker.model.rebuilds import Cause, Objects, Phase
from checker.rebuild.causes import Matcher

MARKER = b"@ltocheck:"
MARK = re.compile(rb"@ltocheck:([0-9A-Za-z]{1,64}):(arm|begin|end|objects|record):([^@\s]{0,4000})@")
ESCAPE = re.compile(rb"\x1b\[[0-?]{0,16}[ -/]{0,4}[@-~]")
"""A control sequence of a terminal (ECMA-48, 5.4)."""

EXECUTING = b"Executing(%"
BAD_EXIT = b"Bad exit status from "
BAD_EXIT_PHASE = re.compile(rb"Bad exit status from \S{1,400} \(%(\w{1,20})\)")
WROTE = b"Wrote: "
WROTE_PACKAGE = re.compile(rb"Wrote: (?!\S{1,400}\.(?:no)?src\.rpm\s)")
"""The line about a binary package: mock and Koji write a source package before they build."""
PACKAGING = b"Processing files: "
NEAR = 256
"""Bytes of a line that are read before and after a match."""

MISSING = {
    b" is needed by ": re.compile(rb"\t([^\t]{1,200}) is needed by "),
    b"nothing provides ": re.compile(rb"nothing provides '?([^\s']{1,200})"),
    b"No matching package to install: ": re.compile(rb"to install: '([^']{1,200})'"),
}
"""The messages of rpm, libsolv (in mock, OBS and dnf) and dnf about a missing BuildRequires."""

ORDER = tuple(Phase)
PHASES = {phase.value.encode(): phase for phase in Phase}
DIGITS = 15
"""Digits of the largest number that is accepted; a petabyte has 16, in bytes."""
TICKS = 100
"""Ticks in a second, the unit in which the kernel reports times (USER_HZ)."""


@dataclass(slots=True)
class LogFacts:
    """The facts of a log."""

    arm: str | None = None
    package: str | None = None
    arch: str | None = None
    opted_in: bool | None = None
    cpu: dict[Phase, float] = field(default_factory=dict)
    failed: bool = False
    phase: Phase | None = None
    """The phase that failed."""
    status: int | None = None
    """The exit status of that phase; None without a marked line."""
    cause: Cause | None = None
    missing: tuple[str, ...] = ()
    objects: Objects | None = None
    record: bytes = b""
    """The hook's report, compressed."""
    wrote: bool = False
    """Whether rpm wrote packages."""
    last: str = field(default="", compare=False)
    """The last line of the log."""
    damage: str | None = None
    """The reason why the rest of the log could not be read."""


class LogReader:
    """Reads a log in pieces; marked lines count with `token`, or with that of the first one if it is None."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token.encode() if token is not None else None
        self._facts = LogFacts()
        self._phase: Phase | None = None
        self._rest = b""
        self._record: list[bytes] = []
        self._record_size = 0
        self._missing: dict[str, None] = {}
        self._tries = 0
        self._last = b""
        self._packages = False
        """Whether rpm has begun to make packages, which is no phase of the spec."""
        self._matcher = Matcher()

    def feed(self, data: bytes) -> None:
        """Read the next piece."""
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) > LIMITS.log_line:
            end = len(data)
        self._rest = data[end:]
        self._read(data[:end])

    def finish(self) -> LogFacts:
        """The facts of the whole log."""
        self._read(self._rest)
        facts = self._facts
        facts.last = self._last.decode("utf-8", "replace")
        if facts.failed or not facts.wrote:
            facts.cause = self._matcher.cause()
        facts.missing = tuple(self._missing)
        facts.record = b"".join(self._record)
        return facts

    def _read(self, block: bytes) -> None:
        if b"\x1b" in block:
            block = ESCAPE.sub(b"", block)
        start = 0
        for place, text in _places(block):
            is_packaging = text == PACKAGING and not self._packages and not self._facts.failed
            self._packages = self._packages or is_packaging
            had_failed = self._facts.failed
            name = self._at(block, place, text)
            if self._facts.failed and not had_failed:
                begin = block.rfind(b"\n", start, place) + 1 or start
                self._matcher.feed(block, start, begin)
                self._matcher.fail()
                start = begin
            phase = PHASES.get(name) if name is not None else None
            if is_packaging or (phase is not None and self._is_next(phase)):
                self._matcher.feed(block, start, place)
                self._matcher.reset()
                self._phase, start = phase or self._phase, place
        self._matcher.feed(block, start, len(block))
        if end := block.rstrip():
            self._last = end[end.rfind(b"\n", -NEAR) + 1 :][-NEAR:]
        self._facts.wrote = self._facts.wrote or (WROTE in block and bool(WROTE_PACKAGE.search(block + b"\n")))

    def _is_next(self, phase: Phase) -> bool:
        """Whether a phase can begin now: phases come in order, and none follows a failed one."""
        return not self._facts.failed and (self._phase is None or ORDER.index(phase) > ORDER.index(self._phase))

    def _at(self, block: bytes, place: int, text: bytes) -> bytes | None:
        """Read the line at a match of `text`; returns the name of a phase that begins."""
        if text == MARKER:
            if (mark := MARK.match(block, place)) and self._is_ours(mark):
                return self._marked(mark[2], mark[3])
        elif text == EXECUTING:
            return block[place + len(text) : place + len(text) + 20].partition(b")")[0]
        elif text == BAD_EXIT:
            if found := BAD_EXIT_PHASE.match(block, place):
                self._fail(PHASES.get(found[1]))
        elif text in MISSING and self._tries < LIMITS.log_missing:
            self._tries += 1
            if found := MISSING[text].search(_around(block, place)):
                self._missing[found[1].decode("utf-8", "replace")] = None
        return None

    def _is_ours(self, mark: re.Match[bytes]) -> bool:
        if self._token is None and mark[2] == b"arm":
            self._token = mark[1]
        return mark[1] == self._token

    def _marked(self, word: bytes, text: bytes) -> bytes | None:
        """Read a marked line; returns the name of a phase that begins."""
        values = text.split(b":")
        try:
            match word, len(values):
                case b"arm", 5 if self._facts.arm is None:
                    names = [value.decode() for value in values]
                    facts = self._facts
                    facts.arm, facts.package, _, facts.arch = names[:4]
                    facts.opted_in = names[4] == "1"
                case b"begin", 2:
                    return values[0]
                case b"end", 5:
                    self._end(values)
                case b"objects", 4:
                    count, size, slim, bytecode = map(_number, values)
                    self._facts.objects = Objects(count, size, max(bytecode - slim, 0), slim, max(count - bytecode, 0))
                case b"record", 1 if self._record_size < LIMITS.log_record:
                    self._record.append(b64decode(text, validate=True))
                    self._record_size += len(text)
        except (ValueError, Error):  # any process of the build knows the token, and may write nonsense
            pass
        return None

    def _end(self, values: list[bytes]) -> None:
        phase = PHASES.get(values[0])
        if phase is None:
            return
        status = _number(values[1])
        if values[3] and values[4]:
            self._facts.cpu[phase] = (_number(values[3]) + _number(values[4])) / TICKS
        if status:
            self._fail(phase, status)

    def _fail(self, phase: Phase | None, status: int | None = None) -> None:
        facts = self._facts
        facts.failed = True
        facts.phase = facts.phase or phase or self._phase
        facts.status = facts.status or status


def _number(text: bytes) -> int:
    """A count that the macros wrote; raises ValueError for any other text."""
    if not text.isdigit() or len(text) > DIGITS:
        raise ValueError(text)
    return int(text)


def _places(block: bytes) -> list[tuple[int, bytes]]:
    """The matches of all texts that the reader searches for, in order."""
    found = []
    for text in (MARKER, EXECUTING, BAD_EXIT, PACKAGING, *MISSING):
        place = block.find(text)
        while place >= 0:
            found.append((place, text))
            place = block.find(text, place + len(text))
    return sorted(found)


def _around(block: bytes, place: int) -> bytes:
    """The line at an offset, cut to NEAR bytes on each side."""
    start = block.rfind(b"\n", max(0, place - NEAR), place) + 1 or max(0, place - NEAR)
    end = block.find(b"\n", place, place + NEAR)
    return block[start : end if end >= 0 else place + NEAR]
