# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages say what the program says, and are sound."""

import re
import subprocess
from pathlib import Path

import pytest

from checker.cli.examples import EXAMPLES
from checker.errors import EXIT_CODES
from checker.judging.policy import EXEMPT_KEYS, OPT_IN_KEYS, TOP_LEVEL_KEYS, WAIVER_KEYS
from checker.rules import RULES
from docs.commands import commands
from docs.man import HOOK_EXAMPLES, hook_variables, macro_settings, main, pages
from docs.mdoc import prose, word
from tests.toolbox import ROOT, SLIM, compiled, run

COMMANDS = {"-".join(command.words): command for command in commands()}


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("share")
    main(folder)
    return folder


def reading(source: str) -> str:
    """A page as a reader sees it, without spaces: the width of a page is limited, and lines break at hyphens."""
    command = ["mandoc", "-mdoc", "-Tutf8", "-Owidth=1000", "-Oindent=5"]
    shown = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    shown = re.sub(r".\x08", "", shown).replace("\u2019", "'").replace("\u2018", "`")
    return "".join(shown.split())


def plain(text: str) -> str:
    """Text of the program as a page shows it: without spaces and backquotes."""
    return re.sub("`([^`]*)`", r"\1", "".join(text.split()))


def shown(file: Path) -> str:
    return reading(file.read_text())


def test_mandoc_and_groff_have_nothing_to_say(share: Path) -> None:
    files = sorted(share.glob("man/man*/*"))
    assert len(files) == len(COMMANDS) + 3
    run("mandoc", "-Tlint", "-Wwarning", *files)
    for file in files:
        done = subprocess.run(["man", "--warnings", "-l", file], capture_output=True, text=True, check=True)
        assert done.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_whole(share: Path, name: str) -> None:
    text = shown(share / f"man/man1/{name}.1")
    command = COMMANDS[name]
    assert plain(command.help) in text
    for syntax, said in (*command.arguments, *command.options):
        assert plain(syntax.split(" <")[0].replace(" / ", ", ")) in text, syntax
        assert plain(said) in text, said
    for code, meaning in EXIT_CODES.items():
        assert plain(f"{int(code)} {meaning[0].upper()}{meaning[1:]}.") in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_names_its_files_and_variables(share: Path, name: str) -> None:
    text = (share / f"man/man1/{name}.1").read_text()
    sections = dict(re.findall(r"^\.Sh (\w+)\n((?:(?!\.Sh).*\n)*)", text, re.MULTILINE))
    assert "ltocheck.toml" in sections["FILES"]
    options = "".join(f"{syntax} {said}\n" for syntax, said in COMMANDS[name].options)
    assert ("ltocheck.db" in sections["FILES"]) == ("--store" in options)
    for example in EXAMPLES[" ".join(COMMANDS[name].words[1:])]:
        assert plain(f"{example.purpose} {example.line}") in shown(share / f"man/man1/{name}.1")
    for variable in re.findall(r"env var: (\w+)", options):
        assert word(variable) in sections["ENVIRONMENT"]
    assert ("NO_COLOR" in sections.get("ENVIRONMENT", "")) == ("--color" in options)


def test_the_page_of_policies_has_every_key(share: Path) -> None:
    text = shown(share / "man/man5/ltocheck-policy.5")
    for key in (*TOP_LEVEL_KEYS, *OPT_IN_KEYS, *EXEMPT_KEYS, *WAIVER_KEYS):
        assert key in text
    assert plain("a date without quotes, the last day on which it waives") in text
    assert "](" not in text


def test_the_hook_s_first_example_runs(share: Path, tmp_path: Path) -> None:
    judged, _ = HOOK_EXAMPLES
    assert plain(f"{judged.purpose} {judged.line}") in shown(share / "man/man8/brp-ltocheck.8")
    (tmp_path / "root").mkdir()
    compiled(tmp_path / "root", "slim", SLIM)
    environment = {"PATH": f"{ROOT / 'macros'}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", judged.line], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"slim.o" in done.stderr


def test_every_rule_is_explained(share: Path) -> None:
    text = shown(share / "man/man7/ltocheck-rules.7")
    for rule in RULES:
        assert plain(f"{rule.name} ({rule.severity.name.lower()}) {rule.explanation}") in text, rule.name


def test_the_hook_tells_its_macros(share: Path) -> None:
    text = shown(share / "man/man8/brp-ltocheck.8")
    settings = [setting for _, group in macro_settings() for setting in group]
    assert len(settings) >= 8
    for macro, said in settings:
        assert plain(f"{macro} {said}") in text
    variables = [*hook_variables()]
    assert len(variables) >= 10
    for variable, said in variables:
        assert plain(f"{variable} {said}") in text
    assert "/etc/rpm/macros.ltocheck-hook" in text


@pytest.mark.parametrize(
    "text", [".Sh no section", "'br", "back\\slash \\fB", 'a "quoted" word', "--long -s a-b `--code`", "%{?x} .It"]
)
def test_text_means_nothing_to_roff(text: str) -> None:
    head = ".Dd November 1, 2026\n.Dt X 1\n.Os END\n.Sh NAME\n.Nm x\n.Nd x\n.Sh DESCRIPTION\n"
    paragraph = "\n".join(prose(text))
    item = f".Bl -tag -width Ds\n.It Ar {word(text)}\nsaid\n.El"
    assert f"DESCRIPTION{plain(text)}END" in reading(f"{head}{paragraph}\n")
    assert f"DESCRIPTION{plain(text)}saidEND" in reading(f"{head}{item}\n")


def test_pages_are_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    first = dict(pages())
    assert first == dict(pages())
    assert all(".Dd September 9, 2001\n" in text for text in first.values())
