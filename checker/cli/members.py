# SPDX-License-Identifier: GPL-2.0-or-later
"""Opens what `ltocheck inspect` is asked about: a file, standard input, or a file in a package."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from checker.cli.inputs import STANDARD_INPUT, STANDARD_INPUT_NAME, standard_input
from checker.errors import Unavailable, UsageError
from checker.inspect.places import locate, places
from checker.model import PackageFacts, Stage
from checker.objects.source import Source
from checker.objects.walk import Opener, is_archive
from checker.packages.path import is_package
from checker.trees.tree import open_file, opener_beside


class Asked(NamedTuple):
    """What is asked about: the path of a file or of the package that holds it, and a member."""

    path: str
    in_package: str | None
    member: str | None

    @property
    def name(self) -> str:
        """What it is called in reports."""
        path = STANDARD_INPUT_NAME if self.path == STANDARD_INPUT else self.path
        return path if self.in_package is None else f"{path}:{self.in_package}"


def asked(argument: str) -> Asked:
    """What `FILE[:MEMBER]` or `PACKAGE:FILE[:MEMBER]` names; raises UsageError for a package alone."""
    path, member = locate(argument, lambda path: path == STANDARD_INPUT or os.path.lexists(path))
    if not is_package(path):
        return Asked(path, None, member)
    files = _object_files(path)
    if member is None:
        example = f"; inspect looks at one file of it, as in {path}:{files[0]}" if files else ""
        raise UsageError(f"{path} is a package: ltocheck scan {shlex.quote(path)} judges it{example}")
    return Asked(path, *locate(member, frozenset(files).__contains__))


def _object_files(path: str) -> list[str]:
    from checker.packages.member import object_files

    try:
        return object_files(path)
    except Unavailable as error:
        raise UsageError(f"{path}: {error}") from error


@contextmanager
def opened(
    one: Asked, package: PackageFacts, opt_in: bool | None, stage: Stage | None
) -> Iterator[tuple[Source, Opener, PackageFacts]]:
    """Its bytes, the opener for members of a thin archive, and the facts of its package; raises Unavailable."""
    if one.in_package is not None:
        from checker.packages.member import member_of_package

        with member_of_package(one.path, one.in_package, opt_in, stage or Stage.STRIPPED) as (source, facts):
            yield source, opener_beside(os.devnull), facts
        return
    path = standard_input() if one.path == STANDARD_INPUT else one.path
    with open_file(path) as source:
        yield source, opener_beside(path), package


def member_names(argument: str) -> Iterator[str]:
    """What follows an archive or a package in an argument; raises what reading it does, at the damage."""
    path, member = locate(argument)
    if member is None and is_package(path):
        yield from _object_files(path)
        return
    one = asked(argument)
    if one.member is None:
        with opened(one, PackageFacts(), None, None) as (source, opener, _):
            if is_archive(source):
                for place in places(source, opener):
                    yield place.name
