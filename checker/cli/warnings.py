# SPDX-License-Identifier: GPL-2.0-or-later
"""Warnings on standard error of what no findings do not show: nothing was judged, or only the text of a spec."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from checker.judging.stream import Outcome, Sink
from checker.model import ArchiveItem, FileCount, Judged, Kind, ObjectItem, Omission, Target, TargetType
from checker.report.names import for_terminal

if TYPE_CHECKING:
    from checker.specs.look import SpecLook


class NothingWarning(Sink):
    """Warns on standard error of each file or folder without an object; packages often have none."""

    def __init__(self) -> None:
        self._is_empty = True
        self._excluded = 0

    def begin(self, target: Target) -> None:
        """Nothing was seen of it yet."""
        self._is_empty = target.type is not TargetType.RPM
        self._excluded = 0

    def item(self, judged: Judged) -> None:
        """Everything counts but what is no object of a linker and has no finding."""
        item = judged.item
        if isinstance(item, ObjectItem | ArchiveItem):
            self._is_empty &= item.facts.kind is Kind.OTHER and not judged.findings
        elif isinstance(item, FileCount):
            self._excluded += dict(item.not_looked_at).get(Omission.EXCLUDED, 0)
        elif judged.findings:
            self._is_empty = False

    def end(self, target: Target) -> None:
        """Warn of a target in which nothing was judged."""
        if not self._is_empty:
            return
        if self._excluded:
            what = "has nothing left to judge: --exclude matches all that is in it"
        else:
            is_folder = target.type is TargetType.TREE
            what = "holds no object and no static library" if is_folder else "is no package, object or static library"
            what = f"{what}: nothing was judged"
            if is_folder and next(Path(target.path).glob("**/*.rpm"), None):
                what = f"{what}; for the packages in it there is ltocheck audit {shlex.quote(target.path)}"
        print(f"ltocheck: warning: {for_terminal(target.path)} {what}", file=sys.stderr)

    def finish(self, outcome: Outcome) -> None:
        """Say why a run ends with a usage error that found nothing wrong."""
        if outcome.summary.is_emptied:
            print("ltocheck: --exclude leaves nothing to judge", file=sys.stderr)


def with_sandbox_warning(specs: "Iterable[SpecLook]") -> "Iterator[SpecLook]":
    """The specs; warns once where rpm cannot be asked."""
    is_said = False
    for looked in specs:
        if looked.facts.not_expanded and not is_said:
            is_said = True
            reason = for_terminal(looked.facts.not_expanded)
            print(f"ltocheck: no sandbox, so only the text is looked at: {reason}", file=sys.stderr)
        yield looked
