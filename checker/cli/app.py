# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands put together, and the one place where errors become exit codes."""

import os
import shlex
import sys
import traceback
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.main import get_command

from checker.cli.command import Command, Commands
from checker.errors import EXIT_CODES, ExitCode, LtocheckError, UsageError, described, unknown
from checker.report.names import for_terminal
from checker.streams import drop_standard_output, flush_standard_output, prepare_streams

EPILOG = "Exit status: " + "; ".join(f"{int(code)} {text}" for code, text in EXIT_CODES.items()) + "."
SETTINGS = {"help_option_names": ["-h", "--help"]}

WrongUsage: Any = typer.BadParameter.__mro__[1]
"""What typer raises for a command line that it cannot use: click's, which some versions bring along as their own."""

COMMANDS = {
    "scan": ("checker.cli.scan:scan", "Judge packages, build roots, folders, archives and objects."),
    "spec": ("checker.cli.spec:spec", "Check specs: is the opt-in needed, is it there, does it work."),
    "lsp": ("checker.cli.lsp:lsp", "Serve editors: findings on specs while they are written."),
    "audit": ("checker.cli.audit:audit", "Judge the packages of repositories, and keep the facts."),
    "report": ("checker.cli.report:report", "Report on an audit again, without opening a package."),
    "opt-in": ("checker.cli.opt_in:opt_in", "List the source packages that need the opt-in, and why."),
    "rebuild": ("checker.cli.rebuild:rebuild", "Build source packages fat and slim, and compare the results."),
    "transition": ("checker.cli.transition:transition", "Show where each source package stands, and what is left."),
    "inspect": ("checker.cli.inspect:inspect", "Show what an object or archive is, with the evidence."),
    "rules": ("checker.cli.rules:rules", "List the rules, or explain some of them."),
    "policy": ("checker.cli.policy:policy_app", "Show a policy in full, or validate a policy file."),
}
"""Where each command is, and the first line of its help: a command is imported when it is run, not to list it."""


class _LazyCommand(Command):
    """A name and a line of help, until the command is run, completed or asked for its help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        assert self.name
        return _loaded(self.name).make_context(info_name, args, parent, **extra)


class _Program(Commands):
    """The list of commands, which knows what people write instead of one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word = args[0]
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            if os.path.exists(word):
                command = "spec" if word.endswith(".spec") else "scan"
                raise UsageError(f"no command {word!r}; did you mean ltocheck {command} {shlex.join(args)}?")
            raise unknown("command", word, COMMANDS)
        return super().resolve_command(ctx, args)


def _loaded(name: str) -> Any:  # a command of click's, which typer brings along in some versions
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=SETTINGS)
        single.command(name, cls=Command)(found)
        found = single
    return get_command(found)


app = typer.Typer(
    cls=_Program,
    help="Keeps broken static libraries and object files out of packages built with link-time optimization.",
    epilog=EPILOG,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)
for _name, (_, _help) in COMMANDS.items():
    app.command(_name, cls=_LazyCommand, help=_help)(lambda: None)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from checker.cli.version import versions

        for line in versions():
            typer.echo(line)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            is_eager=True,
            callback=lambda wanted: _print_version(wanted=wanted),
            help="Show the versions.",
        ),
    ] = False,
    isolated: Annotated[bool, typer.Option("--isolated", help="Use no settings of a project.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    if context.resilient_parsing or isolated:
        return
    from checker.cli.settings import find_settings

    if settings := find_settings():
        print(f"ltocheck: settings of {for_terminal(str(settings.file))}", file=sys.stderr)
        context.default_map = dict.fromkeys(COMMANDS, settings.options)


def main() -> None:
    """Run the command line and exit."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit status, never raises."""
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    try:
        try:
            status = app(arguments, prog_name="ltocheck", standalone_mode=False)
        finally:
            flush_standard_output()  # here, where it can be reported, not when Python exits
    except SystemExit as done:  # what a shell completes was printed
        return done.code if isinstance(done.code, int) else ExitCode.OK
    except WrongUsage as error:
        print(f"ltocheck: {for_terminal(_in_one_line(error))}", file=sys.stderr)
        return ExitCode.USAGE
    except LtocheckError as error:
        print(f"ltocheck: {for_terminal(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader went away, as `| head` does
        drop_standard_output()
    except OSError as error:  # standard output is full; files that cannot be read are findings
        drop_standard_output()
        print(f"ltocheck: {for_terminal(described(error))}", file=sys.stderr)
        return ExitCode.USAGE
    except MemoryError:
        print("ltocheck: there is too little memory", file=sys.stderr)
        return ExitCode.USAGE
    except Exception as error:
        print(
            f"ltocheck: internal error, please report it: {type(error).__name__}: {for_terminal(str(error))}",
            file=sys.stderr,
        )
        if "--debug" in arguments:
            traceback.print_exc()
        return ExitCode.BUG
    return status if isinstance(status, int) else ExitCode.OK


def _in_one_line(error: Any) -> str:
    """An error that typer found in a command line, written as our own errors are, and where to read on."""
    said = " ".join(error.format_message().split()).rstrip(".")
    path = error.ctx.command_path if error.ctx else "ltocheck"
    return f"{said[:1].lower()}{said[1:]}; see {path} --help"
