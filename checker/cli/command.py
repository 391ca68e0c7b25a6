# SPDX-License-Identifier: GPL-2.0-or-later
"""How commands present themselves: their usage, their examples, and the list of those below them."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from checker.cli.examples import EXAMPLES


class _Page:
    """The parts of a help page that commands and groups of them share. Contexts are click's, whoever brings it."""

    params: list[Any]

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
    """One command."""


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
