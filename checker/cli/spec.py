# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck spec`: does a spec need the opt-in, does it have it, will it work."""

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from checker.cli.formats import FORMATS, report_class
from checker.cli.options import (
    FailOn,
    FailOnOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    VerboseOption,
    report_stream,
    words,
)
from checker.errors import Obstacle, Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, Policy, load_policy
from checker.judging.stream import drive
from checker.model import Target
from checker.report.names import for_terminal
from checker.report.sink import Detail, Heading
from checker.specs.expand import load_profile, shipped_profiles
from checker.specs.fix import opted_in, replace_file, unified
from checker.specs.look import Question, look_at_all, target_of
from checker.specs.target import STANDARD_INPUT, file_name, is_package, read_spec_file, spec_paths

NO_TARGET = "none"


def spec(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Spec files, source packages, folders, or - for stdin.")
    ],
    target: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help=f"Have rpm parse for these distributions: {', '.join(shipped_profiles())}, files of macros "
            f"(with a slash); {NO_TARGET}: only look at the text.",
        ),
    ] = "fedora",
    arch: Annotated[
        str, typer.Option(metavar="NAME,...", help="Architectures to parse for. Default: this machine's.")
    ] = "",
    trust: Annotated[
        bool, typer.Option("--trust", help="Have rpm parse without a sandbox: whatever a spec says is executed.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the opt-in into specs that need it, then look again.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change instead of a report; writes nothing.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to look at specs with.")] = 1,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Spot-check spec files: whether they need the opt-in, whether they have it, and whether it will work."""
    rules = load_policy(policy)
    names = [] if target == NO_TARGET else words("--target", target)
    arches = words("--arch", arch) if arch else [os.uname().machine]
    question = Question(rules.macro, tuple(load_profile(name) for name in names), tuple(arches), trust)
    if fix and diff:
        raise UsageError("--fix writes and --diff only shows: give one of them")
    if (fix or diff) and STANDARD_INPUT in paths and (fix or paths.count(STANDARD_INPUT) > 1 or len(paths) > 1):
        raise UsageError("standard input: only --diff can be had, and alone")
    if diff:
        raise typer.Exit(_print_diffs(paths, rules, output))
    if fix:
        _fix(paths, rules)
    if trust:
        print("ltocheck: --trust: specs are programs, and rpm runs them without a sandbox", file=sys.stderr)
    judge = Judge(rules, date.today())
    with report_stream(output) as out:
        report = report_class(FORMATS[format_])(out, Heading(rules.name), Detail(verbose, quiet))
        outcome = drive(judge, _targets(paths, question, jobs), [report], fail_on.severity)
    raise typer.Exit(outcome.exit_code)


def _targets(paths: list[str], question: Question, jobs: int) -> Iterator[Target]:
    told = False
    for path, facts in look_at_all(spec_paths(paths), question, jobs):
        if facts.not_expanded and not told:
            told = True
            print(f"ltocheck: no sandbox, so only the text is looked at: {facts.not_expanded}", file=sys.stderr)
        yield target_of(path, facts)


def _fix(paths: list[str], policy: Policy) -> None:
    for path in spec_paths(paths):
        try:
            data = read_spec_file(path)
        except Unavailable:
            continue  # the report says so
        try:
            if is_package(path):
                raise Unavailable(Obstacle.REFUSED, "a source package")
            changed = opted_in(data, policy.macro)
        except Unavailable as error:
            _say_left(path, error)
            continue
        if changed != data:
            try:
                replace_file(path, changed)
            except OSError as error:
                raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
            print(f"{for_terminal(path)}: opted in", file=sys.stderr)


def _print_diffs(paths: list[str], policy: Policy, output: Path | None) -> int:
    """Print what would be changed; 1 when there is something."""
    changes = False
    with report_stream(output) as out:
        for path in spec_paths(paths):
            try:
                data = read_spec_file(path)
                changed = opted_in(data, policy.macro)
            except Unavailable as error:
                _say_left(path, error)
                continue
            if changed != data:
                changes = True
                out.flush()
                out.buffer.write(unified(file_name(path), file_name(path), data, changed))
                out.buffer.flush()
    return int(changes)


def _say_left(path: str, error: Unavailable) -> None:
    print(f"{for_terminal(path)}: left as it is: {for_terminal(error.detail)}", file=sys.stderr)
