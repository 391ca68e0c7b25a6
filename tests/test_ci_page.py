# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guide on CI tells to write is understood by who reads it, and its commands run."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.pages import blocks, shell, workplace
from tests.toolbox import ROOT, SLIM, archive, compiled, run

PAGE = ROOT / "docs/guide/ci.md"
TEXT = PAGE.read_text()
FILES = {text.split("\n", 1)[0].removeprefix("# "): yaml.safe_load(text) for text in blocks(PAGE, "yaml")}

# What a CI system fills in.
PLACES = (
    ("/var/share/test-artifacts", "packages"),
    ("{{ ansible_user_dir }}/ltocheck/bin/", ""),
    ("{{ ansible_user_dir }}", "."),
)


def strings(value: Any) -> Iterator[str]:
    """All text in a value that YAML holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def commands(name: str) -> list[str]:
    """The lines of one file that run ltocheck."""
    lines = [line.strip() for text in strings(FILES[name]) for line in text.splitlines()]
    for place, here in PLACES:
        lines = [line.replace(place, here) for line in lines]
    return [line for line in lines if re.match("ltocheck [a-z]", line)]


COMMANDS = [(name, command) for name in FILES for command in commands(name)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work/zuul-output/logs").mkdir(parents=True)
    return tmp_path / "work"


@pytest.fixture
def environment(folder: Path, tmp_path: Path) -> dict[str, str]:
    slim = archive(tmp_path / "slim.a", [compiled(tmp_path, "slim", SLIM)])
    return {**workplace(folder, slim), "TMT_TEST_DATA": str(folder)}


def test_every_system_runs_something() -> None:
    quiet = {".pre-commit-config.yaml", "zuul.d/jobs.yaml", "plans/ltocheck.fmf"}
    assert {name for name, _ in COMMANDS} == set(FILES) - quiet


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_commands_run(name: str, command: str, folder: Path, environment: dict[str, str]) -> None:
    """Each finds what there is to find, fails just where it should, and writes what it says."""
    done = shell(command, folder, environment)
    assert done.returncode == (0 if "--fail-on never" in command else 1), done.stderr
    written = re.search(r"--output \"?(\S+?)\"?(?: |$)", command)
    text = (folder / written[1].replace("$TMT_TEST_DATA", ".")).read_text() if written else done.stdout
    assert "hollow-object" in text if command.startswith("ltocheck scan") else "spec-needs-opt-in" in text
    if "--format sarif" in command or "--format codequality" in command:
        json.loads(text)
    if "--format junit" in command:
        ET.fromstring(text)


def test_what_is_kept_is_what_is_written() -> None:
    kept = FILES[".gitlab-ci.yml"]["ltocheck"]["artifacts"]
    outputs = [word for command in commands(".gitlab-ci.yml") for word in re.findall(r"--output (\S+)", command)]
    assert sorted(kept["paths"]) == sorted(kept["reports"].values()) == sorted(outputs)
    steps = FILES[".github/workflows/ltocheck.yml"]["jobs"]["specs"]["steps"]
    (uploaded,) = (step["with"]["sarif_file"] for step in steps if "with" in step)
    assert any(f"--output {uploaded} " in command for command in commands(".github/workflows/ltocheck.yml"))


def test_zuul_runs_the_playbook_that_is_shown() -> None:
    job, project = FILES["zuul.d/jobs.yaml"]
    assert job["job"]["run"] in FILES
    assert project["project"]["check"]["jobs"] == [job["job"]["name"]]


def test_the_hooks_of_pre_commit_are_offered(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(FILES[".pre-commit-config.yaml"]))
    run(sys.executable, "-m", "pre_commit", "validate-config", file)
    offered = [hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
    (repository,) = FILES[".pre-commit-config.yaml"]["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == offered


def test_the_macros_of_a_project_are_macros(tmp_path: Path) -> None:
    (macros,) = re.findall(r"^Macros:\n(.*?)^:Macros$", TEXT, re.DOTALL | re.MULTILINE)
    file = tmp_path / "macros"
    file.write_text(macros)
    shown = run("rpm", f"--load={file}", "--define=_topdir /top", "--eval",
                "%_ltocheck_mode %_ltocheck_policy %_ltocheck_report")  # fmt: skip
    assert shown.split() == ["warn", "opensuse", "/top/OTHER/ltocheck.json"]


def test_every_macro_that_is_named_exists() -> None:
    named = set(re.findall(r"_ltocheck_\w+", TEXT))
    assert named == {"_ltocheck_mode", "_ltocheck_policy", "_ltocheck_report"}
    assert all(f"%{name} " in (ROOT / "macros/macros.ltocheck").read_text() for name in named)


def test_the_line_to_look_for_in_logs_is_what_the_hook_says(folder: Path, environment: dict[str, str]) -> None:
    (command,) = re.findall(r"`(grep '\^ltocheck[^`]* build\.log)`", TEXT)
    lib = folder / "root/usr/lib"
    lib.mkdir(parents=True)
    (folder / "slim.a").rename(lib / "slim.a")
    hook = {**environment, "RPM_BUILD_ROOT": str(folder / "root"), "LTOCHECK_MODE": "warn"}
    assert shell("macros/brp-ltocheck >build.log 2>&1", folder, hook).returncode == 0
    assert shell(command, folder, environment).stdout.count("\n") == 1


def test_vim_is_told_the_lines_as_they_are(folder: Path, environment: dict[str, str]) -> None:
    """The expression is what Vim's errorformat `%f:%l: %t: %m` means."""
    assert r"errorformat=%f:%l:\ %t:\ %m" in TEXT
    done = shell("ltocheck spec -f rpmlint libgreet.spec", folder, environment)
    assert re.fullmatch(r"libgreet\.spec:\d+: [EWI]: spec-needs-opt-in .*\n", done.stdout)
