# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

from checker.errors import EXIT_CODES
from checker.rules import RULES
from tests.toolbox import ltocheck


def test_help_tells_the_exit_codes() -> None:
    text = " ".join(ltocheck("--help").stdout.split())
    for code, meaning in EXIT_CODES.items():
        assert f"{int(code)} {meaning}" in text


def test_rules() -> None:
    lines = ltocheck("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.name for rule in RULES]


def test_explained_rule() -> None:
    done = ltocheck("rules", "slim-object", "thin-archive")
    assert done.returncode == 0
    assert "slim-object (error)\n\nThe object holds only LTO bytecode" in done.stdout
    assert "thin-archive (error)" in done.stdout


def test_unknown_rule() -> None:
    done = ltocheck("rules", "slim")
    assert done.returncode == 2
    assert "no rule 'slim'; there are slim-object" in done.stderr


def test_policy(tmp_path: Path) -> None:
    shown = ltocheck("policy", "show", "fedora-strict")
    assert shown.returncode == 0
    assert 'undeclared-object = "error"' in shown.stdout
    (tmp_path / "copy.toml").write_text(shown.stdout)
    assert ltocheck("policy", "check", tmp_path / "copy.toml").returncode == 0
    (tmp_path / "bad.toml").write_text("colour = 1\n")
    done = ltocheck("policy", "check", tmp_path / "bad.toml")
    assert done.returncode == 2
    assert "colour: unknown key; valid are name, extends" in done.stderr
