# SPDX-License-Identifier: GPL-2.0-or-later
"""What the audits of a store add up to: each package that they met is judged once, by the policy of today."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, TypeVar

from checker.audit.store import Entry, Run, Store
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.limits import LIMITS
from checker.model import ArchiveItem, Form, Item, Judged, Kind, ObjectCount, ObjectItem, Severity, Target
from checker.model.audits import Need, OptInSet, RunTotals, Totals
from checker.transition.needs import Evidence, evidence, summed_up

RUNS = 30
"""Audits of a trend."""

NAMES = 15
"""Architectures, compilers and producers that are told apart; what else there is comes last."""

OTHERS, NO_NAME = "others", "no name"

NOISE = re.compile(r"\([^)]*\)|:|\bversion\b")
"""What compilers write around their names and versions: `GCC: (GNU) 15.1.1`, `clang version 20.1.3 (Fedora)`."""

SHORT = re.compile(r"\s*(\D*?)\s*(\d+(?:\.\d+)?)")

Word = TypeVar("Word", Kind, Form)
Table = dict[str, Counter[Word]]


def totals(store: Store, run: Run, since: Run | None, policy: Policy, today: date) -> Totals:
    """An audit in numbers, with those before it and the one that it is compared with."""
    reader = _Reader(store, policy, today)
    tables = _Tables()
    found, summed = reader.sum_of(run, tables)
    trend = [reader.sum_of(one)[1] for one in store.runs() if one.id < run.id][-RUNS + 1 :]
    return Totals(
        run=summed,
        since=reader.sum_of(since)[1] if since else None,
        trend=(*trend, summed),
        sources=run.sources,
        kinds_by_arch=_largest(tables.arches),
        kinds_by_compiler=_largest(tables.compilers),
        producers=_largest(tables.producers),
        bytecode=dict(tables.bytecode.most_common()),
        opt_in_set=found,
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """What is counted of the objects of one audit."""

    arches: Table[Kind] = field(default_factory=dict)
    compilers: Table[Kind] = field(default_factory=dict)
    producers: Table[Form] = field(default_factory=dict)
    bytecode: Counter[Form] = field(default_factory=Counter)

    def count(self, item: Item, arch: str) -> None:
        """Take in one item of a package for an architecture."""
        if isinstance(item, ArchiveItem):
            if item.member is None:
                _row(self.compilers, _short(item.facts.compiler)).update(dict(item.facts.kinds))
        elif isinstance(item, ObjectItem | ObjectCount):
            number = item.objects if isinstance(item, ObjectCount) else 1
            _row(self.arches, arch)[item.facts.kind] += number
            if isinstance(item, ObjectItem) and item.member is None:
                _row(self.compilers, _short(item.facts.compiler))[item.facts.kind] += 1
            for code in item.facts.bytecode:
                _row(self.producers, f"{code.producer} {code.version or ''}".strip())[code.form] += number
                self.bytecode[code.form] += code.size


class _Share(NamedTuple):
    """What one package adds to every audit that met it."""

    evidence: Evidence
    found: Counter[Severity | None]
    """Findings; None is for those that are waived."""
    bytecode: int


class _Reader:
    """Reads each package of a store once, for however many audits."""

    def __init__(self, store: Store, policy: Policy, today: date) -> None:
        self._store = store
        self._judge = Judge(policy, today)
        self._known: dict[int, _Share] = {}

    def sum_of(self, run: Run, tables: _Tables | None = None) -> tuple[OptInSet, RunTotals]:
        """One audit; counted in the tables, too, where there are some."""
        found: Counter[Severity | None] = Counter()
        bytecode = packages = 0
        for target in self._store.problems(run):
            found += self._read(target, None).found
        shares = []
        for entry in self._store.entries(run):
            share = self._share(entry, tables)
            packages += 1
            found += share.found
            bytecode += share.bytecode
            shares.append(share.evidence)
        needs = summed_up(shares)
        return needs, RunTotals(
            number=run.id,
            name=run.name,
            finished=run.finished,
            tool=run.tool,
            packages=packages,
            errors=found[Severity.ERROR],
            warnings=found[Severity.WARNING],
            notes=found[Severity.NOTE],
            waived=found[None],
            opt_in_set=sum(source.need is Need.NEEDED for source in needs.sources),
            bytecode=bytecode,
        )

    def _share(self, entry: Entry, tables: _Tables | None) -> _Share:
        if entry.package is None:
            return self._read(self._store.target(entry), tables)
        if entry.package not in self._known:
            share = self._read(self._store.target(entry), tables)
            # Names of files are for the audit that is reported; of the others they would only fill memory.
            kept = share.evidence if tables else share.evidence._replace(files=frozenset())
            self._known[entry.package] = share._replace(evidence=kept)
        return self._known[entry.package]

    def _read(self, target: Target, tables: _Tables | None) -> _Share:
        found: Counter[Severity | None] = Counter()
        bytecode = 0
        arch = target.package.arch or "unknown"

        def items() -> Iterator[Item]:
            nonlocal bytecode
            for judged in self._judge.judge(self._judge.counted_opt_in(target)):
                found.update(_weights(judged))
                if judged.item is not None:
                    bytecode += _bytecode(judged.item)
                    if tables:
                        tables.count(judged.item, arch)
                    yield judged.item

        return _Share(evidence(replace(target, items=items()), self._judge.policy), found, bytecode)


def _weights(judged: Judged) -> Iterator[Severity | None]:
    return (finding.severity if finding.waived is None else None for finding in judged.findings)


def _bytecode(item: Item) -> int:
    if isinstance(item, ObjectItem | ObjectCount):
        return sum(code.size for code in item.facts.bytecode if code.form is not Form.EMBEDDED)
    return 0


def _row(table: Table[Word], name: str) -> Counter[Word]:
    """The row of a name that comes from a package, which may think of any number of names."""
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
