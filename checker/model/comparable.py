# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutable values for the hook without dataclasses, whose import takes longer than that of all its own modules."""


class Comparable:
    """A value that may change, equal to another one where all of their slots are."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]
