# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck rebuild`: build source packages in several arms, and say what that shows."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli import completion
from checker.cli.audit import workers_for
from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    QuietOption,
    StoreOption,
    VerboseOption,
    format_choice,
    number,
)
from checker.errors import ExitCode, UsageError
from checker.shipped import DEFAULT_BUILDER, DEFAULT_POLICY, shipped_arms, shipped_builders, shipped_targets
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.audit.executors import Workers
    from checker.model.rebuilds import Rebuild
    from checker.rebuild.run import RebuildProgress
    from checker.rebuild.store import RebuildStore

    _Work = Callable[[RebuildStore, Workers, RebuildProgress, Callable[[], None]], int]


def rebuild(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help="Source packages, specs beside their sources, folders, repositories; after --report a rebuild.",
        ),
    ] = None,
    arms: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            autocompletion=completion.several(shipped_arms),
            help=f"Ways to build: {', '.join(shipped_arms())}, or files of macros.",
        ),
    ] = "fat,slim,slim-opt-in",
    target: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=shipped_targets,
            help="The distribution whose macros are loaded, or a file of macros.",
        ),
    ] = "fedora",
    builder: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            autocompletion=shipped_builders,
            help=f"What builds: {', '.join(shipped_builders())}, or a TOML file.",
        ),
    ] = DEFAULT_BUILDER,
    repeat: Annotated[int, number("--repeat", text="How often each arm is built.")] = 1,
    seed: Annotated[
        int | None,
        number("--seed", least=0, text="Decides the order of builds. Default: random; reports name it."),
    ] = None,
    jobs: Annotated[
        int | None,
        number("--jobs", "-j", text="Builds at once, which share the processors. Default: 1, for steady times."),
    ] = None,
    dask_: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="Run on a Dask cluster; ADDRESS is its scheduler, such as tcp://host:8786.",
        ),
    ] = None,
    nodeps: Annotated[bool, typer.Option("--nodeps", help="Build even where BuildRequires are missing.")] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Build without a sandbox: specs run with your rights.")
    ] = False,
    arch: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            autocompletion=completion.several(lambda: completion.ARCHITECTURES),
            help="Architectures. Default: this machine's.",
        ),
    ] = "",
    configure_only: Annotated[
        bool, typer.Option("--configure-only", help="Stop after configure; a cross compiler does other architectures.")
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            autocompletion=completion.runs,
            help="Only sources of packages that this audit looked at.",
        ),
    ] = None,
    collect: Annotated[
        list[str] | None,
        typer.Option(metavar="FOLDER", help="Build nothing: read SOURCE/ARCH/build.log and packages there."),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="The arm of each folder of --collect, in order; or that of --log."),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Build nothing: report on a rebuild in the store.")] = False,
    log: Annotated[str | None, typer.Option(metavar="SOURCE", help="Print the log of a source package.")] = None,
    name: Annotated[str | None, typer.Option(metavar="LABEL", help="A name for this rebuild.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            autocompletion=completion.rebuilds,
            help="Compare with an older rebuild, by its number or name.",
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; metadata must be signed by one of these."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: Annotated[str, format_choice(("text", "json", "csv", "junit", "html"))] = "text",
    output: OutputOption = None,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Build source packages fat and slim, and compare the results.

    What breaks, what changes silently, and what fat objects cost.
    """
    from checker.cli.choices import label, words
    from checker.cli.rebuild_inputs import arches_of, chosen_sources, profile_of, to_collect
    from checker.judging.policy import load_policy
    from checker.packages.bindings import rpm
    from checker.packages.payload import libarchive
    from checker.rebuild.arms import load_arms
    from checker.rebuild.builders import load_builder
    from checker.rebuild.run import RebuildPlan, distinct, gather, run
    from checker.rebuild.sources import find_sources
    from checker.rebuild.store import RebuildStore
    from checker.rebuild.tasks import BuildSettings

    places = sources or []
    label(name, "rebuilds")
    if log is not None:
        _print_log(store, places[0] if places else None, log, arm[0] if arm else None)
        return
    if report:
        if len(places) > 1:
            raise UsageError("--report: one rebuild is expected, by its number or name")
        with RebuildStore(store) as opened:
            _report(opened, places[0] if places else None, since, format_, output, verbose, quiet)
    rpm()
    libarchive()
    load_policy(policy)
    if collect:
        found = to_collect(collect, arm or [], policy)
        work: _Work = lambda opened, workers, tally, tell: gather(found, name, opened, workers, tally, tell)  # noqa: E731
    else:
        if not places:
            raise UsageError("sources are expected: source packages, specs, folders or repositories")
        made = load_builder(builder)
        cpus = max(1, len(os.sched_getaffinity(0)) // (jobs or 1))
        settings = BuildSettings(made, profile_of(made, target), policy, made.settings(), trust, nodeps, cpus)
        chosen = tuple(distinct(chosen_sources(find_sources(places, tuple(key or ())), from_, store)))
        if trust and not quiet:
            print("ltocheck: building without a sandbox: specs run with your rights", file=sys.stderr)
        arches = arches_of(arch, made, configure_only)
        plan = RebuildPlan(chosen, load_arms(words("--arms", arms)), settings, target, arches, repeat, seed, name)
        work = lambda opened, workers, tally, tell: run(plan, opened, workers, tally, tell)  # noqa: E731
    with RebuildStore(store, write=True) as opened:
        older = since if since is None else str(opened.rebuild(since).id)
        number = _work(opened, workers_for(jobs or 1 if dask_ is None else jobs, dask_), work, quiet)
        _report(opened, str(number), older, format_, output, verbose, quiet)


def _work(store: "RebuildStore", workers: "AbstractContextManager[Workers]", work: "_Work", quiet: bool) -> int:
    """Do it, and show its progress on standard error."""
    from checker.cli.progress import BuildProgress
    from checker.rebuild.run import RebuildProgress
    from checker.report.names import plural

    tally = RebuildProgress()
    try:
        with workers as started, BuildProgress(tally, quiet=quiet) as progress:
            return work(store, started, tally, progress)
    except KeyboardInterrupt:
        kept = f"{tally.known + tally.done} of {plural(tally.builds, 'build')} done and kept"
        print(f"ltocheck: interrupted: {kept}; the same command continues from there", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _report(
    store: "RebuildStore",
    wanted: str | None,
    since: str | None,
    format_: str,
    output: Path | None,
    verbose: int,
    quiet: bool,
) -> None:
    from checker.rebuild.compare import compared
    from checker.report.rebuild import RENDERERS

    made = store.rebuild(wanted)
    comparison = compared(made, store.rebuild(since)) if since is not None else None
    with report_stream(output) as out:
        RENDERERS[format_](made, comparison, out, verbose, quiet)
    raise typer.Exit(_exit_code(made))


def _exit_code(made: "Rebuild") -> ExitCode:
    from checker.model.rebuilds import OutcomeWord
    from checker.rebuild.compare import TROUBLE

    found = {source.outcome for source in made.sources}
    if OutcomeWord.NOT_TRIED in found:
        return ExitCode.UNREADABLE
    return ExitCode.FINDINGS if found.intersection(TROUBLE) else ExitCode.OK


def _print_log(store: Path, wanted: str | None, source: str, arm: str | None) -> None:
    from checker.rebuild.store import RebuildStore

    with RebuildStore(store) as opened:
        data = opened.log(opened.rebuild(wanted).id, source, arm)
    with report_stream(None) as out:
        out.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
