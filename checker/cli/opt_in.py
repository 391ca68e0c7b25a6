# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck opt-in`: which source packages of an audit need the opt-in, and their specs."""

import os
import re
import sys
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from checker.audit.store import Run, Store
from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    RunsArgument,
    SlimSinceOption,
    StoreOption,
    VerboseOption,
    moment,
)
from checker.errors import ExitCode, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, Policy, load_policy
from checker.judging.stream import drive
from checker.model.audits import Declaration, Need, OptInSet, SpecState
from checker.model.statements import Ground, say
from checker.report.names import for_terminal
from checker.report.needs import OptInReport
from checker.report.needs_csv import write_needs_csv
from checker.report.needs_json import write_needs_json
from checker.report.needs_text import write_needs_text
from checker.report.sink import Detail
from checker.report.words import text_of
from checker.specs.fix import unified
from checker.specs.folder import SpecFolder
from checker.streams import replacing, report_stream
from checker.transition.declarations import declarations, with_declarations
from checker.transition.joined import joined_sources, joined_targets
from checker.transition.needs import Needs

NO_PATCH = re.compile(r"[\x00-\x1f]")
"""What a name must not hold to stand in a patch."""


class SetFormat(StrEnum):
    """How the set is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


WRITERS = {SetFormat.TEXT: write_needs_text, SetFormat.JSON: write_needs_json, SetFormat.CSV: write_needs_csv}


def opt_in(
    runs: RunsArgument = None,
    store: StoreOption = DEFAULT_STORE,
    specs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of specs: tell which of them declare the opt-in.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print patches that opt specs in instead of a report; writes nothing.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Write the opt-in into the specs that need it.")] = False,
    slim_since: SlimSinceOption = None,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: Annotated[SetFormat, typer.Option("--format", "-f", help="How to write the set.")] = SetFormat.TEXT,
    output: OutputOption = None,
    verbose: VerboseOption = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only the names of those that need it, one a line.")
    ] = False,
) -> None:
    """List the source packages that need the opt-in, and why."""
    if (diff or fix) and specs is None:
        raise UsageError("--diff and --fix go with --specs")
    if fix and diff:
        raise UsageError("--fix writes and --diff only shows: give one of them")
    if specs and not specs.is_dir():
        raise UsageError(f"--specs {specs}: a folder is expected")
    rules = load_policy(policy)
    with Store(store) as audits:
        chosen = audits.chosen(runs or [])
        needs = Needs(rules, moment(slim_since))
        drive(Judge(rules, date.today()), joined_targets(audits, chosen), [needs])
        sources = joined_sources(audits, chosen)
        found = needs.found()
    folder = SpecFolder(str(specs), rules.macro) if specs else None
    declared = tuple(declarations(found, folder, rules.macro)) if folder else None
    if folder and declared and fix:
        declared = tuple(_fixed(one, folder.folder) for one in declared)
    report = _report(rules, chosen, sources, with_declarations(found, declared or ()), declared)
    with report_stream(output) as out:
        if diff:
            _write_patches(declared or (), out)
        else:
            WRITERS[format_](report, out, Detail(verbose, quiet))
    raise typer.Exit(report.exit_code)


def _report(
    policy: Policy, runs: Sequence[Run], sources: int, found: OptInSet, declared: tuple[Declaration, ...] | None
) -> OptInReport:
    is_incomplete = (
        found.unread
        or any(source.need is Need.UNKNOWN for source in found.sources)
        or any(one.state is SpecState.INACCESSIBLE for one in declared or ())
    )
    return OptInReport(
        policy=policy.name,
        macro=policy.macro,
        audits=tuple(run.known_as for run in runs),
        sources=sources,
        found=found,
        declarations=declared,
        exit_code=ExitCode.UNREADABLE if is_incomplete else ExitCode.OK,
    )


def _write_patches(declared: tuple[Declaration, ...], out: TextIO) -> None:
    """Write what `patch -p1` and `git apply` take in the folder of specs; tell what there is no patch for."""
    out.flush()
    for one in declared:
        if one.state is SpecState.UNDECLARED and not NO_PATCH.search(one.path or ""):
            out.buffer.write(unified(one.path or "", one.before, one.after))
        else:
            _tell(one)
    out.buffer.flush()


def _fixed(one: Declaration, folder: str) -> Declaration:
    """The declaration after the opt-in was written, where it is one line."""
    if one.state is SpecState.UNDECLARED and one.path is not None:
        try:
            with replacing(os.path.join(folder, one.path)) as out:
                out.write(one.after)
        except OSError as error:
            one = Declaration(
                one.source, SpecState.INACCESSIBLE, one.path, say(Ground.NOT_WRITTEN, detail=error.strerror or "")
            )
        else:
            print(for_terminal(f"{one.source}: {one.path}: opted in"), file=sys.stderr)
            return Declaration(one.source, SpecState.DECLARED, one.path)
    _tell(one)
    return one


def _tell(one: Declaration) -> None:
    """Say on standard error which spec stays without the opt-in that it needs."""
    if one.state is SpecState.MISSING:
        print(for_terminal(f"{one.source}: has no spec in the folder"), file=sys.stderr)
    elif one.state not in (SpecState.DECLARED, SpecState.UNNEEDED):
        reason = text_of(one.reason) if one.reason else "no patch can name it"
        print(for_terminal(f"{one.source}: {one.path}: left as it is: {reason}"), file=sys.stderr)
