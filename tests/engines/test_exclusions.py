# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions made at random: both engines except what grep -E matches, and refuse the same ones in the same words."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from checker.errors import UsageError
from checker.hook import EXCLUDE_MACRO
from checker.judging.exclusion import excluded_paths
from checker.objects.magic import AR
from checker.report.names import for_data
from tests.engines.both import lua_lines

NAMES = (
    "libfoo.a",
    "x.o",
    "a b.o",
    "two\nlines.a",
    "*.a",
    "A-1.o",
    "(b).o",
    "\N{LATIN SMALL LETTER E WITH ACUTE}.a",
    "\udcff.o",
)
FOLDERS = ("usr/lib64", "opt/x+y")

PARTS = (
    *(
        "a",
        "b",
        "lib",
        "o",
        "/",
        "^",
        "$",
        ".",
        "[.]",
        r"\.",
        r"\*",
        "*",
        "+",
        "?",
        "|",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "-",
        ",",
    ),
    *(
        "[a-f]",
        "[^/]*",
        ".*",
        "[[:alpha:]]",
        "[[:nope:]]",
        "[b-a]",
        "{2}",
        "{0,1}",
        "{,3}",
        "{2,1}",
        "{99999}",
        "{a}",
        r"\w",
        r"\b",
    ),
    *(
        r"\<",
        r"\1",
        "(a|b)",
        "()",
        "^*",
        "a**",
        "\\",
        "\n",
        " ",
        "\t",
        "'",
        '"',
        "`true`",
        "$(true)",
        "%",
        "é",
        "\udcff",
        "/usr/lib64/",
    ),
)
"""Of which the expressions are put together; sound ones, what grep takes for text, and what it refuses."""


def expressions(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(PARTS, k=chance.randint(1, 6))) for _ in range(count)]


def by_python(expression: str, root: Path) -> list[str] | str:
    try:
        return [for_data(path) for path in excluded_paths(expression, str(root))]
    except UsageError as error:
        return f"{EXCLUDE_MACRO}: '{expression}' {error}"


def by_grep(expression: str, root: Path) -> set[str] | None:
    """What grep itself finds; None where it refuses."""
    paths = [f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file()]
    done = subprocess.run(
        ["grep", "-E", "-a", "-z", "-e", expression.encode("utf-8", "surrogateescape")],
        input="".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape"),
        capture_output=True,
        env={"LC_ALL": "C.UTF-8"},
        check=False,
    )
    found = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return {for_data(path) for path in found} if done.returncode in (0, 1) else None


def disagreements(seed: int, count: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
        for name in NAMES:
            (root / folder / name).write_bytes(AR)
    monkeypatch.setenv("RPM_BUILD_ROOT", str(root))
    asked = [expression for expression in expressions(seed, count) if expression.strip()]
    answers = lua_lines("exclusions.lua", [json.dumps([expression]) for expression in asked])
    wrong: list[object] = []
    for expression, line in zip(asked, answers, strict=True):
        lua, python, grep = json.loads(line), by_python(expression, root), by_grep(expression, root)
        is_as_grep = isinstance(python, str) if grep is None else not isinstance(python, str) and set(python) == grep
        if lua != json.loads(json.dumps(python)) or not is_as_grep:
            wrong.append((expression, lua, python, grep))
    return wrong


def test_expressions_made_at_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disagreements(1, 300, tmp_path, monkeypatch) == []
