# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck rules`: what is checked, and why."""

import json
from typing import Annotated

import typer

from checker.cli.options import DEFAULT_POLICY, BasicFormat, BasicFormatOption, PolicyOption
from checker.errors import unknown
from checker.judging.policy import load_policy
from checker.rules import RULES, RULES_BY_NAME


def rules(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Rules to explain; none: list all.")
    ] = None,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: BasicFormatOption = BasicFormat.TEXT,
) -> None:
    """List the rules, or explain some of them.

    With the severity that each has in a policy.
    """
    severities = load_policy(policy).rules
    for name in names or ():
        if name not in RULES_BY_NAME:
            raise unknown("rule", name, RULES_BY_NAME)
    chosen = [RULES_BY_NAME[name] for name in names] if names else [*RULES]
    if format_ is BasicFormat.JSON:
        rows = [
            {"name": rule.name, "severity": severities[rule.name].name.lower(), "text": rule.explanation}
            for rule in chosen
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max(len(rule.name) for rule in RULES)
    for rule in chosen:
        severity = severities[rule.name].name.lower()
        if names:
            typer.echo(f"{rule.name} ({severity})\n\n{rule.explanation}\n")
        else:
            first_line = rule.explanation.partition("\n")[0]
            typer.echo(f"{rule.name:{width}}  {severity:7}  {first_line}")
