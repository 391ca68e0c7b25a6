# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands put together, and the one place where errors become exit codes."""

import sys
import traceback
from typing import Annotated

import typer

from checker.cli.audit import audit
from checker.cli.inspect import inspect
from checker.cli.opt_in import opt_in
from checker.cli.options import drop_standard_output
from checker.cli.policy import policy_app
from checker.cli.report import report
from checker.cli.rules import rules
from checker.cli.scan import scan
from checker.cli.spec import spec
from checker.errors import EXIT_CODES, ExitCode, LtocheckError, described
from checker.report.names import for_terminal
from checker.streams import prepare_streams

EPILOG = "Exit status: " + "; ".join(f"{int(code)} {text}" for code, text in EXIT_CODES.items()) + "."

app = typer.Typer(
    help="Keeps broken static libraries and object files out of packages built with link-time optimization.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(scan)
app.command()(spec)
app.command()(audit)
app.command()(report)
app.command("opt-in")(opt_in)
app.command()(inspect)
app.command()(rules)
app.add_typer(policy_app, name="policy")


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from checker.cli.version import versions  # noqa: PLC0415 nothing else needs it

        for line in versions():
            typer.echo(line)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=lambda wanted: _print_version(wanted=wanted), help="Show the versions."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit status, never raises."""
    try:
        try:
            app(arguments, prog_name="ltocheck")
        finally:
            sys.stdout.flush()  # here, where it can be told, not when Python exits
    except SystemExit as done:  # typer's way to end, after it has told of bad options and of interrupts
        return done.code if isinstance(done.code, int) else ExitCode.OK
    except LtocheckError as error:
        print(f"ltocheck: {for_terminal(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader went away, as `| head` does
        drop_standard_output()
    except OSError as error:  # standard output is full; files that cannot be read are findings
        drop_standard_output()
        print(f"ltocheck: {for_terminal(described(error))}", file=sys.stderr)
        return ExitCode.USAGE
    except Exception as error:
        print(
            f"ltocheck: internal error, please report it: {type(error).__name__}: {for_terminal(str(error))}",
            file=sys.stderr,
        )
        if "--debug" in arguments:
            traceback.print_exc()
        return ExitCode.BUG
    return ExitCode.OK
