# SPDX-License-Identifier: GPL-2.0-or-later
"""One file of a package, to be read at any place."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from checker.errors import UsageError
from checker.model import PackageFacts, Stage
from checker.objects.source import BufferSource, Source
from checker.packages.header import read_header
from checker.packages.options import PackageOptions
from checker.packages.package import candidates, facts_of, opened, with_data
from checker.packages.payload import open_payload
from checker.packages.spool import Spool

NEAREST = 5


def object_files(path: str) -> list[str]:
    """The files of a package that may be objects or archives; raises Unavailable."""
    with opened(path) as fd:
        files = read_header(fd).files
    return [files.names[index] for index in sorted(candidates(files))]


@contextmanager
def member_of_package(path: str, name: str, opt_in: bool | None, stage: Stage) -> Iterator[tuple[Source, PackageFacts]]:
    """A file by its full name, and what is known of its package; raises UsageError for none, and Unavailable."""
    options = PackageOptions(opt_in, stage)
    with opened(path) as fd, Spool() as spool:
        header = read_header(fd)
        files = header.files
        if name not in files.names:
            found = [files.names[index] for index in sorted(candidates(files))]
            near = get_close_matches(name, found, NEAREST, 0.5) or found[:NEAREST]
            there = f"; there is {', '.join(near)}" if near else "; nothing in it looks like an object"
            raise UsageError(f"{path} has no file {name}{there}")
        index = files.names.index(name)
        facts = facts_of(header, options)
        if not files.is_regular(index) or not files.sizes[index]:
            yield BufferSource(b""), facts
            return
        with open_payload(fd, header.payload_at) as payload:
            _, size = next(with_data(payload, files, {index}))
            source = spool.borrow(payload.chunks(size), size)
        yield source, facts
