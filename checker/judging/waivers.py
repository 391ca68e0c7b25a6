# SPDX-License-Identifier: GPL-2.0-or-later
"""The waivers of a policy while a target is judged: which one covers a finding, and which are left unused."""

from collections.abc import Iterator
from datetime import date

from checker.judging.policy import ANY_RULE, Pattern, Waiver
from checker.model import PackageFacts, WaiverFacts


def fits(pattern: Pattern | None, *values: str | None) -> bool:
    """Whether a pattern fits any of the values; None fits all."""
    return pattern is None or any(value is not None and pattern.fits(value) for value in values)


def _is_for(waiver: Waiver, package: PackageFacts) -> bool:
    """Whether a waiver names a package, by its source package, by its own name, or not at all."""
    name, suffix = package.name or "", f".{package.arch}"
    own = name.rsplit("-", 2)[0] if name.endswith(suffix) else name  # NEVRA, or the name that a build root is for
    return fits(waiver.package, package.source, own) and fits(waiver.arch, package.arch)


class WaiverUse:
    """The waivers of a policy, and what became of each."""

    def __init__(self, waivers: tuple[Waiver, ...], today: date) -> None:
        self._waivers = waivers
        self._expired = {waiver for waiver in waivers if waiver.expires and waiver.expires < today}
        self._used: set[Waiver] = set()
        self._seen: set[Waiver] = set()
        self._here = waivers
        self._unmet: list[Waiver] = []
        """Of those here; each file is compared with them, so it matters how many they are."""
        self._path: str | None = None

    def enter(self, package: PackageFacts) -> None:
        """Go on to the files of a package."""
        self._path = None
        self._here = tuple(waiver for waiver in self._waivers if _is_for(waiver, package))
        self._unmet = [waiver for waiver in self._here if waiver not in self._seen]

    def look_at(self, path: str) -> None:
        """Remember whose files were looked at; the members of an archive come one after the other."""
        if self._unmet and path != self._path:
            self._path = path
            met = {waiver for waiver in self._unmet if fits(waiver.path, path)}
            if met:
                self._seen |= met
                self._unmet = [waiver for waiver in self._unmet if waiver not in met]

    def find(self, rule: str, path: str) -> Waiver | None:
        """The waiver that covers a finding; one past its date does not."""
        for waiver in self._here:
            if waiver.rule in (ANY_RULE, rule) and fits(waiver.path, path):
                self._used.add(waiver)
                if waiver not in self._expired:
                    return waiver
        return None

    def facts(self) -> Iterator[tuple[Waiver, WaiverFacts]]:
        """Every waiver with what became of it."""
        for waiver in self._waivers:
            yield (
                waiver,
                WaiverFacts(
                    waiver.rule,
                    waiver.reason,
                    waiver.expires,
                    waiver in self._expired,
                    waiver in self._used,
                    waiver in self._seen,
                    waiver.is_package_own,
                ),
            )
