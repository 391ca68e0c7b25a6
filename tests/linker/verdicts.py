# SPDX-License-Identifier: GPL-2.0-or-later
"""What a linker without plugin says of an archive, and what ltocheck says, side by side."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.model import PackageFacts, Severity, Stage, Target, TargetType
from checker.trees.tree import walk_file
from tests.linker.archives import Made


def defined(archive: Path) -> set[str] | None:
    """The symbols that a link of the whole archive defines; None where the linker refuses it."""
    joined = archive.with_suffix(".whole.o")
    command = ("ld", "-r", "--whole-archive", archive, "-o", joined)
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    if done.returncode:
        return None
    # Not nm, which lets LLVM's plugin read the object, and that stops at joined .llvmbc sections.
    table = subprocess.run(["readelf", "-sW", joined], capture_output=True, text=True, check=True).stdout
    joined.unlink()
    rows = [line.split() for line in table.splitlines()]
    return {row[7] for row in rows if len(row) == 8 and row[4] in ("GLOBAL", "WEAK") and row[6] != "UND"}


def truth(made: Made) -> str:
    """Whether a linker finds all that the sources define: sound, lost, or refused."""
    found = defined(made.path)
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
    if made.strip == "debian" and (found, said) == ("lost", "passed"):
        return "the strip that removes GCC's marker leaves what an empty unit leaves, too"
    if made.strip != "none" and (found, said) == ("sound", "error") and made.has_empty_slim:
        return "a stripped slim unit that defined nothing looks like one that did"
    return None


def is_right(found: str, said: str) -> bool:
    """Whether a verdict is that of the linker; a warning is right for both."""
    return said == "warned" or (said == "passed") == (found == "sound")


class Confusion:
    """How often each strip came to which truth and which verdict."""

    def __init__(self) -> None:
        self.rows: Counter[tuple[str, str, str]] = Counter()
        self.limits: Counter[str] = Counter()
        self.wrong: list[tuple[Made, str, str]] = []

    def add(self, made: Made) -> None:
        """Judge one archive by the linker and by ltocheck."""
        found, said = truth(made), verdict(made)
        self.rows[made.strip, found, said] += 1
        if is_right(found, said):
            return
        if why := limit(made, found, said):
            self.limits[why] += 1
        else:
            self.wrong.append((made, found, said))

    def lines(self) -> Iterator[str]:
        """The table, the limits that were met, and the disagreements."""
        yield f"{'strip':8} {'linker':8} {'ltocheck':8} archives"
        for (strip, found, said), count in sorted(self.rows.items()):
            yield f"{strip:8} {found:8} {said:8} {count:8}"
        yield from (f"limit: {count} times: {why}" for why, count in self.limits.items())
        for made, found, said in self.wrong:
            yield f"WRONG: {made.path.name}: {found}, and {said}; {made.strip} on {', '.join(sorted(made.modes))}"
