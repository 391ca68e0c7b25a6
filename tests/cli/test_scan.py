# SPDX-License-Identifier: GPL-2.0-or-later
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.test_render import SCHEMA
from tests.toolbox import FAT, NATIVE, ROOT, SLIM, archive, compiled, ltocheck


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build root with a slim member, a fat object and a native one."""
    build = tmp_path_factory.mktemp("build")
    root = tmp_path_factory.mktemp("root")
    folder = root / "usr/lib64"
    folder.mkdir(parents=True)
    members = [compiled(build, "slim", SLIM), compiled(build, "native", NATIVE)]
    archive(folder / "libx.a", members)
    (folder / "fat.o").write_bytes(compiled(build, "fat", FAT).read_bytes())
    return root


def report(*arguments: str | Path) -> Any:
    done = ltocheck("scan", "--format", "json", *arguments)
    assert done.stderr == ""
    loaded = json.loads(done.stdout)
    jsonschema.validate(loaded, SCHEMA)
    assert loaded["exit_code"] == done.returncode
    return loaded


def test_text(inputs: Path) -> None:
    done = ltocheck("scan", inputs)
    assert done.returncode == 1
    assert done.stdout == (
        "/usr/lib64/libx.a(slim.o): error: holds only LTO bytecode and no machine code [slim-object]\n"
        "    fix: delete the file in %install, or take -fno-fat-lto-objects out of the build: it stands after the "
        "distribution's flags (CMake adds it for INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg), and add at the top of "
        "the spec: %global _fat_lto_objects 1\n"
        "3 objects (1 fat, 1 slim, 1 native) in 1 archive and loose files: 1 error\n"
    )
    assert done.stderr == ""


def test_json_of_a_build_root(inputs: Path) -> None:
    loaded = report("--all-objects", inputs)
    (target,) = loaded["targets"]
    assert (target["type"], target["path"]) == ("tree", str(inputs))
    assert [(found["path"], found["member"], found["kind"]) for found in target["objects"]] == [
        ("/usr/lib64/fat.o", None, "fat"),
        ("/usr/lib64/libx.a", "slim.o", "slim"),
        ("/usr/lib64/libx.a", "native.o", "native"),
    ]
    assert loaded["summary"]["kinds"] == {"fat": 1, "native": 1, "slim": 1}


def test_paths_outside_of_build_roots_are_as_the_user_gave_them(inputs: Path) -> None:
    (target,) = report(inputs / "usr/lib64/libx.a")["targets"]
    assert target["type"] == "archive"
    assert target["objects"][0]["path"] == str(inputs / "usr/lib64/libx.a")
    (target,) = report(inputs / "usr/lib64")["targets"]
    assert target["objects"][0]["path"] == str(inputs / "usr/lib64/fat.o")
    (target,) = report("--build-root", inputs / "usr")["targets"]
    assert target["objects"][0]["path"] == "/lib64/fat.o"
    (target,) = report("--no-build-root", inputs)["targets"]
    assert target["objects"][0]["path"] == str(inputs / "usr/lib64/fat.o")


def test_opt_in(inputs: Path) -> None:
    assert "although the package opted in" in ltocheck("scan", "--opt-in", inputs).stdout
    assert ltocheck("scan", "--opt-in", inputs / "usr/lib64/fat.o").returncode == 0


def test_stage(inputs: Path) -> None:
    assert ltocheck("scan", inputs / "usr/lib64/fat.o").returncode == 0
    done = ltocheck("scan", "--stage", "stripped", inputs / "usr/lib64/fat.o")
    assert done.returncode == 1
    assert "bytecode-left" in done.stdout


def test_fail_on(inputs: Path) -> None:
    assert ltocheck("scan", "--fail-on", "never", inputs).returncode == 0
    assert ltocheck("scan", "--fail-on", "warning", inputs).returncode == 1


def test_output(inputs: Path, tmp_path: Path) -> None:
    done = ltocheck("scan", "--format", "json", "--output", tmp_path / "report.json", inputs)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text())["exit_code"] == 1
    assert ltocheck("scan", "--output", "/nonexistent/x", inputs).returncode == 2


def test_quiet(inputs: Path) -> None:
    assert ltocheck("scan", "-q", inputs / "usr/lib64/fat.o").stdout == ""


def test_policy_file(inputs: Path, tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text('[[waiver]]\nrule = "slim-object"\npath = "/usr/lib64/libx.a"\nreason = "known"\n')
    done = ltocheck("scan", "--policy", policy, inputs)
    assert done.returncode == 0
    assert "waived: known" in done.stdout
    policy.write_text("[rules\n")
    done = ltocheck("scan", "--policy", policy, inputs)
    assert done.returncode == 2
    assert str(policy) in done.stderr


def test_what_cannot_be_read_does_not_stop_the_rest(inputs: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.a"
    cut.write_bytes((inputs / "usr/lib64/libx.a").read_bytes()[:-100])
    done = ltocheck("scan", tmp_path / "missing", cut, inputs)
    assert done.returncode == 3
    assert f"{tmp_path}/missing: error: cannot be opened: No such file" in done.stdout
    assert f"\n{cut}" in done.stdout
    assert "\n/usr/lib64/libx.a(slim.o): error: " in done.stdout


def test_a_package_file_is_never_clean(tmp_path: Path) -> None:
    (tmp_path / "x.rpm").write_bytes(b"\xed\xab\xee\xdb" + bytes(92))
    done = ltocheck("scan", tmp_path / "x.rpm")
    assert done.returncode == 3
    assert "is truncated" in done.stdout


def test_linker_script_named_as_archive_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "libm.a").write_text("/* GNU ld script */\nGROUP ( /usr/lib/libm-2.36.a )\n")
    done = ltocheck("scan", "--format", "json", tmp_path / "libm.a")
    assert "nothing was judged" in done.stderr
    (target,) = json.loads(done.stdout)["targets"]
    assert target["type"] == "other"
    assert [(found["kind"], found["format"]) for found in target["objects"]] == [("other", "ldscript")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan"],
        ["scan", "--format", "yaml", "."],
        ["scan", "--policy", "fedoar", "."],
        ["scna"],
        ["scan", "--stage", "x", "."],
    ],
)
def test_usage_errors(arguments: list[str]) -> None:
    done = ltocheck(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_reader_that_goes_away(inputs: Path) -> None:
    command = f"{sys.executable} -c 'from checker.cli import main; main()' scan -vv /usr/lib/x86_64-linux-gnu | head -1"
    done = subprocess.run(
        ["bash", "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("command", ["scan {}", "scan --format json {}", "inspect {}", "rules"])
def test_standard_output_that_is_full(inputs: Path, command: str) -> None:
    arguments = command.format(inputs / "usr/lib64/fat.o")
    line = f"{sys.executable} -c 'from checker.cli import main; main()' {arguments} > /dev/full"
    done = subprocess.run(
        ["bash", "-c", line], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_interrupted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    code = (
        "import os, signal, sys\n"
        "import checker.trees.tree as tree\n"
        "tree.walk = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
        "from checker.cli import main\n"
        "sys.argv = ['ltocheck', 'scan', sys.argv[1]]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "/bin/true"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_a_bug_is_one_line() -> None:
    code = (
        "import sys\n"
        "import checker.packages.path as path\n"
        "path.target_at = lambda *_: 1 / 0\n"
        "from checker.cli import main\n"
        "sys.argv = ['ltocheck', *sys.argv[1:]]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "scan", "x"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert done.stderr == "ltocheck: internal error, please report it: ZeroDivisionError: division by zero\n"
    done = subprocess.run(
        [sys.executable, "-c", code, "--debug", "scan", "x"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "Traceback" in done.stderr
