# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck transition`: where each source package of a distribution stands, and who has to do what."""

import sys
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from checker.audit.store import Store
from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    RunsArgument,
    SinceOption,
    SlimSinceOption,
    StoreOption,
    VerboseOption,
    moment,
)
from checker.errors import ExitCode, UsageError
from checker.judging.policy import DEFAULT_POLICY, load_policy
from checker.model.rebuilds import Rebuild
from checker.model.transition import OPEN, Hit, Saved, Standing, Transition
from checker.report.names import plural
from checker.report.transition_csv import write_transition_csv
from checker.report.transition_json import write_transition_json
from checker.report.transition_text import LISTED, Grouping, write_transition_text
from checker.specs.folder import SpecFolder
from checker.streams import report_stream
from checker.transition.notes import read_notes
from checker.transition.owners import read_owners
from checker.transition.standings import Inputs
from checker.transition.standings import transition as joined
from checker.transition.steps import STEPS, Step


class TransitionFormat(StrEnum):
    """How a transition is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def transition(
    runs: RunsArgument = None,
    store: StoreOption = DEFAULT_STORE,
    since: SinceOption = None,
    specs: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of specs: they say who opts in.")] = None,
    slim_since: SlimSinceOption = None,
    rebuild: Annotated[
        str | None, typer.Option(metavar="REBUILD", help="A rebuild in the store, by its number or name.")
    ] = None,
    owners: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who owns what: CSV, or an owner file of Fedora or openSUSE.")
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What people wrote of packages: TOML, or CSV.")
    ] = None,
    impact: Annotated[
        list[str] | None,
        typer.Option(metavar="REPO", help="A repository of source packages: find those whose builds are hit."),
    ] = None,
    deep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Build logs, SOURCE/ARCH/build.log: see which of them link the library."),
    ] = None,
    by: Annotated[Grouping, typer.Option(help="How source packages are put together.")] = Grouping.STATE,
    blocking: Annotated[
        int | None,
        typer.Option(min=1, max=len(STEPS), metavar="STEP", help="Only those that keep a step from being left."),
    ] = None,
    bugs: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Write bug texts into --output, a folder: bugzilla, gitlab, github, plain, or a file.",
        ),
    ] = None,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: Annotated[
        TransitionFormat, typer.Option("--format", "-f", help="How to write it.")
    ] = TransitionFormat.TEXT,
    output: OutputOption = None,
    verbose: VerboseOption = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only names, one a line.")] = False,
) -> None:
    """Say where each source package stands, and what is left."""
    if specs and not specs.is_dir():
        raise UsageError(f"--specs {specs}: a folder is expected")
    if bugs and output is None:
        raise UsageError("--bugs writes files: --output names their folder")
    if deep and not impact:
        raise UsageError("--deep goes with --impact")
    rules = load_policy(policy)
    inputs = Inputs(
        rules,
        date.today(),
        moment(slim_since),
        SpecFolder(str(specs), rules.macro) if specs else None,
        owners=read_owners(owners) if owners else {},
        notes=read_notes(notes) if notes else {},
    )
    if rebuild is not None:
        made, saved = _rebuild(store, rebuild)
        inputs = replace(inputs, rebuild=made, saved=saved)
    with Store(store) as opened:
        chosen = opened.chosen(runs or [])
        found = joined(opened, chosen, opened.run(since) if since is not None else None, inputs)
        locations = tuple(dict.fromkeys(one.location for run in chosen for one in run.repositories))
    if impact:
        found = _with_hits(found, locations, tuple(impact), deep)
    standings = found.standings if blocking is None else _blocking(found, STEPS[blocking - 1])
    if bugs is not None and output is not None:
        _write_bugs(bugs, standings, rules.macro, output, by)
    else:
        with report_stream(output) as out:
            if format_ is TransitionFormat.TEXT:
                listed = [one for one in standings if verbose or blocking or one.state in LISTED]
                write_transition_text(found, listed, out, by, verbose, quiet)
            else:
                WRITERS[format_](found, standings, out)
    raise typer.Exit(ExitCode.UNREADABLE if found.problems else ExitCode.OK)


def _write_html(found: Transition, standings: tuple[Standing, ...], out: TextIO) -> None:
    from checker.report.transition_html import write_transition_html  # noqa: PLC0415 it takes long to import

    write_transition_html(found, standings, out)


WRITERS = {
    TransitionFormat.JSON: write_transition_json,
    TransitionFormat.CSV: write_transition_csv,
    TransitionFormat.HTML: _write_html,
}


def _blocking(found: Transition, step: Step) -> tuple[Standing, ...]:
    """What keeps a step from being left; says on standard error what that is."""
    standings = tuple(filter(step.is_blocked_by, found.standings))
    waits = f"step {step.number}, {step.title}, waits until {step.waits_for}: {len(standings):,} left"
    print(waits, file=sys.stderr)
    return standings


def _rebuild(store: Path, wanted: str) -> tuple[Rebuild, Saved | None]:
    """A rebuild of the store, and what slim objects saved in it."""
    from checker.rebuild.cost import costs  # noqa: PLC0415 only this needs rebuilds
    from checker.rebuild.store import RebuildStore  # noqa: PLC0415

    with RebuildStore(store) as opened:
        made = opened.rebuild(wanted)
    found = costs(made)
    sized = [one for one in found if one.objects_fat is not None and one.objects_slim is not None]
    saved = Saved(
        len(found),
        sum(one.build_fat for one in found),
        sum(one.build_slim for one in found),
        sum(one.objects_fat or 0 for one in sized),
        sum(one.objects_slim or 0 for one in sized),
    )
    return made, saved if found else None


def _with_hits(found: Transition, binaries: tuple[str, ...], sources: tuple[str, ...], logs: Path | None) -> Transition:
    """The transition with who is hit by those that are open."""
    from checker.transition.impact import Question, impact  # noqa: PLC0415 only this needs libsolv
    from checker.transition.links import linked  # noqa: PLC0415

    targets = frozenset(name for one in found.standings if one.state in OPEN for name in one.packages)
    hits = impact(Question(targets, binaries, sources)) if targets else {}

    def hits_of(one: Standing) -> tuple[Hit, ...]:
        mine = {hit.source: hit for name in one.packages for hit in hits.get(name, ()) if hit.source != one.source}
        ordered = tuple(mine[name] for name in sorted(mine))
        return linked(ordered, one.files, logs) if logs else ordered

    standings = tuple(replace(one, hits=hits_of(one)) if one.state in OPEN else one for one in found.standings)
    return replace(found, standings=standings, has_impact=True)


def _write_bugs(template: str, standings: tuple[Standing, ...], macro: str, folder: Path, by: Grouping) -> None:
    from checker.report.bug_texts import write_bugs  # noqa: PLC0415 the template engine takes longer than small reports

    written, filed = write_bugs(template, standings, macro, folder, by is Grouping.OWNER)
    print(f"{plural(written, 'text')} written; of {filed:,} source packages there is a bug already", file=sys.stderr)
