# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck scan`: what is it, and is it allowed."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from checker.cli.formats import FORMATS, report_class
from checker.cli.options import (
    FailOn,
    FailOnOption,
    FormatOption,
    OptInOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    VerboseOption,
    opted_in_by_option,
)
from checker.cli.progress import with_progress
from checker.errors import UsageError
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, load_policy
from checker.judging.stream import drive
from checker.model import Stage, Target
from checker.packages.options import PackageOptions
from checker.packages.path import require_libraries, target_at
from checker.report.sink import Detail, Heading
from checker.streams import report_stream


def scan(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Packages, build roots, folders, archives and objects.")
    ],
    policy: PolicyOption = DEFAULT_POLICY,
    opt_in: OptInOption = None,
    stage: Annotated[
        Stage | None,
        typer.Option(
            help="Whether stripping by the packaging tools is still to come. Default: stripped for packages, else "
            "installed.",
            show_default=False,
        ),
    ] = None,
    build_root: Annotated[
        bool | None,
        typer.Option(
            "--build-root/--no-build-root",
            help="Whether folders are build roots, whose files are named as installed. Default: those that hold usr/.",
        ),
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="In packages, look at every file, whatever the header says of it.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Have rpm check all digests of packages first.")] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; --verify then demands a signature by one of these."),
    ] = None,
    format_: FormatOption = "text",
    output: OutputOption = None,
    all_objects: Annotated[bool, typer.Option("--all-objects", help="List every object in the JSON report.")] = False,
    fail_on: FailOnOption = FailOn.ERROR,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Judge packages, build roots, folders, archives and objects."""
    if key and not verify:
        raise UsageError("--key goes with --verify")
    require_libraries(paths)
    judge = Judge(load_policy(policy), date.today())
    package = opted_in_by_option(opt_in, stage or Stage.INSTALLED)
    reading = PackageOptions(opt_in, stage or Stage.STRIPPED, thorough, verify, tuple(key or ()))

    def targets() -> Iterator[Target]:
        for path in paths:
            yield with_progress(target_at(path, package, build_root, reading))

    with report_stream(output) as out:
        report = report_class(FORMATS[format_])(
            out, Heading(judge.policy.name, bool(opt_in)), Detail(verbose, quiet, all_objects)
        )
        outcome = drive(judge, targets(), [report], fail_on.severity)
    raise typer.Exit(outcome.exit_code)
