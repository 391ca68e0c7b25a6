# SPDX-License-Identifier: GPL-2.0-or-later
"""How packages are read; apart from their reader, which takes long to import."""

from typing import NamedTuple

from checker.limits import LIMITS, Limits
from checker.model import Stage


class PackageOptions(NamedTuple):
    """How packages are to be read; `opt_in` and `stage` are what the user says of them."""

    opt_in: bool | None = None
    stage: Stage = Stage.STRIPPED
    thorough: bool = False
    """Look at the first bytes of every file, whatever the header says of it."""
    verify: bool = False
    keys: tuple[str, ...] = ()
    origins: bool = False
    """Look for the compilers that objects name."""
    limits: Limits = LIMITS
