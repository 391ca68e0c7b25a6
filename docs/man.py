# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the manual pages from the program, in mdoc: `python -m docs.man SHARE`, usually /usr/share.

They are no part of the source: whoever installs the program makes them, so they say what it does.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from checker.cli.examples import EXAMPLES, Example
from checker.errors import EXIT_CODES
from checker.rules import RULES
from docs.commands import PROGRAM, Command, commands
from docs.markdown import mdoc, rows
from docs.mdoc import head, join, listing, literal, paragraphs, prose, word

HOOK = "brp-ltocheck"
MACROS = Path(__file__).resolve().parent.parent / "macros"
REFERENCE = Path(__file__).resolve().parent / "reference"
SHARE = "/usr/share/ltocheck"

FILES = {
    "--store": ("ltocheck.db", "Where audits and rebuilds are kept, unless `--store` names another file."),
    "--policy": (f"{SHARE}/policies/", "The shipped policies."),
    "--target": (f"{SHARE}/macros/targets/", "The macros of distributions, with which specs are parsed."),
    "--arms": (f"{SHARE}/macros/arms/", "The arms of rebuilds."),
    "--builder": (f"{SHARE}/builders/", "The shipped builders."),
}
"""What a command with this option reads or writes."""

SETTINGS_FILES = (
    ("ltocheck.toml", "Settings that stand in for options, in this folder or the nearest one above it in a checkout."),
    ("pyproject.toml", "The same, in its table `[tool.ltocheck]`, where there is no `ltocheck.toml`."),
)
HOOK_FILES = (
    ("/usr/lib/rpm/brp-ltocheck", "The hook in Python, with its modules and policies in `/usr/share/ltocheck`."),
    ("/usr/lib/rpm/brp-ltocheck-lua", "The hook in rpm's own Lua, with its modules in `/usr/lib/rpm/lua/ltocheck`."),
    ("/usr/lib/rpm/macros.d/macros.ltocheck", "The macros; they change no build by themselves."),
    ("/etc/rpm/macros.ltocheck-hook", "Turns the hook on where the distribution's own macros do not call it."),
)
HOOK_EXAMPLES = (
    Example("Judge a folder of installed files, as the end of %install does.", f"RPM_BUILD_ROOT=$PWD/root {HOOK}"),
    Example("Build a package, and let the hook only warn.", "rpmbuild -bb --define '_ltocheck_mode warn' foo.spec"),
)

VARIABLE = re.compile(r"\[env var: (\w+)")
"""How the help of an option names the variable that stands in for it."""

VARIABLES = {
    "--color": (
        ("NO_COLOR", "Not empty: no colour."),
        ("FORCE_COLOR", "Not empty: colour everywhere."),
    ),
    "--key": (("http_proxy, https_proxy, no_proxy", "Proxies for repositories on servers."),),
    "--builder": (("TMPDIR", "Where builds have their private folders; by default `/var/tmp`."),),
}
"""What a command with this option heeds besides the variables of its options."""

OPTION = re.compile(r"(?P<names>-[\w-]+(?:(?:,| /) -[\w-]+)*)(?: (?P<value>.+))?")
"""`-f, --format <text|json>` or `--opt-in / --no-opt-in`."""

SETTING = re.compile(r"#   (?P<macro>%\S+(?: \S+)*)  +(?P<text>.+)")
"""How the comment at the top of macros.ltocheck says what a macro is for; a further line of text is indented more."""


def pages() -> Iterator[tuple[str, str]]:
    """The file of each page below the folder of shared data, and its text."""
    every = tuple(commands())
    for command in every:
        yield f"man/man1/{page_name(command)}.1", join(command_page(command, every))
    yield f"man/man5/{PROGRAM}-policy.5", join(policy_page())
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
    yield from environment(command)
    yield from files([*SETTINGS_FILES, *(FILES[name] for name in FILES if has_option(command, name))])
    yield from exit_status()
    yield from examples(EXAMPLES[" ".join(command.words[1:])])
    beside = [other for other in every if other.words == command.words[:-1] or (inner and other in inner)]
    yield from see_also(
        [*((page_name(other), 1) for other in beside), (f"{PROGRAM}-policy", 5), (f"{PROGRAM}-rules", 7), (HOOK, 8)]
    )


def has_option(command: Command, name: str) -> bool:
    """Whether a command takes an option."""
    return any(name in syntax.split() for syntax, _ in command.options)


def environment(command: Command) -> Iterator[str]:
    """The variables that stand in for options of a command, and the others that it heeds."""
    found = [
        (variable, f"Stands in for `{syntax.split()[0]}`.")
        for syntax, said in command.options
        for variable in VARIABLE.findall(said)
    ]
    found += [pair for option, pairs in VARIABLES.items() if has_option(command, option) for pair in pairs]
    if found:
        yield ".Sh ENVIRONMENT"
        yield from listing((f".It {word(variable)}", text) for variable, text in found)


def files(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is read and written."""
    yield ".Sh FILES"
    yield from listing((f".It Pa {word(path)}", text) for path, text in found)


def examples(found: Iterable[Example]) -> Iterator[str]:
    """Lines for a shell, each with what it is for."""
    yield ".Sh EXAMPLES"
    for number, example in enumerate(found):
        yield from paragraphs(example.purpose) if number else prose(example.purpose)
        yield from literal([example.line])


def policy_page() -> Iterator[str]:
    """What stands in a policy, from its page of the reference."""
    yield from head(f"{PROGRAM}-policy", 5, "Which rules apply, how severe each is, and what is exempt.")
    yield ".Sh DESCRIPTION"
    description, _, example = (REFERENCE / "policies.md").read_text(encoding="utf-8").partition("## Example\n")
    yield from mdoc(description)
    yield from files([FILES["--policy"]])
    yield ".Sh EXAMPLES"
    yield from mdoc(f"#{example}")
    yield from see_also([(PROGRAM, 1), (f"{PROGRAM}-policy", 1), (f"{PROGRAM}-rules", 7), (HOOK, 8)])


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
    yield from examples(EXAMPLES["rules"])
    yield from see_also([(PROGRAM, 1), (f"{PROGRAM}-policy", 5), (HOOK, 8)])


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
    yield ".Sh ENVIRONMENT"
    yield from prose("The macros set these. All but the first may be missing.")
    yield from listing((f".It {word(variable.replace('`', ''))}", text) for variable, text in hook_variables())
    yield from files(HOOK_FILES)
    yield from exit_status()
    yield from examples(HOOK_EXAMPLES)
    yield from see_also([(PROGRAM, 1), (f"{PROGRAM}-policy", 5), (f"{PROGRAM}-rules", 7), ("rpmbuild", 8)])


def hook_variables() -> Iterator[list[str]]:
    """The variables that the hook reads, from the reference."""
    text = (REFERENCE / "macros.md").read_text(encoding="utf-8").partition("## What the hook reads")[2]
    return rows(text[text.index("\n|") + 1 :].partition("\n\n")[0])


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


def option_item(syntax: str) -> str:
    """An option as an item of a list."""
    found = OPTION.fullmatch(syntax)
    assert found, syntax
    flags = " , ".join(f"Fl {name.strip()[1:]}" for name in found["names"].replace(" / ", ", ").split(", "))
    return f".It {flags} Ar {word(found['value'])}" if found["value"] else f".It {flags}"


def main(share: Path) -> None:
    """Write every page below `share`."""
    for name, text in pages():
        file = share / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
