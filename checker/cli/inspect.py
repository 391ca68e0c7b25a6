# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck inspect`: everything about one file, with the evidence."""


def inspect() -> None:
    """X"""
