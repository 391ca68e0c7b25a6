# SPDX-License-Identifier: GPL-2.0-or-later
"""Policies that are wrong, or nearly so: both engines read the same from them, or refuse them in the same words."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from checker.errors import UsageError
from checker.judging.policy import Policy, load_policy
from checker.report.policy import compiled_policy, policy_text
from tests.engines.both import lua_lines

SEED = 7
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 3, 1.5, "", " \t", "x", "*", "a\nb", "\0", "\x7f", "\u00e4\u2028\U0001f600", "x" * 5000),
    *([], {}, ["x"], ["-flto", "-fat"], [1], [[]], [{}], {"x": 1}, {"date": "2027-01-01"}, ["-ffat-lto-objects"] * 2),
    *("slim-object", "slim", "off", "_own", "%own", "base", "fedroa", "own.toml", "a\0.toml", "." * 101),
    *("2027-06-30", "2024-02-29", "2023-02-29", "2100-02-29", "2027-13-01", "20270630", "2027-W01-1", "0000-01-01"),
    *("2027-04-31", "2027-01-00", "0999-12-31", "2027-06-30T10:00:00", "2027-06-3"),
)
NAMES = (
    "name",
    "extends",
    "url",
    "rules",
    "opt_in",
    "exempt",
    "waiver",
    "rule",
    "path",
    "package",
    "arch",
    "expires",
    "n\u00e4me",
)
WHOLE = """extends = "fedora-strict"
name = "whole"
url = "https://example.org"
lto_off = "%define own 1"
[rules]
slim-object = "warning"
[opt_in]
macro = "_own_macro"
flags = ["-ffat-lto-objects"]
[[exempt]]
path = "*.o"
format = "elf"
machine = "x86*"
form = "gimple"
reason = "known"
[[waiver]]
rule = "*"
package = "foo"
arch = "s390x"
path = "/usr/lib/*.a"
reason = "known"
expires = 2027-06-30
"""


def python_reads(file: Path) -> Any:
    """What the Python engine makes of a policy: its values, or the error."""
    try:
        return json.loads(json.dumps(shown(load_policy(str(file)))))
    except UsageError as error:
        return str(error)


def shown(policy: Policy) -> list[Any]:
    patterns = ("form", "format", "machine", "path")
    return [
        *(policy.name, policy.url, policy.lto_off, policy.rules, policy.macro, bool(policy.flags)),
        [[entry.rule, entry.reason, [key for key in patterns if getattr(entry, key)]] for entry in policy.exempt],
        [
            [
                *(entry.rule, entry.reason, [one is not None for one in (entry.path, entry.package, entry.arch)]),
                *(entry.expires.isoformat() if entry.expires else None, entry.where),
            ]
            for entry in policy.waivers
        ],
    ]


def lua_reads(files: Sequence[Path]) -> list[Any]:
    """The same of the Lua engine."""
    return [json.loads(line) for line in lua_lines("policies.lua", files)]


def changed(value: Any, dice: random.Random) -> Any:
    """A tree of values in which one is another, is missing, or is new."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        copy = dict(value)
        key = dice.choice(list(copy))
        match dice.randrange(6):
            case 0:
                del copy[key]
            case 1:
                copy[dice.choice(NAMES)] = dice.choice(VALUES)
            case _:
                copy[key] = changed(copy[key], dice)
        return copy
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [*value[:at], changed(value[at], dice), *value[at + 1 :]]
    return dice.choice(VALUES)


def test_values_that_are_wrong(tmp_path: Path) -> None:
    """Every error that a well-formed file can have is the same, word for word."""
    dice = random.Random(SEED)
    (tmp_path / "own.toml").write_text(WHOLE)
    whole = json.loads(compiled_policy(load_policy(str(tmp_path / "own.toml"))))
    files = []
    for number in range(600):
        data = changed(whole, dice)
        data = changed(data, dice) if dice.random() < 0.3 else data
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(data, ensure_ascii=dice.random() < 0.5))
    seen = set()
    for file, lua in zip(files, lua_reads(files), strict=True):
        python = python_reads(file)
        assert lua == python, file.read_text()
        seen.add(python.removeprefix(f"{file}: ") if isinstance(python, str) else "fine")
    assert len(seen) > 40, "files that are wrong in few ways show little"


def test_files_with_other_bytes(tmp_path: Path) -> None:
    """What is no TOML or JSON is refused by both; what rpm's Lua does not read of TOML is named, and never misread."""
    dice = random.Random(SEED)
    (tmp_path / "own.toml").write_text(WHOLE)
    policy = load_policy(str(tmp_path / "own.toml"))
    texts = {".toml": [WHOLE, policy_text(policy)], ".json": [compiled_policy(policy)]}
    files = []
    for number in range(600):
        suffix = dice.choice((".toml", ".json"))
        data = bytearray(dice.choice(texts[suffix]).encode())
        for _ in range(dice.choice((1, 1, 2))):
            at = dice.randrange(len(data))
            data[at : at + dice.choice((0, 1, 1, 2))] = dice.choice(
                (
                    b"",
                    b'"',
                    b"'",
                    b"\n",
                    b"[",
                    b"]",
                    b"{",
                    b"}",
                    b"#",
                    b"=",
                    b".",
                    b",",
                    b"\\",
                    b"1",
                    b"-",
                    b"\xff",
                    b"\xc3\xa4",
                    b"\0",
                    b"\x7f",
                    b" ",
                    b"0",
                    b"e",
                    b"\r",
                    b"\r\n",
                    b"\t",
                    b"\xef\xbb\xbf",
                )
            )
        files.append(tmp_path / f"{number}{suffix}")
        files[-1].write_bytes(data)
    for file, lua in zip(files, lua_reads(files), strict=True):
        python = python_reads(file)
        if lua == python or (isinstance(lua, str) and "more of TOML than rpm's Lua reads" in lua):
            continue
        refused = isinstance(python, str) and python.startswith((f"{file}: not TOML: ", f"{file}: not JSON: "))
        assert refused, (python, lua, file.read_bytes())
        assert isinstance(lua, str), (python, lua, file.read_bytes())
