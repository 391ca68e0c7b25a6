# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck rebuild`: build source packages in several arms, and say what that shows."""

import os
import platform
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from checker.audit.executors import Workers
from checker.audit.store import Store
from checker.cli.audit import workers_for
from checker.cli.options import (
    DEFAULT_STORE,
    OutputOption,
    PolicyOption,
    QuietOption,
    RebuildFormat,
    StoreOption,
    VerboseOption,
    words,
)
from checker.cli.rebuild_progress import BuildProgress
from checker.errors import ExitCode, UsageError
from checker.judging.policy import DEFAULT_POLICY, load_policy
from checker.model.rebuilds import OutcomeWord, Rebuild
from checker.packages.header import rpm
from checker.packages.payload import libarchive
from checker.rebuild.arms import load_arms, macros_folder, shipped_arms
from checker.rebuild.builders import DEFAULT, Builder, load_builder, shipped_builders
from checker.rebuild.collect import Collected, find_builds
from checker.rebuild.compare import TROUBLE, RebuildComparison, compared
from checker.rebuild.cross import Cross
from checker.rebuild.run import RebuildPlan, RebuildProgress, distinct, gather, run
from checker.rebuild.sources import SourcePackage, find_sources
from checker.rebuild.store import RebuildStore
from checker.rebuild.tasks import BuildSettings
from checker.report.names import plural
from checker.report.rebuild import RENDERERS
from checker.specs.expand import load_profile
from checker.streams import report_stream


