# SPDX-License-Identifier: GPL-2.0-or-later
"""The documentation says what the program does."""

import re
from pathlib import Path
from typing import Any

import pytest

from checker import __version__
from checker.rules import RULES
from checker.rules.rule import Rule
from docs.commands import commands
from docs.fields import fields, schemas
from docs.generate import PAGES, page
from tests.toolbox import ROOT, ltocheck, run

PAGES_BY_HAND = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("macros/**/*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    assert (ROOT / "docs/reference" / name).read_text() == page(name), "run `make docs`"


def test_every_command_is_in_the_reference() -> None:
    table = ltocheck("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    listed = re.findall(r"^  ([a-z-]+) ", table, re.MULTILINE)
    assert set(listed) == {each.words[1] for each in commands() if each.words[1:]}


def without_code(page: str) -> str:
    """The text of a page less its blocks of code, in which nothing is a link or a heading."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def anchors(page: str) -> set[str]:
    """What links may point at in a page: its headings, as GitHub and GitLab name them."""
    headings = re.findall(r"^#+ (.*)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", PAGES_BY_HAND, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", without_code(file.read_text())):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (file.parent / path) if path else file
            assert target.exists(), link
            assert not anchor or anchor in anchors(target.read_text()), link


def test_every_page_is_in_an_index() -> None:
    linked: set[Path] = set()
    for index in ROOT.glob("docs/**/README.md"):
        linked |= {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)\)", index.read_text())}
    pages = {*ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/**/*.json")}
    assert pages - linked == {ROOT / "docs" / "README.md"}


@pytest.mark.parametrize("file", PAGES_BY_HAND, ids=lambda file: str(file.relative_to(ROOT)))
def test_paths_exist(file: Path) -> None:
    folders = "bench|checker|docs|fixtures|macros|packaging|policies|tests"
    for path in re.findall(rf"`((?:{folders})/[^`\s]*)`", without_code(file.read_text())):
        assert list(ROOT.glob(path.rstrip("/"))), path


def test_every_field_of_the_schemas_is_described() -> None:
    parts = [part for schema in schemas().values() for part in (schema, *schema["$defs"].values())]
    every = [pair for part in parts for pair in fields(part.get("items", part), "")]
    assert [name for name, field in every if not field.get("description")] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_ends_with_what_to_do_and_where_to_read_on(rule: Rule[Any]) -> None:
    assert rule.text.split("\n\n")[-1].startswith("What to do: ")
    assert rule.explanation.endswith(f"Read on: docs/{rule.page}")
    page, _, section = rule.page.partition("#")
    text = (ROOT / "docs" / page).read_text()
    assert not section or section in anchors(text), rule.page


def test_every_rule_is_mentioned() -> None:
    text = (ROOT / "docs/reference/rules.md").read_text()
    assert all(f"\n## {rule.name}\n" in text for rule in RULES)


def test_the_transcript_in_the_readme_is_what_the_demo_shows() -> None:
    shown = re.search(r"<!-- demo -->\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown
    real = run(ROOT / "fixtures/demo/run", env={"NO_COLOR": "1"})
    assert steady(shown[1]).strip() == steady(real).strip()


def test_the_report_in_the_guide_to_audits_is_that_of_the_demo() -> None:
    shown = re.search(
        r"The audit of `make demo` prints:\n\n```\n(.*?)```", (ROOT / "docs/guide/audit.md").read_text(), re.DOTALL
    )
    assert shown
    assert shown[1] in (ROOT / "README.md").read_text()


def test_the_saving_in_the_readme_is_what_was_measured() -> None:
    cells = re.search(r"^\| \*\*all\*\* \|(.*)\|$", (ROOT / "docs/adopt/cost.md").read_text(), re.MULTILINE)
    assert cells
    count, *others = [cell.strip() for cell in cells[1].split("|")]
    claimed = re.search(
        r"Of (\d+) real projects.*?saved (\d+) % of the CPU", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert claimed
    assert claimed.groups() == (count, others[2].strip("-%"))


UNSTEADY = (
    (re.compile(r"/tmp/[\w./-]*/(?=slim\.o)"), ""),
    (re.compile(r"(?<=rpm-tmp\.)\w+"), "XXXXXX"),
    (re.compile(r"\d+,\d{3}"), "1,234"),
    (re.compile(r"GCC: \(.*?\) [\d.]+"), "GCC: (Debian) 12.2.0"),
    (re.compile(r"(?<=compiler's name) +\d+"), " 40"),
    (re.compile(r"version [\d.]+(?=, slim byte)"), "version 12.0"),
    (re.compile(r"[\d.]+ kB"), "1.23 kB"),
    (re.compile(r"^strip: .*: plugin needed to handle lto object\n", re.MULTILINE), ""),
)
"""What differs from run to run, or from compiler to compiler."""


def steady(text: str) -> str:
    """A transcript without what says nothing."""
    for pattern, instead in UNSTEADY:
        text = pattern.sub(instead, text)
    return text


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_page_names_a_machine_path() -> None:
    for file in PAGES_BY_HAND:
        assert not re.search(r"(?<![\w.])/(work|root|home)/", file.read_text()), file
