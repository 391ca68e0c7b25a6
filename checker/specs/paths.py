# SPDX-License-Identifier: GPL-2.0-or-later
"""Where spec files are."""

import os
from collections.abc import Iterator

SUFFIXES = (".spec", ".spec.in", ".src.rpm")


def spec_paths(paths: list[str], links: list[str] | None = None) -> Iterator[str]:
    """Every path as it is, and for a folder the specs below it, sorted.

    A folder comes itself where it cannot be listed or no spec is below it. Links to folders are not followed, but
    noted in `links`.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _below(path, links)
        else:
            yield path


def _below(top: str, links: list[str] | None) -> Iterator[str]:
    is_empty = True
    unlisted: list[str] = []
    for folder, below, names in os.walk(top, onerror=lambda error: unlisted.append(os.fsdecode(error.filename))):
        below.sort()
        if links is not None:
            links += filter(os.path.islink, (os.path.join(folder, name) for name in below))
        for path in [*unlisted, *(os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))]:
            is_empty = False
            yield path
        unlisted.clear()
    if unlisted or is_empty:
        yield from unlisted or [top]
