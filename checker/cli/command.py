# SPDX-License-Identifier: GPL-2.0-or-later
"""How commands present themselves: their usage, their examples, and the list of those below them."""

import sys
from functools import partial
from shutil import get_terminal_size
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from checker.cli.examples import EXAMPLES
from checker.errors import ExitCode
from checker.report.names import for_terminal

NARROWEST, WIDEST = 30, 80
"""Columns of a page."""


class _Page:
    """The parts of a help page that commands and groups of them share. Contexts are click's, whoever brings it."""

    params: list[Any]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """A context whose pages fit the terminal, which click has be at least 50 columns wide."""
        extra.setdefault("terminal_width", max(min(get_terminal_size().columns, WIDEST) - 2, NARROWEST))
        return super().make_context(info_name, args, parent, **extra)  # type: ignore[misc]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page; names of options take a third of it at most."""
        formatter.write_dl = partial(formatter.write_dl, col_max=min(30, formatter.width // 3))
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What follows the name of the command; what may be left out is in brackets."""
        pieces = ["[OPTIONS]"]
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                name = parameter.human_readable_name
                pieces.append(name if parameter.required else f"[{name}]")
        return pieces

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples come last: there they are seen without scrolling."""
        words = " ".join(ctx.command_path.split()[1:])
        if examples := EXAMPLES.get(words):
            with formatter.section("Examples"):
                for purpose, line in examples:
                    formatter.write(
                        f"{'':{formatter.current_indent}}# {purpose}\n{'':{formatter.current_indent}}{line}\n"
                    )
        super().format_epilog(ctx, formatter)  # type: ignore[misc]


class Command(_Page, TyperCommand):
    """One command, which says at an interrupt what became of its report."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            output = ctx.params.get("output")
            left = f"{output} is as it was" if output else "the report is not complete"
            print(for_terminal(f"ltocheck: interrupted: {left}"), file=sys.stderr)
            raise typer.Exit(ExitCode.INTERRUPTED) from None


class Commands(_Page, TyperGroup):
    """Commands below one name, each listed with the whole first line of its help, which comes where none is given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Arguments of the group itself; what follows the command is left over."""
        rest: list[str] = super().parse_args(ctx, args or ([] if ctx.resilient_parsing else ["--help"]))
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The same, and that a command follows."""
        return [*super().collect_usage_pieces(ctx), "COMMAND [ARGUMENT...]"]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The names and what they do."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, (one.help or "").partition("\n")[0]) for name, one in self.commands.items()])
