# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on packages, build roots and repositories as a whole."""

from collections.abc import Iterator

from checker.errors import Obstacle
from checker.model import SOURCE_ARCHITECTURES, Claim, Kind, PackageFacts, TargetType
from checker.model.statements import Message, Remedy, say
from checker.rules.objects import JUDGED_KINDS
from checker.rules.rule import Case

REMEDIES = {
    Obstacle.INACCESSIBLE: Remedy.TRY_AGAIN,
    Obstacle.FORBIDDEN: Remedy.TRY_AGAIN,
    Obstacle.ELSEWHERE: Remedy.TRY_AGAIN,
    Obstacle.NO_PACKAGE: Remedy.LOOK_INTO_IT,
    Obstacle.DELTA: Remedy.APPLY_DELTA,
    Obstacle.MALFORMED: Remedy.FETCH_AGAIN,
    Obstacle.TRUNCATED: Remedy.FETCH_AGAIN,
    Obstacle.ALTERED: Remedy.FETCH_AGAIN,
    Obstacle.UNVERIFIED: Remedy.CHECK_SIGNATURE,
    Obstacle.TOO_LARGE: Remedy.UNPACK,
    Obstacle.TOO_SLOW: Remedy.TRY_AGAIN_OR_UNPACK,
    Obstacle.LOST: Remedy.AUDIT_AGAIN,
    Obstacle.REFUSED: Remedy.CHANGE_BY_HAND,
    Obstacle.CRASHED: Remedy.REPORT_BUG,
}
"""Remedies for a package that could not be read, by obstacle."""

MAY_BE_CODE = (*JUDGED_KINDS, Kind.UNREADABLE)
"""Kinds of objects that justify an opt-in."""


def unneeded_opt_in(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """The package opted in by the macro and ships no object.

    That may be right: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script that
    compiles assembly and looks at the object instead of linking it. Only build roots are judged, because another
    package of the same source may ship objects.

    What to do: remove the line `%global _fat_lto_objects 1` to build faster, or say in a comment which configure test
    needs it.
    """
    if not package.declared or any(count for kind, count in package.kinds if kind in MAY_BE_CODE):
        return
    yield Claim(say(Message.UNNEEDED_OPT_IN), say(Remedy.DROP_OPT_IN), package.opt_in_evidence)


def unreadable_package(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """The package, or the rest of it, could not be looked at, so nothing is known of what it installs.

    The package is truncated or altered, it is no RPM package, or it is a delta package, which holds differences and no
    files. The message names the case. Altered means that a digest, or what is in the payload, contradicts the header.

    What to do: fetch it or build it again. Apply a delta package first, with `applydeltarpm`.
    """
    if package.unread is None or case.target is TargetType.REPOSITORY:
        return
    yield Claim(say(Message.UNAVAILABLE, detail=package.unread.detail), say(REMEDIES[package.unread.obstacle]))


def unreadable_repository(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """A package repository, or a part of its metadata, could not be read, so packages of it may be missing here.

    Metadata is missing, altered or malformed, a signature fails, or a package is listed at an address that it must not
    have.

    What to do: check the address, and the repository itself; `createrepo_c` writes its metadata anew.
    """
    if package.unread is None or case.target is not TargetType.REPOSITORY:
        return
    is_there = package.unread.obstacle is not Obstacle.INACCESSIBLE
    remedy = Remedy.CHECK_REPOSITORY if is_there else Remedy.CHECK_LOCATION
    yield Claim(say(Message.UNAVAILABLE, detail=package.unread.detail), say(remedy))


def source_package(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """A source package installs nothing that anybody links, so its sources and patches are not looked at.

    What matters is in the packages that are built from it, and in its spec.

    What to do: give `ltocheck scan` the built packages, and `ltocheck spec` the source package.
    """
    if package.arch not in SOURCE_ARCHITECTURES:
        return
    yield Claim(say(Message.SOURCE_PACKAGE), say(Remedy.SCAN_BUILT_PACKAGES))
