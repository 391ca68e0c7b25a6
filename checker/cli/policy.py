# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck policy`: the effective policy, and whether a policy file is sound."""

from collections import Counter
from typing import Annotated

import typer

from checker.judging.policy import DEFAULT_POLICY, load_policy, shipped_policies
from checker.report.policy import compiled_policy, policy_text

policy_app = typer.Typer(
    help="Show a policy in full, or validate a policy file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="[NAME|FILE]", help="A shipped policy or a TOML file.")]


@policy_app.command()
def show(name: Name = DEFAULT_POLICY) -> None:
    """Show a policy with all that it extends, as a policy file."""
    typer.echo(policy_text(load_policy(name)), nl=False)


@policy_app.command("list")
def list_() -> None:
    """List the shipped policies."""
    for name in shipped_policies():
        policy = load_policy(name)
        counts = Counter(severity.name.lower() for severity in policy.rules.values())
        default = " (the default)" if name == DEFAULT_POLICY else ""
        typer.echo(f"{name:14}{counts['error']} errors, {counts['warning']} warnings, opt-in %{policy.macro}{default}")


@policy_app.command()
def check(name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped policy or a TOML file.")]) -> None:
    """Validate a policy: names file and key where it is wrong."""
    policy = load_policy(name)
    typer.echo(f"policy {policy.name}: fine, {len(policy.exempt)} exemptions, {len(policy.waivers)} waivers")


@policy_app.command(name="compile")
def compile_(name: Name = DEFAULT_POLICY) -> None:
    """Write a policy, with all that it extends, as JSON, which the hook in rpm's Lua reads whatever the file uses."""
    typer.echo(compiled_policy(load_policy(name)), nl=False)
