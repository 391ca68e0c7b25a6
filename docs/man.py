# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the manual pages from the program, in mdoc: `python -m docs.man SHARE`, usually /usr/share.

They are no part of the source: whoever installs the program makes them, so they say what it does.
"""

import os
import re
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from checker import __version__
from checker.errors import EXIT_CODES
from checker.rules import RULES
from docs.commands import PROGRAM, Command, commands

HOOK = "brp-ltocheck"
MACROS = Path(__file__).resolve().parent.parent / "macros"

OPTION = re.compile(r"(?P<names>-[\w-]+(?:(?:,| /) -[\w-]+)*)(?: (?P<value>.+))?")
"""`-f, --format <text|json>` or `--opt-in / --no-opt-in`."""

SENTENCE_END = re.compile(r"(?<=[^\s.][.!?])\s+(?=[A-Z`%(\[])")

SETTING = re.compile(r"#   (?P<macro>%\S+(?: \S+)*)  +(?P<text>.+)")
"""How the comment at the top of macros.ltocheck says what a macro is for; a further line of text is indented more."""


def pages() -> Iterator[tuple[str, str]]:
    """The file of each page below the folder of shared data, and its text."""
    every = tuple(commands())
    for command in every:
        yield f"man/man1/{page_name(command)}.1", join(command_page(command, every))
    yield f"man/man7/{PROGRAM}-rules.7", join(rules_page())
    yield f"man/man8/{HOOK}.8", join(hook_page())


def page_name(command: Command) -> str:
    """What `man` is asked for."""
    return "-".join(command.words)


def command_page(command: Command, every: Iterable[Command]) -> Iterator[str]:
    """One command."""
    inner = [other for other in every if other.words[:-1] == command.words]
    first, _, rest = command.help.partition("\n\n")
    yield from head(page_name(command), 1, first)
    yield ".Sh SYNOPSIS"
    yield f".Nm {' '.join(command.words)}"
    yield ".Op Ar options"
    yield from (f".Ar {word(syntax.split()[0])}" for syntax, _ in command.arguments)
    if inner:
        yield ".Ar command"
    yield ".Sh DESCRIPTION"
    yield from prose(first)
    yield from paragraphs(rest)
    yield from listing((f".It Ar {word(syntax.split()[0])}", text) for syntax, text in command.arguments)
    yield ".Sh OPTIONS"
    yield from listing((option_item(syntax), text) for syntax, text in command.options)
    if inner:
        yield ".Sh COMMANDS"
        yield from listing((f".It Xr {page_name(other)} 1", other.help.partition("\n\n")[0]) for other in inner)
    yield from exit_status()
    beside = [other for other in every if other.words == command.words[:-1] or (inner and other in inner)]
    yield from see_also([*((page_name(other), 1) for other in beside), (f"{PROGRAM}-rules", 7), (HOOK, 8)])


def rules_page() -> Iterator[str]:
    """Every rule."""
    yield from head(f"{PROGRAM}-rules", 7, "What is checked in packages, objects and spec files, and why.")
    yield ".Sh DESCRIPTION"
    yield from prose(
        "Each rule has a name and a severity: an error makes a command or a build fail, a warning does with "
        "`--fail-on warning`, and what is off is not looked for. A policy may say otherwise. "
        "Shown is the severity where no policy says anything."
    )
    for rule in RULES:
        yield f".Ss {word(rule.name)} ({rule.severity.name.lower()})"
        first, _, rest = rule.explanation.partition("\n\n")
        yield from prose(first)
        yield from paragraphs(rest)
    yield from see_also([(PROGRAM, 1), (HOOK, 8)])


def hook_page() -> Iterator[str]:
    """The hook, as its script and its macros describe themselves."""
    script = (MACROS / HOOK).read_text(encoding="utf-8").split('"""')[1]
    first, usage, rest = script.strip().split("\n\n", 2)
    yield from head(HOOK, 8, first)
    yield ".Sh SYNOPSIS"
    yield f".Nm {HOOK}"
    yield f".Op Ar {word(usage.split('[')[1].rstrip(']'))}"
    yield ".Sh DESCRIPTION"
    yield from prose(first)
    yield from paragraphs(rest)
    yield ".Sh MACROS"
    for number, (line, settings) in enumerate(macro_settings()):
        yield from prose(line) if number == 0 else paragraphs(line)
        yield from listing((f".It {word(macro)}", text) for macro, text in settings)
    yield from exit_status()
    yield from see_also([(PROGRAM, 1), (f"{PROGRAM}-rules", 7), ("rpmbuild", 8)])


