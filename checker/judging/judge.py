# SPDX-License-Identifier: GPL-2.0-or-later
"""Where facts meet the policy: the only place where findings are made, waived or left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from checker.errors import ExitCode, LtocheckError, Unavailable, crash
from checker.judging.policy import Policy, Subject
from checker.judging.waivers import WaiverUse
from checker.model import (
    ArchiveItem,
    Claim,
    FileCount,
    Finding,
    Item,
    Judged,
    Kind,
    Members,
    ObjectFacts,
    ObjectItem,
    Omission,
    PackageFacts,
    Severity,
    Summary,
    Target,
    TargetType,
    WaiverFacts,
)
from checker.model.specs import Observed, SpecItem
from checker.rules import RULES
from checker.rules.rule import Case, Fact, Rule

JudgedItem = TypeVar("JudgedItem", ObjectItem, ArchiveItem, SpecItem)


class Judge:
    """Applies one policy to any number of targets, and counts what it saw."""

    def __init__(self, policy: Policy, today: date) -> None:
        self.policy = policy
        self.summary = Summary()
        self.worst = Severity.OFF
        """The most severe finding that is not waived."""
        self._object_rules = {kind: [rule for rule in self._active(ObjectItem) if kind in rule.kinds] for kind in Kind}
        self._facts: ObjectFacts | None = None
        self._rules_of_facts: list[Rule[ObjectItem]] = []
        self._archive_rules = self._active(ArchiveItem)
        self._spec_rules = self._active(SpecItem)
        self._package_rules = self._active(PackageFacts)
        self._waivers = WaiverUse(policy.waivers, today)
        self._has_unreadable_error = False
        self._of_type: dict[type[Item], Callable[[Any, Case], Iterable[Judged]]] = {
            ObjectItem: self._object,
            Members: self._members,
            ArchiveItem: self._archive,
            SpecItem: self._spec,
            FileCount: self._files,
            Unavailable: self._unread,
        }

    def _active(self, fact: type[Fact]) -> list[Rule[Fact]]:
        return [rule for rule in RULES if rule.fact is fact and self.policy.rules[rule.name] is not Severity.OFF]

    def counted_opt_in(self, target: Target) -> Target:
        """The target, opted in only if the policy takes what it says for an opt-in."""
        package = target.package
        if package.opt_in and not has_opted_in(package, self.policy):
            return target._replace(package=package._replace(opt_in=False))
        return target

    def judge(self, target: Target) -> Iterator[Judged]:
        """Every item of the target with its findings; what concerns the whole target comes last."""
        case = Case(target.package, self.policy.macro, self.policy.lto_off, target.type)
        self._waivers.enter(target.package)
        unread: Unavailable | None = None
        before = Counter(self.summary.kinds)
        for item in _contained(target.items):
            if isinstance(item, Unavailable):
                unread = item
            yield from self._of_type[type(item)](item, case)
        if target.type is TargetType.SPEC:
            return
        kinds = Counter(self.summary.kinds) - before
        package = target.package._replace(kinds=tuple(sorted(kinds.items())), unread=unread)
        findings = tuple(self._package_findings(package, target, case))
        if findings:
            yield Judged(None, findings)

    def omit(self, omission: Omission, number: int) -> None:
        """Count places that were not looked at."""
        if number:
            self.summary.not_looked_at[omission] = self.summary.not_looked_at.get(omission, 0) + number

    def leftovers(self) -> tuple[Finding, ...]:
        """What is to say of waivers once everything was judged."""
        case = Case(PackageFacts(), self.policy.macro, self.policy.lto_off)
        rules = self._active(WaiverFacts)
        return tuple(
            self._finding(rule, claim, waiver.where, None, None)
            for waiver, facts in self._waivers.facts()
            for rule in rules
            for claim in rule.check(facts, case)
        )

    def exit_code(self, fail_on: Severity | None) -> ExitCode:
        """The exit status for what was judged so far; `fail_on` is None to let any finding pass."""
        if self._has_unreadable_error:
            return ExitCode.UNREADABLE
        if self.summary.is_emptied:
            return ExitCode.USAGE
        return ExitCode.FINDINGS if fail_on is not None and self.worst >= fail_on else ExitCode.OK

    def _object(self, item: ObjectItem, case: Case) -> Iterable[Judged]:
        self._count_objects(item.facts.kind, 1)
        self._waivers.look_at(item.path)
        return (self._judged(item, self._rules_on(item.facts), case),)

    def _members(self, members: Members, case: Case) -> Iterable[Judged]:
        """Members that no rule can say anything about are judged as one."""
        if not self._rules_on(members.facts):
            self._count_objects(members.facts.kind, len(members.names))
            self._waivers.look_at(members.path)
            return (Judged(members),)
        return (judged for item in members.each() for judged in self._object(item, case))

    def _rules_on(self, facts: ObjectFacts) -> list[Rule[ObjectItem]]:
        """The rules that may have something to say; neighbours in an archive mostly share their facts."""
        if facts is not self._facts:
            self._facts = facts
            rules = self._object_rules[facts.kind]
            self._rules_of_facts = [rule for rule in rules if not rule.needs or getattr(facts, rule.needs)]
        return self._rules_of_facts

    def _archive(self, item: ArchiveItem, case: Case) -> Iterable[Judged]:
        self.summary.archives += 1
        self._waivers.look_at(item.path)
        return (self._judged(item, self._archive_rules, case),)

    def _spec(self, item: SpecItem, case: Case) -> Iterable[Judged]:
        self.summary.specs += 1
        self.summary.unreadable += any(seen.what is Observed.UNREADABLE for seen in item.facts.observations)
        self._waivers.look_at(item.path)
        return (self._judged(item, self._spec_rules, case),)

    def _files(self, item: FileCount, case: Case) -> Iterable[Judged]:
        self.summary.other_files += item.files
        for omission, number in item.not_looked_at:
            self.omit(omission, number)
        return (Judged(item),)

    def _unread(self, item: Unavailable, case: Case) -> Iterable[Judged]:
        self.summary.unreadable += 1
        return (Judged(item),)

    def _count_objects(self, kind: Kind, number: int) -> None:
        summary = self.summary
        summary.objects += number
        summary.kinds[kind] = summary.kinds.get(kind, 0) + number
        if kind is Kind.UNREADABLE:
            summary.unreadable += number

    def _judged(self, item: JudgedItem, rules: Iterable[Rule[JudgedItem]], case: Case) -> Judged:
        """What the rules say of one item, and the policy of that."""
        claims = [(rule, claim) for rule in rules for claim in rule.check(item, case)]
        if not claims:
            return Judged(item)
        subject = subject_of(item)
        findings, exempt = [], None
        for rule, claim in claims:
            reason = self.policy.exemption(rule.name, subject)
            if reason is not None:
                exempt = reason
                continue
            waiver = self._waivers.find(rule.name, subject.path)
            findings.append(self._finding(rule, claim, subject.path, subject.member, waiver.reason if waiver else None))
        return Judged(item, tuple(findings), exempt)

    def _package_findings(self, package: PackageFacts, target: Target, case: Case) -> Iterator[Finding]:
        for rule in self._package_rules:
            for claim in rule.check(package, case):
                yield self._finding(rule, claim, target.path, None, None)

    def _finding(self, rule: Rule[Any], claim: Claim, path: str, member: str | None, waived: str | None) -> Finding:
        line, column, quoted = claim.spot or (None, None, None)
        severity = self.policy.rules[rule.name]
        self._count(severity, rule, is_waived=waived is not None)
        return Finding(
            rule.name, severity, path, member, claim.message, claim.remedy, claim.evidence, waived, line, column, quoted
        )

    def _count(self, severity: Severity, rule: Rule[Any], *, is_waived: bool) -> None:
        summary = self.summary
        if is_waived:
            summary.waived += 1
            return
        self.worst = max(self.worst, severity)
        summary.errors += severity is Severity.ERROR
        summary.warnings += severity is Severity.WARNING
        summary.notes += severity is Severity.NOTE
        if rule.is_unreadable and severity is Severity.ERROR:
            self._has_unreadable_error = True


def _contained(items: Iterator[Item]) -> Iterator[Item]:
    """The items; a bug of our own ends those of one target, which is unreadable then, and no more."""
    try:
        yield from items
    except (OSError, LtocheckError):
        raise
    except Unavailable as error:
        yield error
    except Exception as error:
        yield crash(error)


def has_opted_in(package: PackageFacts, policy: Policy) -> bool:
    """Whether the policy takes what a package says for an opt-in."""
    return package.opt_in and (package.declared or bool(policy.flags))


def subject_of(item: ObjectItem | Members | ArchiveItem | SpecItem) -> Subject:
    """What of an item exemptions and waivers are matched against."""
    if isinstance(item, SpecItem):
        return Subject(item.path, None, "spec", (), ())
    if isinstance(item, ArchiveItem):
        return Subject(item.path, item.member, "ar", item.facts.machines, ())
    facts = item.facts
    member = item.names[0] if isinstance(item, Members) else item.member
    # The format is the file's: what is in an archive is linked like any archive, whatever its name promises.
    return Subject(
        item.path,
        member,
        facts.format if member is None else "ar",
        (facts.machine,) if facts.machine else (),
        tuple(code.form for code in facts.bytecode),
    )
