# SPDX-License-Identifier: GPL-2.0-or-later
"""The hooks for pre-commit, installed and run by the real one."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, run

SHIPPED = (
    "checker",
    "policies",
    "macros",
    "builders",
    ".pre-commit-hooks.yaml",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
SPEC = (ROOT / "fixtures/specs/static.spec").read_text()


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")
    return run("git", *who, "-C", folder, *arguments).strip()


def committed(folder: Path) -> str:
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that uses the hooks of this one."""
    hooks = tmp_path_factory.mktemp("ltocheck")
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, hooks)
    user = {"repo": str(hooks), "rev": committed(hooks), "hooks": [{"id": "ltocheck-spec"}, {"id": "ltocheck-scan"}]}
    folder = tmp_path_factory.mktemp("project")
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [user]}))
    compiled(folder, "native", NATIVE)
    archive(folder / "slim.a", [compiled(folder, "slim", SLIM)])
    (folder / "bad.spec").write_text(SPEC)
    (folder / "good.spec").write_text(f"%global _fat_lto_objects 1\n{SPEC}")
    committed(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the hooks, installed by the first test."""
    return tmp_path_factory.mktemp("home")


def pre_commit(project: Path, home: Path, hook: str, *files: str) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PRE_COMMIT_HOME": str(home),
        # Whatever the hooks need is there already: nothing is downloaded.
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    command = [sys.executable, "-m", "pre_commit", "run", hook, "--files", *files]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_spec_that_needs_the_opt_in_is_stopped(project: Path, home: Path) -> None:
    code, said = pre_commit(project, home, "ltocheck-spec", "bad.spec", "good.spec", ".pre-commit-config.yaml")
    assert code == 1, said
    assert "exit code: 1" in said
    assert "bad.spec:48:1: error: " in said
    assert "good.spec" not in said
    assert list(home.glob("*/py_env-*/bin/ltocheck")), "the hook is installed as users get it"


def test_a_spec_that_opts_in_passes(project: Path, home: Path) -> None:
    code, said = pre_commit(project, home, "ltocheck-spec", "good.spec")
    assert code == 0, said
    assert "Passed" in said


def test_objects(project: Path, home: Path) -> None:
    code, said = pre_commit(project, home, "ltocheck-scan", "slim.a", "native.o", "bad.spec")
    assert code == 1, said
    assert "slim.a(slim.o): error: " in said
    assert "2 objects (" in said
    assert pre_commit(project, home, "ltocheck-scan", "native.o")[0] == 0


@pytest.mark.parametrize("hook", ["ltocheck-spec", "ltocheck-scan"])
def test_other_files_are_none_of_its_business(project: Path, home: Path, hook: str) -> None:
    code, said = pre_commit(project, home, hook, ".pre-commit-config.yaml")
    assert code == 0, said
    assert "no files to check" in said


def test_the_manifest_is_valid() -> None:
    run(sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
