# SPDX-License-Identifier: GPL-2.0-or-later
"""The spec in a source package."""

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.packages.header import read_header
from checker.packages.package import opened, with_data
from checker.packages.payload import open_payload

SPEC_FILE = 1 << 5
"""RPMFILE_SPECFILE (rpm's rpmfiles.h)."""


def spec_in_package(path: str) -> bytes:
    """The bytes of the file that the header says is the spec; raises Unavailable."""
    try:
        with opened(path) as fd:
            header = read_header(fd, with_sources=True)
            files = header.files
            wanted = {index for index, flags in enumerate(files.flags) if flags & SPEC_FILE and files.is_regular(index)}
            if len(wanted) != 1:
                raise Unavailable(Obstacle.NO_PACKAGE, f"has {len(wanted)} specs; a source package has one")
            with open_payload(fd, header.payload_at) as payload:
                for _, size in with_data(payload, files, wanted):
                    return payload.read(min(size, LIMITS.spec_size + 1))
            raise Unavailable(Obstacle.NO_PACKAGE, "has an empty spec")
    except Unavailable as error:
        raise Unavailable(error.obstacle, f"the package {error.detail}") from error
