# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentences in procedures of the Lua engine are those of the Python engine, also the ones that no file brings out."""

import ast
import errno
import os
import re

import pytest

from tests.engines.both import LUA
from tests.toolbox import ROOT

OWN = ("data", "json", "toml")
"""What is generated, and readers whose counterparts are Python's own."""

MODULES = sorted(path.stem for path in LUA.glob("*.lua") if path.stem not in OWN)

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
SENTENCE = re.compile(r"[a-z]{2} [a-z]|[a-z]{2} $|^ [a-z]{2}")

COMMAND = "ulimit -c 0"
"""How the one command line begins, for which Python needs no shell."""


def sentences_of_python() -> str:
    """All texts in Python, what the system and Python itself say, one made of words, and one that is Lua's alone."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "checker").rglob("*.py")]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = [node.value for node in nodes if isinstance(node.value, str)]
    system = [os.strerror(code) for code in (errno.ENOTDIR, errno.ELOOP)]
    return "\n".join([*texts, *system, "embedded null byte", "no policy", "no file can be written in /tmp"])


@pytest.fixture(scope="module")
def known() -> str:
    return sentences_of_python()


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_is_pythons(module: str, known: str) -> None:
    lines = (LUA / f"{module}.lua").read_text().splitlines()
    literals = [text for line in lines if not line.lstrip().startswith("--") for text in LITERAL.findall(line)]
    sentences = [
        text.strip(" ^:;?'").removeprefix("cannot be matched: ")
        for text in literals
        if SENTENCE.search(text) and not text.startswith(COMMAND)
    ]
    assert [text for text in sentences if text not in known] == []


def test_sentences_are_found() -> None:
    count = sum(len(SENTENCE.findall(LITERAL.sub(r"\1", (LUA / f"{module}.lua").read_text()))) for module in MODULES)
    assert count > 100
