# SPDX-License-Identifier: GPL-2.0-or-later
"""From a path that a user names to a target."""

import os

from checker.model import PackageFacts, Target, TargetType
from checker.objects import magic
from checker.sources.tree import unreadable_item, walk_file, walk_tree


def target_at(path: str, package: PackageFacts, build_root: bool | None = None) -> Target:
    """What is at a path, as a target; what cannot be read is a target that says so.

    Files of a build root are named as they are installed, others as the user gave the path. A folder is taken for a
    build root when it holds `usr`, unless `build_root` says.
    """
    if os.path.isdir(path):
        if build_root is None:
            build_root = os.path.isdir(os.path.join(path, "usr"))
        prefix = "/" if build_root else os.path.join(path, "")
        return Target(path, TargetType.TREE, package, walk_tree(path, lambda below: f"{prefix}{below}"))
    kind = _type_of(path)
    if kind is TargetType.RPM:
        reason = "an RPM package; unpack it and scan the folder"
        return Target(path, kind, package, iter([unreadable_item(path, reason)]))
    return Target(path, kind, package, walk_file(path))


def _type_of(path: str) -> TargetType:
    """The type of a file by its first bytes; OTHER for what is neither archive nor object, or cannot be opened."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            found = magic.identify(os.read(fd, magic.HEAD_SIZE))
        finally:
            os.close(fd)
    except OSError:
        return TargetType.OTHER
    if found in magic.ARCHIVES:
        return TargetType.ARCHIVE
    if found == "rpm":
        return TargetType.RPM
    return TargetType.OTHER if found in magic.NO_OBJECTS else TargetType.OBJECT
