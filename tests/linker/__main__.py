# SPDX-License-Identifier: GPL-2.0-or-later
"""`make judge N=5000`: archives at random, and what a linker and ltocheck say of them, as a table.

An archive of which they disagree is kept in .cache/judge.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.linker.archives import archives
from tests.linker.verdicts import Confusion
from tests.toolbox import ROOT

KEPT = ROOT / ".cache" / "judge"

count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
with tempfile.TemporaryDirectory() as folder:
    confusion = Confusion()
    for made in archives(Path(folder), seed, count, by_all=True):
        if not confusion.add(made):
            KEPT.mkdir(parents=True, exist_ok=True)
            shutil.copy(made.path, KEPT / f"{seed}-{made.path.name}")
        made.path.unlink()
print("\n".join(confusion.lines()))
sys.exit(bool(confusion.wrong))
