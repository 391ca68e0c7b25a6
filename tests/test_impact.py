# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is hit by packages that break, as libsolv resolves what source packages require."""

import json
import shutil
from pathlib import Path

import pytest

from checker.errors import UsageError
from checker.model.transition import Hit
from checker.transition.impact import Question, impact
from checker.transition.links import linked
from tests.audits import add_package
from tests.toolbox import CREATEREPO, ltocheck, run

TARGET = "hdf5-static-2.0-1.x86_64"
BINARIES = {
    "hdf5-static": "",
    "netcdf-devel": "Requires: hdf5-static",
    "vtk-devel": "Requires: netcdf-devel >= 2\nRecommends: hdf5-static",
    "szip-devel": "Recommends: hdf5-static",
    "rich-devel": "Requires: (hdf5-static if szip-devel)",
    "either": "Provides: mpi",
}
SOURCES = {
    "direct": "hdf5-static",
    "versioned": "hdf5-static >= 2",
    "transitive": "vtk-devel",
    "by-file": "/usr/lib64/libhdf5-static.a",
    "rich-or": "(hdf5-static or nosuch)",
    "rich-if": "(hdf5-static if mpi)\nBuildRequires: either",
    "rich-chain": "rich-devel\nBuildRequires: szip-devel",
    "with-missing": "hdf5-static\nBuildRequires: nosuch-devel",
    # These are not hit.
    "too-old": "hdf5-static < 2",
    "weak": "szip-devel",
    "rich-else": "(hdf5-static if nosuch)",
    "rich-alone": "rich-devel",
    "nothing": "either",
    "other-choice": "(either or nosuch)",
}
HIT = ["by-file", "direct", "rich-chain", "rich-if", "rich-or", "transitive", "versioned", "with-missing"]


def spec(name: str, more: str, file: str | None = None) -> str:
    made = f"mkdir -p %{{buildroot}}/usr/lib64\ntouch %{{buildroot}}{file}\n" if file else ""
    return (
        f"Name: {name}\nVersion: 2.0\nRelease: 1\nSummary: s\nLicense: MIT\nAutoReqProv: no\n{more}\n"
        f"%description\nd\n%install\n{made}%files\n{file or ''}\n"
    )


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("impact")
    files = []
    for name, more in BINARIES.items():
        files.append(folder / f"{name}.spec")
        files[-1].write_text(spec(name, more, f"/usr/lib64/lib{name}.a"))
    settings = (
        "--define",
        f"_topdir {folder}/top",
        "--define",
        "__os_install_post %{nil}",
        "--define",
        "debug_package %{nil}",
    )
    run("rpmbuild", "-bb", "--quiet", "--target", "x86_64", *settings, *files)
    files = []
    for name, requirement in SOURCES.items():
        files.append(folder / f"{name}.spec")
        files[-1].write_text(spec(name, f"BuildRequires: {requirement}"))
    run("rpmbuild", "-bs", "--quiet", "--nodeps", *settings, *files)
    return folder / "top/RPMS/x86_64", folder / "top/SRPMS"


@pytest.mark.parametrize("has_metadata", [False, True], ids=["packages", "metadata"])
def test_who_is_hit(repositories: tuple[Path, Path], tmp_path: Path, has_metadata: bool) -> None:
    places = [Path(shutil.copytree(place, tmp_path / place.name)) for place in repositories]
    for place in places if has_metadata else ():
        run(CREATEREPO, "--quiet", place)
    found = impact(Question(frozenset({TARGET}), (str(places[0]),), (str(places[1]),)))
    (hits,) = found.values()
    assert [hit.source for hit in hits] == HIT
    via = {hit.source: hit.via for hit in hits}
    assert via["transitive"] == "vtk-devel"
    assert via["direct"] == "hdf5-static"
    assert via["by-file"] == "/usr/lib64/libhdf5-static.a"


def test_nobody_is_hit_by_what_is_not_there(repositories: tuple[Path, Path]) -> None:
    assert impact(Question(frozenset({"nosuch-1-1.x86_64"}), (str(repositories[0]),), (str(repositories[1]),))) == {}


def test_metadata_that_is_none(tmp_path: Path, repositories: tuple[Path, Path]) -> None:
    (tmp_path / "repodata").mkdir()
    (tmp_path / "repodata/repomd.xml").write_text("<html>404</html>")
    with pytest.raises(UsageError, match=f"--impact: {tmp_path} has a repomd.xml"):
        impact(Question(frozenset({TARGET}), (str(repositories[0]),), (str(tmp_path),)))


def test_on_the_command_line(repositories: tuple[Path, Path], tmp_path: Path) -> None:
    place = tmp_path / "repo"
    shutil.copytree(repositories[0], place)
    for file in place.glob("hdf5-static-*"):
        file.unlink()
    add_package(place, "hdf5-static", "hollow", version="2.0", source="hdf5")
    assert ltocheck("audit", "-q", place, cwd=tmp_path).returncode == 1
    logs = tmp_path / "logs"
    for name, line in (("direct", "gcc -o x x.o -lhdf5-static -lm"), ("versioned", "gcc -o x x.o -lhdf5-static-other")):
        (logs / name / "x86_64").mkdir(parents=True)
        (logs / name / "x86_64/build.log").write_text(f"+ make\n{line}\n")
    done = ltocheck("transition", "--impact", repositories[1], "--deep", logs, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (hdf5,) = (one for one in json.loads(done.stdout)["sources"] if one["source"] == "hdf5")
    assert set(HIT) - {"by-file"} <= set(hdf5["hits"])
    text = ltocheck("transition", "--impact", repositories[1], cwd=tmp_path).stdout
    assert "hits 8 source packages" in text


def test_logs_say_who_links_a_library(tmp_path: Path) -> None:
    for name, text in (
        ("by-flag", "cc x.o -lfoo -lm"),
        ("by-name", "cc x.o /usr/lib64/libfoo.a"),
        ("by-option", "cc -Wl,--whole-archive,/usr/lib64/libfoo.a,--no-whole-archive"),
        ("other", "cc x.o -lfoobar libxfoo.a -lfo"),
    ):
        (tmp_path / name / "x86_64").mkdir(parents=True)
        (tmp_path / name / "x86_64/build.log").write_text(f"+ make\n{text}\n")
    hits = [Hit(name, "foo", "foo") for name in ("by-flag", "by-name", "by-option", "other", "no-log")]
    links = {hit.source: hit.links for hit in linked(hits, ["/usr/lib64/libfoo.a"], tmp_path)}
    assert links == {"by-flag": True, "by-name": True, "by-option": True, "other": False, "no-log": None}
