# SPDX-License-Identifier: GPL-2.0-or-later
"""Arms: named sets of macros, and the changes to a spec that an arm builds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.errors import Obstacle, Unavailable, UsageError, unknown
from checker.shipped import macros_folder, shipped_arms
from checker.specs.fix import with_line
from checker.specs.lexical import look_lexically

FAT = "fat"
SLIM = "slim"
OPT_IN = "slim-opt-in"
WITHOUT_OPT_IN = "slim-without-opt-in"
NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,40}")

FAT_FLAG = re.compile(rb"(?<![\w-])-ffat-lto-objects(?![\w-])[ \t]?")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of building: macros that are loaded after all others."""

    name: str
    macros: str

    def apply(self, spec: bytes, macro: str) -> bytes:
        """The spec as this arm builds it; raises Unavailable. `macro` is the opt-in macro, without the percent sign."""
        if self.name == OPT_IN:
            return with_line(spec, f"%global {macro} 1".encode())  # the build shows whether the line is enough
        if self.name == WITHOUT_OPT_IN:
            return without_opt_in(spec, macro)
        return spec


def load_arms(names: list[str]) -> tuple[Arm, ...]:
    """Shipped arms by name, and arms from files of macros, whose path has a slash; raises UsageError."""
    arms = tuple(map(_load, names))
    if len({arm.name for arm in arms}) < len(arms):
        raise UsageError(f"--arms {','.join(names)}: every arm once is expected")
    if OPT_IN in names and SLIM not in names:
        raise UsageError(f"--arms: {OPT_IN} is built where {SLIM} shows a need, so {SLIM} is expected beside it")
    return arms


def _load(name: str) -> Arm:
    file = Path(name) if "/" in name else macros_folder() / "arms" / name
    if "/" not in name and name not in shipped_arms():
        more = ", or a file of macros with a slash in its name"
        raise UsageError(f"--arms {name}: {unknown('arm', name, shipped_arms(), more)}")
    if not NAME.fullmatch(file.name):
        raise UsageError(f"--arms {name}: the file's name becomes the arm's: letters, digits and . _ + - are expected")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"--arms {name}: {getattr(error, 'strerror', None) or 'is no text'}") from error
    if "%_ltocheck_arm" not in text:
        text += f"\n%_ltocheck_arm {file.name}\n"
    return Arm(file.name, text)


def without_opt_in(spec: bytes, macro: str) -> bytes:
    """The spec without its opt-in: the macro becomes 0, and -ffat-lto-objects is removed from flags.

    Raises Unavailable for a spec that does not opt in, or whose opt-in cannot be removed.
    """
    facts = look_lexically(spec, macro)
    if not facts.opt_in_spots:
        raise Unavailable(Obstacle.REFUSED, "the spec does not opt in")
    lines = spec.split(b"\n")
    define = re.compile(rb"(%\{?!?\??(?:global|define)\s+" + re.escape(macro.encode()) + rb"\s+)[^\s}]+")
    for number in {line for spot in facts.opt_in_spots for line in _statement(lines, spot.line)}:
        lines[number] = define.sub(rb"\g<1>0", FAT_FLAG.sub(b"", lines[number]))
    changed = b"\n".join(lines)
    if look_lexically(changed, macro).opt_in:
        raise Unavailable(Obstacle.REFUSED, "its opt-in is written in a way that cannot be taken out")
    return changed


def _statement(lines: list[bytes], number: int) -> Iterator[int]:
    """The lines of the statement at line `number`, counted from 1; the result counts from 0."""
    for index in range(number - 1, len(lines)):
        yield index
        if not lines[index].rstrip().endswith(b"\\"):
            return
