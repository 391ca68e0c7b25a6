# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on packages, build roots and repositories as a whole."""

from collections.abc import Iterator

from checker.errors import Obstacle
from checker.model import SOURCE_ARCHITECTURES, Claim, PackageFacts, TargetType
from checker.rules.objects import JUDGED_KINDS
from checker.rules.rule import Case

AGAIN = "fetch it again, or build it again"
OBSTACLE_REMEDIES = {
    Obstacle.INACCESSIBLE: "see what the system says of the file, and try again",
    Obstacle.NO_PACKAGE: "look into it: failed downloads leave error pages and pointers behind",
    Obstacle.DELTA: "make the full package with applydeltarpm, and scan that",
    Obstacle.MALFORMED: AGAIN,
    Obstacle.TRUNCATED: AGAIN,
    Obstacle.ALTERED: AGAIN,
    Obstacle.UNVERIFIED: "see `rpmkeys -Kv` on the package; --key names the keys to trust",
    Obstacle.TOO_LARGE: "unpack it and scan the folder",
    Obstacle.TOO_SLOW: "try again; where it is always so, unpack it and scan the folder",
    Obstacle.REFUSED: "change it by hand",
    Obstacle.CRASHED: "report it as a bug of ltocheck, or see whether there was memory enough",
}


def unneeded_opt_in(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """The package opted in by the macro and ships no object.

    Not necessarily wrong: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script
    that compiles assembly and looks at the object instead of linking it. Not said of a package, whose source may be
    that of others, with objects.
    """
    if not package.declared or any(count for kind, count in package.kinds if kind in JUDGED_KINDS):
        return
    remedy = "drop the opt-in to build faster, unless a configure test needs it"
    yield Claim("opted in, but it ships no object", remedy, package.opt_in_evidence)


def unreadable_package(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """The package, or the rest of it, could not be looked at, so that nothing is known of what it installs.

    Truncated and altered packages, files that are no RPM package, and delta packages, which hold differences and no
    files. The message says which. Altered means that a digest, or what is in the payload, contradicts the header.
    """
    if package.unread is None or case.target is TargetType.REPOSITORY:
        return
    yield Claim(package.unread.detail, OBSTACLE_REMEDIES[package.unread.obstacle])


def unreadable_repository(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """A package repository, or a part of its metadata, could not be read, so that packages of it may be missing here.

    Metadata that is missing, altered or malformed, a signature that fails, an address that a package must not have.
    """
    if package.unread is None or case.target is not TargetType.REPOSITORY:
        return
    yield Claim(package.unread.detail, "see whether the repository is whole; `createrepo_c` makes its metadata anew")


def source_package(package: PackageFacts, case: Case) -> Iterator[Claim]:
    """A source package installs nothing that anybody links, so its sources and patches are not looked at.

    What matters is in the packages that are built from it, and in its spec.
    """
    if package.arch not in SOURCE_ARCHITECTURES:
        return
    yield Claim("is a source package: it installs no objects", "scan the packages that are built from it")
