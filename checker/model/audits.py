# SPDX-License-Identifier: GPL-2.0-or-later
"""The types of audits: repositories, scopes, the opt-in set, and totals."""

from collections.abc import Collection, Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

from checker.errors import Unavailable
from checker.model import MISSING, Change, Form, Kind, SourceChange
from checker.model.statements import Statement


class Repository(NamedTuple):
    """One package repository of an audit, apart from its packages."""

    location: str
    others: dict[str, int]
    """How many packages it lists that hold no object, by architecture."""
    sources: int
    """How many source packages all that it lists was built from."""
    size: int
    """Of all packages it lists, in bytes."""
    problems: tuple[tuple[str, str], ...]
    """Obstacle and detail of what could not be read."""


class AuditName(NamedTuple):
    """What a stored audit is known by."""

    number: int
    name: str | None
    finished: str
    """UTC, as ISO 8601 writes it."""
    repositories: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its name, or its number."""
        return self.name or str(self.number)


class PackageName(NamedTuple):
    """What a repository says of a package that is not looked at, because its file list names no object."""

    name: str
    """NEVRA."""
    source: str
    """Name of the source package."""


class Reach(IntEnum):
    """How far into packages an audit looks, each further than those before."""

    LISTS = 1
    """Into packages whose file lists name an object."""
    HEADERS = 2
    """Into all, at what their headers call an object."""
    THOROUGH = 3
    """At every file of every package."""


class Scope(NamedTuple):
    """What an audit asked for, besides its repositories."""

    arches: tuple[str, ...] | None = None
    """All where it is None."""
    reach: Reach = Reach.LISTS
    all_versions: bool = False
    """Also of packages of which there is a newer version."""


def source_change(changes: Collection[Change]) -> SourceChange:
    """The change of a source package: the worst of the changes of its findings, over all architectures."""
    present = [change for change in changes if change not in MISSING]
    if Change.REMAINING in changes or (present and len(present) < len(changes)):
        return SourceChange.REMAINING
    for change in (Change.NEW, Change.UNCOMPARED, Change.GONE, Change.OUT_OF_SCOPE):
        if change in changes:
            return SourceChange(change.value)
    return SourceChange.RESOLVED


class Need(StrEnum):
    """Whether a source package needs the opt-in, or why not; the first that is true of any of its files."""

    NEEDED = "needed"
    UNKNOWN = "unknown"
    """Something could not be read."""
    LTO_DISABLED = "lto-disabled"
    """Built without LTO, where most are built with it."""
    OWN_FLAGS = "own-flags"
    """Its flags are slim, and its objects native all the same: the build has flags of its own."""
    KERNEL_MODULE = "kernel-module"
    """Built by the kernel's own makefiles, for the kernel to load."""
    UNNAMED = "unnamed-compiler"
    """Assembly, or made by compilers that leave no name."""
    OTHER_COMPILER = "other-compiler"
    """Made by compilers to which the distribution's LTO flags mean nothing: rustc, GHC and others."""
    FOREIGN = "foreign-machine"
    """For machines that the package itself is not for: the distribution's flags are not those of cross compilers."""
    EXEMPT = "exempt"
    """The policy lets it ship bytecode."""
    NO_CODE = "no-code"
    """Nothing that a linker could miss: other languages' formats, empty archives."""


class ArchObjects(NamedTuple):
    """What a source package ships on one architecture, and whether its flags were fat, slim or none."""

    arch: str
    flags: str | None
    kinds: tuple[tuple[Kind, int], ...]


class SourceObjects(NamedTuple):
    """The objects of all packages of one source package, and what follows for the opt-in."""

    source: str
    need: Need
    why: Statement
    """A sentence with the evidence."""
    opted_in: bool | None
    """By its own word: its spec, or the flags it was built with after everybody's became slim; None if nobody knows."""
    architectures: tuple[ArchObjects, ...]
    compilers: tuple[str, ...]
    files: tuple[str, ...]
    """Files with objects; only the first."""
    more_files: int
    """How many more there are."""
    packages: tuple[str, ...]
    """NEVRA of each."""


class OptInSet(NamedTuple):
    """Every source package that ships objects, by name, and what could not be read."""

    sources: tuple[SourceObjects, ...]
    unread: tuple[tuple[str, Unavailable], ...]
    """Packages and repositories by their places."""
    looked_at: int
    """Source packages of all packages that were looked at, with objects or without."""


class SpecState(StrEnum):
    """What is to do to a spec."""

    DECLARED = "declared"
    """Nothing: it opts in."""
    UNDECLARED = "undeclared"
    """One line is to be added."""
    REFUSED = "refused"
    """One line might not be enough."""
    INACCESSIBLE = "inaccessible"
    """It cannot be read or written."""
    MISSING = "missing"
    """There is no such spec."""
    UNNEEDED = "unneeded"
    """It opts in, and no package of the run needs that."""


class Declaration(NamedTuple):
    """What a spec says of a source package; `path` is below the folder."""

    source: str
    state: SpecState
    path: str | None = None
    reason: Statement | None = None
    before: bytes = b""
    after: bytes = b""
    """Opted in; only of one that is undeclared."""
    opted_in: bool | None = None
    """None where there is no spec to say so."""
    undone: Statement | None = None
    """What of the spec takes the opt-in back."""


class RunTotals(NamedTuple):
    """One stored audit in numbers, judged by the policy of today."""

    number: int
    name: str | None
    finished: str
    """UTC, as ISO 8601 writes it."""
    tool: str
    packages: int
    """How many were looked at."""
    errors: int
    warnings: int
    notes: int
    waived: int
    opt_in_set: int
    """Source packages that need the opt-in."""
    bytecode: int
    """Bytes of it that packages ship, but for what is embedded for other purposes than linking."""


class Totals(NamedTuple):
    """What an audit saw, besides its findings; tables have the largest first."""

    run: RunTotals
    since: RunTotals | None
    """The audit that it is compared with."""
    trend: tuple[RunTotals, ...]
    """Those before it and itself, the oldest first."""
    sources: int
    """Source packages of all repositories."""
    kinds_by_arch: Mapping[str, Mapping[Kind, int]]
    kinds_by_compiler: Mapping[str, Mapping[Kind, int]]
    """Archives count for the compiler that their members name."""
    producers: Mapping[str, Mapping[Form, int]]
    """Objects with bytecode, by the compiler that wrote it."""
    bytecode: Mapping[Form, int]
    """Bytes of bytecode."""
    opt_in_set: OptInSet
