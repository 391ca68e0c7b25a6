# SPDX-License-Identifier: GPL-2.0-or-later
"""The files beside a spec that rpm may read while it parses: what %include, %{load:} and shell text name."""

import os
import re
import stat
from collections.abc import Iterator

from checker.limits import LIMITS
from checker.trees.files import FILE_FLAGS

READS_FILES = re.compile(
    rb"^\s*%include\b|%\{load:|_sourcedir|_specdir|rpm\.load|%\([^)\n]*%\{?S(?:OURCE|:)", re.MULTILINE
)
"""Without one of these, parsing a spec reads no other file."""


def files_beside(path: str, data: bytes) -> dict[str, int]:
    """Open files that a spec may read, by name: of its own folder, neither hidden nor links. The caller closes them."""
    if READS_FILES.search(data) is None:
        return {}
    found: dict[str, int] = {}
    left = LIMITS.spec_sources
    for name in _candidates(os.path.dirname(path) or ".", data):
        try:
            fd = os.open(os.path.join(os.path.dirname(path), name), FILE_FLAGS)
        except OSError:
            continue
        status = os.fstat(fd)
        left -= status.st_size
        if not stat.S_ISREG(status.st_mode) or left < 0 or len(found) == LIMITS.spec_source_files:
            left += status.st_size
            os.close(fd)
            continue
        found[name] = fd
    return found


def _candidates(folder: str, data: bytes) -> Iterator[str]:
    """Names of files, those first that the spec names itself."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name[0] != ".")
    except OSError:
        return
    named = [name for name in names if os.fsencode(name) in data]
    yield from named
    if len(names) <= LIMITS.spec_source_files:
        yield from (name for name in names if name not in set(named))
