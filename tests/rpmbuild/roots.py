# SPDX-License-Identifier: GPL-2.0-or-later
"""Roots without Python: rpmbuild and the hook in Lua run there, while the tests themselves run outside.

LTOCHECK_TEST_ROOT names one that has rpm and compilers of its own. The root / is this machine with its Python hidden.
"""

import os
import tempfile
from pathlib import Path

from tests.toolbox import ROOT as CHECKOUT

ROOT = os.environ.get("LTOCHECK_TEST_ROOT", "")
"""Where all tests of rpmbuild do so; empty for this machine as it is."""


PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where rpmbuild and what it starts find their tools."""


def inside(root: str) -> list[str]:
    """How a command that runs in `root` begins; the checkout and the folder of temporary files are there as well."""
    if not root:
        return []
    temporary = tempfile.gettempdir()
    binds = [("--dev-bind", root, "/"), ("--dev-bind", "/dev", "/dev"), ("--bind", "/proc", "/proc")]
    binds += [("--bind", temporary, temporary), ("--ro-bind", str(CHECKOUT), str(CHECKOUT))]
    binds += [("--ro-bind", "/dev/null", str(path)) for path in (_interpreters() if root == "/" else ())]
    return ["bwrap", "--die-with-parent", *(word for bind in binds for word in bind)]


def _interpreters() -> set[Path]:
    """Every Python of this machine that is in the PATH."""
    found = (path for folder in PATH.split(":") for path in Path(folder).glob("python[0-9]*"))
    return {path.resolve() for path in found if path.is_file()}
