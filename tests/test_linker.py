# SPDX-License-Identifier: GPL-2.0-or-later
"""The linker is the judge: what it finds in archives made at random is what ltocheck says of them."""

from pathlib import Path

from tests.linker.archives import archives
from tests.linker.verdicts import Confusion

ARCHIVES, SEED = 150, 20261127


def test_verdicts_are_those_of_the_linker(tmp_path: Path) -> None:
    confusion = Confusion()
    for made in archives(tmp_path, SEED, ARCHIVES):
        confusion.add(made)
    assert not confusion.wrong, "\n".join(confusion.lines())
    said = {column for _, _, column in confusion.by_strip}
    assert {"sound, passed", "lost, error", "refused, error"} <= said
