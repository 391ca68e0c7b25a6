# SPDX-License-Identifier: GPL-2.0-or-later
"""Options that several commands share."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from checker.cli.formats import AUDIT_FORMATS, FORMATS
from checker.errors import UsageError, unknown
from checker.judging.policy import DEFAULT_POLICY, Policy, load_policy, shipped_policies
from checker.model import PackageFacts, Severity, Stage
from checker.objects.machines import is_architecture


class RebuildFormat(StrEnum):
    """How reports on rebuilds are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    HTML = "html"


class BasicFormat(StrEnum):
    """How commands write whose reports are not for other programs' formats."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """The least severe finding that makes a command fail."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"

    @property
    def severity(self) -> Severity | None:
        """The same as a severity; None for never."""
        return None if self is FailOn.NEVER else Severity[self.name]


def _format_option(formats: Mapping[str, str]) -> Any:
    """The option of one of these formats, whose name may be written in any case."""

    def checked(name: str) -> str:
        if name.lower() not in formats:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(formats)}.")
        return name.lower()

    return typer.Option(
        "--format",
        "-f",
        metavar=f"<{'|'.join(formats)}>",
        callback=checked,
        autocompletion=lambda: [*formats],
        help="How to write the report.",
    )


PolicyOption = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        envvar="LTOCHECK_POLICY",
        autocompletion=shipped_policies,
        help=f"A policy: {', '.join(shipped_policies())}, or a TOML file.",
    ),
]


def _rule_option(name: str, text: str) -> Any:
    def names() -> list[str]:
        from checker.rules import RULES_BY_NAME  # noqa: PLC0415 only a shell that completes asks

        return [*RULES_BY_NAME]

    return typer.Option(name, metavar="RULE", autocompletion=names, help=text)


SelectOption = Annotated[list[str] | None, _rule_option("--select", "Check this rule alone; may be given again.")]
IgnoreOption = Annotated[list[str] | None, _rule_option("--ignore", "Leave this rule out; may be given again.")]
FormatOption = Annotated[str, _format_option(FORMATS)]
AuditFormatOption = Annotated[str, _format_option(AUDIT_FORMATS)]
BasicFormatOption = Annotated[BasicFormat, typer.Option("--format", "-f", help="How to write the report.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there, not to standard output.")
]
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="The least severe finding that makes the command fail.")
]
OptInOption = Annotated[
    bool | None,
    typer.Option("--opt-in/--no-opt-in", help="Judge as if the package had opted in to ship objects, or had not."),
]
StoreOption = Annotated[
    Path,
    typer.Option(
        "--store",
        metavar="FILE",
        envvar="LTOCHECK_STORE",
        help="Where audits are kept. Default: ltocheck.db in this folder.",
        show_default=False,
    ),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="RUN", help="Compare with an older audit, by its number or name.")
]
RunsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN]...",
        help="Numbers or names of audits. Of several, the newest of each package counts. Default: the latest.",
    ),
]
SlimSinceOption = Annotated[
    str | None,
    typer.Option(
        "--slim-since",
        metavar="DATE",
        help="When flags became slim by default, as in 2026-06-30: what was built fat from then on has opted in.",
    ),
]


class Color(StrEnum):
    """Whether reports for a reader are in colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


ColorOption = Annotated[
    Color, typer.Option("--color", help="Colour: auto is on for terminals, NO_COLOR and FORCE_COLOR aside.")
]
StatisticsOption = Annotated[
    bool, typer.Option("--statistics", help="End with a table of how many findings there are of each rule.")
]
VerboseOption = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say why; twice: list every object.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but errors and warnings.")]

DEFAULT_STORE = Path("ltocheck.db")

__all__ = ["DEFAULT_POLICY"]


def opted_in_by_option(opt_in: bool | None, stage: Stage) -> PackageFacts:
    """What is known of the package that files belong to, when the user alone says it."""
    evidence = ("--opt-in",) if opt_in else ()
    return PackageFacts(opt_in=bool(opt_in), opt_in_evidence=evidence, declared=bool(opt_in), stage=stage)


def moment(date: str | None) -> float | None:
    """The beginning of a day or a moment, UTC unless it says otherwise, in seconds since 1970; raises UsageError."""
    if date is None:
        return None
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError as error:
        raise UsageError(f"--slim-since {date!r}: a date like 2026-06-30 is expected") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


COMMON_ARCHITECTURES = (
    "aarch64", "armv7hl", "i386", "i586", "i686", "loongarch64", "noarch", "ppc64", "ppc64le", "riscv64", "s390x",
    "x86_64",
)  # fmt: skip


def architectures(text: str) -> list[str]:
    """The architectures of `--arch`; raises UsageError that names the nearest one."""
    names = words("--arch", text)
    for name in names:
        if not is_architecture(name):
            raise unknown("architecture", name, COMMON_ARCHITECTURES, " and others that rpm knows")
    return names


def words(option: str, text: str) -> list[str]:
    """The words of an option that takes several; raises UsageError."""
    names = [word.strip() for word in text.split(",")]
    if not all(names):
        raise UsageError(f"{option} {text!r}: names with commas between them are expected")
    return names


def chosen_policy(name: str, select: list[str] | None, ignore: list[str] | None) -> Policy:
    """A policy with just those of its rules that the user wants to be checked; raises UsageError."""
    policy = load_policy(name)
    for rule in (*(select or ()), *(ignore or ())):
        if rule not in policy.rules:
            raise unknown("rule", rule, policy.rules)
    off = {rule for rule in policy.rules if (select and rule not in select) or rule in (ignore or ())}
    return replace(policy, rules={rule: Severity.OFF if rule in off else level for rule, level in policy.rules.items()})


def is_colored(color: Color, out: TextIO) -> bool:
    """Whether to write colour there, as no-color.org and force-color.org have it."""
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (out.isatty() and os.environ.get("TERM") != "dumb")
