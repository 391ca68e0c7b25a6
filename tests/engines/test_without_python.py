# SPDX-License-Identifier: GPL-2.0-or-later
"""The Lua engine in a build root without Python, made of the host's rpm and the tools that rpm-build requires."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbox import ROOT

TOOLS = (
    *("sh", "bash", "rpm", "rpmbuild", "rpmlua", "grep", "sed", "mktemp", "cat", "cp", "mkdir", "rm", "chmod", "mv"),
    *("ls", "ln", "touch", "find", "file", "tar", "gzip", "xargs", "readlink", "sort", "uname", "env", "nproc"),
    *("getconf", "timeout", "true", "id", "install", "gawk", "awk", "diff", "xz", "zstd", "date", "tr", "head"),
)
REQUIRED = ("sh", "rpm", "rpmbuild", "rpmlua", "grep", "sed")


def root(hidden: tuple[str, ...] = ()) -> Iterator[str]:
    """How bubblewrap makes the root: the host's libraries and configuration, of its programs those above."""
    yield from ("bwrap", "--unshare-all", "--die-with-parent", "--clearenv", "--setenv", "PATH", "/usr/bin")
    yield from ("--setenv", "HOME", "/root", "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc")
    yield from ("--tmpfs", "/usr/bin", "--tmpfs", "/usr/local", "--tmpfs", "/usr/sbin")
    for name in TOOLS:
        program = shutil.which(name, path="/usr/bin:/bin")
        if program and name not in hidden:
            yield from ("--ro-bind", str(Path(program).resolve()), f"/usr/bin/{name}")
    for folder in Path("/usr/lib").glob("python*"):
        yield from ("--tmpfs", str(folder))
    for name in ("bin", "sbin", "lib", "lib64"):
        yield from ("--symlink", f"usr/{name}", f"/{name}")
    yield from ("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/root", "--dir", "/var/tmp")
    yield from ("--ro-bind", str(ROOT), "/ltocheck")


@pytest.mark.parametrize("hidden", [(), ("rpmlua",)], ids=["rpmlua", "rpm"])
def test_without_python(hidden: tuple[str, ...]) -> None:
    """Also where rpm's Lua has no program of its own, and rpm itself runs the engine."""
    for name in ("bwrap", *REQUIRED):
        assert shutil.which(name), f"{name} is not installed"
    command = [*root(hidden), "/bin/sh", "/ltocheck/tests/engines/without-python", "/ltocheck"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "without Python: fine" in done.stdout
