# SPDX-License-Identifier: GPL-2.0-or-later
"""What both engines of the hook make of the same files."""

import io
import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from checker import hook
from checker.model import ArchiveItem, ObjectItem
from checker.objects.walk import walk
from checker.report.names import for_data
from checker.report.words import text_of_all
from checker.trees.tree import open_file, opener_below
from tests.toolbox import ROOT

LUA = ROOT / "macros" / "lua"
HOOK = ROOT / "macros" / "brp-ltocheck-lua"
SAMPLES = [path for path in sorted((ROOT / "fixtures" / "corpus").rglob("*")) if path.is_file()]


def samples() -> list[bytes]:
    """The bytes of the corpus."""
    return [path.read_bytes() for path in SAMPLES]


def python_facts(path: Path) -> list[Any]:
    """Everything in a file, as the Python engine sees it."""
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with open_file(str(path)) as source:
            items = list(walk(path.name, source, opener_below(fd, "")))
    finally:
        os.close(fd)
    return [fields_of(item) for item in items]


def fields_of(item: ObjectItem | ArchiveItem) -> Any:
    """All that is known of an object or an archive, without what is false or empty."""
    facts = item.facts._asdict()
    del facts["compiler"]  # which only audits ask for
    fields: dict[str, Any] = {"path": item.path, "member": item.member, "facts": facts}
    if isinstance(item, ObjectItem):
        del facts["reasons"]
        facts["bytecode"] = [code._asdict() for code in item.facts.bytecode]
        facts["reason"] = text_of_all(item.facts.reasons)
        is_known = item.facts.empty is not None
        fields |= {"type": "object", "position": item.position, "is_emptiness_known": is_known}
    else:
        facts["kinds"] = dict(facts["kinds"])
        fields |= {"type": "archive"}
    return _shown(fields)


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return for_data(value)
    if isinstance(value, list | tuple):
        return [_shown(entry) for entry in value]
    if isinstance(value, dict):
        shown = {key: _shown(entry) for key, entry in value.items()}
        return {key: entry for key, entry in shown.items() if entry or (entry in ("", 0) and entry is not False)}
    return value


def lua_lines(script: str, lines: Iterable[object]) -> list[str]:
    """What a script of this folder answers in Lua, a line for each."""
    asked = [f"{line}\n" for line in lines]
    done = subprocess.run(
        ["rpmlua", "--", str(ROOT / "tests" / "engines" / script)],
        input="".join(asked),
        env={**os.environ, "LTOCHECK_LUA": str(LUA)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(asked), done.stderr
    return answers


def lua_facts(paths: Sequence[Path]) -> Iterator[list[Any]]:
    """Everything in each file, as the Lua engine sees it; one process reads them all."""
    return map(json.loads, lua_lines("facts.lua", paths))


def differences(paths: Sequence[Path]) -> Iterator[tuple[Path, Any, Any]]:
    """Files of which the engines disagree, with what Python and Lua say."""
    for path, lua in zip(paths, lua_facts(paths), strict=True):
        python = json.loads(json.dumps(python_facts(path)))
        if python != lua:
            yield path, python, lua


def base64(text: str) -> str:
    """A setting that may hold anything, as macros pass it on."""
    return b64encode(text.encode("utf-8", "surrogateescape")).decode()


def in_python(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """The exit code of the hook and what it says, by the Python engine."""
    err = io.StringIO()
    return int(hook.main(arguments, environment, err)), err.getvalue()


def in_lua(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """The same by the Lua engine."""
    environment = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run([HOOK, *arguments], env=environment, capture_output=True, check=False)
    return done.returncode, done.stderr.decode("utf-8", "surrogateescape")


def hooks_agree(root: Path, report: Path) -> bool:
    """Whether the exit code, the text and the report about a build root are the same, byte for byte."""
    answers = []
    for engine in (in_python, in_lua):
        answer = engine([], {"RPM_BUILD_ROOT": str(root), "LTOCHECK_REPORT_B64": base64(str(report))})
        assert report.exists(), f"no report: {answer}"
        answers.append((answer, report.read_bytes()))
        report.unlink()
    return answers[0] == answers[1]
