# SPDX-License-Identifier: GPL-2.0-or-later
"""What a linker without plugin says of an archive, and what ltocheck says, side by side."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date

from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.model import PackageFacts, Severity, Stage, Target, TargetType
from checker.trees.tree import walk_file
from tests.linker.archives import Made

WEAKENED = re.compile(r"\(sec +[1-9][0-9]*\).*\(scl +105\).* (\w+\n)")
"""Weak symbols with a section, as `objcopy --weaken` makes them: to GNU's tools a definition, to LLVM's a reference."""


def defined(made: Made) -> set[int] | None:
    """The symbols that a link of the whole archive defines; None where the linker refuses it."""
    joined = made.path.with_suffix(".whole.o")
    command = (*made.target.tool(("ld", "-r", "--whole-archive")), str(made.path), "-o", str(joined))
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    # As an object, and not what .llvmbc in it says.
    names = ("llvm-nm", "--no-llvm-bc", "--defined-only", "--extern-only", "--format=just-symbols", str(joined))
    table = subprocess.run(names, capture_output=True, text=True, check=True).stdout
    if "mingw" in made.target.prefix:
        listed = subprocess.run(("objdump", "-t", str(joined)), capture_output=True, text=True, check=True).stdout
        table += "".join(WEAKENED.findall(listed))
    joined.unlink()
    return {int(number) for number in re.findall(r"symbol_+(\d+)\b", table, re.IGNORECASE)}


def truth(made: Made) -> str:
    """Whether a linker finds all that the sources define: sound, lost, or refused."""
    found = defined(made)
    if found is None:
        return "refused"
    return "sound" if made.symbols <= found else "lost"


def verdict(made: Made) -> str:
    """Whether ltocheck finds an error, a warning or nothing."""
    stage = Stage.INSTALLED if made.strip == "none" else Stage.STRIPPED
    target = Target(str(made.path), TargetType.ARCHIVE, PackageFacts(stage=stage), walk_file(str(made.path)))
    judge = Judge(load_policy("fedora"), date(2026, 1, 1))
    severities = [finding.severity for judged in judge.judge(target) for finding in judged.findings]
    worst = max(severities, default=Severity.OFF)
    return {Severity.ERROR: "error", Severity.WARNING: "warned"}.get(worst, "passed")


def limit(made: Made, found: str, said: str) -> str | None:
    """Why a verdict cannot be that of the linker, where no look at one archive can tell; None where it can."""
    if (found, said) == ("lost", "passed"):
        if made.strip in ("debian", "llvm", "sections") and "slim" in made.kinds:
            return "a strip that removes GCC's marker leaves what an empty unit leaves, too"
        if made.strip == "sections" and any(word in unit.source for unit in made.units for word in ("common", ".note")):
            return (
                "a strip of all symbols leaves nothing of a COMMON variable, and no sign that a note was more than one"
            )
    if (found, said) == ("sound", "error"):
        empty = [unit for unit in made.units if unit.kind == "slim" and unit.symbol is None]
        if any("asm" in unit.source for unit in empty):
            return "nothing is known of assembly in bytecode, which counts as a definition"
        if made.strip != "none" and empty:
            return "a stripped slim unit that defined nothing looks like one that did"
    return None


def is_right(found: str, said: str) -> bool:
    """Whether a verdict is that of the linker; a warning is right for both."""
    return said == "warned" or (said == "passed") == (found == "sound")


COLUMNS = ("sound, passed", "lost, error", "refused, error", "warned", "limit", "WRONG")


class Confusion:
    """How often archives of each kind came to which truth and which verdict, by what was done to them."""

    def __init__(self) -> None:
        self.by_strip: Counter[tuple[str, str, str]] = Counter()
        self.by_join: Counter[tuple[str, str, str]] = Counter()
        self.limits: Counter[str] = Counter()
        self.wrong: list[tuple[Made, str, str]] = []

    def add(self, made: Made) -> bool:
        """Judge one archive by the linker and by ltocheck; False where they disagree and no limit says why."""
        found, said = truth(made), verdict(made)
        column = "warned" if said == "warned" else f"{found}, {said}"
        if not is_right(found, said):
            why = limit(made, found, said)
            column = "limit" if why else "WRONG"
            if why:
                self.limits[why] += 1
            else:
                self.wrong.append((made, found, said))
        self.by_strip[made.kind, f"strip: {made.strip}", column] += 1
        if made.join or made.copy:
            self.by_join[made.kind, made.join or f"objcopy: {made.copy}", column] += 1
        return column != "WRONG"

    def lines(self) -> Iterator[str]:
        """The tables, the limits that were met, and the disagreements."""
        for rows in (self.by_strip, self.by_join):
            yield f"| {'kind':18} | {'what was done':47} | {' | '.join(COLUMNS)} |"
            yield f"|---|---|{'--:|' * len(COLUMNS)}"
            for kind, treatment in sorted({(kind, treatment) for kind, treatment, _ in rows}):
                counts = [rows[kind, treatment, column] for column in COLUMNS]
                cells = (f"{count or '':{len(column)}}" for count, column in zip(counts, COLUMNS, strict=True))
                yield f"| {kind:18} | {treatment:47} | {' | '.join(cells)} |"
            yield ""
        yield from (f"limit: {count} times: {why}" for why, count in self.limits.items())
        for made, found, said in self.wrong:
            done = ", ".join(filter(None, (made.copy, made.join, made.strip)))
            units = "; ".join(f"{unit.kind}: {unit.source}" for unit in made.units)
            yield f"WRONG: {made.path.name}: {found}, and {said}; {done} for {made.target.name} on {units}"
