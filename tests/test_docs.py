# SPDX-License-Identifier: GPL-2.0-or-later
"""The documentation says what the program does."""

import re
from pathlib import Path

import pytest

from checker import __version__
from checker.policy import EXEMPT_KEYS, OPT_IN_KEYS, TOP_LEVEL_KEYS, WAIVER_KEYS, load_policy, shipped_policies
from checker.rules import RULES
from docs.commands import commands
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


@pytest.mark.parametrize("file", PAGES_BY_HAND, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", file.read_text()):
        assert "://" in link or (file.parent / link).exists(), link


def test_every_rule_is_mentioned() -> None:
    text = (ROOT / "docs/reference/rules.md").read_text()
    assert all(f"\n## {rule.name}\n" in text for rule in RULES)


def test_every_policy_and_key_is_described() -> None:
    text = (ROOT / "docs/reference/policies.md").read_text()
    words = {*TOP_LEVEL_KEYS, *OPT_IN_KEYS, *EXEMPT_KEYS, *WAIVER_KEYS}
    for word in (*words, *shipped_policies()):
        assert re.search(rf"[`\[]{word}[`\]]", text), word


def test_the_example_policy_is_sound(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/reference/policies.md").read_text(), re.DOTALL)
    (tmp_path / "example.toml").write_text(example)
    policy = load_policy(str(tmp_path / "example.toml"))
    assert len(policy.waivers) == 1


def test_the_transcript_in_the_readme_is_what_the_demo_shows() -> None:
    shown = re.search(r"<!-- demo -->\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown
    real = run(ROOT / "fixtures/demo/run", env={"NO_COLOR": "1"})
    assert steady(shown[1]).strip() == steady(real).strip()


UNSTEADY = (
    (re.compile(r"/tmp/[\w./-]*/(?=slim\.o)"), ""),
    (re.compile(r"(?<=rpm-tmp\.)\w+"), "XXXXXX"),
    (re.compile(r"\d+,\d{3}"), "1,234"),
    (re.compile(r"GCC: \(.*?\) [\d.]+"), "GCC: (Debian) 12.2.0"),
)
"""What differs from run to run, or with the next update of the compiler."""


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
