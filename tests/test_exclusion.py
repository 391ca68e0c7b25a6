# SPDX-License-Identifier: GPL-2.0-or-later
"""The expression by which a package excepts its own files, over names that are anything."""

import os
from pathlib import Path

import pytest

from checker.errors import UsageError
from checker.judging.exclusion import excluded_paths
from checker.objects.magic import AR

NAMES = ("\N{LATIN SMALL LETTER E WITH ACUTE}.a", "\udcff.a", "two\nlines.a", "xy.a")


@pytest.fixture
def root(tmp_path: Path) -> str:
    for name in NAMES:
        (tmp_path / name).write_bytes(AR)
    return str(tmp_path)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "no_SUCH"])
@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("^/.[.]a$", NAMES[:1]),  # one character, in whatever locale the build is
        ("^/[[:alpha:]]+[.]a$", (NAMES[0], NAMES[3])),
        ("^/two.lines[.]a$", NAMES[2:3]),
        ("lines", NAMES[2:3]),
        ("[.]a$", NAMES),
        ("^a", ()),
        ("\udcff", NAMES[1:2]),
    ],
)
def test_characters_are_those_of_utf_8(
    root: str, expression: str, found: tuple[str, ...], locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "LC_ALL", locale)
    assert set(excluded_paths(expression, root)) == {f"/{name}" for name in found}


def test_what_is_no_expression_is_told(root: str) -> None:
    with pytest.raises(UsageError, match=r"is no regular expression of grep -E: Unmatched \( or"):
        list(excluded_paths("(", root))


def test_without_grep(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", root)
    with pytest.raises(UsageError, match="grep is not installed"):
        list(excluded_paths("a", root))
