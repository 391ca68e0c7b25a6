# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables and examples in the documentation hold, one by one."""

import base64
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from pathlib import Path

import pytest

from checker import hook
from checker.judging import judge
from checker.judging.judge import Judge
from checker.judging.policy import (
    EXEMPT_KEYS,
    OPT_IN_KEYS,
    TOP_LEVEL_KEYS,
    WAIVER_KEYS,
    Policy,
    load_policy,
)
from checker.model import Kind, ObjectFacts, ObjectItem, PackageFacts, Severity, Target, TargetType
from checker.model.statements import say
from checker.rules.rule import Case, Rule
from checker.shipped import DEFAULT_POLICY, shipped_policies
from tests.factories import because
from tests.toolbox import ROOT, SLIM, compiled, ltocheck

DOCS = ROOT / "docs"


def section(page: Path, heading: str) -> str:
    """What stands below a heading, or below a line that begins so."""
    text = page.read_text()
    return text[text.index(f"\n{heading}") :].partition("\n\n|")[2].partition("\n\n")[0]


def rows(table: str) -> Iterator[list[str]]:
    """The cells of a table, less its head."""
    for line in table.splitlines()[2:]:
        yield [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def named(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("At the top of the file:", TOP_LEVEL_KEYS),
        ("In `[opt_in]`", OPT_IN_KEYS),
        ("In `[[exempt]]`", EXEMPT_KEYS),
        ("In `[[waiver]]`", WAIVER_KEYS),
    ],
)
def test_the_keys_of_policies(heading: str, keys: tuple[str, ...]) -> None:
    table = section(DOCS / "reference/policies.md", heading)
    assert sorted(named(row[0])[0] for row in rows(f"|{table}")) == sorted(keys)


def test_the_shipped_policies() -> None:
    table = section(DOCS / "reference/policies.md", "A policy says")
    assert sorted(name for row in rows(f"|{table}") for name in named(row[0])) == shipped_policies()


