# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck policy`: the effective policy, and whether a policy file is sound."""

from typing import Annotated

import typer

from checker.cli.command import Command, Commands
from checker.shipped import DEFAULT_POLICY, shipped_policies

policy_app = typer.Typer(
    cls=Commands,
    help="Show a policy in full, or validate a policy file.",
    add_completion=False,
    rich_markup_mode=None,
)

HELP = "A shipped policy or a TOML file."
Name = Annotated[str, typer.Argument(metavar="NAME|FILE", autocompletion=shipped_policies, help=HELP)]


@policy_app.command(cls=Command)
def show(name: Name = DEFAULT_POLICY) -> None:
    """Show a policy with all that it extends, as a policy file."""
    from checker.judging.policy import load_policy
    from checker.report.policy import policy_text

    typer.echo(policy_text(load_policy(name)), nl=False)


@policy_app.command("list", cls=Command)
def list_() -> None:
    """List the shipped policies."""
    from collections import Counter

    from checker.judging.policy import load_policy

    for name in shipped_policies():
        policy = load_policy(name)
        counts = Counter(severity.name.lower() for severity in policy.rules.values())
        default = " (the default)" if name == DEFAULT_POLICY else ""
        typer.echo(f"{name:14}{counts['error']} errors, {counts['warning']} warnings, opt-in %{policy.macro}{default}")


@policy_app.command(cls=Command)
def check(name: Name) -> None:
    """Validate a policy: names file and key where it is wrong."""
    from checker.judging.policy import load_policy
    from checker.report.names import plural

    policy = load_policy(name)
    exempt, waived = plural(len(policy.exempt), "exemption"), plural(len(policy.waivers), "waiver")
    typer.echo(f"policy {policy.name}: fine, {exempt}, {waived}")


@policy_app.command(name="compile", cls=Command)
def compile_(name: Name = DEFAULT_POLICY) -> None:
    """Write a policy as JSON, with all that it extends, for the hook in rpm's Lua."""
    from checker.judging.policy import load_policy
    from checker.report.policy import compiled_policy

    typer.echo(compiled_policy(load_policy(name)), nl=False)