def rebuild(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help="Source packages, specs beside their sources, folders, repositories; after --report a rebuild.",
        ),
    ] = None,
    arms: Annotated[
        str, typer.Option(metavar="NAME,...", help=f"Ways to build: {', '.join(shipped_arms())}, or files of macros.")
    ] = "fat,slim,slim-opt-in",
    target: Annotated[
        str, typer.Option(metavar="NAME", help="The distribution whose macros are loaded, or a file of macros.")
    ] = "fedora",
    builder: Annotated[
        str, typer.Option(metavar="NAME|FILE", help=f"What builds: {', '.join(shipped_builders())}, or a TOML file.")
    ] = DEFAULT,
    repeat: Annotated[int, typer.Option(min=1, help="How often each arm is built.")] = 1,
    seed: Annotated[
        int | None, typer.Option(help="Decides the order of builds. Default: by chance; reports say which.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Builds at once, which share the processors. Default: 1."),
    ] = None,
    dask_: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="Have a Dask cluster do it, by its scheduler.")
    ] = None,
    nodeps: Annotated[bool, typer.Option("--nodeps", help="Build also where BuildRequires are not installed.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Build without a sandbox: what a spec says is done.")] = False,
    arch: Annotated[str, typer.Option(metavar="NAME,...", help="Architectures. Default: this machine's.")] = "",
    configure_only: Annotated[
        bool, typer.Option("--configure-only", help="Go as far as configure, also for others by a cross compiler.")
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="RUN", help="Only sources of packages that this audit looked at."),
    ] = None,
    collect: Annotated[
        list[str] | None,
        typer.Option(metavar="FOLDER", help="Build nothing: read SOURCE/ARCH/build.log and packages there."),
    ] = None,
    arm: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="The arm of a folder of --collect, in its order; of --log.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Build nothing: report on a rebuild in the store.")] = False,
    log: Annotated[str | None, typer.Option(metavar="SOURCE", help="Print the log of a source package.")] = None,
    name: Annotated[str | None, typer.Option(metavar="LABEL", help="A name for this rebuild.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="RUN", help="Compare with an older rebuild, by its number or name.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; metadata must be signed by one of these."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: Annotated[
        RebuildFormat, typer.Option("--format", "-f", help="How to write the report.")
    ] = RebuildFormat.TEXT,
    output: OutputOption = None,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Build source packages fat and slim, and compare the results.

    What breaks, what changes silently, and what fat objects cost.
    """
    places = sources or []
    if name is not None and (not name or name.isdecimal()):
        raise UsageError(
            f"--name {name!r}: a name that is no number is expected, because rebuilds have numbers already"
        )
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
        found = _to_collect(collect, arm or [], policy)
        work: Work = lambda opened, workers, tally, tell: gather(found, name, opened, workers, tally, tell)  # noqa: E731
    else:
        if not places:
            raise UsageError("sources are expected: source packages, specs, folders or repositories")
        made = load_builder(builder)
        cpus = max(1, len(os.sched_getaffinity(0)) // (jobs or 1))
        settings = BuildSettings(made, _profile(made, target), policy, made.settings(), trust, nodeps, cpus)
        chosen = tuple(distinct(_chosen(find_sources(places, tuple(key or ())), from_, store)))
        if trust and not quiet:
            print(
                "ltocheck: building without a sandbox: whatever a spec says is done with your rights", file=sys.stderr
            )
        arches = _arches(arch, made, configure_only)
        plan = RebuildPlan(chosen, load_arms(words("--arms", arms)), settings, target, arches, repeat, seed, name)
        work = lambda opened, workers, tally, tell: run(plan, opened, workers, tally, tell)  # noqa: E731
    with RebuildStore(store, write=True) as opened:
        older = since if since is None else str(opened.rebuild(since).id)
        number = _work(opened, workers_for(jobs or 1 if dask_ is None else jobs, dask_), work, quiet)
        _report(opened, str(number), older, format_, output, verbose, quiet)


Work = Callable[[RebuildStore, Workers, RebuildProgress, Callable[[], None]], int]


def _work(store: RebuildStore, workers: AbstractContextManager[Workers], work: Work, quiet: bool) -> int:
    """Do it, and say on standard error how it goes."""
    tally = RebuildProgress()
    try:
        with workers as started, BuildProgress(tally, quiet=quiet) as progress:
            return work(store, started, tally, progress)
    except KeyboardInterrupt:
        kept = f"{tally.known + tally.done} of {plural(tally.builds, 'build')} done and kept"
        print(f"ltocheck: interrupted: {kept}; the same command goes on from there", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _report(
    store: RebuildStore,
    wanted: str | None,
    since: str | None,
    format_: RebuildFormat,
    output: Path | None,
    verbose: int,
    quiet: bool,
) -> None:
    made = store.rebuild(wanted)
    comparison: RebuildComparison | None = compared(made, store.rebuild(since)) if since is not None else None
    with report_stream(output) as out:
        RENDERERS[format_](made, comparison, out, verbose, quiet)
    raise typer.Exit(_exit_code(made))


def _exit_code(made: Rebuild) -> ExitCode:
    found = {source.outcome for source in made.sources}
    if OutcomeWord.NOT_TRIED in found:
        return ExitCode.UNREADABLE
    return ExitCode.FINDINGS if found.intersection(TROUBLE) else ExitCode.OK


def _print_log(store: Path, wanted: str | None, source: str, arm: str | None) -> None:
    with RebuildStore(store) as opened:
        data = opened.log(opened.rebuild(wanted).id, source, arm)
    with report_stream(None) as out:
        out.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _profile(builder: Builder, target: str) -> str:
    """The macros of a distribution: all of them, or only its flags where its own macros are there."""
    if builder.profile == "targets" or "/" in target:
        return load_profile(target).text.decode("utf-8", "surrogateescape")
    file = macros_folder() / "flags" / target
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--target {target}: {error.strerror}: {file}") from error


def _arches(text: str, builder: Builder, configure_only: bool) -> tuple[tuple[str, Cross | None], ...]:
    machine = platform.machine()
    arches = words("--arch", text) if text else [machine]
    if configure_only:
        if not builder.brings_hook:
            raise UsageError(f"--configure-only: is for the builder {DEFAULT}; {builder.name} builds elsewhere")
        return tuple((arch, Cross.to(arch, machine)) for arch in arches)
    if builder.brings_hook and arches != [machine]:
        raise UsageError(f"--arch {text}: this machine builds for {machine}; --configure-only goes for others, too")
    return tuple((arch, None) for arch in arches)


def _chosen(found: "object", run_name: str | None, store: Path) -> "list[SourcePackage]":
    sources: list[SourcePackage] = list(found)  # type: ignore[call-overload]
    if run_name is None:
        return sources
    with Store(store) as audits:
        wanted = {audits.target(entry).package.source for entry in audits.entries(audits.run(run_name))}
    return [source for source in sources if source.name in wanted]


def _to_collect(folders: list[str], arms: list[str], policy: str) -> list[Collected]:
    if arms and len(arms) != len(folders):
        raise UsageError(
            f"--arm: one for each folder of --collect is expected, {len(folders)}, or none where logs say it"
        )
    named = zip(folders, [*arms] or len(folders) * [None], strict=True)
    return [build for folder, arm in named for build in find_builds(folder, arm, policy)]
