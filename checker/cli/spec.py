# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck spec`: does a spec need the opt-in, does it have it, will it work."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from typing import Annotated, TextIO

import typer

from checker.cli.formats import FORMATS, report_class
from checker.cli.options import (
    Color,
    ColorOption,
    FailOn,
    FailOnOption,
    FormatOption,
    IgnoreOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SelectOption,
    StatisticsOption,
    VerboseOption,
    architectures,
    chosen_policy,
    is_colored,
    words,
)
from checker.errors import Obstacle, Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, Policy
from checker.judging.stream import drive
from checker.report.names import for_terminal
from checker.report.sink import Detail, Heading
from checker.specs.expand import load_profile, shipped_profiles
from checker.specs.fix import unified, with_opt_in
from checker.specs.look import LookOptions, SpecLook, SpecReader, look_at_all, target_of
from checker.specs.target import STANDARD_INPUT, file_name, spec_paths
from checker.streams import replacing, report_stream

NO_TARGET = "none"
DISTRIBUTION = 100
"""So many specs are reported by cause, not one by one."""
CAUSES = "checker.report.causes:CausesReport"
NEEDS = "spec-needs-opt-in"

TargetOption = Annotated[
    str,
    typer.Option(
        metavar="NAME,...",
        help=f"Have rpm parse for these distributions: {', '.join(shipped_profiles())}, files of macros "
        f"(with a slash); {NO_TARGET}: only look at the text.",
    ),
]
ArchOption = Annotated[
    str, typer.Option(metavar="NAME,...", help="Architectures to parse for. Default: this machine's.")
]


def options_of(policy: Policy, target: str, arch: str, *, trusted: bool = False) -> LookOptions:
    """What `--target` and `--arch` ask about every spec; raises UsageError."""
    names = [] if target == NO_TARGET else words("--target", target)
    arches = architectures(arch) if arch else [os.uname().machine]
    return LookOptions(policy.macro, tuple(load_profile(name) for name in names), tuple(arches), trusted)


def spec(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Spec files, source packages, folders, or - for stdin.")
    ],
    target: TargetOption = "fedora",
    arch: ArchOption = "",
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
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format_: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
    statistics: StatisticsOption = False,
    color: ColorOption = Color.AUTO,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Check specs: is the opt-in needed, is it there, will it work."""
    rules = chosen_policy(policy, select, ignore)
    options = options_of(rules, target, arch, trusted=trust)
    if fix and diff:
        raise UsageError("--fix writes and --diff only shows: give one of them")
    if (fix or diff) and STANDARD_INPUT in paths and (fix or paths.count(STANDARD_INPUT) > 1 or len(paths) > 1):
        raise UsageError("standard input: only --diff can be had, and alone")
    if trust:
        print("ltocheck: --trust: specs are programs, and rpm runs them without a sandbox", file=sys.stderr)
    files = list(spec_paths(paths))
    looked = _with_warning(look_at_all(files, options, jobs))
    judge = Judge(rules, date.today())
    with report_stream(output) as out, closing(Fixer(rules, options)) as fixer:
        if diff:
            raise typer.Exit(_print_diffs(fixer, looked, out))
        if fix:
            looked = fixer.write(looked)
        is_distribution = format_ == "text" and not verbose and len(files) >= DISTRIBUTION
        make_report = report_class(CAUSES if is_distribution else FORMATS[format_])
        report = make_report(
            out, Heading(rules.name), Detail(verbose, quiet, color=is_colored(color, out), statistics=statistics)
        )
        outcome = drive(judge, map(target_of, looked), [report], fail_on.severity)
    raise typer.Exit(outcome.exit_code)


def _with_warning(specs: Iterable[SpecLook]) -> Iterator[SpecLook]:
    """The specs; says once on standard error that rpm cannot be asked."""
    is_said = False
    for looked in specs:
        if looked.facts.not_expanded and not is_said:
            is_said = True
            print(f"ltocheck: no sandbox, so only the text is looked at: {looked.facts.not_expanded}", file=sys.stderr)
        yield looked


class Fixer:
    """Opts in the specs of which the look says that they need it, and no others."""

    def __init__(self, policy: Policy, options: LookOptions) -> None:
        self._policy = policy
        self._reader = SpecReader(options)

    def close(self) -> None:
        """End the sandbox."""
        self._reader.close()

    def write(self, specs: Iterable[SpecLook]) -> Iterator[SpecLook]:
        """The specs as they are after the opt-in was written into those that need it."""
        for looked in specs:
            fixed = self.fixed(looked)
            if fixed is not None:
                try:
                    with replacing(looked.file.path) as out:
                        out.write(fixed.file.data)
                except OSError as error:
                    raise UsageError(f"{looked.file.path}: cannot be written: {error.strerror}") from error
                print(f"{for_terminal(looked.file.path)}: opted in", file=sys.stderr)
            yield fixed or looked

    def fixed(self, looked: SpecLook) -> SpecLook | None:
        """The spec with the opt-in; None where it needs none, or one line would not do, which is said."""
        if not self._needs(looked):
            return None
        try:
            if looked.file.is_package:
                raise Unavailable(Obstacle.REFUSED, "a source package")
            changed = with_opt_in(looked.file.data, looked.facts, self._policy.macro)
            fixed = self._reader.look_at(looked.file._replace(data=changed))
            if self._needs(fixed):
                raise Unavailable(Obstacle.REFUSED, "with the opt-in at its top its flags are slim all the same")
        except Unavailable as error:
            print(f"{for_terminal(looked.file.path)}: left as it is: {for_terminal(error.detail)}", file=sys.stderr)
            return None
        return fixed

    def _needs(self, looked: SpecLook) -> bool:
        judged = Judge(self._policy, date.today()).judge(target_of(looked))
        return any(one.rule == NEEDS and one.waived is None for entry in judged for one in entry.findings)


def _print_diffs(fixer: Fixer, specs: Iterable[SpecLook], out: TextIO) -> int:
    """Print what --fix would change; 1 when there is something."""
    changes = False
    for looked in specs:
        fixed = fixer.fixed(looked)
        if fixed is not None:
            changes = True
            out.flush()
            out.buffer.write(unified(_in_patch(looked.file.path), looked.file.data, fixed.file.data))
            out.buffer.flush()
    return int(changes)


def _in_patch(path: str) -> str:
    """The name of a spec in a patch: below the current folder, where it is to be applied, if it is there."""
    if path == STANDARD_INPUT:
        return file_name(path)
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative
