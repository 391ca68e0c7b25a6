# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said where a library or a program of the distribution is missing, and `--version`, which says it too."""

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from checker import __version__, requires
from checker.cli.version import COMPONENTS
from tests.toolbox import ROOT, ltocheck_process, run

PACKAGE = ROOT / "fixtures/packages/v4-bzip2.rpm"
SPEC = ROOT / "fixtures/specs/static.spec"


def without_bindings(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line on a system that has no package python3-rpm."""
    assert shutil.which("bwrap"), "bubblewrap is not installed"
    command = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", distribution_packages()]
    command += [sys.executable, "-c", "from checker.cli import main; main()"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def distribution_packages() -> str:
    """The folder of the distribution's Python packages, where the bindings are."""
    code = "import os, rpm; print(os.path.dirname(rpm.__path__[0]))"
    return run("/usr/bin/python3", "-c", code).strip()


def told(requirement: requires.Requirement, text: str) -> bool:
    """Whether the user learns what is missing and how to get it, on each family of distributions."""
    commands = (f"apt-get install {requirement.debian} ", f"dnf install {requirement.fedora} ")
    return all(part in text for part in (requirement.name, *commands, f"zypper install {requirement.opensuse} "))


def versions(text: str) -> dict[str, str]:
    """The lines of --version by what they are about."""
    names = [name for name, *_ in COMPONENTS]
    lines = text.splitlines()[2:]
    assert all(line.startswith(f"{name} ") for name, line in zip(names, lines, strict=True))
    return {name: line[len(name) + 1 :] for name, line in zip(names, lines, strict=True)}


def test_without_rpm_bindings() -> None:
    done = without_bindings("scan", PACKAGE)
    assert (done.returncode, done.stdout) == (2, "")
    assert told(requires.RPM, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert without_bindings("scan", "/bin/true").returncode == 0


def test_specs_without_rpm_bindings() -> None:
    done = without_bindings("spec", "--trust", SPEC)
    assert told(requires.SYSTEM_RPM, done.stderr)
    assert "Traceback" not in done.stderr
    assert "[spec-needs-opt-in]" in done.stdout, "its text was looked at"


def test_without_libarchive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBARCHIVE", "/nonexistent/libarchive.so")
    done = ltocheck_process("scan", PACKAGE)
    assert (done.returncode, done.stdout) == (2, "")
    assert told(requires.LIBARCHIVE, done.stderr)
    assert ltocheck_process("scan", "/bin/true").returncode == 0


def test_without_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(requires.RPMKEYS, ltocheck_process("scan", "--verify", PACKAGE).stderr)
    assert told(requires.BUBBLEWRAP, ltocheck_process("spec", SPEC).stderr)
    done = ltocheck_process("--version")
    assert (done.returncode, versions(done.stdout)["bubblewrap"]) == (
        0,
        f"not installed ({requires.BUBBLEWRAP.purpose})",
    )


def test_versions() -> None:
    done = ltocheck_process("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [f"ltocheck {__version__}", f"Python {sys.version.split()[0]}"]
    found = versions(done.stdout)
    for name in ("libarchive-c", "pyelftools", "typer"):
        assert found[name] == metadata.version(name)
    assert f"RPM version {found['rpm bindings']}\n" == run("rpm", "--version")
    assert f"bubblewrap {found['bubblewrap']}\n" == run("bwrap", "--version")
    assert re.fullmatch(r"3\.\d+\.\d+", found["libarchive"])


def test_versions_of_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBARCHIVE", "/nonexistent/libarchive.so")
    done = without_bindings("--version")
    assert done.returncode == 0
    found = versions(done.stdout)
    assert found["rpm bindings"] == f"not installed ({requires.RPM.purpose})"
    assert found["libarchive"] == f"not installed ({requires.LIBARCHIVE.purpose})"
    assert found["libarchive-c"] == metadata.version("libarchive-c")
