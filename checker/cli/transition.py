# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck transition`: where each source package of a distribution stands, and who has to do what."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli import completion
from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    RunsArgument,
    SinceOption,
    SlimSinceOption,
    StoreOption,
    VerboseOption,
    WaiversOption,
    choice,
    format_choice,
    number,
)
from checker.errors import ExitCode, UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.model.transition import Standing

GROUPINGS = ("state", "owner", "cause")


def transition(
    runs: RunsArgument = None,
    store: StoreOption = DEFAULT_STORE,
    since: SinceOption = None,
    specs: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of specs: shows who opts in.")] = None,
    slim_since: SlimSinceOption = None,
    rebuild: Annotated[
        str | None,
        typer.Option(
            metavar="REBUILD",
            autocompletion=completion.rebuilds,
            help="A rebuild in the store, by its number or name.",
        ),
    ] = None,
    owners: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who owns what: CSV, or an owner file of Fedora or openSUSE.")
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What people wrote about packages: TOML or CSV.")
    ] = None,
    impact: Annotated[
        list[str] | None,
        typer.Option(metavar="REPO", help="A repository of source packages: find those whose builds are hit."),
    ] = None,
    deep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Build logs, SOURCE/ARCH/build.log: see which of them link the library."),
    ] = None,
    by: Annotated[str, choice("--by", among=GROUPINGS, text="How source packages are grouped.")] = "state",
    blocking: Annotated[
        int | None,
        number("--blocking", most=8, metavar="STEP", text="Only source packages that hold up this step."),
    ] = None,
    bugs: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Write bug texts into --output, a folder: bugzilla, gitlab, github, plain, or a file.",
        ),
    ] = None,
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    format_: Annotated[str, format_choice(("text", "names", "json", "csv", "html"))] = "text",
    output: OutputOption = None,
    verbose: VerboseOption = 0,
) -> None:
    """Show where each source package stands, and what is left."""
    from dataclasses import replace
    from datetime import date

    from checker.audit.store import Store
    from checker.cli.choices import chosen_policy, moment
    from checker.cli.transition_inputs import blocking_step, rebuild_of, with_hits
    from checker.report.transition_text import Grouping, write_transition_names, write_transition_text
    from checker.specs.folder import SpecFolder
    from checker.transition.notes import read_notes
    from checker.transition.owners import read_owners
    from checker.transition.standings import Inputs
    from checker.transition.standings import transition as joined
    from checker.transition.steps import STEPS

    if specs and not specs.is_dir():
        raise UsageError(f"--specs {specs}: a folder is expected")
    if bugs and output is None:
        raise UsageError("--bugs writes files: --output names their folder")
    if deep and not impact:
        raise UsageError("--deep needs --impact")
    rules = chosen_policy(policy, waivers)
    inputs = Inputs(
        rules,
        date.today(),
        moment(slim_since),
        SpecFolder(str(specs), rules.macro) if specs else None,
        owners=read_owners(owners) if owners else {},
        notes=read_notes(notes) if notes else {},
    )
    if rebuild is not None:
        made, saved = rebuild_of(store, rebuild)
        inputs = replace(inputs, rebuild=made, saved=saved)
    with Store(store) as opened:
        chosen = opened.chosen(runs or [])
        found = joined(opened, chosen, opened.run(since) if since is not None else None, inputs)
        locations = tuple(dict.fromkeys(one.location for run in chosen for one in run.repositories))
    if impact:
        found = with_hits(found, locations, tuple(impact), deep)
    standings = found.standings if blocking is None else blocking_step(found, STEPS[blocking - 1])
    if bugs is not None and output is not None:
        _write_bugs(bugs, standings, rules.macro, output, by)
    else:
        with report_stream(output) as out:
            if format_ == "text":
                write_transition_text(found, standings, out, Grouping(by), verbose)
            elif format_ == "names":
                write_transition_names(standings, out, verbose)
            else:
                _writer(format_)(found, standings, out)
    raise typer.Exit(ExitCode.UNREADABLE if found.problems else ExitCode.OK)


def _writer(format_: str) -> Callable[..., None]:
    """What writes a format, imported when it is asked for."""
    if format_ == "html":
        from checker.report.transition_html import write_transition_html

        return write_transition_html
    if format_ == "csv":
        from checker.report.transition_csv import write_transition_csv

        return write_transition_csv
    from checker.report.transition_json import write_transition_json

    return write_transition_json


def _write_bugs(template: str, standings: "tuple[Standing, ...]", macro: str, folder: Path, by: str) -> None:
    from checker.report.bug_texts import write_bugs
    from checker.report.names import plural

    written, filed = write_bugs(template, standings, macro, folder, by == "owner")
    print(f"{plural(written, 'text')} written; of {filed:,} source packages there is a bug already", file=sys.stderr)
