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
"""Characters that a file name in a patch cannot have."""


def name_in_patch(path: str, elsewhere: str) -> str:
    """The name of a file below the current folder, where a patch is to be applied; of others, the one given."""
    relative = os.path.relpath(path)
    return elsewhere if relative.split(os.sep, 1)[0] == os.pardir else relative


def write_patches(declared: tuple[Declaration, ...], folder: str, out: TextIO) -> None:
    """Write what `git apply` and `patch -p1` take in the current folder, or in that of specs elsewhere.

    Says on standard error what there is no patch for.
    """
    out.flush()
    for one in declared:
        path = one.path or ""
        if one.state is SpecState.UNDECLARED and not NO_PATCH.search(path):
            name = name_in_patch(os.path.join(folder, path), path)
            out.buffer.write(unified(name, one.before, one.after))
        else:
            tell(one)
    out.buffer.flush()


def fixed(one: Declaration, folder: str) -> Declaration:
    """Write the opt-in into a spec where one line does it; returns the declaration as it is then."""
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
