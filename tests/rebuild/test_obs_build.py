# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds by the real obs-build, in a build root that is this machine's system under a layer that is thrown away."""

import json
from pathlib import Path

import pytest

from tests.toolbox import ROOT, ltocheck

pytestmark = pytest.mark.slow

AS_A_BUILD_ROOT = """\
#!/bin/sh
# obs-build, but for how the build root is made: that takes the packages of a whole distribution.
[ "$1 $3 $4 $6" = "--root --clean --dist --repository" ] || { echo "other arguments: $*"; exit 2; }
mkdir "$2" "$2.layer"
exec unshare --mount sh -ec '
    mount -t tmpfs tmpfs "$1.layer"
    mkdir "$1.layer/upper" "$1.layer/work"
    mount -t overlay -o "lowerdir=/,upperdir=$1.layer/upper,workdir=$1.layer/work" overlay "$1"
    rm -f "$1/usr/bin/rpmlint" # which would judge the package, and end the build
    s=0
    obs-build --root "$1" --no-init --dist "$2" "$3" || s=$?
    umount --lazy "$1"
    cd "$1.layer/upper"
    cp -a --parents .build.log .build.packages home/abuild/rpmbuild "$1"
    exit $s' sh "$2" "$5" "$8"
"""
PROJECT = """\
Preinstall: bash
Support: rpm

Macros:
%_lto_cflags %{_gcc_lto_cflags}
%build_cflags -O2 %{_lto_cflags}
:Macros
"""


def test_all_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "obs-build").write_text(AS_A_BUILD_ROOT)
    (tmp_path / "obs-build").chmod(0o755)
    (tmp_path / "project.conf").write_text(PROJECT)
    monkeypatch.setenv("OBS_BUILD", str(tmp_path / "obs-build"))
    monkeypatch.setenv("OBS_BUILD_CONFIG", str(tmp_path / "project.conf"))
    monkeypatch.setenv("OBS_BUILD_REPOSITORY", str(tmp_path))
    spec = ROOT / "fixtures/rebuild/own/archive.spec"
    done = ltocheck("rebuild", "--builder", "obs-build", "-f", "json", spec, cwd=tmp_path)
    assert done.stdout, done.stderr
    (source,) = json.loads(done.stdout)["sources"]
    log = ltocheck("rebuild", "--log", "archive", cwd=tmp_path).stdout
    assert (source["outcome"], source["proven"]) == ("needs-opt-in", True), f"{source['why']}\n{log}"
    assert "ships objects that are slim in the arm slim" in source["why"]
    assert [source["arms"][arm]["packages_bytes"] > 0 for arm in ("fat", "slim", "slim-opt-in")] == [True] * 3
    assert source["arms"]["fat"]["objects"]["fat"] == source["arms"]["slim"]["objects"]["slim"] == 1
