# SPDX-License-Identifier: GPL-2.0-or-later
"""Builders in files: the shipped ones are complete, and what is wrong in one is said before anything is built."""

from pathlib import Path

import pytest

from checker.errors import UsageError
from checker.rebuild.builders import load_builder
from checker.shipped import shipped_builders
from tests.toolbox import ltocheck

RIGHT = {"name": '"x"', "about": '"x"', "command": '["true"]', "packages": '"{results}"'}


def written(folder: Path, **changed: str) -> Path:
    file = folder / "own.toml"
    file.write_text("".join(f"{key} = {value}\n" for key, value in (RIGHT | changed).items() if value))
    return file


@pytest.mark.parametrize("name", shipped_builders())
def test_shipped_builders(name: str) -> None:
    assert load_builder(name).name == name


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"about": ""}, "about: is expected and missing"),
        ({"command": "[]"}, "command: is expected and missing"),
        ({"command": '"true"'}, "a list of texts"),
        ({"name": "3"}, "a text"),
        ({"packages": '["x"]'}, "a text"),
        ({"odd": "1"}, "unknown keys odd"),
        ({"sandbox": '"yes"'}, "true or false"),
        ({"needs": '"rpm"'}, "one of spec, source-package"),
        ({"command": '["true", "{nope}"]'}, r"\{nope\}: one of arch, "),
        ({"command": '["true", "{top.__class__}"]'}, r"\{top.__class__\}: one of"),
        ({"command": '["true", "{captured}"]'}, r"\{captured\}: one of"),
        ({"command": '["true", "{arm:>1000000000}"]'}, r"\{arm\}: one of"),
        ({"command": '["true", "{"]'}, "expected '}'|Single '{'"),
        ({"environment": "{ A = 3 }"}, "a table of texts"),
        ({"files": '{ "../x" = "y" }'}, "without a slash"),
        ({"bounds": '{ seconds = "a" }'}, "positive numbers, of seconds, memory, "),
        ({"bounds": "{ seconds = 0 }"}, "positive numbers"),
        ({"bounds": "{ hours = 1 }"}, "positive numbers"),
        ({"capture": '"x"'}, "a pattern with one group"),
        ({"capture": '"("'}, "unterminated subpattern"),
        ({".".join("a" * 50_000): "1"}, "a line with more than 100 dots"),
        ({"command": "[" * 5000}, "brackets in brackets, too deep"),
    ],
)
def test_what_is_wrong_with_a_builder(changed: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        load_builder(str(written(tmp_path, **changed)))


def test_a_variable_of_the_environment_may_be_named(tmp_path: Path) -> None:
    file = written(tmp_path, environment='{ A = "3" }', command='["true", "{A}", "{{}}"]')
    assert load_builder(str(file)).command == ("true", "{A}", "{{}}")


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path, command='["no-such-program"]')
    (tmp_path / "x.spec").write_text("Name: x\n")
    done = ltocheck("rebuild", "--builder", "./own.toml", "--arms", "fat", "x.spec", cwd=tmp_path)
    assert "its log shows no phase of a build, and ends with: setpriv: failed to execute no-such-program" in done.stdout
