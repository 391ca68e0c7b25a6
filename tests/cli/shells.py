# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder that holds what help pages and guides name, and a shell in it that has the program."""

import os
import subprocess
import sys
from pathlib import Path

from tests.audits import add_package
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, ltocheck, run

SPEC = """\
Name: foo
Version: 1.0
Release: 1
Summary: A library
License: GPL-2.0-or-later

%description
For tests.

%build
gcc $CFLAGS -c foo.c

%install
mkdir -p %{buildroot}/usr/lib64
echo data > %{buildroot}/usr/lib64/libfoo.a

%files
/usr/lib64/libfoo.a
"""


def laid_out(folder: Path) -> None:
    """Put there a package, a repository, an archive, a build root, specs, and files of policies."""
    for below in ("repo", "specs", "root/usr/lib64", "bin"):
        (folder / below).mkdir(parents=True)
    add_package(folder / "repo", "foo-devel", "slim", source="foo")
    add_package(folder, "foo-devel", "slim", source="foo", file="/usr/lib64/libfoo.a")
    archive(folder / "libfoo.a", [compiled(folder, "add", SLIM)])
    archive(folder / "root/usr/lib64/libfoo.a", [compiled(folder, "native", NATIVE)])
    (folder / "foo.spec").write_text(SPEC)
    (folder / "specs/foo.spec").write_text(SPEC)
    (folder / "owners.csv").write_text("source,owner\nfoo,ann\n")
    (folder / "mine.toml").write_text('extends = "fedora"\n')
    (folder / "waivers.toml").write_text('[[waiver]]\nrule = "*"\npath = "*.a"\nreason = "known"\n')
    run("git", "init", "-q", ".", cwd=folder)
    run("git", "add", "foo.spec", cwd=folder)
    program = folder / "bin/ltocheck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from checker.cli import main; main()" "$@"\n')
    program.chmod(0o755)


def shell(line: str, folder: Path) -> None:
    """Run a line, which may find something but must not fail."""
    if not set(line) & set("|<>'="):  # what no shell is needed for
        done = ltocheck(*line.split()[1:], cwd=folder)
        assert done.returncode in (0, 1), f"{line}: {done.stdout}{done.stderr}"
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode in (0, 1), f"{line}: {done.stdout}{done.stderr}"
