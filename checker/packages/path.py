# SPDX-License-Identifier: GPL-2.0-or-later
"""From a path that a user names to a target."""

import os
from collections.abc import Iterable
from importlib import import_module
from typing import NamedTuple

from checker.model import PackageFacts, Target, TargetType
from checker.objects import magic
from checker.packages.options import PackageOptions
from checker.trees.files import READ_FLAGS
from checker.trees.tree import walk_file, walk_tree

PACKAGE_SUFFIXES = (".rpm", ".drpm")
"""What is named like this and is no package was meant to be one."""


class Container(NamedTuple):
    """A kind of file that holds files: how it is recognised, and what reads it."""

    magic: str
    """What `checker.objects.magic` calls its first bytes."""
    suffixes: tuple[str, ...]
    """How it is named; a damaged one is known by its name alone."""
    reader: str
    """`module:function`, which makes a Target of a path and PackageOptions; imported for the first one."""


CONTAINERS = (Container("rpm", PACKAGE_SUFFIXES, "checker.packages.package:package_at"),)


def target_at(
    path: str, package: PackageFacts, build_root: bool | None = None, options: PackageOptions | None = None
) -> Target:
    """What is at a path, as a target; what cannot be read is a target that says so.

    Files of a build root or a package are named as they are installed, others as the user gave the path. A folder is
    taken for a build root when it holds `usr`, unless `build_root` says; packages in a folder are files like others.
    """
    if os.path.isdir(path):
        build_root = is_build_root(path, build_root)
        prefix = prefix_of(path, build_root)
        return Target(path, TargetType.TREE, package, walk_tree(path, lambda below: f"{prefix}{below}", build_root))
    found = _identified(path)
    for container in CONTAINERS:
        if found == container.magic or path.endswith(container.suffixes):
            module, _, reader = container.reader.partition(":")
            target: Target = getattr(import_module(module), reader)(path, options or PackageOptions())
            return target
    return Target(path, _type_of(found), package, walk_file(path))


def is_build_root(folder: str, build_root: bool | None) -> bool:
    """Whether a folder is a build root, where the user does not say: it holds `usr` then."""
    return os.path.isdir(os.path.join(folder, "usr")) if build_root is None else build_root


def prefix_of(folder: str, build_root: bool) -> str:
    """What stands in reports before the paths below a folder."""
    return "/" if build_root else os.path.join(folder, "")


def require_libraries(paths: Iterable[str]) -> None:
    """Raise UsageError when a library that these paths need is missing, before anything is written."""
    if any(map(is_package, paths)):
        from checker.packages.bindings import rpm  # noqa: PLC0415 nothing else needs them
        from checker.packages.payload import libarchive  # noqa: PLC0415 as above

        rpm()
        libarchive()


def is_package(path: str) -> bool:
    """Whether a file is a package, by its first bytes or its name."""
    return not os.path.isdir(path) and (_identified(path) == "rpm" or path.endswith(PACKAGE_SUFFIXES))


def _identified(path: str) -> str:
    """What the first bytes of a file are called; `unknown` for one that cannot be opened."""
    try:
        fd = os.open(path, READ_FLAGS)
        try:
            return magic.identify(os.read(fd, magic.HEAD_SIZE))
        finally:
            os.close(fd)
    except (OSError, ValueError):
        return "unknown"


def _type_of(found: str) -> TargetType:
    """The type of a file by the name of its first bytes; OTHER for what is neither archive nor object."""
    if found == "ar":
        return TargetType.ARCHIVE
    return TargetType.OTHER if found in magic.NO_OBJECTS else TargetType.OBJECT
