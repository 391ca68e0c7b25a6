# SPDX-License-Identifier: GPL-2.0-or-later
"""Two audits side by side: which findings are new, which remain, which are fixed, and which cannot be compared.

A finding is the same when the source package, the package without its version, the architecture, the file, the member
and the rule are. The version of the package itself makes no difference in names of files: `libfoo-1.2.a` of foo 1.2 and
`libfoo-1.3.a` of foo 1.3 are the same file to whoever reads both reports. Other numbers do.
"""

import json
import pickle
import re
from collections.abc import Iterator
from hashlib import blake2b
from posixpath import basename
from tempfile import TemporaryFile

from checker.errors import Unavailable
from checker.judging.stream import Outcome, Sink
from checker.model import Change, Finding, Judged, Target
from checker.packages.versions import Nevra
from checker.transition.scope import Coverage, Presence, key_of

VERSION = re.compile(r"\d+(?:\.\d+){0,3}")
"""The part of a version that names of files repeat."""


class Before(Sink):
    """The findings of an older audit: a digest of each in memory, the findings themselves in an unlinked file."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self._spool = TemporaryFile(prefix="ltocheck-")  # noqa: SIM115 closed by who reads it
        self._found: list[Finding] = []

    def item(self, judged: Judged) -> None:
        self._found += judged.findings

    def end(self, target: Target) -> None:
        if self._found:
            package = _PackageIdentity(target)
            self.keys.update(map(package.key, self._found))
            pickle.dump((target._replace(items=iter(())), tuple(self._found)), self._spool)
            self._found = []

    def findings(self) -> Iterator[tuple[Target, tuple[Finding, ...]]]:
        """Every package with findings, once the audit was judged; can be walked once."""
        with self._spool as spool:
            end = spool.tell()
            spool.seek(0)
            while spool.tell() < end:
                yield pickle.load(spool)  # noqa: S301 written above, to a file that nobody else can open


class AuditComparison(Sink):
    """Marks findings of a newer audit with their change and pushes them on; last, what the older one alone found."""

    def __init__(self, before: Before, sink: Sink, older: Coverage, newer: Coverage) -> None:
        self._before, self._sink = before, sink
        self._was, self._is = older, newer
        self._package: _PackageIdentity | None = None
        self._now: set[bytes] = set()
        self._unread: set[str] = set()

    def begin(self, target: Target) -> None:
        self._package = _PackageIdentity(target)
        self._sink.begin(target)

    def item(self, judged: Judged) -> None:
        assert self._package
        package = self._package
        if isinstance(judged.item, Unavailable):
            self._unread.add(package.name)
        self._sink.item(judged._replace(findings=tuple(self._marked(one, package) for one in judged.findings)))

    def end(self, target: Target) -> None:
        self._sink.end(target)

    def finish(self, outcome: Outcome) -> None:
        for target, findings in self._before.findings():
            package = _PackageIdentity(target)
            left = tuple(
                one._replace(change=self._fate(one, package)) for one in findings if package.key(one) not in self._now
            )
            if left:
                self._sink.missing(target, left)
        self._sink.finish(outcome)

    def _marked(self, finding: Finding, package: "_PackageIdentity") -> Finding:
        key = package.key(finding)
        self._now.add(key)
        if key in self._before.keys:
            return finding._replace(change=Change.REMAINING)
        was_seen = self._was.presence(package.name, self._is) is not Presence.OUT_OF_SCOPE
        is_new = was_seen and self._was.reaches(finding.path, self._is)
        return finding._replace(change=Change.NEW if is_new else Change.UNCOMPARED)

    def _fate(self, finding: Finding, package: "_PackageIdentity") -> Change:
        presence = self._is.presence(package.name, self._was)
        if presence is Presence.ABSENT:
            return Change.GONE
        is_seen = package.name not in self._unread and self._is.reaches(finding.path, self._was)
        return Change.FIXED if presence is Presence.LISTED and is_seen else Change.OUT_OF_SCOPE


class _PackageIdentity:
    """By what findings of a package are recognised in another version of it."""

    def __init__(self, target: Target) -> None:
        self.name = key_of(target)
        self._place = target.path
        self._source = target.package.source
        nevra = Nevra.of(target.package.name or basename(target.path).removesuffix(".rpm"))
        version = VERSION.search(nevra.version)
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
