# SPDX-License-Identifier: GPL-2.0-or-later
"""The word for what flags ask of compilers."""

from enum import StrEnum


class Lto(StrEnum):
    """What a compiler makes."""

    NONE = "none"
    """Objects of machine code: no link-time optimization."""
    FAT = "fat"
    SLIM = "slim"