def macro_settings() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The macros that may be set, each list with the line above it."""
    line, settings = "", list[tuple[str, str]]()
    for text in (MACROS / "macros.ltocheck").read_text(encoding="utf-8").splitlines():
        if found := SETTING.fullmatch(text):
            settings.append((found["macro"], found["text"]))
        elif settings and text.startswith("#     "):
            macro, said = settings[-1]
            settings[-1] = macro, f"{said} {text.lstrip('# ')}"
        else:
            if settings:
                yield line, settings
            line, settings = text.lstrip("# "), []


def exit_status() -> Iterator[str]:
    """What the exit codes mean, the same everywhere."""
    yield ".Sh EXIT STATUS"
    yield from listing(
        (f".It {int(code)}", f"{meaning[0].upper()}{meaning[1:]}.") for code, meaning in EXIT_CODES.items()
    )


def see_also(names: list[tuple[str, int]]) -> Iterator[str]:
    """References, in the order that mdoc wants."""
    yield ".Sh SEE ALSO"
    names = sorted(names, key=lambda each: (each[1], each[0]))
    yield from (f".Xr {name} {section}{'' if name == names[-1][0] else ' ,'}" for name, section in names)


def head(name: str, section: int, summary: str) -> Iterator[str]:
    """The beginning of every page."""
    made = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), UTC)
    yield '.\\" SPDX-License-Identifier: GPL-2.0-or-later'
    yield f".Dd {made:%B} {made.day}, {made.year}"
    yield f".Dt {name.upper()} {section}"
    yield f".Os {PROGRAM} {__version__}"
    yield ".Sh NAME"
    yield f".Nm {name}"
    yield f".Nd {escaped(' '.join(summary.split())).rstrip('.')}"


def option_item(syntax: str) -> str:
    """An option as an item of a list."""
    found = OPTION.fullmatch(syntax)
    assert found, syntax
    flags = " , ".join(f"Fl {name.strip()[1:]}" for name in found["names"].replace(" / ", ", ").split(", "))
    return f".It {flags} Ar {word(found['value'])}" if found["value"] else f".It {flags}"


def listing(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A list of items with text; nothing for none."""
    lines = [line for item, text in items for line in (item, *prose(text))]
    if lines:
        yield from (".Bl -tag -width Ds", *lines, ".El")


def paragraphs(text: str) -> Iterator[str]:
    """Text whose paragraphs are separated by empty lines."""
    for paragraph in filter(None, text.split("\n\n")):
        yield ".Pp"
        yield from prose(paragraph)


def prose(text: str) -> Iterator[str]:
    """One paragraph, every sentence on lines of its own, as roff wants it."""
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        for line in textwrap.wrap(escaped(sentence), 78, break_long_words=False, break_on_hyphens=False):
            yield f"\\&{line}" if line[0] in ".'" else line


def word(text: str) -> str:
    """One argument of a macro, which roff takes as it is."""
    return '"\\&' + escaped(text).replace('"', "\\(dq") + '"'


def escaped(text: str) -> str:
    """Text without a meaning for roff; what stands in backquotes is bold."""
    text = re.sub(r"(?<![\w\\])-(?=[\w-])|(?<=-)-(?=\w)", "\\-", text.replace("\\", "\\e"))
    return re.sub("`([^`]*)`", r"\\fB\1\\fP", text)


def join(lines: Iterable[str]) -> str:
    """Lines as a file."""
    return "\n".join(lines) + "\n"


def main(share: Path) -> None:
    """Write every page below `share`."""
    for name, text in pages():
        file = share / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
