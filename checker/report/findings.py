# SPDX-License-Identifier: GPL-2.0-or-later
"""The fields of a finding that several formats write alike."""

from collections import Counter
from hashlib import sha256

from checker.compact import encode
from checker.model import Finding, Target, TargetType


class Fingerprints:
    """A stable identifier for each finding of a target: equal for the same rule at the same place of a source package.

    It does not depend on the message. Lines of specs move, so in a spec findings of a rule are counted instead.
    """

    def __init__(self, target: Target | None) -> None:
        self._source, self._arch = (target.package.source, target.package.arch) if target else (None, None)
        self._is_spec = target is not None and target.type is TargetType.SPEC
        self._counts: Counter[str] = Counter()

    def of(self, finding: Finding) -> str:
        """The fingerprint of the next finding."""
        number = self._counts[finding.rule]
        self._counts[finding.rule] += self._is_spec
        # A list in JSON, because names may hold any separator.
        place = [finding.rule, self._source, self._arch, finding.path, finding.member, *([number] if number else [])]
        return sha256(encode(place).encode("ascii")).hexdigest()
