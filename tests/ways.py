# SPDX-License-Identifier: GPL-2.0-or-later
"""The way of a command through the modules: `python -m tests.ways spec FILE`, or `hook`.

A stop is the first call of one module into another: of a function, or of a class to make an object. What is called of
an object that is there already was handed over before, and so was a generator that is run by a module that does not
import it. A return is a stop at a module where the way has been. Values and what every module shares are no stops.
"""

import ast
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from inspect import CO_GENERATOR
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import checker
from checker import hook
from checker.cli import app

PACKAGE = Path(checker.__file__).parent
SHARED = ("model", "errors", "limits", "requires", "shipped", "streams", "__init__")
UNNAMED = ("<module>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>")


class Way:
    """Takes down the stops while a program runs."""

    def __init__(self) -> None:
        self._edges: dict[tuple[str, str], None] = {}

    @property
    def stops(self) -> list[str]:
        """The modules in the order of the stops."""
        return [module for module, _ in groupby(callee for _, callee in self._edges)]

    @property
    def returns(self) -> int:
        """Stops where the way has been."""
        return len(self.stops) - len(set(self.stops))

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_name in UNNAMED or ("." in code.co_qualname and code.co_name != "__init__"):
            return
        ours = [one for one in (frame, *_above(frame)) if _module(one)]
        if not ours or ours[0] is not frame or any(one.f_code.co_name == "<module>" for one in ours):
            return  # what an import runs is no step of the way
        callee, source = str(_module(frame)), str(_module(ours[1])) if len(ours) > 1 else ""
        if source == callee or (code.co_flags & CO_GENERATOR and source and callee not in _imports(source)):
            return
        if callee.split("/", maxsplit=1)[0] not in SHARED and source.split("/")[0] not in SHARED:
            self._edges.setdefault((source, callee))


def _above(frame: FrameType) -> Iterator[FrameType]:
    above = frame.f_back
    while above:
        yield above
        above = above.f_back


def _module(frame: FrameType) -> str | None:
    """The module of ours that a frame is of, as `specs/look`; None for another's, such as that of the program."""
    file = frame.f_code.co_filename
    inside = file.startswith(f"{PACKAGE}{os.sep}")
    return file[len(str(PACKAGE)) + 1 : -3] if inside else None


@cache
def _imports(module: str) -> frozenset[str]:
    tree = ast.parse((PACKAGE / f"{module}.py").read_bytes())
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return frozenset(str(node.module).removeprefix("checker.").replace(".", "/") for node in froms)


def main(arguments: list[str]) -> None:
    """Run a command, and print how often its way goes back, and its stops."""
    way = Way()
    with open(os.devnull, "w", encoding="utf-8") as nothing, redirect_stdout(nothing):
        sys.setprofile(way)
        try:
            hook.main([], os.environ, nothing) if arguments == ["hook"] else app.run(arguments)
        finally:
            sys.setprofile(None)
    print(way.returns, *way.stops)


if __name__ == "__main__":
    main(sys.argv[1:])
