# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ltocheck opt-in --fix` writes and `--diff` shows."""

import os
import re
import sys
from typing import TextIO

from checker.model.audits import Declaration, SpecState
from checker.model.statements import Ground, say
from checker.report.names import for_terminal
from checker.report.words import text_of
from checker.specs.fix import unified
from checker.streams import replacing

NO_PATCH = re.compile(r"[\x00-\x1f]")
"""What a name must not hold to stand in a patch."""


def write_patches(declared: tuple[Declaration, ...], out: TextIO) -> None:
    """Write what `patch -p1` and `git apply` take in the folder of specs; tell what there is no patch for."""
    out.flush()
    for one in declared:
        if one.state is SpecState.UNDECLARED and not NO_PATCH.search(one.path or ""):
            out.buffer.write(unified(one.path or "", one.before, one.after))
        else:
            tell(one)
    out.buffer.flush()


def fixed(one: Declaration, folder: str) -> Declaration:
    """The declaration after the opt-in was written, where it is one line."""
    if one.state is SpecState.UNDECLARED and one.path is not None:
        try:
            with replacing(os.path.join(folder, one.path)) as out:
                out.write(one.after)
        except OSError as error:
            one = Declaration(
                one.source, SpecState.INACCESSIBLE, one.path, say(Ground.NOT_WRITTEN, detail=error.strerror or "")
            )
        else:
            print(for_terminal(f"{one.source}: {one.path}: opted in"), file=sys.stderr)
            return Declaration(one.source, SpecState.DECLARED, one.path)
    tell(one)
    return one


def tell(one: Declaration) -> None:
    """Say on standard error which spec stays without the opt-in that it needs."""
    if one.state is SpecState.MISSING:
        print(for_terminal(f"{one.source}: has no spec in the folder"), file=sys.stderr)
    elif one.state not in (SpecState.DECLARED, SpecState.UNNEEDED):
        reason = text_of(one.reason) if one.reason else "no patch can name it"
        print(for_terminal(f"{one.source}: {one.path}: left as it is: {reason}"), file=sys.stderr)
