# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck audit`: every package of repositories, what is known already aside."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.cli import completion
from checker.cli.options import (
    DEFAULT_STORE,
    AuditFormatOption,
    ColorOption,
    FailOnOption,
    IgnoreOption,
    JobsOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SelectOption,
    SinceOption,
    StatisticsOption,
    StoreOption,
    VerboseOption,
    WaiversOption,
)
from checker.errors import ExitCode, UsageError
from checker.shipped import DEFAULT_POLICY
from checker.streams import report_stream

if TYPE_CHECKING:
    from checker.audit.executors import Workers
    from checker.audit.plan import AuditPlan
    from checker.audit.store import Store


def audit(
    repositories: Annotated[
        list[str], typer.Argument(metavar="REPO...", help="Package repositories: folders, or addresses (http, https).")
    ],
    store: StoreOption = DEFAULT_STORE,
    name: Annotated[str | None, typer.Option(metavar="LABEL", help="A name for this audit.")] = None,
    arch: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            autocompletion=completion.several(lambda: completion.ARCHITECTURES),
            help="Only packages for these architectures. Default: all.",
        ),
    ] = "",
    jobs: JobsOption = None,
    dask_: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="Run on a Dask cluster; ADDRESS is its scheduler, such as tcp://host:8786.",
        ),
    ] = None,
    headers: Annotated[
        bool,
        typer.Option(
            "--headers", help="Choose packages by their headers, not by file lists; finds objects under unusual names."
        ),
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Look at every file of every package, whatever metadata and headers say.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Stop downloads after the last object; checksums are not verified then.")
    ] = False,
    all_versions: Annotated[
        bool, typer.Option("--all-versions", help="Look at older versions of packages, too.")
    ] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; metadata must be signed by one of these."),
    ] = None,
    since: SinceOption = None,
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format_: AuditFormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = "error",
    statistics: StatisticsOption = False,
    color: ColorOption = "auto",
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Judge the packages of repositories, and keep the facts.

    Every package that may hold objects is opened once; a later audit opens only what has changed.
    """
    from checker.audit.examine import ExamineOptions
    from checker.audit.plan import AuditPlan
    from checker.audit.store import Store
    from checker.cli.choices import architectures, chosen_policy, label, least_severe
    from checker.cli.formats import detail
    from checker.cli.report import report_on
    from checker.packages.bindings import rpm
    from checker.packages.payload import libarchive
    from checker.repositories.download import FetchOptions

    if thorough and (headers or partial):
        raise UsageError("--thorough looks at everything: --headers and --partial, which save work, contradict it")
    label(name, "audits")
    loaded = chosen_policy(policy, waivers, select, ignore)
    rpm()
    libarchive()
    options = ExamineOptions(thorough, headers, partial, FetchOptions())
    arches = frozenset(architectures(arch)) if arch else None
    plan = AuditPlan(tuple(repositories), options, arches, tuple(key or ()), name, all_versions)
    workers = workers_for(jobs, dask_)
    with Store(store, write=True) as opened:
        opened.refuse_name(name)
        older = opened.run(since) if since is not None else None
        number = _run(plan, opened, workers, quiet)
        with report_stream(output) as out:
            shown = detail(out, verbose, quiet, color, statistics)
            code = report_on(opened, opened.run(str(number)), older, loaded, format_, out, shown, least_severe(fail_on))
        if not quiet:
            _print_next_step(number, name, store, has_failed=opened.has_failed(opened.run(str(number))))
    raise typer.Exit(code)


def workers_for(jobs: int | None, address: str | None) -> "AbstractContextManager[Workers]":
    """Who does the work that a command asks for; raises UsageError."""
    from checker.audit.executors import dask, local

    if address is None:
        return nullcontext(local(jobs or len(os.sched_getaffinity(0))))
    if jobs is not None:
        raise UsageError("--jobs is for this machine: a Dask cluster has its own number of workers")
    return dask(address)


def _run(plan: "AuditPlan", store: "Store", workers: "AbstractContextManager[Workers]", quiet: bool) -> int:
    """Make the run, and show its progress on standard error."""
    from checker.audit.run import AuditProgress, run
    from checker.cli.progress import PackageProgress
    from checker.report.names import plural

    tally = AuditProgress()
    try:
        with workers as started, PackageProgress(tally, quiet=quiet) as progress:
            number = run(plan, store, started, tally, progress)
            if not store.count(store.run(str(number))):
                print("ltocheck: warning: nothing was looked at: no package may hold objects", file=sys.stderr)
            return number
    except KeyboardInterrupt:
        kept = (
            f"{tally.done} of {plural(tally.packages, 'package')} done and kept; the same command continues from there"
        )
        print(f"ltocheck: interrupted: {kept}", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _print_next_step(number: int, name: str | None, store: Path, *, has_failed: bool) -> None:
    """Say on standard error where the audit is, and how to go on where it could read anything."""
    import shlex

    from checker.report.names import for_terminal

    known_as = f"{number} ({name})" if name else str(number)
    print(for_terminal(f"ltocheck: kept as audit {known_as} in {store}"), file=sys.stderr)
    if not has_failed:
        elsewhere = [] if store == DEFAULT_STORE else ["--store", str(store)]
        words = shlex.join(["ltocheck", "opt-in", *elsewhere, name or str(number)])
        print(for_terminal(f"ltocheck: next: {words}"), file=sys.stderr)
