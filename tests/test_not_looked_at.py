# SPDX-License-Identifier: GPL-2.0-or-later
"""Places that were not looked at are in every summary, so that none of them is taken for clean."""

import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from checker.errors import ExitCode
from checker.model import Omission, Summary
from checker.model.audits import Declaration, OptInSet, SpecState
from checker.model.statements import Ground, say
from checker.report.omissions import not_looked_at
from checker.specs.folder import SpecFolder
from checker.transition.declarations import declarations
from tests.packages import File, package
from tests.toolbox import NATIVE, ROOT, compiled, ltocheck


@pytest.fixture
def build_root(tmp_path: Path) -> Path:
    """One object, one FIFO, one folder of debug information, and one link that leads outside of any other folder."""
    root = tmp_path / "root"
    (root / "usr/lib/debug").mkdir(parents=True)
    compiled(root, "a", NATIVE)
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("/etc")
    return root


def test_scan_counts_them(build_root: Path) -> None:
    places = "not looked at: 1 of debug information, 1 special\n"
    assert ltocheck("scan", build_root).stdout == f"1 object (1 native): no findings; {places}"
    elsewhere = ltocheck("scan", "--no-build-root", build_root).stdout
    assert "1 of debug information, 1 behind links that lead outside, 1 special" in elsewhere
    summary = json.loads(ltocheck("scan", build_root, "--format", "json").stdout)["summary"]
    assert summary["not_looked_at"] == {"debug": 1, "special": 1}


@pytest.mark.parametrize("format_", ["sarif", "junit", "github"])
def test_formats_with_a_place_for_it_say_so(format_: str, build_root: Path) -> None:
    assert "1 of debug information, 1 special" in ltocheck("scan", build_root, "--format", format_).stdout


def test_unreadable_is_said_where_its_rule_is_off() -> None:
    omitted = {Omission.SPECIAL: 2, Omission.DEBUG: 1}
    summary = Summary()
    summary.unreadable, summary.not_looked_at = 3, omitted
    assert not_looked_at(summary) == "not looked at: 3 unreadable, 1 of debug information, 2 special"
    assert not_looked_at(summary, is_build=True) == "not looked at: 3 unreadable, 2 special"
    assert not_looked_at(Summary()) == ""


@pytest.mark.parametrize("engine", ["brp-ltocheck", "brp-ltocheck-lua"])
@pytest.mark.parametrize("has_object", [True, False])
def test_both_engines_tell_it(engine: str, has_object: bool, build_root: Path, tmp_path: Path) -> None:
    if not has_object:
        (build_root / "a.o").unlink()
    report = tmp_path / "report.json"
    environment = {"RPM_BUILD_ROOT": str(build_root), "PATH": os.environ["PATH"]}
    for more in ({}, {"LTOCHECK_REPORT_B64": b64encode(os.fsencode(report)).decode()}):
        done = subprocess.run(
            [ROOT / "macros" / engine], env=environment | more, capture_output=True, text=True, check=True
        )
        assert done.stderr == "ltocheck: not looked at: 1 special\n"
    assert json.loads(report.read_text())["summary"]["not_looked_at"] == {"debug": 1, "special": 1}


def test_a_package_counts_its_debug_files(tmp_path: Path) -> None:
    data = compiled(tmp_path, "a", NATIVE).read_bytes()
    kind = "ELF 64-bit LSB relocatable"
    file = tmp_path / "x.rpm"
    file.write_bytes(package([File("/usr/lib/debug/a.debug", data, kind), File("/usr/lib/a.o", data, kind)]))
    assert "1 object (1 native): no findings; not looked at: 1 of debug" in ltocheck("scan", file).stdout
    assert "2 objects (2 native): no findings\n" in ltocheck("scan", "--thorough", file).stdout


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_filter_that_leaves_nothing_is_no_clean_result(format_: str, build_root: Path) -> None:
    done = ltocheck("scan", "--exclude", "*.o", build_root, "--format", format_)
    assert done.returncode == ExitCode.USAGE
    assert "--exclude leaves nothing to judge" in done.stderr
    assert "no object" not in done.stderr
    if format_ == "json":
        loaded = json.loads(done.stdout)
        assert (loaded["exit_code"], loaded["summary"]["not_looked_at"]["excluded"]) == (2, 1)


def test_a_filter_that_leaves_something(build_root: Path) -> None:
    compiled(build_root, "b", NATIVE)
    done = ltocheck("scan", "--exclude", "b.*", build_root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not looked at: 1 excluded," in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--select", "spec-undefine"),
        ("scan", "--select", "slim-object", "--ignore", "slim-object"),
        ("scan", "--select", "undeclared-object"),
        ("spec", "--select", "slim-object"),
    ],
)
def test_rules_of_which_none_is_left(arguments: tuple[str, ...], build_root: Path) -> None:
    done = ltocheck(*arguments, build_root)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert arguments[1] in done.stderr
    assert "no rule is left" in done.stderr


def test_links_among_specs(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "a.spec").write_text("Name: a\n")
    (folder / "b").symlink_to(tmp_path)
    said = ltocheck("spec", "--target", "none", folder).stdout
    assert said.endswith("not looked at: 1 behind links that lead outside\n")


def test_specs_that_cannot_be_read_are_declared_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.spec")
    (tmp_path / "b.spec").write_text("Name: b\n")
    reason = say(Ground.UNREADABLE, detail="no regular file")
    declared = [*declarations(OptInSet((), (), 0), SpecFolder(str(tmp_path), "_fat_lto_objects"), "_fat_lto_objects")]
    assert declared == [Declaration("a", SpecState.INACCESSIBLE, "a.spec", reason)]
