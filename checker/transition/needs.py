# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set: which source packages ship objects that LTO makes, and why the others need not care.

What compilers were told counts only where others of the run were told otherwise, and that a compiler is not named only
where most are: no package says how its distribution builds and strips.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checker.errors import Unavailable
from checker.judging.judge import has_opted_in
from checker.judging.policy import Policy
from checker.limits import LIMITS
from checker.model import SOURCE_ARCHITECTURES, ArchiveItem, Kind, ObjectCount, ObjectItem, Target
from checker.model.audits import ArchObjects, Need, OptInSet, SourceObjects
from checker.transition.sights import Sight, sights

FILES = 20
"""Files of a source package that are told."""

FLAGS = ("fat", "slim", "none", None)
"""What compilers were told, by how much it says."""

FAT_PER_SLIM = 20
"""Where every package is fat by default, few are slim: of 24,377 specs of Fedora, two take -ffat-lto-objects back."""

ORDER = tuple(Need)

BECAUSE = {
    Need.LTO_DISABLED: "; it was built without LTO, unlike most",
    Need.OWN_FLAGS: "; native although it was told to be slim",
    Need.KERNEL_MODULE: ", built by the kernel's makefiles",
    Need.UNNAMED: ": assembly, or a compiler that leaves no name",
    Need.OTHER_COMPILER: ", to which LTO flags mean nothing",
    Need.FOREIGN: ", which the package is not for",
}
"""What makes a sight a reason."""


class Told(NamedTuple):
    """For which architecture a package was built, and what its compilers were told."""

    arch: str
    flags: str | None


class Evidence(NamedTuple):
    """What one package says of the source package that it was built from."""

    place: str
    package: str
    source: str
    told: Told
    opted_in: bool
    declared: bool
    sights: Mapping[tuple[Need, bool], Sight]
    """The first of its kind in the order of paths, so that the order of packages does not matter."""
    kinds: Mapping[Kind, int]
    compilers: frozenset[str]
    files: frozenset[str]
    unread: Unavailable | None


class _Run:
    """What the packages of a run have in common, by how many source packages do so."""

    def __init__(self) -> None:
        self._told: dict[Told, set[str]] = {}
        self._named: set[str] = set()
        self._unnamed: set[str] = set()

    def add(self, package: Evidence) -> None:
        """Count one package."""
        self._told.setdefault(package.told, set()).add(package.source)
        if package.compilers:
            self._named.add(package.source)
        if (Need.UNNAMED, True) in package.sights:
            self._unnamed.add(package.source)

    def has_lto(self, arch: str) -> bool:
        """Whether most are built with LTO there, so that the others decided to be without."""
        return self._count(arch, "fat") + self._count(arch, "slim") >= self._count(arch, "none")

    def is_slim(self, arch: str) -> bool:
        """Whether so many are built slim there that the fat ones must have opted in."""
        slim = self._count(arch, "slim")
        return slim > 0 and slim * FAT_PER_SLIM >= self._count(arch, "fat")

    def names_compilers(self) -> bool:
        """Whether most that could name a compiler do, so that the scripts that strip leave the names alone."""
        return len(self._named) >= len(self._unnamed - self._named)

    def _count(self, arch: str, flags: str) -> int:
        return len(self._told.get(Told(arch, flags), ()))


def evidence(target: Target, policy: Policy) -> Evidence:
    """What a package says; walks it."""
    package = target.package
    seen: dict[tuple[Need, bool], Sight] = {}
    kinds: Counter[Kind] = Counter()
    compilers: set[str] = set()
    files: set[str] = set()
    unread = None
    for item in target.items:
        if isinstance(item, Unavailable):
            unread = item
            _keep(seen, Sight(Need.UNKNOWN, target.path, item.detail))
        elif isinstance(item, ObjectItem | ObjectCount | ArchiveItem):
            files.add(item.path)
            if not isinstance(item, ArchiveItem):
                kinds[item.facts.kind] += item.objects if isinstance(item, ObjectCount) else 1
            if not isinstance(item, ObjectCount) and item.facts.compiler and len(compilers) < LIMITS.versions:
                compilers.add(item.facts.compiler)
            for sight in sights(item, package, policy):
                _keep(seen, sight)
    return Evidence(
        target.path,
        package.name or target.path,
        package.source or package.name or "",
        Told(package.arch or "unknown", package.flags),
        has_opted_in(package, policy),
        package.declared,
        seen,
        kinds,
        frozenset(compilers),
        frozenset(files),
        unread,
    )