EXAMPLES = [
    pytest.param(text, id=f"{file.relative_to(DOCS)}-{number}")
    for file in sorted(DOCS.glob("**/*.md"))
    for number, text in enumerate(re.findall(r"^```toml\n(.*?)^```", file.read_text(), re.DOTALL | re.MULTILINE))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_policies_are_sound(example: str, tmp_path: Path) -> None:
    (tmp_path / "example.toml").write_text(example)
    assert load_policy(str(tmp_path / "example.toml")) != load_policy(DEFAULT_POLICY)


def test_the_policy_of_the_transition_counts_the_macro_alone(tmp_path: Path) -> None:
    (policy,) = re.findall(r"<!-- policy -->\n```toml\n(.*?)```", (DOCS / "adopt/transition.md").read_text(), re.DOTALL)
    (tmp_path / "declare.toml").write_text(policy)
    root = tmp_path / "root"
    (root / "usr/lib").mkdir(parents=True)
    compiled(root / "usr/lib", "native", ("-O2",))
    environment = {
        "RPM_BUILD_ROOT": str(root),
        "LTOCHECK_FLAGS": "c=fat,c++=fat,fortran=fat",
        "LTOCHECK_POLICY_B64": base64.b64encode(str(tmp_path / "declare.toml").encode()).decode(),
    }
    err = io.StringIO()
    assert hook.main([], environment, err) == 1
    assert "undeclared-object" in err.getvalue()
    assert hook.main([], {**environment, "LTOCHECK_OPT_IN": "1"}, io.StringIO()) == 0
    assert hook.main([], {**environment, "LTOCHECK_MODE": "warn"}, err) == 0
    (phrase,) = re.findall(r"searches the logs for `(.*?)`", (DOCS / "adopt/transition.md").read_text())
    assert phrase in err.getvalue()


def test_the_glossary_has_every_kind_and_severity() -> None:
    text = (DOCS / "reference/glossary.md").read_text()
    words = {word.strip() for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for word in row.split(",")}
    assert {kind.value for kind in Kind} - {Kind.NONE.value} <= words
    assert all(f"`{severity.name.lower()}`" in text for severity in Severity)


def test_the_macros() -> None:
    macros = ROOT / "macros"
    files = [macros / "macros.ltocheck", macros / "macros.ltocheck-hook", *macros.glob("flags/*")]
    texts = {str(file.relative_to(macros)): file.read_text() for file in files}
    definition = re.compile(r"^%(\w+)|rpm\.define\(\W+(\w+) ", re.MULTILINE)
    defined = {(f"%{one or other}", file) for file, text in texts.items() for one, other in definition.findall(text)}
    table = section(DOCS / "reference/macros.md", "## For those who write")
    described = {(name, file) for row in rows(f"|{table}") for name in named(row[0]) for file in named(row[1])}
    assert described == defined - {("%__brp_ltocheck", "macros.ltocheck")}
    settings = set(re.findall(r"\b(?:_ltocheck_|__brp_ltocheck|_fat_lto_)\w*", "".join(texts.values())))
    page = (DOCS / "reference/macros.md").read_text()
    assert {name for name in settings if f"`%{name}`" not in page} == set()


MACROS = ROOT / "macros/macros.ltocheck"


class Recorder(dict[str, str]):
    """An environment that notes what is asked for."""

    def __init__(self, *values: dict[str, str]) -> None:
        super().__init__(*values)
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def test_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(tmp_path, "slim", SLIM)
    environment = Recorder({"RPM_BUILD_ROOT": str(tmp_path)})
    hook.main([], environment, io.StringIO())
    monkeypatch.setattr(hook, "check", lambda settings, err: 1 / 0)
    hook.main([], environment, io.StringIO())
    page = (DOCS / "reference/macros.md").read_text().partition("## What the hook reads")[2]
    described = {name for row in rows(f"|{page.partition(chr(10) + '|')[2]}") for name in named(row[0])}
    assert environment.asked | {"LTOCHECK_RAN"} == described
    handed_on = re.findall(r"\b([A-Z_0-9]+)=", re.findall(r"exec /usr/bin/env -i.*", MACROS.read_text())[0])
    assert set(handed_on) - {"PATH", "LC_ALL"} <= described


IDIOMS = list(rows((DOCS / "adopt/opt-in.md").read_text().partition("<!-- idioms -->\n")[2].partition("\n\n")[0]))

SPEC = """\
{top}
Name: foo
Version: 1
Release: 1
Summary: A package for tests
License: GPL-2.0-or-later
%description
For tests.
%build
{build}
%files
/usr/lib/libfoo.a
"""


@pytest.mark.parametrize(
    ("target", "where", "line", "lto", "findings", "instead"), IDIOMS, ids=[row[2] for row in IDIOMS]
)
def test_idioms(target: str, where: str, line: str, lto: str, findings: str, instead: str, tmp_path: Path) -> None:
    spec = tmp_path / "foo.spec"
    spec.write_text(SPEC.format(**{"top": "", "build": "", where: line.strip("`")}))
    report = json.loads(ltocheck("spec", "--target", target, "--arch", "x86_64", "--format", "json", spec).stdout)
    (judged,) = report["targets"]
    found = {finding["rule"] for finding in judged["findings"]}
    assert (judged["spec"]["lto"], found) == (lto, set() if findings == "none" else set(findings.split(", ")))


def test_the_architecture_names_modules_that_are_there() -> None:
    table = section(DOCS / "concepts/architecture.md", "![")
    modules = {file.stem for file in ROOT.glob("checker/**/*.py")}
    words = {
        word for row in rows(f"|{table}") for cell in row for word in named(cell) if re.fullmatch(r"\w+(\.py)?", word)
    }
    assert {word.removesuffix(".py") for word in words} <= modules
    assert len(words) > 10


def test_the_rule_in_the_architecture_works(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "concepts/architecture.md").read_text()
    function, entry = re.findall(r"<!-- rule -->\n```python\n(.*?)```", page, re.DOTALL)
    names = {**vars(judge), "Case": Case, "Rule": Rule, "WARNING": Severity.WARNING, "say": say}
    names |= {"Message": Enum("Message", ["FOR_MACHINE"]), "Remedy": Enum("Remedy", ["DO_NOT_SHIP"])}
    exec(function, names)
    rule = eval(entry, names)
    monkeypatch.setattr(judge, "RULES", (rule,))
    policy = Policy("test", {rule.name: rule.severity})
    items = [
        ObjectItem("/x.o", None, None, ObjectFacts("elf", machine, Kind.FAT, because("why")))
        for machine in ("m68k", "avr")
    ]
    target = Target("/", TargetType.TREE, PackageFacts(), iter(items))
    first, second, *_ = Judge(policy, date.today()).judge(target)
    assert [finding.rule for finding in first.findings] == ["m68k-object"]
    assert not second.findings
    assert rule.text.startswith(
        "The object is for a machine for which the distribution has no compiler any more.\n\nWhat to do"
    )
    assert (DOCS / rule.page).exists()
    assert rule.severity is Severity.WARNING
