# SPDX-License-Identifier: GPL-2.0-or-later
"""Clean means that something was looked at."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from checker.errors import ExitCode
from tests.audits import add_package
from tests.toolbox import NATIVE, ROOT, archive, compiled, ltocheck


def audit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return ltocheck("audit", "--store", folder / "a.db", *arguments, cwd=folder)


@pytest.mark.parametrize("arguments", [("spec", "--target", "none"), ("audit", "--store", "a.db")])
def test_an_architecture_that_there_is_not(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = ltocheck(*arguments, "--arch", "x8664", tmp_path, cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert "did you mean x86_64?" in done.stderr


@pytest.mark.parametrize("arch", ["aarch64", "armv7hl", "i686", "noarch", "riscv64", "loongarch64", "x86_64_v2"])
def test_architectures_that_there_are(arch: str, tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text("Name: a\n")
    assert ltocheck("spec", "--target", "none", "--arch", arch, tmp_path).returncode == ExitCode.OK


def test_an_audit_of_an_architecture_that_no_package_is_for(tmp_path: Path) -> None:
    add_package(tmp_path / "repo", "foo")
    done = audit(tmp_path, "--arch", "s390x", "repo")
    assert done.returncode == ExitCode.USAGE
    assert "the repositories hold no package for it" in done.stderr
    assert "holds no complete audit" in ltocheck("report", "--store", tmp_path / "a.db").stderr


def test_an_audit_of_a_folder_without_packages(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    done = audit(tmp_path, "repo")
    assert done.returncode == ExitCode.OK
    assert "warning: nothing was looked at" in done.stderr


def test_a_failed_audit_is_not_the_latest(tmp_path: Path) -> None:
    add_package(tmp_path / "repo", "foo")
    assert audit(tmp_path, "repo").returncode == ExitCode.OK
    failed = audit(tmp_path, "nowhere")
    assert failed.returncode == ExitCode.UNREADABLE
    assert "check the path or address" in failed.stdout
    assert "next: " not in failed.stderr
    latest = json.loads(ltocheck("report", "--store", tmp_path / "a.db", "--format", "json").stdout)
    assert [target["package"] for target in latest["targets"]] == ["foo-1.0-1.x86_64"]
    assert ltocheck("report", "--store", tmp_path / "a.db", "2").returncode == ExitCode.UNREADABLE


@pytest.mark.parametrize(("name", "data"), [("x.txt", b"text\n"), ("x.gz", b"\x1f\x8b\x08\0\0\0\0\0"), ("x.deb", b"")])
def test_scan_of_what_is_no_object(name: str, data: bytes, tmp_path: Path) -> None:
    file = tmp_path / name
    if data:
        file.write_bytes(data)
    else:
        (tmp_path / "debian-binary").write_text("2.0\n")
        archive(file, [tmp_path / "debian-binary"])
    done = ltocheck("scan", file)
    assert done.stderr == f"ltocheck: warning: {file} is no package, object or static library: nothing was judged\n"


def test_scan_of_a_folder_without_objects(tmp_path: Path) -> None:
    (tmp_path / "readme").write_text("text\n")
    assert "holds no object and no static library" in ltocheck("scan", tmp_path).stderr


def test_scan_of_a_folder_of_packages(tmp_path: Path) -> None:
    add_package(tmp_path / "a b/below", "foo")
    said = ltocheck("scan", "a b", cwd=tmp_path).stderr
    assert said.endswith(": nothing was judged; for the packages in it there is ltocheck audit 'a b'\n")


def test_scan_of_what_was_judged_warns_of_nothing(tmp_path: Path) -> None:
    assert ltocheck("scan", compiled(tmp_path, "a", NATIVE), add_package(tmp_path, "foo", "none")).stderr == ""


def test_scan_of_what_nobody_can_look_into_says_just_that(tmp_path: Path) -> None:
    bundle = ROOT / "fixtures" / "corpus" / "kinds" / "bundle-compressed.o"
    for target in (bundle, archive(tmp_path / "x.a", [bundle])):
        done = ltocheck("scan", target)
        assert "compressed-bundle" in done.stdout
        assert done.stderr == ""


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("root", [None, "/nonexistent"])
def test_the_hook_helps(option: str, root: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "RPM_BUILD_ROOT"}
    environment |= {"RPM_BUILD_ROOT": root} if root else {}
    command = [str(ROOT / "macros/brp-ltocheck"), option]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "brp-ltocheck [--stage installed|stripped]" in done.stdout
    assert done.stderr == ""
