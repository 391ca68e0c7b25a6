# SPDX-License-Identifier: GPL-2.0-or-later
"""Where source packages come from: repositories, what an audit looked at; and builds that a cluster does."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.audits import add_package
from tests.clusters import cluster
from tests.toolbox import CREATEREPO, ROOT, ltocheck, run

OWN = ROOT / "fixtures" / "rebuild" / "own"


def add_source_package(folder: Path, name: str, version: str) -> None:
    """A source package of one of the small projects, in a version of its own."""
    folder.mkdir(exist_ok=True)
    spec = folder / f"{name}.spec"
    spec.write_text(
        re.sub(r"^Version:.*$", f"Version: {version}", (OWN / f"{name}.spec").read_text(), flags=re.MULTILINE)
    )
    run("rpmbuild", "-bs", "--define", f"_topdir {folder}/top", "--define", f"_srcrpmdir {folder}", spec)
    spec.unlink()
    shutil.rmtree(folder / "top")


def test_a_repository_of_source_packages(tmp_path: Path) -> None:
    """Of two versions the newer one is built, and with --from only what is in the packages of an audit."""
    sources, binaries = tmp_path / "sources", tmp_path / "binaries"
    for name, version in (("archive", "9"), ("archive", "10"), ("broken", "1")):
        add_source_package(sources, name, version)
    add_package(binaries, "archive-devel", source="archive")
    for folder in (sources, binaries):
        run(CREATEREPO, "-q", folder)
    assert ltocheck("audit", binaries, "-q", "--name", "today", cwd=tmp_path).returncode == 0
    done = ltocheck("rebuild", "--from", "today", "--arms", "slim", "-f", "json", sources, cwd=tmp_path)
    (source,) = json.loads(done.stdout)["sources"]
    assert (source["source"], source["outcome"]) == ("archive", "needs-opt-in"), done.stderr
    assert ":arm:slim:archive:10-1:" in ltocheck("rebuild", "--log", "archive", cwd=tmp_path).stdout


def test_a_repository_that_does_not_have_what_it_lists(tmp_path: Path) -> None:
    add_source_package(tmp_path / "sources", "broken", "1")
    run(CREATEREPO, "-q", tmp_path / "sources")
    (package,) = (tmp_path / "sources").glob("*.src.rpm")
    package.write_bytes(package.read_bytes()[:-1] + b"!")
    done = ltocheck("rebuild", "--arms", "slim", "-f", "json", "sources", cwd=tmp_path)
    (source,) = json.loads(done.stdout)["sources"]
    assert (done.returncode, source["outcome"]) == (3, "not-tried")
    assert "was altered" in source["why"]


@pytest.mark.slow
def test_a_cluster_builds(tmp_path: Path) -> None:
    with cluster(tmp_path, 1) as address:
        done = ltocheck(
            "rebuild", "--dask", address, "--arms", "fat,slim", "-f", "json", OWN / "broken.spec", cwd=tmp_path
        )
    (source,) = json.loads(done.stdout)["sources"]
    assert (source["outcome"], source["cause"]) == ("fails-in-every-arm", "compile-error"), done.stderr
    assert source["arms"]["fat"]["cpu"]["build"]["runs"] == 1
