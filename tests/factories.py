# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of rules, reports and audits are made of: objects, targets, stores, and targets pushed into sinks."""

import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from checker.audit.facts import recorded
from checker.audit.rows import Run, RunPackage
from checker.audit.store import Store
from checker.cli.formats import AUDIT_FORMATS, FORMATS, report_class
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.judging.stream import Outcome, Sink, drive
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    Form,
    Index,
    Item,
    Judged,
    Kind,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Target,
    TargetType,
)
from checker.model.audits import OptInSet, Repository, Totals
from checker.model.statements import Reason, Statement, say
from checker.report.sink import Detail, Heading
from checker.transition.needs import Needs
from checker.transition.totals import History

TODAY = date(2026, 11, 20)

GIMPLE = Bytecode(Form.GIMPLE, "gcc", "12.0", 2000)
BITCODE = Bytecode(Form.BITCODE, "llvm", "19.1.7", 2000)
REPOSITORY = Repository("repo", {}, 0, 0, ())


def because(detail: str) -> tuple[Statement, ...]:
    """The reason of an object that no reader has seen."""
    return (say(Reason.PROBLEM, detail=detail),)


def facts(kind: Kind, *bytecode: Bytecode, **more: object) -> ObjectFacts:
    """What an object is."""
    return ObjectFacts("elf", "x86_64", kind, because("because"), bytecode=bytecode)._replace(**more)  # type: ignore[arg-type]


def item(
    kind: Kind, *bytecode: Bytecode, path: str = "/usr/lib64/libx.a", member: str | None = "x.o", **more: object
) -> ObjectItem:
    """A member of an archive, or an object by itself."""
    return ObjectItem(path, member, None if member is None else 0, facts(kind, *bytecode, **more))


def archive(**more: object) -> ArchiveItem:
    """An archive of native objects, unless `more` says otherwise."""
    known = ArchiveFacts(Kind.NATIVE, 10, ((Kind.NATIVE, 10),), Index.PRESENT, formats=("elf",), machines=("x86_64",))
    return ArchiveItem("/usr/lib64/libx.a", None, known._replace(**more))  # type: ignore[arg-type]


def tree(*items: Item, path: str = "BUILDROOT", **package: Any) -> Target:
    """A build root; `package` is what is known of its package."""
    return Target(path, TargetType.TREE, PackageFacts(**package), iter(items))


def stored(file: Path, *runs: Iterable[Target], repository: Repository = REPOSITORY, label: str | None = None) -> Path:
    """A store of audits of these packages, called `label` and their number.

    A package of the same path and content as one in another audit is the same package.
    """
    with Store(file, write=True) as store:
        for number, targets in enumerate(runs, 1):
            entries = []
            for target in targets:
                record, package = recorded(target), target.package
                checksum = f"{target.path} {record!r}"
                store.add(checksum, "whole", record)
                store.flush()
                row = store.row(checksum, "whole")
                entries.append(RunPackage(target.path, row, None, package.name, package.source, package.arch))
            store.add_run(label and f"{label}-{number}", repository.sources, [repository], entries)
    return file


class Kept(Sink):
    """Everything that is pushed."""

    def __init__(self) -> None:
        self.judged: list[Judged] = []

    def item(self, judged: Judged) -> None:
        self.judged.append(judged)


def push(targets: Iterable[Target], policy: Policy, *sinks: Sink) -> Outcome:
    """Judge targets into sinks."""
    return drive(Judge(policy, TODAY), targets, sinks)


def write(
    format_: str, out: TextIO, targets: Iterable[Target], policy: Policy, detail: Detail, heading: Heading | None = None
) -> None:
    """Write a report; of an audit, where the heading says so."""
    heading = heading or Heading(policy.name)
    formats = AUDIT_FORMATS if heading.audited else FORMATS
    push(targets, policy, report_class(formats[format_])(out, heading, detail))


def written(
    format_: str, targets: Iterable[Target], policy: Policy, detail: Detail, heading: Heading | None = None
) -> str:
    """The text of a report."""
    out = io.StringIO(newline="")
    write(format_, out, targets, policy, detail, heading)
    return out.getvalue()


def needs_of(targets: Iterable[Target], policy: Policy, slim_since: float | None = None) -> OptInSet:
    """The opt-in set of some packages."""
    needs = Needs(policy, slim_since)
    push(targets, policy, needs)
    return needs.found()


def totals_of(store: Store, run: Run, since: Run | None, policy: Policy) -> Totals:
    """An audit of a store in numbers."""
    history = History(store, run, since, policy, TODAY)
    if since and history.older:
        push(store.targets(since), policy, history.older)
    push(store.targets(run), policy, history.current)
    return history.totals()
