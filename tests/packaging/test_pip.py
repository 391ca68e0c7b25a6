# SPDX-License-Identifier: GPL-2.0-or-later
"""What pip installs is whole: it runs without the checkout."""

import os
import subprocess
import sys
from pathlib import Path

from checker import __version__
from checker.shipped import shipped_policies, shipped_targets
from tests.packaging.build import source
from tests.toolbox import ROOT, run


def test_an_installed_wheel_runs_alone(tmp_path: Path) -> None:
    """Made from the source as it is released, as pip does."""
    unpacked, installed = tmp_path / "source", tmp_path / "installed"
    unpacked.mkdir()
    run("tar", "-xf", source(tmp_path), "--strip-components=1", "-C", unpacked)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=unpacked)
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "zipfile", "-e", wheel, installed)
    code = (
        "from importlib.metadata import entry_points\n"
        "entry_points(group='console_scripts', name='ltocheck', module='checker.cli')['ltocheck'].load()()"
    )

    def ltocheck(*arguments: str) -> str:
        # The checkout is hidden, in case the environment leads to it.
        command = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", str(ROOT / "checker"), "--chdir", str(tmp_path)]
        done = subprocess.run(
            [*command, sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    ours = [path for path in (ROOT / "checker").rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    assert [path for path in ours if not (installed / path.relative_to(ROOT)).exists()] == []
    assert ltocheck("--version").startswith(f"ltocheck {__version__}\n")
    for policy in shipped_policies():
        assert f"policy {policy}: fine" in ltocheck("policy", "check", policy)
    (tmp_path / "x.spec").write_bytes((ROOT / "packaging/ltocheck.spec").read_bytes())
    assert ltocheck("spec", "--target", ",".join(shipped_targets()), "x.spec") == "1 spec: no findings\n"
