# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck spec`: does a spec need the opt-in, does it have it, will it work."""

import os
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli.formats import FORMATS, detail, report_class
from checker.cli.options import (
    NO_TARGET,
    ColorOption,
    FailOnOption,
    FormatOption,
    IgnoreOption,
    JobsOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SelectOption,
    SpecArchOption,
    StatisticsOption,
    TargetOption,
    VerboseOption,
    WaiversOption,
)
from checker.errors import UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.judging.policy import Policy
    from checker.specs.look import LookOptions

DISTRIBUTION = 100
"""So many specs are reported by cause, not one by one."""
CAUSES = "checker.report.causes:CausesReport"


def options_of(policy: "Policy", target: str, arch: str, *, trusted: bool = False) -> "LookOptions":
    """What `--target` and `--arch` ask about every spec; raises UsageError."""
    from checker.cli.choices import architectures, words
    from checker.specs.look import LookOptions

    arches = tuple(architectures(arch) if arch else [os.uname().machine])
    if target == NO_TARGET:
        return LookOptions(policy.macro, (), arches, trusted)
    from checker.specs.profiles import load_profile

    return LookOptions(policy.macro, tuple(map(load_profile, words("--target", target))), arches, trusted)


def spec(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Spec files, source packages, folders, or - for standard input."),
    ],
    target: TargetOption = "fedora",
    arch: SpecArchOption = "",
    trust: Annotated[
        bool, typer.Option("--trust", help="Have rpm parse without a sandbox: specs run with your rights.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the opt-in into specs that need it, then look again.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change instead of a report; writes nothing.")
    ] = False,
    jobs: JobsOption = None,
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format_: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = "error",
    statistics: StatisticsOption = False,
    color: ColorOption = "auto",
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Check specs: is the opt-in needed, is it there, does it work."""
    from datetime import date

    from checker.cli.choices import OF_SPECS, chosen_policy, least_severe
    from checker.cli.progress import counted
    from checker.cli.warnings import with_sandbox_warning
    from checker.judging.judge import Judge
    from checker.judging.stream import drive
    from checker.model import Omission
    from checker.report.sink import Heading
    from checker.specs.look import look_at_all
    from checker.specs.paths import spec_paths
    from checker.specs.spec_file import STANDARD_INPUT

    rules = chosen_policy(policy, waivers, select, ignore, OF_SPECS)
    options = options_of(rules, target, arch, trusted=trust)
    if fix and diff:
        raise UsageError("--fix writes and --diff only shows: give one of them")
    if (fix or diff) and STANDARD_INPUT in paths and (fix or paths.count(STANDARD_INPUT) > 1 or len(paths) > 1):
        raise UsageError("standard input: works with --diff, as the only path")
    if trust:
        print("ltocheck: --trust: specs are programs, and rpm runs them without a sandbox", file=sys.stderr)
    links: list[str] = []
    files = list(spec_paths(paths, links))
    judge = Judge(rules, date.today())
    judge.omit(Omission.OUTSIDE, len(links))
    looked = look_at_all(files, options, jobs or len(os.sched_getaffinity(0)))
    looked = with_sandbox_warning(counted(looked, len(files), "spec", quiet=quiet))
    with report_stream(output) as out, ExitStack() as stack:
        if fix or diff:
            from checker.cli.fixer import Fixer, print_diffs

            fixer = stack.enter_context(closing(Fixer(rules, options)))
            if diff:
                raise typer.Exit(print_diffs(fixer, looked, out))
            looked = fixer.write(looked)
        is_distribution = format_ == "text" and not verbose and len(files) >= DISTRIBUTION
        make_report = report_class(CAUSES if is_distribution else FORMATS[format_])
        shown = detail(out, verbose, quiet, color, statistics)
        report = make_report(out, Heading(rules.name, url=rules.url), shown)
        outcome = drive(judge, (one.target for one in looked), [report], least_severe(fail_on))
    raise typer.Exit(outcome.exit_code)