def _keep(seen: dict[tuple[Need, bool], Sight], sight: Sight) -> None:
    key = (sight.need, sight.is_native)
    seen[key] = min(sight, seen.get(key, sight))


class _Source:
    """What was seen of one source package."""

    def __init__(self) -> None:
        self.packages: set[str] = set()
        self.sights: dict[tuple[Need, bool, Told], Sight] = {}
        self.kinds: dict[str, Counter[Kind]] = {}
        self.compilers: set[str] = set()
        self.files: set[str] = set()
        self.told: set[Told] = set()
        self.fat_on: set[str] = set()
        """Architectures on which it opted in, unless fat is what everybody gets there."""
        self.declared = False

    def add(self, package: Evidence) -> None:
        """Take in a package with objects, or one of which that is not known."""
        told = package.told
        self.packages.add(package.package)
        self.told.add(told)
        self.declared |= package.declared
        if package.opted_in:
            self.fat_on.add(told.arch)
        for (need, is_native), sight in package.sights.items():
            key = (need, is_native, told)
            self.sights[key] = min(sight, self.sights.get(key, sight))
        self.kinds.setdefault(told.arch, Counter()).update(package.kinds)
        self.compilers |= package.compilers
        self.files |= package.files

    def summed_up(self, name: str, run: _Run) -> SourceObjects:
        """What follows, once all packages were read."""
        resolved = ((_need(sight, told, run), sight, told) for (_, _, told), sight in self.sights.items())
        need, sight, told = min(resolved, key=lambda seen: (ORDER.index(seen[0]), seen[1], seen[2].arch))
        files = sorted(self.files)
        return SourceObjects(
            source=name,
            need=need,
            why=_why(need, sight, told),
            opted_in=self.declared or any(map(run.is_slim, self.fat_on)),
            architectures=tuple(self._on(arch) for arch in sorted({told.arch for told in self.told})),
            compilers=tuple(sorted(self.compilers)),
            files=tuple(files[:FILES]),
            more_files=len(files[FILES:]),
            packages=tuple(sorted(self.packages)),
        )

    def _on(self, arch: str) -> ArchObjects:
        flags = next(flags for flags in FLAGS if Told(arch, flags) in self.told)
        return ArchObjects(arch, flags, tuple(sorted(self.kinds.get(arch, Counter()).items())))


def opt_in_set(targets: Iterable[Target], policy: Policy) -> OptInSet:
    """The source packages of a run that ship objects, by name, over all their architectures; walks the targets."""
    return summed_up(evidence(target, policy) for target in targets)


def summed_up(packages: Iterable[Evidence]) -> OptInSet:
    """What the packages of a run say together."""
    sources: dict[str, _Source] = {}
    names: set[str] = set()
    run = _Run()
    unread = []
    for package in packages:
        if package.told.arch in SOURCE_ARCHITECTURES:
            continue
        names.add(package.source)
        run.add(package)
        if package.unread:
            unread.append((package.place, package.unread))
        if package.source and package.sights:
            sources.setdefault(package.source, _Source()).add(package)
    known = (source.summed_up(name, run) for name, source in sorted(sources.items()))
    return OptInSet(tuple(known), tuple(sorted(unread, key=lambda one: (one[0], *one[1].args))), len(names - {""}))


def _need(sight: Sight, told: Told, run: _Run) -> Need:
    """What a sight means in its run."""
    if not sight.is_native or sight.need is Need.OTHER_COMPILER:
        return sight.need
    if told.flags == "none" and run.has_lto(told.arch):
        return Need.LTO_DISABLED
    if told.flags == "slim":
        return Need.OWN_FLAGS
    if sight.need is Need.UNNAMED and not run.names_compilers():
        return Need.NEEDED
    return sight.need


def _why(need: Need, sight: Sight, told: Told) -> str:
    because = BECAUSE.get(need, "")
    if sight.need is Need.UNNAMED and need is Need.NEEDED:
        because = ", like most objects here, so that it may be GCC's"
    return f"{sight.path} ({told.arch}) {sight.text}{because}"
