# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck report`: judge what an audit saw, as often as the policy changes."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from checker.audit.store import Run, Store
from checker.cli.formats import AUDIT_RENDERERS, Detail
from checker.cli.options import (
    DEFAULT_STORE,
    AuditFormat,
    AuditFormatOption,
    FailOn,
    FailOnOption,
    OutputOption,
    PolicyOption,
    QuietOption,
    SinceOption,
    StoreOption,
    VerboseOption,
    report_stream,
)
from checker.errors import ExitCode
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, Policy, load_policy
from checker.judging.stream import Audit, Report, make_report
from checker.model import Severity
from checker.report.names import for_terminal
from checker.report.text import plural
from checker.transition.compare import Comparison
from checker.transition.totals import totals


def report(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Number or name of an audit. Default: the latest.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    since: SinceOption = None,
    list_: Annotated[bool, typer.Option("--list", help="List the audits instead.")] = False,
    policy: PolicyOption = DEFAULT_POLICY,
    format_: AuditFormatOption = AuditFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
    verbose: VerboseOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Report on an audit again: by another policy, in another format, or against an older audit."""
    loaded = load_policy(policy)
    with Store(store) as opened:
        if list_:
            raise typer.Exit(_list(opened, output))
        chosen = opened.run(run)
        older = opened.run(since) if since is not None else None
        made = report_on(opened, chosen, older, loaded, fail_on.severity)
        with report_stream(output) as out:
            AUDIT_RENDERERS[format_](made, out, Detail(verbose, quiet))
        raise typer.Exit(made.outcome().exit_code)


def report_on(store: Store, run: Run, older: Run | None, policy: Policy, fail_on: Severity | None) -> Report:
    """An audit as a report, compared with an older one where there is one."""
    today = date.today()

    def judged(run: Run) -> Report:
        return make_report(Judge(policy, today), store.targets(run), fail_on, opt_in=False)

    made = replace(
        judged(run),
        audit=Audit(store.count(run), run.repositories),
        totals=lambda: totals(store, run, older, policy, today),
    )
    if older is None:
        return made
    comparison = Comparison(lambda: judged(older).targets)
    return replace(made, targets=comparison.marked(made.targets), fixed=comparison.fixed)


def _list(store: Store, output: Path | None) -> ExitCode:
    with report_stream(output) as out:
        for run in store.runs():
            name = f" {run.name}" if run.name else ""
            places = " ".join(repository.location for repository in run.repositories)
            line = f"{run.id}{name}: {run.finished}, {plural(store.count(run), 'package')} looked at, {places}"
            out.write(f"{for_terminal(line)}\n")
    return ExitCode.OK
