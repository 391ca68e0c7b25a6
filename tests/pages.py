# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of documentation as something that can be run: their blocks of code, and a place where these work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.toolbox import ROOT

SPEC = """\
Name: libgreet
Version: 1
Release: 1
Summary: A package for tests
License: GPL-2.0-or-later
%description
For tests.
%install
mkdir -p %{buildroot}%{_libdir}
cp ROOT/slim.a %{buildroot}%{_libdir}/libgreet.a
%files
%{_libdir}/libgreet.a
"""


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of code in one language, without the indentation of a list that they stand in."""
    found = re.findall(rf"^( *)```{re.escape(language)}\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indentation}", "", text, flags=re.MULTILINE) for indentation, text in found]


def workplace(folder: Path, slim: Path) -> dict[str, str]:
    """Put into a folder what pages speak of; returns the environment in which their commands run."""
    for name in ("macros", "checker", "policies"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(slim, folder / "slim.a")
    for place in (folder, folder / "specs"):
        place.mkdir(exist_ok=True)
        (place / "libgreet.spec").write_text(SPEC.replace("ROOT", str(folder)))
    (folder / "packages").mkdir()
    shutil.copy(ROOT / "fixtures/packages/v4-xz-hollow.rpm", folder / "packages")
    program = folder / "bin" / "ltocheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from checker.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }


def shell(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader would who pastes it."""
    return subprocess.run(
        ["sh", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
