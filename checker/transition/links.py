# SPDX-License-Identifier: GPL-2.0-or-later
"""Which builds really link a library: their logs say so, laid out as SOURCE/ARCH/build.log."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from posixpath import basename

from checker.limits import LIMITS
from checker.model.transition import Hit

LIBRARY = re.compile(r"lib(.+)\.a")


def linked(hits: Iterable[Hit], files: Sequence[str], logs: Path) -> tuple[Hit, ...]:
    """The hits, each with whether a log of its build names one of these files or its library."""
    names = _names(files)
    return tuple(hit._replace(links=_links(logs / hit.source, names) if names else None) for hit in hits)


def _names(files: Sequence[str]) -> re.Pattern[bytes] | None:
    """What a link command calls these files."""
    words: set[str] = set()
    for file in files:
        name = basename(file)
        library = LIBRARY.fullmatch(name)
        words.update({re.escape(name), *({f"-l{re.escape(library[1])}"} if library else ())})
    if not words:
        return None
    pattern = rf"(?:^|[\s/=,'\"])(?:{'|'.join(sorted(words))})(?=$|[\s,'\"])"
    return re.compile(pattern.encode("utf-8", "surrogateescape"), re.MULTILINE)


def _links(folder: Path, names: re.Pattern[bytes]) -> bool | None:
    """None where there is no log."""
    is_there = False
    for log in sorted(folder.glob("*/build.log")):
        try:
            with log.open("rb") as file:
                is_there = True
                if any(names.search(line) for line in iter(lambda: file.readline(LIMITS.log_line), b"")):
                    return True
        except OSError:
            continue
    return False if is_there else None
