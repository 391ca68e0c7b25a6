# SPDX-License-Identifier: GPL-2.0-or-later
"""A warning where a target holds nothing that is judged: no findings do not mean that it is clean."""

import sys

from checker.judging.stream import Sink
from checker.model import ArchiveItem, Judged, Kind, ObjectItem, Target, TargetType
from checker.report.names import for_terminal


class NothingWarning(Sink):
    """Says on standard error of each file or folder that no object is in it; packages often have none."""

    def __init__(self) -> None:
        self._is_empty = True

    def begin(self, target: Target) -> None:
        """Nothing was seen of it yet."""
        self._is_empty = target.type is not TargetType.RPM

    def item(self, judged: Judged) -> None:
        """Everything counts but what is known to be no object of a linker."""
        item = judged.item
        if isinstance(item, ObjectItem | ArchiveItem):
            self._is_empty &= item.facts.kind is Kind.OTHER
        elif judged.findings:
            self._is_empty = False

    def end(self, target: Target) -> None:
        """Warn of a target in which nothing was judged."""
        if self._is_empty:
            is_folder = target.type is TargetType.TREE
            what = "holds no object and no static library" if is_folder else "is no package, object or static library"
            print(f"ltocheck: warning: {for_terminal(target.path)} {what}: nothing was judged", file=sys.stderr)
