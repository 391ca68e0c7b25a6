# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck rules`: what is checked, and why."""

from typing import Annotated

import typer

from checker.cli import completion
from checker.cli.options import BasicFormatOption, PolicyOption
from checker.errors import unknown
from checker.shipped import DEFAULT_POLICY

SCHEMA = "ltocheck-rules/1"


def rules(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", autocompletion=completion.rules, help="Rules to explain; none: list all."),
    ] = None,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: BasicFormatOption = "text",
) -> None:
    """List the rules, or explain some of them.

    With the severity that each has in a policy.
    """
    import json

    from checker.judging.policy import load_policy
    from checker.rules import RULES, RULES_BY_NAME
    from checker.rules.rule import MANUAL

    loaded = load_policy(policy)
    severities, url = loaded.rules, loaded.url or MANUAL
    for name in names or ():
        if name not in RULES_BY_NAME:
            raise unknown("rule", name, RULES_BY_NAME)
    chosen = [RULES_BY_NAME[name] for name in names] if names else [*RULES]
    if format_ == "json":
        rows = [
            {
                "name": rule.name,
                "severity": severities[rule.name].name.lower(),
                "text": rule.explanation,
                "url": url,
            }
            for rule in chosen
        ]
        typer.echo(json.dumps({"schema": SCHEMA, "policy": loaded.name, "rules": rows}, indent=2))
        return
    width = max(len(rule.name) for rule in RULES)
    for rule in chosen:
        severity = severities[rule.name].name.lower()
        if names:
            typer.echo(f"{rule.name} ({severity})\n\n{rule.explanation}\n\nMore: {url}\n")
        else:
            first_line = rule.explanation.partition("\n")[0]
            typer.echo(f"{rule.name:{width}}  {severity:7}  {first_line}")
