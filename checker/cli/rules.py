# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck rules`: what is checked, and why."""

from typing import Annotated

import typer

from checker.errors import UsageError
from checker.rules import RULES, RULES_BY_NAME


def rules(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Rules to explain; none: list all.")
    ] = None,
) -> None:
    """List the rules, or explain some of them."""
    if not names:
        width = max(len(rule.name) for rule in RULES)
        for rule in RULES:
            first_line = rule.explanation.partition("\n")[0]
            typer.echo(f"{rule.name:{width}}  {rule.severity.name.lower():7}  {first_line}")
    for name in names or ():
        try:
            rule = RULES_BY_NAME[name]
        except KeyError:
            raise UsageError(f"no rule {name!r}; there are {', '.join(rule.name for rule in RULES)}") from None
        typer.echo(f"{rule.name} ({rule.severity.name.lower()})\n\n{rule.explanation}\n")
