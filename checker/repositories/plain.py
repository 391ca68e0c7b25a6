# SPDX-License-Identifier: GPL-2.0-or-later
"""Metadata of a repository as files for libsolv: verified as for an audit, and decompressed."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.packages.payload import libarchive
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import fetched
from checker.repositories.http import is_url, urllib3
from checker.repositories.metadata import decompressed, parse_repomd
from checker.repositories.mirrors import REPOMD
from checker.repositories.root import RepositoryRoot, find_on_servers, read_repomd


def plain_metadata(location: str, kinds: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the metadata of these kinds into a folder; empty for a folder of packages that has none.

    Raises Unavailable.
    """
    libarchive()
    fetch = FetchOptions()
    if is_url(location):
        urllib3()
        root, repomd = find_on_servers(location, (), fetch)
    elif os.path.lexists(os.path.join(location, REPOMD)):
        root = RepositoryRoot(location)
        repomd = read_repomd(root, (), fetch)
    else:
        return {}
    records = parse_repomd(repomd)
    files = {}
    for kind in kinds:
        record = records.get(kind) or records.get(f"{kind}_zck")
        if record is None or record.checksum is None:
            raise Unavailable(Obstacle.MALFORMED, f"has no {kind} with a digest")
        listed = replace(root.file(record.href, record.base), checksum=record.checksum)
        files[kind] = folder / f"{kind}.xml"
        with fetched(listed, fetch, LIMITS.metadata) as file, files[kind].open("wb") as out:
            out.writelines(decompressed(file.fd))
    return files
