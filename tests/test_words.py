# SPDX-License-Identifier: GPL-2.0-or-later
"""Every statement has one sentence, and a sentence names what its statement does."""

import ast
import re
from functools import cache

import pytest

from checker.model.statements import Evidence, Ground, Key, Message, Part, Reason, Remedy, say
from checker.report.words import SENTENCES, VALUE, text_of
from tests.toolbox import ROOT

KEYS: list[Key] = [*Message, *Remedy, *Reason, *Evidence, *Ground, *Part]


@cache
def said() -> dict[str, set[frozenset[str]]]:
    """The values with which each key is said anywhere in the rules; keys of tables are said without any."""
    found: dict[str, set[frozenset[str]]] = {}
    for file in (ROOT / "checker").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                names = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                for key in ast.walk(node.args[0]):
                    if isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name):
                        found.setdefault(f"{key.value.id}.{key.attr}", set()).add(names)
    return found


def test_every_statement_has_a_sentence() -> None:
    assert set(SENTENCES) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_sentence_names_all_that_the_rules_say_and_nothing_else(key: Key) -> None:
    for values in said().get(str(key), ()):
        assert set(re.findall(VALUE, SENTENCES[key])) == values


def test_a_value_is_not_read_as_part_of_the_sentence() -> None:
    assert text_of(say(Message.UNREADABLE, detail="<detail> <line>")) == "cannot be read: <detail> <line>"


def test_nobody_reads_our_own_sentences() -> None:
    for file in (ROOT / "checker").rglob("*.py"):
        text = file.read_text()
        assert not re.search(r"(message|remedy)\.(startswith|endswith|index|split|partition)\(", text), file
