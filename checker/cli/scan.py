# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck scan`: what is it, and is it allowed."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli.formats import FORMATS, detail, report_class
from checker.cli.options import (
    STAGES,
    ColorOption,
    FailOnOption,
    FormatOption,
    IgnoreOption,
    JobsOption,
    OptInOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SelectOption,
    StatisticsOption,
    VerboseOption,
    WaiversOption,
    choice,
)
from checker.errors import UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.model import Target


def scan(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH...", help="Packages, build roots, folders, archives and objects; - for standard input."
        ),
    ] = None,
    files_from: Annotated[
        str | None, typer.Option(metavar="FILE", help="Look at the paths in this list, too; - for standard input.")
    ] = None,
    null: Annotated[bool, typer.Option("--null", "-0", help="The list has NUL between paths, not line ends.")] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out files whose path or name matches.")
    ] = None,
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    opt_in: OptInOption = None,
    stage: Annotated[
        str | None,
        choice(
            "--stage",
            among=STAGES,
            text="Whether stripping by the packaging tools is still to come. Default: stripped for packages, else "
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
        bool, typer.Option("--thorough", help="In packages, look at every file, whatever type the header gives it.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Have rpm check all digests of packages first.")] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; --verify then demands a signature by one of these."),
    ] = None,
    jobs: JobsOption = None,
    format_: FormatOption = "text",
    output: OutputOption = None,
    all_objects: Annotated[bool, typer.Option("--all-objects", help="List every object in the JSON report.")] = False,
    fail_on: FailOnOption = "error",
    statistics: StatisticsOption = False,
    color: ColorOption = "auto",
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Judge packages, build roots, folders, archives and objects."""
    from datetime import date

    from checker.cli.choices import chosen_policy, least_severe, opted_in_by_option
    from checker.cli.inputs import (
        STANDARD_INPUT,
        STANDARD_INPUT_NAME,
        is_much,
        listed,
        renamed,
        standard_input,
        without,
    )
    from checker.cli.progress import with_progress
    from checker.cli.warnings import NothingWarning
    from checker.judging.judge import Judge
    from checker.judging.stream import drive
    from checker.model import Stage
    from checker.packages.options import PackageOptions
    from checker.packages.path import require_libraries, target_at
    from checker.report.names import for_terminal
    from checker.report.sink import Heading

    if key and not verify:
        raise UsageError("--key needs --verify")
    every = listed(paths, files_from, null=null)
    require_libraries(every)
    judge = Judge(chosen_policy(policy, waivers, select, ignore), date.today())
    chosen_stage = Stage(stage) if stage else None
    package = opted_in_by_option(opt_in, chosen_stage or Stage.INSTALLED)
    excluded = exclude or []
    unused = set(excluded)
    reading = PackageOptions(opt_in, chosen_stage or Stage.STRIPPED, thorough, verify, tuple(key or ()))

    def targets() -> "Iterator[Target]":
        is_split = jobs > 1 if jobs else is_much(every)
        if is_split and STANDARD_INPUT not in every:  # a worker has a standard input of its own
            from checker.audit.executors import local
            from checker.audit.scans import ScanOptions, scanned

            options = ScanOptions(package, build_root, reading)
            yield from scanned(every, options, local(jobs or len(os.sched_getaffinity(0))))
            return
        for path in every:
            if path == STANDARD_INPUT:
                yield renamed(target_at(standard_input(), package, build_root, reading), STANDARD_INPUT_NAME)
            else:
                yield target_at(path, package, build_root, reading)

    def chosen() -> "Iterator[Target]":
        return (with_progress(without(target, excluded, unused), quiet=quiet) for target in targets())

    with report_stream(output) as out:
        shown = detail(out, verbose, quiet, color, statistics, all_objects)
        heading = Heading(judge.policy.name, bool(opt_in), url=judge.policy.url)
        report = report_class(FORMATS[format_])(out, heading, shown)
        outcome = drive(judge, chosen(), [report, NothingWarning()], least_severe(fail_on))
    if not quiet:
        for pattern in dict.fromkeys(excluded):
            if pattern in unused:
                print(f"ltocheck: --exclude {for_terminal(pattern)}: matches no object and no archive", file=sys.stderr)
    raise typer.Exit(outcome.exit_code)
