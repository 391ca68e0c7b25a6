# SPDX-License-Identifier: GPL-2.0-or-later
"""Imports point downwards, and what an audit keeps has a number that changes with it."""

import ast
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from checker.audit.facts import FACTS, recorded
from checker.model import PackageFacts, Target, TargetType
from checker.objects.comment import CompilerName
from checker.objects.source import BufferSource
from checker.objects.walk import walk
from checker.trees.tree import opener_beside
from tests.toolbox import ROOT

CHECKER = ROOT / "checker"

ROOMS = (
    "model",
    "lto",
    "objects",
    "inspect",
    "trees",
    "packages",
    "repositories",
    "specs",
    "rules",
    "judging",
    "audit",
    "rebuild",
    "transition",
    "report",
    "hook",
    "cli",
)
"""Each may import those before it."""

COMMON = ("compact", "errors", "limits", "requires", "shipped", "streams", "toml")
"""Modules of every room; they import none of them."""


def imports(file: Path) -> Iterator[str]:
    """The rooms and common modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"checker.{one.name}" for one in node.names] if node.module == "checker" else [node.module]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("checker."))


def room_of(file: Path) -> str:
    return file.relative_to(CHECKER).with_suffix("").parts[0]


def test_every_room_is_on_its_page() -> None:
    page = (ROOT / "docs/concepts/architecture.md").read_text()
    places = {name: f"checker/{name}.py" if name == "hook" else f"checker/{name}/" for name in ROOMS}
    assert [name for name, place in places.items() if f"`{place}" not in page] == []


@pytest.mark.parametrize("file", sorted(CHECKER.rglob("*.py")), ids=lambda file: str(file.relative_to(CHECKER)))
def test_imports_point_downwards(file: Path) -> None:
    room = room_of(file)
    below = {*COMMON, "__version__"} if room in COMMON else {*COMMON, "__version__", room}
    if room in ROOMS:
        below |= {*ROOMS[: ROOMS.index(room)]}
    elif room == "__init__":
        below = set()
    assert set(imports(file)) <= below


def test_every_folder_is_a_room() -> None:
    assert {room_of(file) for file in CHECKER.rglob("*.py")} - {*COMMON, "__init__"} == {*ROOMS}


CORPUS = "3dae678a57044e202152028ab14786be0e857a88c038745cfc2c986a79db1156"
"""A digest of what version FACTS keeps of fixtures/corpus."""


def test_the_number_of_facts_changes_with_what_is_kept() -> None:
    """When this fails, raise FACTS in checker/audit/facts.py, and write down the new digest here."""
    digest = sha256()
    for file in sorted((ROOT / "fixtures/corpus").rglob("*")):
        if file.is_file():
            name = str(file.relative_to(ROOT))
            items = walk(name, BufferSource(file.read_bytes()), opener_beside(str(file)), CompilerName())
            kept = recorded(Target("x", TargetType.RPM, PackageFacts(), iter(items)))
            digest.update(zlib.decompress(kept))
    assert (FACTS, digest.hexdigest()) == (5, CORPUS)
