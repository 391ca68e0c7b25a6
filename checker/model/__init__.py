# SPDX-License-Identifier: GPL-2.0-or-later
"""The types that travel between rooms: facts, findings and summaries.

Names of files and members are `str` that may hold surrogate escapes: names on Unix are bytes.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from checker.errors import Obstacle, Unavailable
from checker.model.comparable import Comparable
from checker.model.findings import MISSING as MISSING
from checker.model.findings import Change as Change
from checker.model.findings import Claim as Claim
from checker.model.findings import Finding as Finding
from checker.model.findings import Severity as Severity
from checker.model.findings import SourceChange as SourceChange
from checker.model.findings import WaiverFacts as WaiverFacts
from checker.model.specs import SpecItem
from checker.model.statements import Statement


class Kind(StrEnum):
    """What one object is; an archive's own kind is the first of `ARCHIVE_ORDER` among its members."""

    NATIVE = "native"
    FAT = "fat"
    SLIM = "slim"
    MIXED = "mixed"
    HOLLOW = "hollow"
    EMPTY = "empty"
    DAMAGED = "damaged"
    OTHER = "other"
    UNREADABLE = "unreadable"
    NONE = "none"
    """An archive without members; never an object."""


ARCHIVE_ORDER = (
    Kind.UNREADABLE,
    Kind.MIXED,
    Kind.HOLLOW,
    Kind.SLIM,
    Kind.DAMAGED,
    Kind.FAT,
    Kind.NATIVE,
    Kind.EMPTY,
    Kind.OTHER,
)


class Form(StrEnum):
    """How bytecode is stored."""

    GIMPLE = "gimple"
    """GCC's `.gnu.lto_*` sections."""
    BITCODE = "bitcode"
    """A bare LLVM IR file."""
    FAT_SECTION = "fat-section"
    """LLVM IR in `.llvm.lto`, beside machine code."""
    EMBEDDED = "embedded"
    """LLVM IR in `.llvmbc`: not for linkers, read by rustc."""


class Index(StrEnum):
    """The symbol index of an archive."""

    PRESENT = "present"
    MISSING = "missing"
    EMPTY = "empty"
    LTO_ONLY = "lto-only"
    """It names nothing but `__gnu_lto_slim`, so no linker finds anything by it."""
    WRONG = "wrong"
    """It says that members begin where none does, so a linker takes what is not listed."""


class Stage(StrEnum):
    """Whether the brp scripts that strip have run on what is looked at."""

    INSTALLED = "installed"
    STRIPPED = "stripped"


class Bytecode(NamedTuple):
    """One kind of bytecode in an object; `size` in bytes, `version` as the compiler writes it."""

    form: Form
    producer: str
    version: str | None
    size: int
    triple: str | None = None
    """What target LLVM's is for."""
    is_fat_forbidden: bool = False
    """GCC's was compiled with -fno-fat-lto-objects, and says so."""
    frontend: str | None = None
    """The compiler of another language that made LLVM's, where it shows: rustc or ldc2."""


class ObjectFacts(NamedTuple):
    """What one object is. No path in it, so equal objects share one value."""

    format: str
    machine: str | None
    kind: Kind
    reasons: tuple[Statement, ...] = ()
    """Why it is of this kind."""
    empty: bool | None = False
    """Its bytecode defines nothing, so that losing it loses nothing; None when nothing shows it any more."""
    partial: bool = False
    """Native content beside what is missing."""
    bytecode: tuple[Bytecode, ...] = ()
    bare: bool = False
    """Empty without a sign that it always was: hollow objects whose marker was stripped look like this."""
    ctors: tuple[str, ...] = ()
    """Non-empty `.ctors*` and `.dtors*` sections."""
    marked: bool = False
    """GCC's marker of slim objects is there although nothing is missing: stripped, the object will look hollow."""
    joined: bool = False
    """Its LLVM bitcode is that of several units, one after the other."""
    nameless: bool = False
    """Code or data without a global symbol that is defined in it: no linker takes it out of an archive."""
    compiler: str | None = None
    """What it says of its compiler in `.comment`; only looked for in loose objects, and when asked to."""
    obstacle: Obstacle | None = None
    """Why it could not be read; None for what could."""


class ArchiveFacts(NamedTuple):
    """What one archive is."""

    kind: Kind
    members: int
    kinds: tuple[tuple[Kind, int], ...]
    symbol_index: Index
    thin: bool = False
    formats: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    """Producers and versions of the linkable bytecode inside, as `gcc 12.0`."""
    bare: int = 0
    """Members that are empty without a sign that they always were."""
    nameless: int = 0
    """Members with code or data in which no global symbol is defined."""
    compiler: str | None = None
    """What members say of their compiler: the first that does LTO, else the first; only looked for when asked to."""


