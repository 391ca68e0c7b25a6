# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ltocheck spec --fix` writes and `--diff` shows."""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TextIO

from checker.cli.patches import name_in_patch
from checker.errors import Obstacle, Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.report.names import for_terminal
from checker.specs.fix import unified, with_opt_in
from checker.specs.look import LookOptions, SpecLook, SpecReader
from checker.specs.spec_file import STANDARD_INPUT
from checker.streams import replacing

NEEDS = "spec-needs-opt-in"


class Fixer:
    """Opts in the specs that need it by their facts, and no others."""

    def __init__(self, policy: Policy, options: LookOptions) -> None:
        self._policy = policy
        self._reader = SpecReader(options)

    def close(self) -> None:
        """End the sandbox."""
        self._reader.close()

    def write(self, specs: Iterable[SpecLook]) -> Iterator[SpecLook]:
        """The specs as they are after the opt-in was written into those that need it."""
        for looked in specs:
            fixed = self.fixed(looked)
            if fixed is not None:
                try:
                    with replacing(looked.file.path) as out:
                        out.write(fixed.file.data)
                except OSError as error:
                    raise UsageError(f"{looked.file.path}: cannot be written: {error.strerror}") from error
                print(f"{for_terminal(looked.file.path)}: opted in", file=sys.stderr)
            yield fixed or looked

    def fixed(self, looked: SpecLook) -> SpecLook | None:
        """The spec with the opt-in; None if it needs none, or if one line would not do, which is printed."""
        if not self._needs(looked):
            return None
        try:
            if looked.file.is_package:
                raise Unavailable(Obstacle.REFUSED, "a source package")
            changed = with_opt_in(looked.file.data, looked.facts, self._policy.macro)
            fixed = self._reader.look_at(looked.file._replace(data=changed))
            if self._needs(fixed):
                raise Unavailable(Obstacle.REFUSED, "its flags stay slim with the opt-in at its top")
        except Unavailable as error:
            print(f"{for_terminal(looked.file.path)}: left as it is: {for_terminal(error.detail)}", file=sys.stderr)
            return None
        return fixed

    def _needs(self, looked: SpecLook) -> bool:
        judged = Judge(self._policy, date.today()).judge(looked.target)
        return any(one.rule == NEEDS and one.waived is None for entry in judged for one in entry.findings)


def print_diffs(fixer: Fixer, specs: Iterable[SpecLook], out: TextIO) -> int:
    """Print what --fix would change; 1 when there is something."""
    changes = False
    for looked in specs:
        fixed = fixer.fixed(looked)
        if fixed is not None:
            changes = True
            out.flush()
            path = looked.file.path
            name = looked.file.name if path == STANDARD_INPUT else name_in_patch(path, os.path.abspath(path))
            out.buffer.write(unified(name, looked.file.data, fixed.file.data))
            out.buffer.flush()
    return int(changes)
