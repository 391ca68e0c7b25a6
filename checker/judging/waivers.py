# SPDX-License-Identifier: GPL-2.0-or-later
"""Which waiver of a policy covers a finding, and which waivers are unused."""

from collections.abc import Iterable, Iterator
from datetime import date

from checker.judging.patterns import PatternIndex, fits
from checker.judging.policy import ANY_RULE, Waiver
from checker.model import PackageFacts, WaiverFacts


class WaiverUse:
    """The waivers of a policy, and what became of each."""

    def __init__(self, waivers: tuple[Waiver, ...], today: date) -> None:
        self._waivers = waivers
        self._expired = {waiver for waiver in waivers if waiver.expires and waiver.expires < today}
        self._used: set[Waiver] = set()
        self._seen: set[Waiver] = set()
        numbers = range(len(waivers))
        self._by_package = PatternIndex((waivers[place].package, place) for place in numbers if waivers[place].package)
        self._for_all = self._by_path(place for place in numbers if not waivers[place].package)
        self._for_package = self._by_path(())
        self._arch: str | None = None
        self._path: str | None = None
        self._here: list[Waiver] = []
        """Those that fit the path, in the order of the policy."""

    def _by_path(self, places: Iterable[int]) -> PatternIndex[int]:
        return PatternIndex((self._waivers[place].path, place) for place in places)

    def enter(self, package: PackageFacts) -> None:
        """Go on to the files of a package; waivers can have its own name or that of its source package."""
        name, suffix = package.name or "", f".{package.arch}"
        own = name.rsplit("-", 2)[0] if name.endswith(suffix) else name  # NEVRA, or the name that a build root is for
        names = {own, package.source or own}
        self._for_package = self._by_path({place for one in names for place in self._by_package.fitting(one)})
        self._arch, self._path = package.arch, None

    def look_at(self, path: str) -> None:
        """Remember whose files were looked at."""
        self._go_to(path)
        self._seen.update(self._here)

    def _go_to(self, path: str) -> None:
        if path != self._path:  # the members of an archive come one after the other
            self._path = path
            places = sorted({*self._for_all.fitting(path), *self._for_package.fitting(path)})
            here = (self._waivers[place] for place in places)
            self._here = [waiver for waiver in here if fits(waiver.arch, self._arch)]

    def find(self, rule: str, path: str) -> Waiver | None:
        """The waiver that covers a finding; one past its date does not."""
        self._go_to(path)
        for waiver in self._here:
            if waiver.rule in (ANY_RULE, rule):
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
