# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is hit: source packages whose BuildRequires resolve to a package with objects that break or have to change.

libsolv resolves, as dnf and zypper do: versions, file provides and rich dependencies included, recommendations aside.
It runs in a process of its own, because metadata is hostile and libsolv is written in C.
"""

import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from checker import requires
from checker.errors import Unavailable, UsageError
from checker.model import SOURCE_ARCHITECTURES
from checker.model.transition import Hit
from checker.packages.bindings import rpm
from checker.packages.versions import Nevra
from checker.repositories.http import without_credentials
from checker.repositories.plain import plain_metadata

NO_ARCHITECTURE = "noarch"
COMPATIBLE = {"i386": "x86_64", "i486": "x86_64", "i586": "x86_64", "i686": "x86_64"}
"""Whose packages are installed beside those of another architecture, where a distribution has both."""

ATOM = re.compile(r"[^\s()]+")
OPERATORS = frozenset({"and", "or", "if", "else", "with", "without", "unless", "<", "<=", "=", ">=", ">"})
LESS, GREATER, EQUAL = 1 << 1, 1 << 2, 1 << 3
"""Bits of RPMSENSE that compare versions (include/rpm/rpmds.h)."""


class Question(NamedTuple):
    """What libsolv is asked."""

    targets: frozenset[str]
    """NEVRA of packages with objects."""
    binaries: tuple[str, ...]
    """Locations of repositories."""
    sources: tuple[str, ...]


def impact(question: Question) -> dict[str, tuple[Hit, ...]]:
    """Who is hit by each of the targets; raises UsageError."""
    _solv()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(_resolved, question).result()
        except BrokenProcessPool as error:
            raise UsageError(
                "--impact: libsolv ended while it read the repositories; the rest works without it"
            ) from error


def _solv() -> Any:
    """The bindings of libsolv; raises UsageError that names the package to install."""
    try:
        import solv  # noqa: PLC0415 only this needs it
    except ImportError as error:
        raise UsageError(requires.SOLV.missing(error)) from error
    return solv


def _resolved(question: Question) -> dict[str, tuple[Hit, ...]]:
    arches = {Nevra.of(target).arch for target in question.targets}
    bases = {arch for arch in arches if arch != NO_ARCHITECTURE and COMPATIBLE.get(arch) not in arches}
    hits: dict[str, dict[str, Hit]] = {}
    with TemporaryDirectory(prefix="ltocheck-") as folder:
        files = _MetadataFiles(question, Path(folder))
        for arch in sorted(bases or arches):
            for target, hit in _Pool(files, arch, question.targets).hits():
                hits.setdefault(target, {}).setdefault(hit.source, hit)
    return {target: tuple(found[name] for name in sorted(found)) for target, found in hits.items()}


class _MetadataFiles:
    """The metadata of all repositories, fetched once."""

    def __init__(self, question: Question, folder: Path) -> None:
        self.binaries = [self._metadata(one, folder / f"b{number}") for number, one in enumerate(question.binaries)]
        self.sources = [self._metadata(one, folder / f"s{number}") for number, one in enumerate(question.sources)]

    @staticmethod
    def _metadata(location: str, folder: Path) -> tuple[str, dict[str, Path]]:
        folder.mkdir()
        try:
            return location, plain_metadata(location, ("primary", "filelists"), folder)
        except Unavailable as error:
            raise UsageError(f"--impact: {without_credentials(location)} {error.detail}") from error


@dataclass(frozen=True, slots=True)
class _SourceRequirements:
    """A source package, its requirements, and the package that stands for its build root."""

    name: str
    requirements: Sequence[Any]
    build: Any


class _Pool:
    """Everything that can be installed on one architecture."""

    def __init__(self, files: _MetadataFiles, arch: str, targets: frozenset[str]) -> None:
        self._solv = _solv()
        self._pool = self._solv.Pool()
        self._pool.setdisttype(self._solv.Pool.DISTTYPE_RPM)
        self._pool.setarch(arch)
        for location, metadata in files.binaries:
            self._add(location, metadata)
        sources = [self._add(location, metadata) for location, metadata in files.sources]
        self._pool.addfileprovides()
        self._pool.createwhatprovides()
        self._targets = {
            one.id: name
            for one in self._pool.solvables_iter()
            if (name := _nevra(one)) in targets and self._is_binary(one)
        }
        self._reach = self._reaching()
        self._sources = self._candidates(sources)
        self._pool.createwhatprovides()

    def hits(self) -> Iterable[tuple[str, Hit]]:
        """Each target with who is hit by it."""
        for source in self._sources:
            for id_ in self._installed(source):
                target = self._targets[id_]
                yield target, Hit(source.name, target, self._via(source, id_))

    def _add(self, location: str, metadata: Mapping[str, Path]) -> Any:
        repository = self._pool.add_repo(location)
        if metadata:
            repository.add_rpmmd(self._solv.xfopen(str(metadata["primary"])), None)
            repository.add_rpmmd(
                self._solv.xfopen(str(metadata["filelists"])), None, self._solv.Repo.REPO_EXTEND_SOLVABLES
            )
        else:
            for path in sorted(Path(location).rglob("*.rpm")):
                self._add_package(repository, path)
        return repository

    def _add_package(self, repository: Any, path: Path) -> None:
        """A package of a folder without metadata, by its header."""
        library = rpm()
        transaction = library.TransactionSet()
        transaction.setVSFlags(library.RPMVSF_MASK_NOSIGNATURES | library.RPMVSF_MASK_NODIGESTS)
        try:
            with path.open("rb") as file:
                if not stat.S_ISREG(path.lstat().st_mode):
                    return
                header = transaction.hdrFromFdno(file.fileno())
        except (OSError, library.error):
            return  # the audit has said why
        one = repository.add_solvable()
        epoch = header[library.RPMTAG_EPOCH]
        one.name, one.evr = header["name"], f"{f'{epoch}:' if epoch else ''}{header['version']}-{header['release']}"
        one.arch = "src" if header.isSource() else header["arch"]
        itself = self._pool.Dep(one.name).Rel(self._solv.REL_EQ, self._pool.Dep(one.evr))
        one.add_deparray(self._solv.SOLVABLE_PROVIDES, itself)
        for what, key in (("providename", self._solv.SOLVABLE_PROVIDES), ("requirename", self._solv.SOLVABLE_REQUIRES)):
            for dependency in library.ds(header, what):
                one.add_deparray(key, self._dependency(dependency))
        if not header.isSource():
            for file in library.files(header):
                one.add_deparray(self._solv.SOLVABLE_PROVIDES, self._pool.Dep(file.name))

    def _dependency(self, dependency: Any) -> Any:
        name, version = dependency.N(), dependency.EVR()
        if name.startswith("("):
            return self._pool.parserpmrichdep(name)
        relations = {LESS: self._solv.REL_LT, GREATER: self._solv.REL_GT, EQUAL: self._solv.REL_EQ}
        relation = sum(ours for bit, ours in relations.items() if dependency.Flags() & bit)
        plain = self._pool.Dep(name)
        return plain.Rel(relation, self._pool.Dep(version)) if relation and version else plain

    def _is_binary(self, one: Any) -> bool:
        return one.arch not in SOURCE_ARCHITECTURES

    def _reaching(self) -> set[int]:
        """The targets, and everything that may need one of them, over any number of steps."""
        users: dict[int, set[int]] = {}
        providers: dict[int, frozenset[int]] = {}
        for one in self._pool.solvables_iter():
            if self._is_binary(one):
                for dependency in one.lookup_deparray(self._solv.SOLVABLE_REQUIRES):
                    if dependency.id not in providers:
                        providers[dependency.id] = self._providers(dependency)
                    for provider in providers[dependency.id]:
                        users.setdefault(provider, set()).add(one.id)
        reach, left = set(self._targets), list(self._targets)
        while left:
            for user in users.get(left.pop(), ()):
                if user not in reach:
                    reach.add(user)
                    left.append(user)
        return reach

    def _providers(self, dependency: Any) -> frozenset[int]:
        """What may answer a requirement; of a rich one, what may answer any part of it."""
        text = str(dependency)
        if not text.startswith("("):
            return frozenset(one.id for one in self._pool.whatprovides(dependency))
        names = (word for word in ATOM.findall(text) if word not in OPERATORS)
        return frozenset(one.id for name in names for one in self._pool.whatprovides(self._pool.Dep(name)))

    def _candidates(self, repositories: Iterable[Any]) -> list[_SourceRequirements]:
        """Source packages that may need a target, each with a package that requires what its build does.

        libsolv forgets who provides what as soon as a package is added, so that these are added at the end.
        """
        found = []
        for repository in repositories:
            for one in repository.solvables_iter():
                requirements = list(one.lookup_deparray(self._solv.SOLVABLE_REQUIRES))
                if not self._is_binary(one) and any(self._providers(each) & self._reach for each in requirements):
                    can_be_had = [each for each in requirements if str(each).startswith("(") or self._providers(each)]
                    found.append((one.name, one.evr, requirements, can_be_had))
        builds = self._pool.add_repo("builds")
        sources = []
        for name, version, requirements, can_be_had in found:
            build = builds.add_solvable()
            build.name, build.evr, build.arch = f"build of {name}", version, NO_ARCHITECTURE
            for each in can_be_had:
                build.add_deparray(self._solv.SOLVABLE_REQUIRES, each)
            sources.append(_SourceRequirements(name, requirements, build))
        return sources

    def _installed(self, source: _SourceRequirements) -> list[int]:
        """The targets in a build root; where it cannot be resolved, those that a requirement names."""
        solver = self._pool.Solver()
        solver.set_flag(self._solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        wanted = self._solv.Job.SOLVER_INSTALL | self._solv.Job.SOLVER_SOLVABLE
        if solver.solve([self._pool.Job(wanted, source.build.id)]):
            direct = frozenset().union(*map(self._providers, source.requirements))
            return sorted(direct & self._targets.keys())
        return sorted({one.id for one in solver.transaction().newsolvables()} & self._targets.keys())

    def _via(self, source: _SourceRequirements, target: int) -> str:
        """The requirement that leads to a target, one that names it before others."""
        found = [(self._providers(one), str(one)) for one in source.requirements]
        direct = next((text for providers, text in found if target in providers), None)
        return direct or next((text for providers, text in found if providers & self._reach), "")


def _nevra(one: Any) -> str:
    return f"{one.name}-{one.evr}.{one.arch}"
