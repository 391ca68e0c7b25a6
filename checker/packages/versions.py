# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of packages with their versions, and which of several is the newest, as rpm compares them."""

from collections.abc import Iterable
from functools import cmp_to_key
from typing import NamedTuple

from checker.packages.bindings import rpm


class Nevra(NamedTuple):
    """A package's name, epoch, version, release and architecture; what a text does not say is empty."""

    name: str
    epoch: str
    version: str
    release: str
    arch: str

    @classmethod
    def of(cls, text: str) -> "Nevra":
        """`name-epoch:version-release.arch`, with or without the epoch; the name alone where there is no more."""
        nevr, dot, arch = text.rpartition(".")
        parts = nevr.rsplit("-", 2)
        if not dot or len(parts) < 3:
            return cls(nevr or text, "", "", "", arch if dot else "")
        epoch, colon, version = parts[1].rpartition(":")
        return cls(parts[0], epoch if colon else "0", version, parts[2], arch)

    @property
    def label(self) -> tuple[str, str, str]:
        """What rpm compares."""
        return self.epoch or "0", self.version, self.release


def compare_versions(one: Nevra, other: Nevra) -> int:
    """Below 0 where the first is older, above 0 where it is newer."""
    return int(rpm().labelCompare(one.label, other.label))


def superseded(names: Iterable[str]) -> frozenset[str]:
    """Those of which the same package for the same architecture is there in a newer version."""
    groups: dict[tuple[str, str], dict[str, Nevra]] = {}
    for text in names:
        nevra = Nevra.of(text)
        groups.setdefault((nevra.name, nevra.arch), {})[text] = nevra
    return frozenset(
        text
        for versions in groups.values()
        if len(versions) > 1
        for newest in [max(versions.values(), key=cmp_to_key(compare_versions))]
        for text, nevra in versions.items()
        if compare_versions(nevra, newest) < 0
    )
