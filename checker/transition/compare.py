# SPDX-License-Identifier: GPL-2.0-or-later
"""Two audits side by side: which findings are new, which remain, and which are gone.

A finding is the same when the source package, the package without its version, the architecture, the file, the member
and the rule are. The version of the package itself makes no difference in names of files: `libfoo-1.2.a` of foo 1.2 and
`libfoo-1.3.a` of foo 1.3 are the same file to whoever reads both reports. Other numbers do.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from posixpath import basename

from checker.errors import Unavailable
from checker.judging.stream import JudgedTarget
from checker.model import Change, Finding, Judged, Target, TargetType

VERSION = re.compile(r"\d+(?:\.\d+){0,3}")
"""The part of a version that names of files repeat."""


class Comparison:
    """What became of the findings of an older audit; it holds a digest of each, not the findings themselves."""

    def __init__(self, older: Callable[[], Iterable[JudgedTarget]]) -> None:
        self._older = older
        self._before = {
            key for judged in older() for package in [_Package(judged.target)] for key in map(package.key, _all(judged))
        }
        self._now: set[bytes] = set()
        self._looked_at: set[str] = set()
        self._unread: set[str] = set()
        self._is_blind = False
        """A repository could not be read, so that packages may be missing that are there."""

    def marked(self, targets: Iterable[JudgedTarget]) -> Iterator[JudgedTarget]:
        """The newer audit, with what became of each finding."""
        for judged in targets:
            yield JudgedTarget(judged.target, self._marked(judged))

    def fixed(self) -> Iterator[JudgedTarget]:
        """What is gone, once the newer audit was walked to its end; not what may only be out of sight."""
        for judged in self._older():
            package = _Package(judged.target)
            if package.name in self._unread or (self._is_blind and package.name not in self._looked_at):
                continue
            gone = (one for one in _all(judged) if package.key(one) not in self._now)
            findings = tuple(replace(one, change=Change.FIXED) for one in gone)
            if findings:
                yield JudgedTarget(judged.target, iter([Judged(None, findings)]))

    def _marked(self, judged: JudgedTarget) -> Iterator[Judged]:
        package = _Package(judged.target)
        if judged.target.type is TargetType.REPOSITORY:
            self._is_blind = True
        else:
            self._looked_at.add(package.name)
        for entry in judged.items:
            if isinstance(entry.item, Unavailable):
                self._unread.add(package.name)
            yield entry._replace(findings=tuple(self._mark(one, package) for one in entry.findings))

    def _mark(self, finding: Finding, package: "_Package") -> Finding:
        key = package.key(finding)
        self._now.add(key)
        return replace(finding, change=Change.REMAINING if key in self._before else Change.NEW)


def _all(judged: JudgedTarget) -> Iterator[Finding]:
    return (finding for entry in judged.items for finding in entry.findings)


class _Package:
    """What findings of a package are recognised by, whatever its version."""

    def __init__(self, target: Target) -> None:
        package = target.package
        # Of a package that could not be read, only the name of its file is known: name-version-release.arch.rpm.
        full_name = package.name or basename(target.path).removesuffix(".rpm")
        full_name, _, arch = full_name.rpartition(".")
        parts = full_name.rsplit("-", 2)
        self.name = f"{parts[0]}.{arch}"
        self._place = target.path
        self._source = package.source
        version = VERSION.search(parts[1].rpartition(":")[2]) if len(parts) == 3 else None
        self._version = _version_in_names(version[0]) if version else None

    def key(self, finding: Finding) -> bytes:
        """The same for what is the same finding."""
        path = "" if finding.path == self._place else self._without_version(finding.path)
        member = None if finding.member is None else self._without_version(finding.member)
        identity = json.dumps([self._source, self.name, path, member, finding.rule])
        return blake2b(identity.encode(), digest_size=16).digest()

    def _without_version(self, name: str) -> str:
        return self._version.sub("#", name) if self._version else name


def _version_in_names(version: str) -> re.Pattern[str]:
    """The version or the first numbers of it, where no other number goes before or on."""
    first, *rest = version.split(".")
    tail = "".join(rf"(?:\.{part}" for part in rest) + ")?" * len(rest)
    return re.compile(rf"(?<!\d)(?<!\d\.){first}{tail}(?!\d)")
