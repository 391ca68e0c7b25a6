# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command as the program itself describes it, so that no page has to list them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from checker.cli.app import app

PROGRAM = "ltocheck"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `words` is how it is called; arguments and options are pairs of syntax and help."""

    words: tuple[str, ...]
    help: str
    arguments: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    has_commands: bool


def commands() -> Iterator[Command]:
    """The program, and every command of it after the one that it belongs to."""
    return _below(get_command(app).make_context(PROGRAM, [], resilient_parsing=True))


def _below(context: Any) -> Iterator[Command]:  # a context of click's, which typer brings along in some versions
    parameters = context.command.get_params(context)
    records = [(each.param_type_name, each.get_help_record(context)) for each in parameters]
    inner = getattr(context.command, "commands", {})
    yield Command(
        tuple(context.command_path.split()),
        context.command.help or "",
        tuple(record for kind, record in records if record and kind == "argument"),
        tuple(record for kind, record in records if record and kind == "option"),
        bool(inner),
    )
    for name, command in inner.items():
        yield from _below(command.make_context(name, [], context, resilient_parsing=True))
