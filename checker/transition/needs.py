# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set: which source packages ship objects made with LTO, and why the others need no opt-in.

The flags of a build count only where other builds of the run had other flags, and that a compiler is not named only
where most are: no package says how its distribution builds and strips.
"""

from collections import Counter
from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from checker.errors import Unavailable
from checker.judging.policy import Policy
from checker.judging.stream import Sink
from checker.limits import LIMITS
from checker.model import (
    SOURCE_ARCHITECTURES,
    ArchiveItem,
    Item,
    Judged,
    Kind,
    Members,
    ObjectItem,
    PackageFacts,
    Target,
)
from checker.model.audits import ArchObjects, Need, OptInSet, SourceObjects
from checker.model.statements import Ground, Part, Statement, say
from checker.transition.file_needs import FileNeed, file_needs

FILES = 20
"""Files of a source package that are listed; more are counted."""

FLAGS = ("fat", "slim", "none", None)
"""Flags of a build, those that say the most first."""

ORDER = tuple(Need)

BECAUSE = {
    Need.LTO_DISABLED: Ground.BUT_WITHOUT_LTO,
    Need.OWN_FLAGS: Ground.BUT_FLAGS_SLIM,
    Need.KERNEL_MODULE: Ground.BUT_BY_KERNEL,
    Need.UNNAMED: Ground.BUT_ASSEMBLY,
    Need.OTHER_COMPILER: Ground.BUT_NO_LTO_COMPILER,
    Need.FOREIGN: Ground.BUT_NOT_FOR_IT,
}
"""Why a file with such a need does not call for the opt-in."""


class BuildFlags(NamedTuple):
    """For which architecture a package was built, and whether its flags were fat, slim or none."""

    arch: str
    flags: str | None


class PackageNeeds(NamedTuple):
    """The evidence of one package about the source package that it was built from."""

    place: str
    package: str
    source: str
    build: BuildFlags
    opted_in: bool | None
    """By its own word; None where it says nothing."""
    file_needs: Mapping[tuple[Need, bool], FileNeed]
    """The first of its kind in the order of paths, so that the order of packages does not matter."""
    kinds: Mapping[Kind, int]
    compilers: frozenset[str]
    files: frozenset[str]
    unread: Unavailable | None


class _RunCounts:
    """What the packages of a run have in common, by how many source packages do so."""

    def __init__(self) -> None:
        self._builds: dict[BuildFlags, set[str]] = {}
        self._named: set[str] = set()
        self._unnamed: set[str] = set()

    def add(self, package: PackageNeeds) -> None:
        """Count one package."""
        self._builds.setdefault(package.build, set()).add(package.source)
        if package.compilers:
            self._named.add(package.source)
        if (Need.UNNAMED, True) in package.file_needs:
            self._unnamed.add(package.source)

    def has_lto(self, arch: str) -> bool:
        """Whether most are built with LTO there, so that the others decided to be without."""
        return self._count(arch, "fat") + self._count(arch, "slim") >= self._count(arch, "none")

    def names_compilers(self) -> bool:
        """Whether most that could name a compiler do, so that the scripts that strip leave the names alone."""
        return len(self._named) >= len(self._unnamed - self._named)

    def _count(self, arch: str, flags: str) -> int:
        return len(self._builds.get(BuildFlags(arch, flags), ()))


def own_word(package: PackageFacts, policy: Policy, slim_since: float | None) -> bool | None:
    """Whether a package opted in, as far as its own header shows it; None where it does not.

    Fat flags say so only where it was built when flags had become slim by default, in seconds since 1970.
    """
    if package.declared:
        return True
    if package.flags == "slim":
        return False
    is_own_choice = slim_since is not None and package.built is not None and package.built >= slim_since
    return True if is_own_choice and package.flags == "fat" and policy.flags else None


class NeedsCollector:
    """Gathers the evidence of one package, item by item."""

    def __init__(self, target: Target, policy: Policy, slim_since: float | None = None) -> None:
        self._target, self._policy, self._slim_since = target, policy, slim_since
        self._seen: dict[tuple[Need, bool], FileNeed] = {}
        self._kinds: Counter[Kind] = Counter()
        self._compilers: set[str] = set()
        self._files: set[str] = set()
        self._unread: Unavailable | None = None

    def add(self, item: Item) -> None:
        """Take in one item."""
        if isinstance(item, Unavailable):
            self._unread = item
            self._keep(FileNeed(Need.UNKNOWN, self._target.path, (say(Ground.DETAIL, detail=item.detail),)))
        elif isinstance(item, ObjectItem | Members | ArchiveItem):
            self._files.add(item.path)
            if not isinstance(item, ArchiveItem):
                self._kinds[item.facts.kind] += len(item.names) if isinstance(item, Members) else 1
            if not isinstance(item, Members) and item.facts.compiler and len(self._compilers) < LIMITS.versions:
                self._compilers.add(item.facts.compiler)
            for file_need in file_needs(item, self._target.package, self._policy):
                self._keep(file_need)

    def _keep(self, file_need: FileNeed) -> None:
        key = (file_need.need, file_need.is_native)
        self._seen[key] = min(file_need, self._seen.get(key, file_need), key=_order)

    def found(self) -> PackageNeeds:
        """The evidence of all items."""
        package = self._target.package
        return PackageNeeds(
            self._target.path,
            package.name or self._target.path,
            package.source or package.name or "",
            BuildFlags(package.arch or "unknown", package.flags),
            own_word(package, self._policy, self._slim_since),
            self._seen,
            self._kinds,
            frozenset(self._compilers),
            frozenset(self._files),
            self._unread,
        )


_order = attrgetter("order")


class _SourceNeeds:
    """The evidence about one source package."""

    def __init__(self) -> None:
        self.packages: set[str] = set()
        self.file_needs: dict[tuple[Need, bool, BuildFlags], FileNeed] = {}
        self.kinds: dict[str, Counter[Kind]] = {}
        self.compilers: set[str] = set()
        self.files: set[str] = set()
        self.builds: set[BuildFlags] = set()
        self.opted_in: set[bool | None] = set()

    def add(self, package: PackageNeeds) -> None:
        """Take in a package with objects, or one of which that is not known."""
        build = package.build
        self.packages.add(package.package)
        self.builds.add(build)
        self.opted_in.add(package.opted_in)
        for (need, is_native), file_need in package.file_needs.items():
            key = (need, is_native, build)
            self.file_needs[key] = min(file_need, self.file_needs.get(key, file_need), key=_order)
        self.kinds.setdefault(build.arch, Counter()).update(package.kinds)
        self.compilers |= package.compilers
        self.files |= package.files

    def summed_up(self, name: str, run: _RunCounts) -> SourceObjects:
        """What follows, once all packages were read."""
        resolved = (
            (_need(file_need, build, run), file_need, build) for (_, _, build), file_need in self.file_needs.items()
        )
        need, file_need, build = min(resolved, key=lambda seen: (ORDER.index(seen[0]), seen[1].order, seen[2].arch))
        files = sorted(self.files)
        return SourceObjects(
            source=name,
            need=need,
            why=_why(need, file_need, build),
            opted_in=False if False in self.opted_in else True if True in self.opted_in else None,
            architectures=tuple(self._on(arch) for arch in sorted({build.arch for build in self.builds})),
            compilers=tuple(sorted(self.compilers)),
            files=tuple(files[:FILES]),
            more_files=len(files[FILES:]),
            packages=tuple(sorted(self.packages)),
        )

    def _on(self, arch: str) -> ArchObjects:
        flags = next(flags for flags in FLAGS if BuildFlags(arch, flags) in self.builds)
        return ArchObjects(arch, flags, tuple(sorted(self.kinds.get(arch, Counter()).items())))


class Needs(Sink):
    """Finds the source packages of a run that ship objects, over all their architectures."""

    def __init__(self, policy: Policy, slim_since: float | None = None) -> None:
        self._policy, self._slim_since = policy, slim_since
        self._collector: NeedsCollector | None = None
        self._sources: dict[str, _SourceNeeds] = {}
        self._names: set[str] = set()
        self._run = _RunCounts()
        self._unread: list[tuple[str, Unavailable]] = []

    def begin(self, target: Target) -> None:
        self._collector = NeedsCollector(target, self._policy, self._slim_since)

    def item(self, judged: Judged) -> None:
        if self._collector and judged.item is not None:
            self._collector.add(judged.item)

    def end(self, target: Target) -> None:
        if self._collector:
            self.add(self._collector.found())

    def add(self, package: PackageNeeds) -> None:
        """Add the evidence of one package."""
        if package.build.arch in SOURCE_ARCHITECTURES:
            return
        self._names.add(package.source)
        self._run.add(package)
        if package.unread:
            self._unread.append((package.place, package.unread))
        if package.source and package.file_needs:
            self._sources.setdefault(package.source, _SourceNeeds()).add(package)

    def found(self) -> OptInSet:
        """The opt-in set that follows from all packages."""
        known = (source.summed_up(name, self._run) for name, source in sorted(self._sources.items()))
        return OptInSet(
            tuple(known), tuple(sorted(self._unread, key=lambda one: (one[0], *one[1].args))), len(self._names - {""})
        )


def _need(file_need: FileNeed, build: BuildFlags, run: _RunCounts) -> Need:
    """What a need of one file means in its run."""
    if not file_need.is_native or file_need.need is Need.OTHER_COMPILER:
        return file_need.need
    if build.flags == "none" and run.has_lto(build.arch):
        return Need.LTO_DISABLED
    if build.flags == "slim":
        return Need.OWN_FLAGS
    if file_need.need is Need.UNNAMED and not run.names_compilers():
        return Need.NEEDED
    return file_need.need


def _why(need: Need, file_need: FileNeed, build: BuildFlags) -> Statement:
    is_like_most = file_need.need is Need.UNNAMED and need is Need.NEEDED
    because = Ground.LIKE_MOST if is_like_most else BECAUSE.get(need, Part.NONE)
    return say(Ground.FILE, path=file_need.path, arch=build.arch, said=file_need.why, because=say(because))
