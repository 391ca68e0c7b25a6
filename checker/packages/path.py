# SPDX-License-Identifier: GPL-2.0-or-later
"""From a path that a user names to a target."""

import os
from collections.abc import Iterable

from checker.model import PackageFacts, Target, TargetType
from checker.objects import magic
from checker.packages.options import PackageOptions
from checker.trees.files import READ_FLAGS
from checker.trees.tree import walk_file, walk_tree

PACKAGE_SUFFIXES = (".rpm", ".drpm")
"""What is named like this and is no package was meant to be one."""


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
    kind = _type_of(path)
    if kind is TargetType.RPM:
        from checker.packages.package import package_at  # noqa: PLC0415 nothing else needs the readers of packages

        return package_at(path, options or PackageOptions())
    return Target(path, kind, package, walk_file(path))


def is_build_root(folder: str, build_root: bool | None) -> bool:
    """Whether a folder is a build root, where the user does not say: it holds `usr` then."""
    return os.path.isdir(os.path.join(folder, "usr")) if build_root is None else build_root


def prefix_of(folder: str, build_root: bool) -> str:
    """What stands in reports before the paths below a folder."""
    return "/" if build_root else os.path.join(folder, "")


def require_libraries(paths: Iterable[str]) -> None:
    """Raise UsageError when a library that these paths need is missing, before anything is written."""
    if any(_type_of(path) is TargetType.RPM for path in paths if not os.path.isdir(path)):
        from checker.packages.bindings import rpm  # noqa: PLC0415 as above
        from checker.packages.payload import libarchive  # noqa: PLC0415 as above

        rpm()
        libarchive()


def is_package(path: str) -> bool:
    """Whether a file is a package, by its first bytes or its name."""
    return not os.path.isdir(path) and _type_of(path) is TargetType.RPM


def _type_of(path: str) -> TargetType:
    """The type of a file by its first bytes; OTHER for what is neither archive nor object, or cannot be opened."""
    try:
        fd = os.open(path, READ_FLAGS)
        try:
            found = magic.identify(os.read(fd, magic.HEAD_SIZE))
        finally:
            os.close(fd)
    except (OSError, ValueError):
        found = "unknown"
    if found == "rpm" or path.endswith(PACKAGE_SUFFIXES):
        return TargetType.RPM
    if found == "ar":
        return TargetType.ARCHIVE
    return TargetType.OTHER if found in magic.NO_OBJECTS else TargetType.OBJECT
