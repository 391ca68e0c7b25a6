# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck report`: judge what an audit saw, as often as the policy changes."""

from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from checker.cli import completion
from checker.cli.formats import AUDIT_FORMATS, detail, report_class
from checker.cli.options import (
    DEFAULT_STORE,
    AuditFormatOption,
    ColorOption,
    FailOnOption,
    IgnoreOption,
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
    from checker.audit.rows import Run
    from checker.audit.store import Store
    from checker.judging.policy import Policy
    from checker.judging.stream import Sink
    from checker.model import Severity
    from checker.report.sink import Detail


def report(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", autocompletion=completion.runs, help="Number or name of an audit. Default: the latest."
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    since: SinceOption = None,
    list_: Annotated[bool, typer.Option("--list", help="List the audits instead, as text or JSON.")] = False,
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
    """Report on an audit again, without opening a package.

    By another policy, in another format, or against an older audit.
    """
    from checker.audit.store import Store
    from checker.cli.choices import chosen_policy, least_severe
    from checker.report.runs import RUN_FORMATS

    loaded = chosen_policy(policy, waivers, select, ignore)
    with Store(store) as opened:
        if list_:
            if format_ not in RUN_FORMATS:
                raise UsageError(f"--list: is written as {' or '.join(RUN_FORMATS)}, not as {format_}")
            with report_stream(output) as out:
                RUN_FORMATS[format_]([(made, opened.count(made)) for made in opened.runs()], out)
            raise typer.Exit
        chosen = opened.run(run)
        older = opened.run(since) if since is not None else None
        with report_stream(output) as out:
            shown = detail(out, verbose, quiet, color, statistics)
            code = report_on(opened, chosen, older, loaded, format_, out, shown, least_severe(fail_on))
        raise typer.Exit(code)


def report_on(
    store: "Store",
    run: "Run",
    older: "Run | None",
    policy: "Policy",
    format_: str,
    out: TextIO,
    detail: "Detail",
    fail_on: "Severity | None",
) -> ExitCode:
    """Write an audit in a format, compared with an older one where there is one; each is judged once."""
    from datetime import date

    from checker.judging.judge import Judge
    from checker.judging.stream import drive
    from checker.report.sink import Audited, Heading
    from checker.transition.compare import AuditComparison, Before
    from checker.transition.scope import coverage
    from checker.transition.totals import History

    today = date.today()
    history = History(store, run, older, policy, today) if format_ == "html" else None
    heading = Heading(
        policy.name,
        audited=Audited(store.count(run), run.repositories, history),
        is_comparison=older is not None,
        url=policy.url,
    )
    sink: Sink = report_class(AUDIT_FORMATS[format_])(out, heading, detail)
    if older:
        before = Before()
        numbers = [history.older] if history and history.older else []
        drive(Judge(policy, today), store.targets(older), [before, *numbers])
        sink = AuditComparison(before, sink, coverage(store, older), coverage(store, run))
    return drive(Judge(policy, today), store.targets(run), [sink], fail_on).exit_code
