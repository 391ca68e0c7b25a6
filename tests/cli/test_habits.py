# SPDX-License-Identifier: GPL-2.0-or-later
"""What people expect of any command line: near misses, lists of files, settings of a project."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from checker.cli.settings import SETTINGS
from checker.rules import RULES_BY_NAME
from checker.shipped import shipped_policies
from tests.cli.shells import laid_out, shell
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, ltocheck, run

SPEC = ROOT / "fixtures/demo/libgreet.spec"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["scna"], "did you mean scan?"),
        (["rules", "slim-objct"], "did you mean slim-object?"),
        (["scan", "--policy", "fedroa", "/bin/true"], "did you mean fedora?"),
        (["scan", "--select", "hollow-objects", "/bin/true"], "did you mean hollow-object?"),
        (["spec", "--target", "opensue", SPEC], "did you mean opensuse?"),
        (["scan", "--format", "sariff", "/bin/true"], "did you mean sarif?"),
        (["scan", "--fail-on", "errors", "/bin/true"], "did you mean error?"),
        (["scan", "--color", "alway", "/bin/true"], "did you mean always?"),
        (["transition", "--by", "owners"], "did you mean owner?"),
        (["rebuild", "--arms", "fta", SPEC], "did you mean fat?"),
        (["rebuild", "--builder", "mok", SPEC], "did you mean mock?"),
        (["rebuild", "--target", "fedroa", SPEC], "did you mean fedora?"),
        (["rebuild", "--arch", "x8664", SPEC], "did you mean x86_64?"),
        (["help", "scna"], "did you mean scan?"),
    ],
)
def test_near_misses(words: list[str | Path], meant: str) -> None:
    done = ltocheck(*words)
    assert done.returncode == 2
    assert meant in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("name", "command"), [("a.spec", "spec"), ("a b.rpm", "scan"), ("l.a", "scan")])
def test_a_file_for_a_command(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / name).touch()
    done = ltocheck(name, "-v", cwd=tmp_path)
    assert done.returncode == 2
    assert f"did you mean ltocheck {command} " in done.stderr
    assert done.stderr.endswith(" -v?\n")


def test_help_of_a_command() -> None:
    assert ltocheck("help", "scan").stdout == ltocheck("scan", "--help").stdout
    assert ltocheck("help").stdout == ltocheck("--help").stdout
    assert ltocheck("-V").stdout == ltocheck("--version").stdout


def test_a_list_of_paths(tmp_path: Path) -> None:
    names = [compiled(tmp_path, name, SLIM).name for name in ("a", "with space", "c")]
    lines = ltocheck("scan", "--files-from", "-", "--opt-in", "c.o", cwd=tmp_path, stdin="\n".join(names[:2]))
    assert "3 objects (3 slim)" in lines.stdout
    (tmp_path / "list").write_text("\0".join(names[:2]) + "\0")
    assert ltocheck("scan", "-0", "--files-from", "list", "--opt-in", "c.o", cwd=tmp_path).stdout == lines.stdout
    assert ltocheck("scan", "--files-from", "missing", cwd=tmp_path).returncode == 2
    assert ltocheck("scan", "-0", "c.o", cwd=tmp_path).returncode == 2
    assert ltocheck("scan", cwd=tmp_path).returncode == 2


def test_standard_input(tmp_path: Path) -> None:
    data = compiled(tmp_path, "a", SLIM).read_bytes()
    command = [sys.executable, "-c", "from checker.cli import main; main()", "scan", "-f", "json", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, input=data, capture_output=True, check=False, cwd=tmp_path)
    [target] = json.loads(done.stdout)["targets"]
    assert done.returncode == 1
    assert (target["path"], target["findings"][0]["path"]) == ("<stdin>", "<stdin>")


@pytest.mark.parametrize("command", ["scan", "inspect"])
def test_standard_input_without_end(tmp_path: Path, command: str) -> None:
    bounded = "inputs.LIMITS = inputs.LIMITS._replace(standard_input=1 << 22)"
    program = f"from checker.cli import inputs, main; {bounded}; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with Path("/dev/zero").open() as endless:
        done = subprocess.run(
            [sys.executable, "-c", program, command, "-"],
            env=environment, stdin=endless, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("ltocheck: standard input: larger than")
    assert str(tmp_path) in done.stderr


def test_what_is_left_out(tmp_path: Path) -> None:
    archive(tmp_path / "l.a", [compiled(tmp_path, "a", SLIM)])
    compiled(tmp_path, "b", NATIVE)
    assert ltocheck("scan", tmp_path).returncode == 1
    done = ltocheck("scan", tmp_path, "--exclude", "a.o", "--exclude", f"{tmp_path}/l*")
    assert (done.returncode, done.stdout) == (0, "1 object (1 native): no findings; not looked at: 2 excluded\n")


def test_a_pattern_that_leaves_out_nothing_is_noted(tmp_path: Path) -> None:
    compiled(tmp_path, "a", NATIVE)
    compiled(tmp_path, "b", NATIVE)
    patterns = [
        word for pattern in ("a.o", "*/a.*", "none\x1b", "*.txt", "none\x1b") for word in ("--exclude", pattern)
    ]
    done = ltocheck("scan", tmp_path, *patterns)
    assert (done.returncode, done.stderr) == (
        0,
        "ltocheck: --exclude none\\x1b: matches no object and no archive\n"
        "ltocheck: --exclude *.txt: matches no object and no archive\n",
    )
    assert ltocheck("scan", "-q", tmp_path, *patterns).stderr == ""


def test_settings_are_described() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert re.findall(r"^\| `(\w+)` \| `--\w+`", page, re.MULTILINE)[: len(SETTINGS)] == list(SETTINGS)


HABITS = [
    line.rpartition(" | ")[2].removesuffix(" |").replace("\\|", "|")
    for line in (ROOT / "docs/reference/habits.md").read_text().splitlines()
    if line.startswith("| ")
][2:]


@pytest.mark.slow
def test_every_habit_works_as_written(tmp_path: Path) -> None:
    laid_out(tmp_path)
    lines = [cell.strip("`") for cell in HABITS if cell.startswith("`")]
    assert len(lines) > 30
    for line in lines:
        shell(line, tmp_path)
        run("git", "checkout", "-q", "foo.spec", cwd=tmp_path)
        (tmp_path / "ltocheck.toml").unlink(missing_ok=True)


def test_rules_can_be_chosen(tmp_path: Path) -> None:
    file = compiled(tmp_path, "a", SLIM)
    assert ltocheck("scan", file, "--ignore", "slim-object").returncode == 0
    assert ltocheck("scan", file, "--select", "hollow-object").returncode == 0
    assert ltocheck("scan", file, "--select", "slim-object").returncode == 1
    assert ltocheck("scan", file, "--select", "hollow-object,slim-object", "--ignore", "slim-object").returncode == 0


class TestSettings:
    def test_they_stand_in_for_options(self, tmp_path: Path) -> None:
        file = compiled(tmp_path, "a", NATIVE)
        (tmp_path / "sub").mkdir()
        (tmp_path / "ltocheck.toml").write_text('policy = "fedora-strict"\n')
        done = ltocheck("scan", file, cwd=tmp_path / "sub")
        assert "undeclared-object" in done.stdout
        assert done.stderr == f"ltocheck: settings of {tmp_path}/ltocheck.toml\n"
        assert ltocheck("scan", file, "--policy", "fedora", cwd=tmp_path / "sub").returncode == 0

    def test_files_are_seen_from_where_they_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "strict.toml").write_text('extends = "fedora-strict"\n')
        (tmp_path / "pyproject.toml").write_text('[tool.ltocheck]\npolicy = "strict.toml"\n')
        assert ltocheck("scan", compiled(tmp_path, "a", NATIVE), cwd=tmp_path / "sub").returncode == 1

    def test_waivers_come_beside_those_of_the_policy(self, tmp_path: Path) -> None:
        file = compiled(tmp_path, "a", SLIM)
        (tmp_path / "waivers.toml").write_text('[[waiver]]\nrule = "slim-object"\npath = "*/a.o"\nreason = "known"\n')
        (tmp_path / "ltocheck.toml").write_text('waivers = "waivers.toml"\n')
        for words in (["scan"], ["scan", "--policy", "opensuse"], ["--isolated", "scan", "--waivers", "waivers.toml"]):
            done = ltocheck(*words, file, cwd=tmp_path)
            assert (done.returncode, "waived: known" in done.stdout) == (0, True)
        (tmp_path / "waivers.toml").write_text("[rules]\n")
        done = ltocheck("scan", file, cwd=tmp_path)
        assert (done.returncode, "rules: unknown key; valid are waiver" in done.stderr) == (2, True)

    def test_they_can_be_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "ltocheck.toml").write_text('policy = "fedora-strict"\n')
        done = ltocheck("--isolated", "scan", compiled(tmp_path, "a", NATIVE), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")

    def test_the_environment_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "ltocheck.toml").write_text('policy = "fedora-strict"\n')
        monkeypatch.setenv("LTOCHECK_POLICY", "fedora")
        assert ltocheck("scan", compiled(tmp_path, "a", NATIVE), cwd=tmp_path).returncode == 0

    def test_those_above_a_checkout_are_of_somebody_else(self, tmp_path: Path) -> None:
        (tmp_path / "ltocheck.toml").write_text('policy = "fedora-strict"\n')
        (tmp_path / "checkout/.git").mkdir(parents=True)
        assert ltocheck("scan", compiled(tmp_path, "a", NATIVE), cwd=tmp_path / "checkout").returncode == 0

    def test_what_is_scanned_has_no_say(self, tmp_path: Path) -> None:
        (tmp_path / "tree").mkdir()
        compiled(tmp_path / "tree", "a", SLIM)
        (tmp_path / "tree/ltocheck.toml").write_text('policy = "lax.toml"\n')
        (tmp_path / "tree/lax.toml").write_text('[rules]\nslim-object = "off"\n')
        done = ltocheck("scan", tmp_path / "tree", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, "")

    def test_strangers_have_no_say_either(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "ltocheck.toml"
        file.write_text('policy = "fedora-strict"\n')
        if os.geteuid() == 0:
            os.chown(file, 1234, -1)
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
        assert ltocheck("rules", cwd=tmp_path).stderr != ""
        tmp_path.chmod(0o1777)
        assert ltocheck("rules", cwd=tmp_path).stderr == ""

    @pytest.mark.parametrize("text", [".".join("a" * 50_000) + " = 1", "jobs = " + "9" * 5000, "a = " + "[" * 5000])
    def test_what_costs_much_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "ltocheck.toml").write_text(text)
        done = ltocheck("rules", cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith(f"ltocheck: {tmp_path}/ltocheck.toml: not TOML: ")

    def test_a_current_folder_that_is_gone_has_none(self, tmp_path: Path) -> None:
        line = f'cd {tmp_path} && mkdir gone && cd gone && rmdir ../gone && exec "$0" -c "$1" scan {tmp_path}'
        program = "import sys; sys.path.insert(0, sys.argv.pop()); from checker.cli import main; main()"
        done = subprocess.run(
            ["sh", "-c", f'{line} "$2"', sys.executable, program, ROOT], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("text", "said"), [("polcy = 1", "did you mean policy?"), ("policy = 1", "policy: expected"), ("=", "not TOML")]
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "ltocheck.toml").write_text(text)
        done = ltocheck("scan", "/bin/true", cwd=tmp_path)
        assert done.returncode == 2
        assert f"{tmp_path}/ltocheck.toml: " in done.stderr
        assert said in done.stderr


def test_policies_are_listed() -> None:
    assert [line.split()[0] for line in ltocheck("policy", "list").stdout.splitlines()] == shipped_policies()


def test_rules_as_json() -> None:
    schema = json.loads((ROOT / "docs/reference/rules.schema.json").read_text())
    found = json.loads(ltocheck("rules", "-f", "json", "--policy", "fedora-strict").stdout)
    jsonschema.validate(found, schema)
    assert found["policy"] == "fedora-strict"
    assert [row["name"] for row in found["rules"]] == [*RULES_BY_NAME]
    assert next(row for row in found["rules"] if row["name"] == "undeclared-object")["severity"] == "error"
    one = json.loads(ltocheck("rules", "-f", "json", "slim-object").stdout)
    jsonschema.validate(one, schema)
    assert [row["name"] for row in one["rules"]] == ["slim-object"]


def test_a_member_as_reports_write_it(tmp_path: Path) -> None:
    archive(tmp_path / "l.a", [compiled(tmp_path, "slim", SLIM)])
    done = ltocheck("inspect", "l.a(slim.o)", cwd=tmp_path)
    assert done.stdout == ltocheck("inspect", "l.a:slim.o", cwd=tmp_path).stdout
    assert done.stdout.startswith("l.a(slim.o)")


def test_the_hook_explains_itself() -> None:
    for words in (["--help"], ["-h"]):
        done = subprocess.run(
            [ROOT / "macros/brp-ltocheck", *words], capture_output=True, text=True, check=True, env={}
        )
        assert "brp-ltocheck [--stage" in done.stdout
