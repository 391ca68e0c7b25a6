# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages on distributions: the files they name are there, the commands they tell work."""

import re
from pathlib import Path

import pytest

from checker.shipped import shipped_policies
from tests.pages import blocks, shell, workplace
from tests.rpmbuild.harness import LAYOUTS, MACROS
from tests.toolbox import ROOT, SLIM, archive, compiled, run

FOLDER = ROOT / "docs/guide/distributions"
OVERVIEW = FOLDER / "README.md"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path != OVERVIEW)
HEADINGS = ["Files", "Turn it on", "Warn first", "Roll back", "Read in"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder in which everything runs, with a log of a build in warn mode."""
    (tmp_path / "work").mkdir()
    slim = archive(tmp_path / "slim.a", [compiled(tmp_path, "slim", SLIM)])
    return {**workplace(tmp_path / "work", slim), "ROOT": str(tmp_path / "root")}


def test_there_is_a_page_for_each_layout_and_policy() -> None:
    stems = {page.stem for page in PAGES}
    assert stems | {"stock"} == {folder.name for folder in LAYOUTS.iterdir()}
    assert stems == set(shipped_policies()) - {"base", "fedora-strict"}
    assert all(f"]({page.name})" in OVERVIEW.read_text() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_have_one_shape_and_say_what_they_stand_on(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert f"tests/rpmbuild/layouts/{page.stem}" in text.partition("## Read in")[2]
    assert f"policies/{page.stem}.toml" in text


@pytest.mark.parametrize("page", [OVERVIEW, *PAGES], ids=lambda page: page.stem)
def test_every_file_that_is_named_exists(page: Path) -> None:
    paths = re.findall(r"`((?:macros|policies|checker|tests)/[\w./-]*)`", page.read_text())
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_every_profile_is_on_a_page() -> None:
    text = "".join(page.read_text() for page in [OVERVIEW, *PAGES])
    for profile in (MACROS / "flags").iterdir():
        assert f"macros/flags/{profile.name}" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_turning_it_on(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    (script,) = blocks(page, "sh")
    done = shell(script, tmp_path / "work", environment)
    assert done.returncode == 0, done.stderr
    if page.stem == "alt":
        assert_all_is_in_place(tmp_path)
    else:
        policy = "warning: " if page.stem == "openmandriva" else "in warn mode, would stop the build"
        assert policy in done.stdout + done.stderr


def assert_all_is_in_place(folder: Path) -> None:
    """The drop-in of ALT, as a file of its own, finds the hook beside its folder."""
    dropin = folder / "root/usr/lib/rpm/brp.d/000-ltocheck.brp"
    assert dropin.is_file()
    assert not dropin.is_symlink()
    assert (folder / "root/usr/share/ltocheck/policies/alt.toml").is_file()
    assert (dropin.parent.parent / "brp-ltocheck").is_file()


def test_the_commands_of_a_mass_rebuild(tmp_path: Path, environment: dict[str, str]) -> None:
    work = tmp_path / "work"
    root = tmp_path / "root/usr/lib"
    root.mkdir(parents=True)
    (work / "slim.a").rename(root / "slim.a")
    for package, mode in (("stopped", "warn"), ("passed", "off")):
        (work / "logs" / package).mkdir(parents=True)
        hook = {**environment, "RPM_BUILD_ROOT": str(tmp_path / "root"), "LTOCHECK_MODE": mode}
        assert shell(f"macros/brp-ltocheck >logs/{package}/build.log 2>&1", work, hook).returncode == 0
    logs, packages, specs = blocks(OVERVIEW, "sh")
    assert shell(logs, work, environment).stdout == "logs/stopped/build.log\n"
    assert shell(packages, work, environment).returncode == 0
    assert "hollow-object" in (work / "findings.csv").read_text()
    done = shell(specs, work, environment)
    assert done.returncode == 0, done.stderr
    assert "spec-needs-opt-in" in (work / "specs.csv").read_text()
    assert "+%global _fat_lto_objects 1\n" in done.stdout


@pytest.mark.parametrize("number", [0, 1])
def test_macros_for_the_site(tmp_path: Path, number: int) -> None:
    text = blocks(OVERVIEW, "rpm-macros")[number]
    file = tmp_path / "macros"
    file.write_text(text)
    for name, value in re.findall(r"^%(\w+) +(\S+)$", text, re.MULTILINE):
        assert f"%{name} " in (MACROS / "macros.ltocheck").read_text()
        shown = run("rpm", f"--load={file}", "--define=_topdir /top", "--eval", f"%{name}").strip()
        assert shown == value.replace("%{_topdir}", "/top")
