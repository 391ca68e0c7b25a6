# SPDX-License-Identifier: GPL-2.0-or-later
"""The audits of a store in numbers: each package is judged once for all of them, by the policy of today."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import NamedTuple, TypeVar

from checker.audit.rows import Run
from checker.audit.store import Store
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.judging.stream import Sink, drive
from checker.limits import LIMITS
from checker.model import ArchiveItem, Form, Item, Judged, Kind, Members, ObjectItem, Severity, Target, TargetType
from checker.model.audits import Need, OptInSet, RunTotals, Totals
from checker.transition.needs import Needs, NeedsCollector, PackageNeeds

RUNS = 30
"""Audits of a trend."""

NAMES = 15
"""Architectures, compilers and producers that have a row each; the others share the last one."""

OTHERS, NO_NAME = "others", "no name"

NOISE = re.compile(r"\([^)]*\)|:|\bversion\b")
"""What compilers write around their names and versions: `GCC: (GNU) 15.1.1`, `clang version 20.1.3 (Fedora)`."""

SHORT = re.compile(r"\s*(\D*?)\s*(\d+(?:\.\d+)?)")

Word = TypeVar("Word", Kind, Form)
Table = dict[str, Counter[Word]]


class Numbers(Sink):
    """One audit in numbers; what each package adds is kept for other audits with the same package."""

    def __init__(
        self, run: Run, policy: Policy, shares: "dict[int, _Share]", tables: "_ObjectCounts | None" = None
    ) -> None:
        self._run, self._policy, self._shares, self._tables = run, policy, shares, tables
        self._needs = Needs(policy)
        self._found: Counter[Severity | None] = Counter()
        self._bytecode = self._packages = 0
        self._package: _PackageCounts | None = None

    def begin(self, target: Target) -> None:
        self._package = _PackageCounts(target, self._policy, self._tables)

    def item(self, judged: Judged) -> None:
        assert self._package
        self._package.add(judged)

    def end(self, target: Target) -> None:
        assert self._package
        share = self._package.share()
        self._packages += target.type is not TargetType.REPOSITORY
        self._add(share)
        if target.record is not None:
            # Names of files are for the audit that is reported; of the others they would only fill memory.
            self._shares[target.record] = share._replace(needs=share.needs._replace(files=frozenset()))

    def add_known(self, record: int) -> bool:
        """Count a package that another audit has; returns false if none has."""
        if record not in self._shares:
            return False
        self._packages += 1
        self._add(self._shares[record])
        return True

    def _add(self, share: "_Share") -> None:
        self._found += share.found
        self._bytecode += share.bytecode
        self._needs.add(share.needs)

    def found(self) -> OptInSet:
        """The opt-in set."""
        return self._needs.found()

    def totals(self, needs: OptInSet) -> RunTotals:
        """The sums; `needs` is what `found` returned."""
        return RunTotals(
            number=self._run.id,
            name=self._run.name,
            finished=self._run.finished,
            tool=self._run.tool,
            packages=self._packages,
            errors=self._found[Severity.ERROR],
            warnings=self._found[Severity.WARNING],
            notes=self._found[Severity.NOTE],
            waived=self._found[None],
            opt_in_set=sum(source.need is Need.NEEDED for source in needs.sources),
            bytecode=self._bytecode,
        )


class History:
    """An audit in numbers, with those before it and the one that it is compared with.

    `current` and `older` are sinks for the passes over these two. What only other audits met is judged at the end.
    """

    def __init__(self, store: Store, run: Run, older: Run | None, policy: Policy, today: date) -> None:
        self._store, self._run, self._older = store, run, older
        self._policy, self._today = policy, today
        self._shares: dict[int, _Share] = {}
        self._tables = _ObjectCounts()
        self.current = Numbers(run, policy, self._shares, self._tables)
        self.older = Numbers(older, policy, self._shares) if older else None

    def totals(self) -> Totals:
        """All numbers, once the passes over the two audits are over."""
        found = self.current.found()
        current = self.current.totals(found)
        since = self.older.totals(self.older.found()) if self.older else None
        before = [run for run in self._store.runs() if run.id < self._run.id][-RUNS + 1 :]
        return Totals(
            run=current,
            since=since,
            trend=(*(since if since and run.id == since.number else self._sum_of(run) for run in before), current),
            sources=self._run.sources,
            kinds_by_arch=_largest(self._tables.arches),
            kinds_by_compiler=_largest(self._tables.compilers),
            producers=_largest(self._tables.producers),
            bytecode=dict(self._tables.bytecode.most_common()),
            opt_in_set=found,
        )

    def _sum_of(self, run: Run) -> RunTotals:
        numbers = Numbers(run, self._policy, self._shares)
        others = [
            entry for entry in self._store.entries(run) if entry.package is None or not numbers.add_known(entry.package)
        ]
        targets = chain(self._store.problems(run), map(self._store.target, others))
        drive(Judge(self._policy, self._today), targets, [numbers])
        return numbers.totals(numbers.found())


@dataclass(frozen=True, slots=True)
class _ObjectCounts:
    """What is counted of the objects of one audit."""

    arches: Table[Kind] = field(default_factory=dict)
    compilers: Table[Kind] = field(default_factory=dict)
    producers: Table[Form] = field(default_factory=dict)
    bytecode: Counter[Form] = field(default_factory=Counter)
    members: Counter[Kind] = field(default_factory=Counter)
    """Of the archive that is being read; whose compiler that is, it says at its end."""

    def count(self, item: Item, arch: str) -> None:
        """Take in one item of a package for an architecture."""
        if isinstance(item, ArchiveItem):
            if item.member is None:
                _row(self.compilers, _short(item.facts.compiler)).update(self.members)
                self.members.clear()
        elif isinstance(item, ObjectItem | Members):
            number = len(item.names) if isinstance(item, Members) else 1
            _row(self.arches, arch)[item.facts.kind] += number
            if isinstance(item, Members) or item.position is not None:
                self.members[item.facts.kind] += number
            else:
                _row(self.compilers, _short(item.facts.compiler))[item.facts.kind] += 1
            for code in item.facts.bytecode:
                _row(self.producers, f"{code.producer} {code.version or ''}".strip())[code.form] += number
                self.bytecode[code.form] += number * code.size


class _Share(NamedTuple):
    """What one package adds to every audit that met it."""

    needs: PackageNeeds
    found: Counter[Severity | None]
    """Findings; None is for those that are waived."""
    bytecode: int


class _PackageCounts:
    """What one package adds, while its items come."""

    def __init__(self, target: Target, policy: Policy, tables: _ObjectCounts | None) -> None:
        self._collector = NeedsCollector(target, policy)
        self._tables = tables
        self._arch = target.package.arch or "unknown"
        self._found: Counter[Severity | None] = Counter()
        self._bytecode = 0

    def add(self, judged: Judged) -> None:
        """Take in one item with its findings."""
        self._found.update(one.severity if one.waived is None else None for one in judged.findings)
        if judged.item is not None:
            self._bytecode += _bytecode(judged.item)
            self._collector.add(judged.item)
            if self._tables:
                self._tables.count(judged.item, self._arch)

    def share(self) -> _Share:
        """All of it."""
        return _Share(self._collector.found(), self._found, self._bytecode)


def _bytecode(item: Item) -> int:
    if isinstance(item, ObjectItem | Members):
        number = len(item.names) if isinstance(item, Members) else 1
        return number * sum(code.size for code in item.facts.bytecode if code.form is not Form.EMBEDDED)
    return 0


def _row(table: Table[Word], name: str) -> Counter[Word]:
    """The row of a name that comes from a package; hostile packages may have any number of names."""
    if name not in table and len(table) >= LIMITS.versions:
        name = OTHERS
    return table.setdefault(name, Counter())


def _largest(table: Table[Word]) -> Mapping[str, Mapping[Word, int]]:
    names = sorted(table, key=lambda name: (name == OTHERS, -table[name].total(), name))
    rows = {name: table[name] for name in names[:NAMES]}
    for name in names[NAMES:]:
        rows.setdefault(OTHERS, Counter()).update(table[name])
    return rows


def _short(compiler: str | None) -> str:
    """A compiler with the part of its version that matters for bytecode."""
    if compiler is None:
        return NO_NAME
    text = NOISE.sub(" ", compiler)
    match = SHORT.match(text)
    return f"{match[1]} {match[2]}".strip() if match else " ".join(text.split())
