# SPDX-License-Identifier: GPL-2.0-or-later
"""The words of this project as types: facts, findings and what a report is made of.

Names of files and members are `str` that may hold surrogate escapes: names on Unix are bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple


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


class Stage(StrEnum):
    """Whether the brp scripts that strip have run on what is looked at."""

    INSTALLED = "installed"
    STRIPPED = "stripped"


class Severity(IntEnum):
    """How bad a finding is."""

    OFF = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Bytecode:
    """One kind of bytecode in an object; `size` in bytes, `version` as the compiler writes it."""

    form: Form
    producer: str
    version: str | None
    size: int


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What one object is. No path in it, so equal objects share one value."""

    format: str
    machine: str | None
    kind: Kind
    reason: str
    empty: bool | None = False
    """Its bytecode defines nothing, so that losing it loses nothing; None when it can no longer be told."""
    partial: bool = False
    """Native content beside what is missing."""
    bytecode: tuple[Bytecode, ...] = ()
    bare: bool = False
    """Empty without a sign that it always was: hollow objects whose marker was stripped look like this."""
    ctors: tuple[str, ...] = ()
    """Non-empty `.ctors*` and `.dtors*` sections."""
    compiler: str | None = None
    """What it says of its compiler in `.comment`; only looked for in loose objects, and when asked to."""


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What one archive is."""

    kind: Kind
    members: int
    kinds: tuple[tuple[Kind, int], ...]
    index: Index
    thin: bool = False
    formats: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    """Producers and versions of the linkable bytecode inside, as `gcc 12.0`."""
    bare: int = 0
    """Members that are empty without a sign that they always were."""
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


class ObjectCount(NamedTuple):
    """Members of one archive that share their facts, where none needs to be told from the others."""

    path: str
    facts: ObjectFacts
    """Sizes of bytecode are sums."""
    objects: int


class FileCount(NamedTuple):
    """How many files were looked at that are no objects."""

    files: int


class Obstacle(StrEnum):
    """Why a package or a repository cannot be read, or not to its end."""

    INACCESSIBLE = "inaccessible"
    NO_PACKAGE = "no-package"
    DELTA = "delta"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    """Something in it contradicts its header or a digest."""
    UNVERIFIED = "unverified"
    """The verification that was asked for failed."""
    TOO_LARGE = "too-large"
    CRASHED = "crashed"
    """Whatever read it failed in a way that nobody foresaw, or died."""


class Unread(NamedTuple):
    """A package or a repository, or the rest of it, that was not looked at; `detail` continues a sentence about it."""

    obstacle: Obstacle
    detail: str


class Repository(NamedTuple):
    """What an audit knows of one package repository, besides the packages that it looked at."""

    location: str
    others: dict[str, int]
    """How many packages it lists that hold no object, by architecture."""
    sources: int
    """How many source packages all that it lists was built from."""
    size: int
    """Of all packages it lists, in bytes."""
    problems: tuple[tuple[str, str], ...]
    """Obstacle and detail of what could not be read."""


SOURCE_ARCHITECTURES = ("src", "nosrc")


class LtoState(StrEnum):
    """What a spec does to link-time optimization."""

    DEFAULT = "default"
    """Nothing: the distribution decides."""
    DISABLED = "disabled"
    FAT = "fat"
    SLIM = "slim"
    MODIFIED = "modified"
    """Something that none of the other words covers, such as an own LTO switch of the project."""
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


class Ships(StrEnum):
    """Whether a spec lists objects in its %files."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    """Only on some architectures or distributions, or with a build switch that is off."""
    UNKNOWN = "unknown"
    """A folder, a broad pattern or a generated list may hold some."""


class Look(StrEnum):
    """How a spec was read."""

    LEXICAL = "lexical"
    EXPANDED = "expanded"


class Spot(NamedTuple):
    """A place in a spec, line and column from 1, and what stands there."""

    line: int
    column: int
    text: str


class Sign(StrEnum):
    """Something in a spec that rules look for."""

    ACTIVE_COMMENT = "active-comment"
    RECURSIVE_DEFINE = "recursive-define"
    UNDEFINE = "undefine"
    BYPASS = "bypass"
    SWALLOWED = "swallowed"
    HARDCODED_LTO = "hardcoded-lto"
    FAT_WITHOUT_LTO = "fat-without-lto"
    FAT_UNDONE = "fat-undone"
    PROJECT_LTO = "project-lto"
    INERT_OPT_IN = "inert-opt-in"
    LATE_OPT_IN = "late-opt-in"
    DEAD_OPT_IN = "dead-opt-in"
    SHELL_OPT_IN = "shell-opt-in"
    LTO_OFF = "lto-off"
    BROKEN = "broken"
    UNSEEN = "unseen"
    """Something that is not looked at: a line that is too long, another file that is included."""
    UNREADABLE = "unreadable"


class Mark(NamedTuple):
    """A sign and where it stands; `detail` names the macro, the option or the reason."""

    sign: Sign
    spot: Spot
    detail: str


class Condition(NamedTuple):
    """A conditional line of a spec, and whether rpm took the branch that it begins."""

    line: int
    holds: bool


@dataclass(frozen=True, slots=True)
class SpecTarget:
    """What rpm made of a spec for one distribution and architecture."""

    target: str
    arch: str
    lto: LtoState = LtoState.UNKNOWN
    opt_in: bool = False
    ships: Ships = Ships.UNKNOWN
    flags: str | None = None
    """What compilers are told, last word wins: fat, slim or none."""
    failure: str | None = None
    """Why rpm could not parse it."""
    conditions: tuple[Condition, ...] = ()
    """In the order of the lines; none where rpm could not parse it."""


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """What a spec says about objects and LTO."""

    look: Look
    lto: LtoState
    ships: Ships
    opt_in: bool
    declared: bool = False
    """Opted in by the macro, not only by flags."""
    name: str | None = None
    lto_spots: tuple[Spot, ...] = ()
    ships_spots: tuple[Spot, ...] = ()
    opt_in_spots: tuple[Spot, ...] = ()
    marks: tuple[Mark, ...] = ()
    targets: tuple[SpecTarget, ...] = ()
    not_expanded: str | None = None
    """Why rpm was not asked, where it should have been."""


class SpecItem(NamedTuple):
    """One spec and where it is."""

    path: str
    facts: SpecFacts


Item = ObjectItem | ObjectCount | ArchiveItem | FileCount | Unread | SpecItem


@dataclass(frozen=True, slots=True)
class PackageFacts:
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
    """What compilers were told when a package was built: fat, slim or none."""
    stage: Stage = Stage.INSTALLED
    kinds: tuple[tuple[Kind, int], ...] = ()
    unread: Unread | None = None


class Need(StrEnum):
    """Whether a source package needs the opt-in, or why not; the first that is true of any of its files."""

    NEEDED = "needed"
    UNKNOWN = "unknown"
    """Something could not be read."""
    LTO_DISABLED = "lto-disabled"
    """Built without LTO, where most are built with it."""
    OWN_FLAGS = "own-flags"
    """Told to compile slim, and the objects are native all the same: its build has flags of its own."""
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
    """What a source package ships on one architecture, and whether its compilers were told fat, slim or none."""

    arch: str
    flags: str | None
    kinds: tuple[tuple[Kind, int], ...]


@dataclass(frozen=True, slots=True)
class SourceObjects:
    """The objects of all packages of one source package, and what follows for the opt-in."""

    source: str
    need: Need
    why: str
    """A sentence with the evidence."""
    opted_in: bool
    """Built fat, where others are built slim; or declared."""
    architectures: tuple[ArchObjects, ...]
    compilers: tuple[str, ...]
    files: tuple[str, ...]
    """Files with objects; only the first."""
    more_files: int
    """How many more there are."""
    packages: tuple[str, ...]
    """NEVRA of each."""


@dataclass(frozen=True, slots=True)
class OptInSet:
    """Every source package that ships objects, by name, and what could not be read."""

    sources: tuple[SourceObjects, ...]
    unread: tuple[tuple[str, Unread], ...]
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
    """One line would not surely do."""
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
    reason: str = ""
    before: bytes = b""
    after: bytes = b""
    """Opted in; only of one that is undeclared."""


class Change(StrEnum):
    """What became of a finding since another audit."""

    NEW = "new"
    REMAINING = "remaining"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's statement about one object, archive or package."""

    rule: str
    severity: Severity
    path: str
    member: str | None
    message: str
    remedy: str
    evidence: tuple[str, ...] = ()
    waived: str | None = None
    line: int | None = None
    """In a spec, from 1; so is the column."""
    column: int | None = None
    change: Change | None = None
    """Only where two audits are compared."""


class Claim(NamedTuple):
    """What a rule says of one thing, before any policy."""

    message: str
    remedy: str
    evidence: tuple[str, ...] = ()
    spot: Spot | None = None


class TargetType(StrEnum):
    """What a target is."""

    ARCHIVE = "archive"
    OBJECT = "object"
    TREE = "tree"
    RPM = "rpm"
    REPOSITORY = "repository"
    SPEC = "spec"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that was asked about; `items` can be walked once."""

    path: str
    type: TargetType
    package: PackageFacts
    items: Iterator[Item]


class Judged(NamedTuple):
    """One item with what the rules say of it; without item, what they say of the whole target."""

    item: Item | None
    findings: tuple[Finding, ...] = ()
    exempt: str | None = None
    """Why the policy does not judge the item, where a rule would have found something."""


@dataclass(slots=True)
class Summary:
    """Counts over everything that was judged."""

    objects: int = 0
    archives: int = 0
    specs: int = 0
    other_files: int = 0
    kinds: dict[Kind, int] = field(default_factory=dict)
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    waived: int = 0
    unreadable: int = 0


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


@dataclass(frozen=True, slots=True)
class Totals:
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
