# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck report`: judge what an audit saw, as often as the policy changes."""

from datetime import date
from pathlib import Path
from typing import Annotated, TextIO

import typer

from checker.audit.store import Run, Store
from checker.cli.formats import AUDIT_FORMATS, report_class
from checker.cli.options import (
    DEFAULT_STORE,
    AuditFormatOption,
    FailOn,
    FailOnOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SinceOption,
    StoreOption,
    VerboseOption,
)
from checker.errors import ExitCode
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, Policy, load_policy
from checker.judging.stream import drive
from checker.model import Severity
from checker.report.names import for_terminal, plural
from checker.report.sink import Audited, Detail, Heading
from checker.streams import report_stream
from checker.transition.compare import AuditComparison, Before
from checker.transition.scope import coverage
from checker.transition.totals import History


def report(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Number or name of an audit. Default: the latest.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    since: SinceOption = None,
    list_: Annotated[bool, typer.Option("--list", help="List the audits instead.")] = False,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: AuditFormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Report on an audit again, without opening a package.

    By another policy, in another format, or against an older audit.
    """
    loaded = load_policy(policy)
    with Store(store) as opened:
        if list_:
            raise typer.Exit(_list(opened, output))
        chosen = opened.run(run)
        older = opened.run(since) if since is not None else None
        with report_stream(output) as out:
            code = report_on(opened, chosen, older, loaded, format_, out, Detail(verbose, quiet), fail_on.severity)
        raise typer.Exit(code)


def report_on(
    store: Store,
    run: Run,
    older: Run | None,
    policy: Policy,
    format_: str,
    out: TextIO,
    detail: Detail,
    fail_on: Severity | None,
) -> ExitCode:
    """Write an audit in a format, compared with an older one where there is one; each is judged once."""
    today = date.today()
    history = History(store, run, older, policy, today) if format_ == "html" else None
    heading = Heading(
        policy.name,
        audited=Audited(store.count(run), run.repositories, history),
        is_comparison=older is not None,
    )
    sink = report_class(AUDIT_FORMATS[format_])(out, heading, detail)
    if older:
        before = Before()
        numbers = [history.older] if history and history.older else []
        drive(Judge(policy, today), store.targets(older), [before, *numbers])
        sink = AuditComparison(before, sink, coverage(store, older), coverage(store, run))
    return drive(Judge(policy, today), store.targets(run), [sink], fail_on).exit_code


def _list(store: Store, output: Path | None) -> ExitCode:
    with report_stream(output) as out:
        for run in store.runs():
            name = f" {run.name}" if run.name else ""
            places = " ".join(repository.location for repository in run.repositories)
            line = f"{run.id}{name}: {run.finished}, {plural(store.count(run), 'package')} looked at, {places}"
            out.write(f"{for_terminal(line)}\n")
    return ExitCode.OK
