# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck opt-in`: which source packages of an audit need the opt-in, and their specs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    RunsArgument,
    SlimSinceOption,
    StoreOption,
    VerboseOption,
    WaiversOption,
    format_choice,
)
from checker.errors import ExitCode, UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.audit.rows import Run
    from checker.judging.policy import Policy
    from checker.model.audits import Declaration, OptInSet
    from checker.report.needs import OptInReport


def opt_in(
    runs: RunsArgument = None,
    store: StoreOption = DEFAULT_STORE,
    specs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of specs: show which of them opt in.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print patches that opt specs in instead of a report; writes nothing.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Write the opt-in into the specs that need it.")] = False,
    slim_since: SlimSinceOption = None,
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    format_: Annotated[str, format_choice(("text", "names", "json", "csv"))] = "text",
    output: OutputOption = None,
    verbose: VerboseOption = 0,
) -> None:
    """List the source packages that need the opt-in, and why."""
    from datetime import date

    from checker.audit.store import Store
    from checker.cli.choices import chosen_policy, moment
    from checker.cli.patches import fixed, write_patches
    from checker.judging.judge import Judge
    from checker.judging.stream import drive
    from checker.report.needs_csv import write_needs_csv
    from checker.report.needs_json import write_needs_json
    from checker.report.needs_text import write_needs_names, write_needs_text
    from checker.report.sink import Detail
    from checker.specs.folder import SpecFolder
    from checker.transition.declarations import declarations, with_declarations
    from checker.transition.joined import joined_sources, joined_targets
    from checker.transition.needs import Needs

    if (diff or fix) and specs is None:
        raise UsageError("--diff and --fix need --specs")
    if fix and diff:
        raise UsageError("--fix writes and --diff only shows: give one of them")
    if specs and not specs.is_dir():
        raise UsageError(f"--specs {specs}: a folder is expected")
    rules = chosen_policy(policy, waivers)
    with Store(store) as audits:
        chosen = audits.chosen(runs or [])
        needs = Needs(rules, moment(slim_since))
        drive(Judge(rules, date.today()), joined_targets(audits, chosen), [needs])
        sources = joined_sources(audits, chosen)
        found = needs.found()
    folder = SpecFolder(str(specs), rules.macro) if specs else None
    declared = tuple(declarations(found, folder, rules.macro)) if folder else None
    if folder and declared and fix:
        declared = tuple(fixed(one, folder.folder) for one in declared)
    report = _report(rules, chosen, sources, with_declarations(found, declared or ()), declared)
    writers = {
        "text": write_needs_text,
        "names": write_needs_names,
        "json": write_needs_json,
        "csv": write_needs_csv,
    }
    with report_stream(output) as out:
        if diff:
            write_patches(declared or (), folder.folder if folder else "", out)
        else:
            writers[format_](report, out, Detail(verbose))
    raise typer.Exit(report.exit_code)


def _report(
    policy: "Policy",
    runs: "Sequence[Run]",
    sources: int,
    found: "OptInSet",
    declared: "tuple[Declaration, ...] | None",
) -> "OptInReport":
    from checker.model.audits import Need, SpecState
    from checker.report.needs import OptInReport

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
