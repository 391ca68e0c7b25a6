# SPDX-License-Identifier: GPL-2.0-or-later
"""The guides can be followed to the letter: their commands run, in the order in which they stand, in one folder.

A block `sh` must succeed. In a block `sh fails` some command must find something (1), and none may fail in another way.
A block `sh elsewhere` needs what no test has, and its reason is below. Folders stand for servers of the same name.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.errors import ExitCode
from tests.audits import add_package
from tests.pages import workplace
from tests.toolbox import ROOT, SLIM, archive, compiled, run

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("guide/*.md"), *DOCS.glob("adopt/*.md")])
BLOCK = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)

ELSEWHERE = {
    "make rpm": "tests/packaging builds the packages, which takes minutes",
    "python3 -m hatchling build": "needs what the spec requires, as packages of a distribution",
    "pipx install": "pipx is not among what the tests install",
    "/usr/bin/python3 -m venv": "writes into the home folder; tests/packaging/test_pip.py installs by pip",
    "dask scheduler": "does not end; tests/test_audit_executors.py has a cluster",
    "koji add-group-pkg": "there is no Koji",
}
"""How each block begins that is only parsed, and why."""

EACH_FINDS = f"""\
found=
trap 'status=$?; [ $status = {int(ExitCode.FINDINGS)} ] || exit $status; found=1' ERR
"""
MUST_HAVE_FOUND = '[ "$found" ] || { echo "nothing was found" >&2; trap - ERR; exit 99; }\n'

REPOSITORIES = {
    "example.org/fedora/44/Everything/x86_64/os": "x86_64",
    "example.org/fedora/44/Everything/aarch64/os": "aarch64",
    "example.org/fedora/45/Everything/x86_64/os": "x86_64",
    "mirror.example.org/x86_64": "x86_64",
    "mirror.example.org/aarch64": "aarch64",
}
LOG = "@ltocheck:t0ken:arm:{arm}:foo:1-1:x86_64:0@\n+ make\nWrote: /x/foo-1-1.x86_64.rpm\n"

Lay = Callable[[Path], None]


def repositories(folder: Path) -> None:
    for place, arch in REPOSITORIES.items():
        add_package(folder / place, "libgreet", "hollow", arch=arch)


def specs(folder: Path) -> None:
    shutil.copytree(folder / "specs", folder / "DIR")


def audits(*names: str) -> Lay:
    def lay(folder: Path) -> None:
        for name in names:
            run(folder / "bin/ltocheck", "audit", "-q", "--fail-on=never", f"--name={name}", *REPOSITORIES, cwd=folder)

    return lay


def policies(folder: Path) -> None:
    for name in ("site.toml", "own.toml"):
        (folder / name).write_text('extends = "fedora"\n')


def built_packages(folder: Path) -> None:
    shutil.copytree(folder / "packages", folder / "results")
    shutil.copy(next((folder / "packages").glob("*.rpm")), folder)


def people(folder: Path) -> None:
    add_package(folder / "mirror.example.org/x86_64", "hdf5", "slim")
    (folder / "owners.json").write_text(json.dumps({"rpms": {"libgreet": ["ada"]}}))
    (folder / "notes.toml").write_text(BLOCK.findall((DOCS / "guide/transition.md").read_text())[1][1])


def sources(folder: Path) -> None:
    """A source package, and a folder of specs."""
    own = ROOT / "fixtures/rebuild/own"
    (folder / "SPECS").mkdir()
    shutil.copy(own / "steady.spec", folder / "SPECS")
    (folder / "foo.spec").write_text((own / "archive.spec").read_text().replace("archive", "foo"))
    run("rpmbuild", "-bs", "--quiet", "--define", f"_topdir {folder}", "foo.spec", cwd=folder)
    (made,) = (folder / "SRPMS").iterdir()
    made.rename(folder / "foo.src.rpm")
    place = folder / "mirror.example.org/source/tree"
    place.mkdir(parents=True)
    shutil.copy(folder / "foo.src.rpm", place)


def logs(folder: Path) -> None:
    """As build systems keep them: of packages, and of two arms."""
    for place in ("logs/foo", "fat/foo", "slim/foo"):
        (folder / place / "x86_64").mkdir(parents=True)
        (folder / place / "x86_64/build.log").write_text(LOG.format(arm=place.partition("/")[0]))


def spec_files(folder: Path) -> None:
    shutil.copy(folder / "libgreet.spec", folder / "FILE.spec")


GIVEN: dict[str, tuple[Lay, ...]] = {
    "guide/audit.md": (repositories, policies),
    "guide/html-report.md": (repositories, audits("week-35", "week-36")),
    "guide/opt-in-set.md": (repositories, specs),
    "guide/packages.md": (built_packages,),
    "guide/rebuild.md": (sources, logs),
    "guide/specs.md": (spec_files,),
    "guide/transition.md": (repositories, audits("week-35"), specs, people, sources, logs),
    "guide/turn-the-hook-on.md": (policies,),
    "adopt/opt-in.md": (spec_files, built_packages),
    "adopt/transition.md": (repositories, specs),
}
"""What a reader has who follows the page, besides what pages have anyway."""


def shell_blocks(page: Path) -> list[tuple[str, str]]:
    """The mark of each block of commands, or nothing, and its text."""
    found = [(language.split(), text) for language, text in BLOCK.findall(page.read_text())]
    return [(" ".join(words[1:]), text) for words, text in found if words[:1] == ["sh"]]


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))


FOLLOWED = [page for page in PAGES if any(mark != "elsewhere" for mark, _ in shell_blocks(page))]


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slim")
    return archive(folder / "slim.a", [compiled(folder, "slim", SLIM)])


@pytest.mark.parametrize("page", FOLLOWED, ids=name)
def test_the_commands_of_a_guide_run(page: Path, tmp_path: Path, slim: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    environment = workplace(folder, slim)
    for lay in GIVEN[name(page)]:
        lay(folder)
    for mark, text in shell_blocks(page):
        commands = text.replace("https://", "")
        if mark == "fails":
            commands = EACH_FINDS + commands + MUST_HAVE_FOUND
        elif mark == "elsewhere":
            continue
        done = subprocess.run(
            ["bash", "-uc" if mark else "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}{done.stdout[-500:]}{done.stderr}"


def test_what_is_laid_out_is_for_pages_that_are_followed() -> None:
    assert sorted(GIVEN) == sorted(map(name, FOLLOWED))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_marks_and_reasons(page: Path) -> None:
    for mark, text in shell_blocks(page):
        assert mark in ("", "fails", "elsewhere"), text
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        assert (mark == "elsewhere") == any(text.startswith(start) for start in ELSEWHERE), text


def test_every_reason_is_needed() -> None:
    texts = [text for page in PAGES for _, text in shell_blocks(page)]
    assert [start for start in ELSEWHERE if not any(text.startswith(start) for text in texts)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_command_hides_in_a_block_that_nobody_runs(page: Path) -> None:
    others = [text for language, text in BLOCK.findall(page.read_text()) if language.split()[:1] in ([], ["text"])]
    assert not re.search(r"^(ltocheck(?!:| stops)|rpmbuild|rpm|make|koji|mock|dask) ", "".join(others), re.MULTILINE)


SCREENS = 3 * 40
"""Lines of a guide that are read without a map."""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_long_guide_begins_with_a_summary(page: Path) -> None:
    text = page.read_text()
    if text.count("\n") > SCREENS and "Generated by" not in text:
        beginning = text.partition("\n## ")[0] + text.partition("\n## ")[2].partition("\n## ")[0]
        assert re.search(r"\]\((#|[\w/.-]+\.md#?)", beginning), "links that lead to its parts"
