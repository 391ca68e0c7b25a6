# SPDX-License-Identifier: GPL-2.0-or-later
"""Options that several commands share. A shell that completes imports this: what options amount to is in `choices`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from checker.cli import completion
from checker.cli.formats import AUDIT_FORMATS, FORMATS
from checker.errors import unknown
from checker.shipped import shipped_policies, shipped_targets

DEFAULT_STORE = Path("ltocheck.db")
FAIL_ON = ("error", "warning", "never")
COLORS = ("auto", "always", "never")
STAGES = ("installed", "stripped")
NO_TARGET = "none"
LISTED = 24
"""Columns of choices that stand beside the name of an option; more stand in its help."""


def choice(*names: str, among: tuple[str, ...] | Mapping[str, object], text: str, show_default: bool = True) -> Any:
    """An option that takes one of a few words, in any case; names the nearest for another."""

    def checked(word: str | None) -> str | None:
        if word is None or word.lower() in among:
            return word and word.lower()
        raise unknown(names[0].lstrip("-"), word, among)

    listed = f"<{'|'.join(among)}>"
    return typer.Option(
        *names,
        metavar=listed if len(listed) <= LISTED else names[0].lstrip("-").upper(),
        callback=checked,
        autocompletion=lambda: [*among],
        help=text if len(listed) <= LISTED else f"{text.rstrip('.')}: {', '.join(among)}.",
        show_default=show_default,
    )


def format_choice(formats: tuple[str, ...] | Mapping[str, object]) -> Any:
    """The option for the format of a report."""
    return choice("--format", "-f", among=formats, text="How to write the report.")


def number(*names: str, least: int = 1, most: int | None = None, metavar: str = "N", text: str) -> Any:
    """An option that takes a number within bounds."""

    def checked(text: str | int) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            expected = f"a number from {least} to {most}" if most else f"a number, {least} or more,"
            raise typer.BadParameter(f"{expected} is expected, not {text!r}")
        return value

    return typer.Option(*names, metavar=metavar, parser=checked, help=text)


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
WaiversOption = Annotated[
    list[str] | None,
    typer.Option("--waivers", metavar="FILE", help="Waivers besides those of the policy: a TOML file."),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="RULE,...",
        autocompletion=completion.several(completion.rules),
        help="Check only these rules; may be given again.",
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="RULE,...",
        autocompletion=completion.several(completion.rules),
        help="Leave these rules out; may be given again.",
    ),
]
FormatOption = Annotated[str, format_choice(FORMATS)]
AuditFormatOption = Annotated[str, format_choice(AUDIT_FORMATS)]
BasicFormatOption = Annotated[str, format_choice(("text", "json"))]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the report to this file, not to standard output."),
]
FailOnOption = Annotated[
    str, choice("--fail-on", among=FAIL_ON, text="The least severe finding that makes the command fail.")
]
OptInOption = Annotated[
    bool | None,
    typer.Option("--opt-in/--no-opt-in", help="Judge as if the package had opted in to ship objects, or had not."),
]
TargetOption = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="NAME,...",
        autocompletion=completion.several(lambda: [*shipped_targets(), NO_TARGET]),
        help=f"Have rpm parse for these distributions: {', '.join(shipped_targets())}, files of macros "
        f"(with a slash); {NO_TARGET}: only read the text.",
    ),
]
SpecArchOption = Annotated[
    str,
    typer.Option(
        "--arch",
        metavar="NAME,...",
        autocompletion=completion.several(lambda: completion.ARCHITECTURES),
        help="Architectures to parse for. Default: this machine's.",
    ),
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
    str | None,
    typer.Option(
        "--since",
        metavar="RUN",
        autocompletion=completion.runs,
        help="Compare with an older audit, by its number or name.",
    ),
]
RunsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN...",
        autocompletion=completion.runs,
        help="Numbers or names of audits. Of several, the newest of each package counts. Default: the latest.",
    ),
]
SlimSinceOption = Annotated[
    str | None,
    typer.Option(
        "--slim-since",
        metavar="DATE",
        help="The day on which flags became slim by default: what was built fat from then on has opted in.",
    ),
]
ColorOption = Annotated[
    str,
    choice(
        "--color", among=COLORS, text="When to use colour; auto: on terminals, unless NO_COLOR or FORCE_COLOR is set."
    ),
]
JobsOption = Annotated[
    int | None, number("--jobs", "-j", text="Processes that work at once. Default: one per processor.")
]
StatisticsOption = Annotated[
    bool, typer.Option("--statistics", help="End with a table of how many findings there are of each rule.")
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Print reasons, and leave less out; twice: leave nothing out.",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors and warnings.")]
