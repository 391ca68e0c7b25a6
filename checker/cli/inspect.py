# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck inspect`: everything about one file, with the evidence."""

import os
from typing import Annotated

import typer

from checker.cli import completion
from checker.cli.options import (
    STAGES,
    BasicFormatOption,
    ColorOption,
    FailOnOption,
    OptInOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    VerboseOption,
    WaiversOption,
    choice,
)
from checker.errors import UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

SAME_NAME = 20
"""Members of one name that are shown."""


def inspect(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE[:MEMBER]",
            autocompletion=completion.members,
            help="An object or an archive, - for standard input, or one in a package, PACKAGE:/PATH. MEMBER is a "
            "name, `inner.a/name` in an archive inside, or `#3` by number; FILE(MEMBER) is the same.",
        ),
    ],
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    opt_in: OptInOption = None,
    stage: Annotated[
        str | None,
        choice(
            "--stage",
            among=STAGES,
            text="Whether stripping by the packaging tools is still to come. Default: stripped in packages, else "
            "installed.",
            show_default=False,
        ),
    ] = None,
    format_: BasicFormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = "error",
    color: ColorOption = "auto",
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Show what an object or archive is, with the evidence.

    The verdict, why, what linkers make of it, and who compiled it.
    """
    from datetime import date
    from itertools import islice
    from shutil import get_terminal_size

    from checker.cli.choices import chosen_policy, least_severe, opted_in_by_option
    from checker.cli.formats import detail
    from checker.cli.inspector import answers
    from checker.cli.members import asked
    from checker.judging.judge import Judge
    from checker.model import Stage
    from checker.report.inspect import WIDTH, InspectReport, write_inspect_text
    from checker.report.inspect_json import write_inspect_json

    judge = Judge(chosen_policy(policy, waivers), date.today())
    chosen_stage = Stage(stage) if stage else None
    package = opted_in_by_option(opt_in, chosen_stage or Stage.INSTALLED)
    if os.path.isdir(file):
        raise UsageError(f"{file} is a folder; ltocheck scan looks at folders")
    found = list(islice(answers(judge, asked(file), package, opt_in, chosen_stage), SAME_NAME + 1))
    report = InspectReport(
        judge.policy.name,
        bool(opt_in),
        tuple(found[:SAME_NAME]),
        len(found) > SAME_NAME,
        judge.exit_code(least_severe(fail_on)),
    )
    with report_stream(output) as out:
        if format_ == "json":
            write_inspect_json(report, out)
        else:
            columns = min(get_terminal_size().columns, WIDTH) if out.isatty() else WIDTH
            write_inspect_text(report, out, detail(out, verbose, quiet, color), columns)
    raise typer.Exit(report.exit_code)
