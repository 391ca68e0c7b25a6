# SPDX-License-Identifier: GPL-2.0-or-later
"""The evidence of each object and archive of a package for or against the opt-in, by itself."""

from collections.abc import Iterator
from typing import NamedTuple

from checker.judging.judge import subject_of
from checker.judging.policy import Policy
from checker.model import ArchiveItem, Item, Kind, Members, ObjectItem, PackageFacts, Severity
from checker.model.audits import Need
from checker.model.statements import Ground, Statement, say
from checker.objects.comment import does_lto
from checker.objects.machines import package_machines
from checker.rules.archives import suspected_hollow
from checker.rules.remedies import frontend_of
from checker.rules.rule import Case

BYTECODE = (Kind.SLIM, Kind.FAT, Kind.MIXED, Kind.HOLLOW, Kind.DAMAGED)
"""Kinds of objects that show that a compiler did LTO."""

KERNEL_MODULE = ".ko"


class FileNeed(NamedTuple):
    """What one file is taken for, and why."""

    need: Need
    path: str
    why: tuple[Statement, ...]
    is_native: bool = False
    """Without a trace of bytecode, so that it depends on the flags of the build."""

    @property
    def order(self) -> tuple[object, ...]:
        """The order in which the first of several is chosen: by path, then by the reason."""
        return self.path, [(one.key.value, one.values) for one in self.why]


def file_needs(item: Item, package: PackageFacts, policy: Policy) -> Iterator[FileNeed]:
    """The needs of an item; sound members are covered by that of their archive."""
    if isinstance(item, ObjectItem | Members):
        yield from _of_object(item, package, policy)
    elif isinstance(item, ArchiveItem):
        yield from _of_archive(item, package, policy)


def _of_object(item: ObjectItem | Members, package: PackageFacts, policy: Policy) -> Iterator[FileNeed]:
    facts = item.facts
    if facts.kind is Kind.UNREADABLE:
        yield FileNeed(Need.UNKNOWN, item.path, (say(Ground.UNREADABLE, detail=facts.reasons),))
    elif facts.kind in BYTECODE and not facts.empty:
        reason = policy.exemption("slim-object", subject_of(item))
        if reason:
            yield FileNeed(Need.EXEMPT, item.path, (say(Ground.EXEMPT, reason=reason),))
        else:
            need = Need.OTHER_COMPILER if any(map(frontend_of, facts.bytecode)) else Need.NEEDED
            yield FileNeed(need, item.path, _bytecode(item, package))
    elif isinstance(item, ObjectItem) and item.member is None:
        machines = (facts.machine,) if facts.machine else ()
        is_native = facts.kind is Kind.NATIVE
        yield (
            _native(item.path, (facts.format,), machines, facts.compiler, package) if is_native else _nothing(item.path)
        )


def _of_archive(item: ArchiveItem, package: PackageFacts, policy: Policy) -> Iterator[FileNeed]:
    facts = item.facts
    if any(kind is Kind.NATIVE for kind, _ in facts.kinds):
        yield _native(item.path, facts.formats, facts.machines, facts.compiler, package)
    else:
        yield _nothing(item.path)
    if policy.rules["suspected-hollow"] is not Severity.OFF and any(
        suspected_hollow(item, Case(package, policy.macro))
    ):
        reason = policy.exemption("suspected-hollow", subject_of(item))
        if reason:
            yield FileNeed(Need.EXEMPT, item.path, (say(Ground.EXEMPT, reason=reason),))
        else:
            why = say(Ground.PROBABLY_HOLLOW, bare=facts.bare, members=facts.members)
            yield FileNeed(Need.NEEDED, item.path, (why,))


def _bytecode(item: ObjectItem | Members, package: PackageFacts) -> tuple[Statement, ...]:
    facts = item.facts
    member = item.names[0] if isinstance(item, Members) else item.member
    what = say(Ground.KIND, kind=facts.kind) if member is None else say(Ground.HOLDS, kind=facts.kind, member=member)
    more = []
    if package.flags == "none":
        more.append(say(Ground.NO_LTO_FLAGS))
    if facts.machine and not _is_own((facts.format,), (facts.machine,), package):
        more.append(say(Ground.OTHER_MACHINE, machine=facts.machine))
    return (what, *more)


def _native(
    path: str, formats: tuple[str, ...], machines: tuple[str, ...], compiler: str | None, package: PackageFacts
) -> FileNeed:
    if not _is_own(formats, machines, package):
        why = say(Ground.FOREIGN, formats=" and ".join(formats), machines=" and ".join(machines))
        return FileNeed(Need.FOREIGN, path, (why,))
    if path.endswith(KERNEL_MODULE):
        return FileNeed(Need.KERNEL_MODULE, path, (say(Ground.KERNEL_MODULE),))
    if compiler is None:
        return FileNeed(Need.UNNAMED, path, (say(Ground.NO_COMPILER),), is_native=True)
    need = Need.NEEDED if does_lto(compiler) else Need.OTHER_COMPILER
    return FileNeed(need, path, (say(Ground.MADE_BY, compiler=compiler),), is_native=True)


def _nothing(path: str) -> FileNeed:
    return FileNeed(Need.NO_CODE, path, (say(Ground.NO_CODE),))


def _is_own(formats: tuple[str, ...], machines: tuple[str, ...], package: PackageFacts) -> bool:
    """Whether objects may be by the package's own compiler, which never makes COFF."""
    own = package_machines(package.arch or "")
    return "coff" not in formats and any(machine in own for machine in machines)
