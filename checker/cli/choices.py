# SPDX-License-Identifier: GPL-2.0-or-later
"""The values of options, once a command runs."""

from collections.abc import Collection
from datetime import UTC, datetime

from checker.cli.completion import ARCHITECTURES
from checker.errors import UsageError, unknown
from checker.judging.policy import Policy, load_policy, with_waivers
from checker.model import ArchiveItem, ObjectItem, PackageFacts, Severity, Stage, WaiverFacts
from checker.model.specs import SpecItem
from checker.objects.machines import is_architecture
from checker.rules import RULES


def opted_in_by_option(opt_in: bool | None, stage: Stage) -> PackageFacts:
    """The package of files that have no header to describe it, as the options describe it."""
    evidence = ("--opt-in",) if opt_in else ()
    return PackageFacts(opt_in=bool(opt_in), opt_in_evidence=evidence, declared=bool(opt_in), stage=stage)


def least_severe(fail_on: str) -> Severity | None:
    """The severity of `--fail-on`; None for never."""
    return None if fail_on == "never" else Severity[fail_on.upper()]


def moment(date: str | None) -> float | None:
    """The beginning of a day or a moment, UTC unless it says otherwise, in seconds since 1970; raises UsageError."""
    if date is None:
        return None
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError as error:
        raise UsageError(f"--slim-since {date!r}: a date like 2026-06-30 is expected") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def label(name: str | None, what: str) -> str | None:
    """The name that a run is to be known by; raises UsageError for one that looks like a number."""
    if name is not None and (not name or name.isdecimal()):
        raise UsageError(f"--name {name!r}: a name that is no number is expected, because {what} have numbers already")
    return name


def architectures(text: str) -> list[str]:
    """The architectures of `--arch`; raises UsageError that names the nearest one."""
    names = words("--arch", text)
    for name in names:
        if not is_architecture(name):
            raise unknown("architecture", name, ARCHITECTURES, " and others that rpm knows")
    return names


def words(option: str, text: str) -> list[str]:
    """The words of an option that takes several; raises UsageError."""
    names = [word.strip() for word in text.split(",")]
    if not all(names):
        raise UsageError(f"{option} {text!r}: names with commas between them are expected")
    return names


OF_OBJECTS = (ObjectItem, ArchiveItem, PackageFacts, WaiverFacts)
OF_SPECS = (SpecItem, WaiverFacts)
"""What the rules are about that a command checks."""


def chosen_policy(
    name: str,
    waivers: list[str] | None = None,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    facts: Collection[type] = OF_OBJECTS,
) -> Policy:
    """A policy with more waivers, and with just those rules that the user wants to be checked.

    Raises UsageError, also where the user leaves no rule about these facts.
    """
    policy = load_policy(name)
    for file in waivers or ():
        policy = with_waivers(policy, file)
    only = [rule for text in select or () for rule in words("--select", text)]
    less = [rule for text in ignore or () for rule in words("--ignore", text)]
    for rule in (*only, *less):
        if rule not in policy.rules:
            raise unknown("rule", rule, policy.rules)
    off = {rule for rule in policy.rules if (only and rule not in only) or rule in less}
    options = " and ".join(option for option, given in (("--select", select), ("--ignore", ignore)) if given)
    left = (rule.name for rule in RULES if rule.fact in facts and rule.name not in off)
    if options and not any(policy.rules[rule] for rule in left):
        raise UsageError(f"{options}: no rule is left that this command checks and the policy {policy.name} has on")
    return policy._replace(rules={rule: Severity.OFF if rule in off else level for rule, level in policy.rules.items()})