class ObjectItem(NamedTuple):
    """One object and where it is."""

    path: str
    member: str | None
    position: int | None
    """Which member of its archive, from 0."""
    facts: ObjectFacts


class ArchiveItem(NamedTuple):
    """One archive and where it is; comes after its members. `member` names an archive inside an archive."""

    path: str
    member: str | None
    facts: ArchiveFacts


class Members(NamedTuple):
    """Neighbouring members of one archive that share their facts, as an audit keeps them."""

    path: str
    position: int
    """Of the first; the others follow it one by one."""
    names: tuple[str, ...]
    facts: ObjectFacts

    def each(self) -> Iterator[ObjectItem]:
        """Every one of them."""
        for position, name in enumerate(self.names, self.position):
            yield ObjectItem(self.path, name, position, self.facts)


class Omission(StrEnum):
    """Why a place was not looked at though it could be read; what could not be read is a finding."""

    EXCLUDED = "excluded"
    """The user left it out."""
    DEBUG = "debug"
    """Debug information, which nobody links."""
    OUTSIDE = "outside"
    """A symbolic link that leads out of the folder, or among specs to a folder."""
    SPECIAL = "special"
    """A FIFO, socket or device."""
    FORBIDDEN = "forbidden"
    """This user may not read it, and so the hook's build cannot package it."""


class FileCount(NamedTuple):
    """How many files were looked at that are no objects, and how many places were not looked at, by reason."""

    files: int
    not_looked_at: tuple[tuple[Omission, int], ...] = ()


SOURCE_ARCHITECTURES = ("src", "nosrc")


Item = ObjectItem | Members | ArchiveItem | FileCount | Unavailable | SpecItem


class PackageFacts(NamedTuple):
    """What a package or a build root declares, and in the end what it holds."""

    name: str | None = None
    """NEVRA of a package, name of the package that a build root is for."""
    source: str | None = None
    """Name of the source package."""
    arch: str | None = None
    """Architecture of a package; one of SOURCE_ARCHITECTURES for a source package."""
    opt_in: bool = False
    opt_in_evidence: tuple[str, ...] = ()
    declared: bool = False
    """Opted in by the macro made for it, not only by flags, which a distribution may give to every package."""
    flags: str | None = None
    """What its flags asked of compilers when a package was built: fat, slim or none."""
    built: int | None = None
    """When a package was built, in seconds since 1970, UTC; BUILDTIME of its header."""
    stage: Stage = Stage.INSTALLED
    kinds: tuple[tuple[Kind, int], ...] = ()
    unread: Unavailable | None = None


class TargetType(StrEnum):
    """What a target is."""

    ARCHIVE = "archive"
    OBJECT = "object"
    TREE = "tree"
    RPM = "rpm"
    REPOSITORY = "repository"
    SPEC = "spec"
    OTHER = "other"


class Target(NamedTuple):
    """One thing that was asked about; `items` can be walked once."""

    path: str
    type: TargetType
    package: PackageFacts
    items: Iterator[Item]
    record: int | None = None
    """Which facts of a store it is made of."""


class Judged(NamedTuple):
    """One item with what the rules say of it; without item, what they say of the whole target."""

    item: Item | None
    findings: tuple[Finding, ...] = ()
    exempt: str | None = None
    """Why the policy does not judge the item, where a rule would have found something."""


class Summary(Comparable):
    """Counts over everything that was judged."""

    __slots__ = (
        "archives",
        "errors",
        "kinds",
        "not_looked_at",
        "notes",
        "objects",
        "other_files",
        "specs",
        "unreadable",
        "waived",
        "warnings",
    )

    def __init__(self) -> None:
        self.objects = 0
        self.archives = 0
        self.specs = 0
        self.other_files = 0
        self.kinds: dict[Kind, int] = {}
        self.errors = 0
        self.warnings = 0
        self.notes = 0
        self.waived = 0
        self.unreadable = 0
        self.not_looked_at: dict[Omission, int] = {}
        """Files, folders and links by the reason; what is unreadable is not among them."""

    @property
    def is_emptied(self) -> bool:
        """Whether the user left out all that there was to judge."""
        return Omission.EXCLUDED in self.not_looked_at and not self.objects and not self.archives
