# SPDX-License-Identifier: GPL-2.0-or-later
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checker import requires
from checker.model.specs import SpecItem
from checker.rules import RULES
from checker.shipped import shipped_targets
from tests.test_render import SCHEMA
from tests.toolbox import ROOT, ltocheck, run

SPECS = ROOT / "fixtures/specs"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec that needs the opt-in."""
    return Path(shutil.copy(SPECS / "static.spec", tmp_path / "libgreet.spec"))


def report(*arguments: str | Path, code: int = 0, stdin: str = "") -> Any:
    done = ltocheck("spec", "--format", "json", *arguments, stdin=stdin)
    loaded = json.loads(done.stdout)
    jsonschema.validate(loaded, SCHEMA)
    assert loaded["exit_code"] == done.returncode == code
    return loaded


def test_text(spec: Path) -> None:
    done = ltocheck("spec", spec.name, "--arch", "x86_64", cwd=spec.parent)
    assert done.stdout == (
        "libgreet.spec:48:1: error: ships static libraries or object files (fedora on x86_64), and does not opt in to "
        "fat ones [spec-needs-opt-in]\n"
        "   48 | %{_libdir}/lib*.a\n"
        "      | ^^^^^^^^^^^^^^^^^\n"
        "    fix: add at the top of the spec: %global _fat_lto_objects 1, or delete the files in %install\n"
        "1 spec: 1 error\n"
    )
    assert done.returncode == 1
    assert done.stderr == ""


def test_json(spec: Path) -> None:
    loaded = report(spec, "--target", "fedora,stock", "--arch", "x86_64,ppc64le", code=1)
    (target,) = loaded["targets"]
    assert (target["type"], target["path"], target["source"]) == ("spec", str(spec), "libgreet")
    assert target["archives"] == target["objects"] == []
    (finding,) = target["findings"]
    assert (finding["rule"], finding["line"], finding["column"]) == ("spec-needs-opt-in", 48, 1)
    facts = target["spec"]
    assert (facts["look"], facts["lto"], facts["ships_objects"], facts["opt_in"]) == (
        "expanded",
        "default",
        "yes",
        False,
    )
    assert [(one["target"], one["arch"], one["flags"]) for one in facts["targets"]] == [
        ("fedora", "x86_64", "slim"),
        ("fedora", "ppc64le", "slim"),
        ("stock", "x86_64", "none"),
        ("stock", "ppc64le", "none"),
    ]
    assert facts["lines"]["ships_objects"] == [{"line": 48, "column": 1, "text": "%{_libdir}/lib*.a"}]
    assert loaded["summary"]["specs"] == 1


def test_a_distribution_without_lto_needs_no_opt_in(spec: Path) -> None:
    assert report(spec, "--target", "stock")["targets"][0]["findings"] == []


def test_only_the_text(spec: Path) -> None:
    facts = report(spec, "--target", "none", code=1)["targets"][0]["spec"]
    assert (facts["look"], facts["targets"], facts["not_expanded"]) == ("lexical", [], None)


def test_folders_standard_input_and_jobs() -> None:
    loaded = report(SPECS, "--target", "none", "--jobs", "2", code=1)
    assert [Path(target["path"]).name for target in loaded["targets"]] == sorted(os.listdir(SPECS))
    (target,) = report("-", "--target", "none", stdin="Name: x\n")["targets"]
    assert (target["path"], target["source"]) == ("<stdin>", "x")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.spec")
    (tmp_path / "x.src.rpm").write_bytes(b"\xed\xab\xee\xdb" + bytes(100))
    (tmp_path / "nul.spec").write_bytes(b"a\0b")
    files = [tmp_path / name for name in ("fifo.spec", "x.src.rpm", "nul.spec", "missing.spec")]
    loaded = report(*files, code=3)
    messages = [target["findings"][0]["message"] for target in loaded["targets"]]
    assert messages == [
        "cannot be read: no regular file",
        "cannot be read: the package is truncated: its 104 bytes end inside its header",
        "cannot be read: holds a NUL byte: no text",
        "cannot be read: No such file or directory",
    ]


def test_source_packages(tmp_path: Path) -> None:
    (tmp_path / "greet.c").write_text("int greet(void) { return 1; }\n")
    run(
        "rpmbuild",
        "-bs",
        "--nodeps",
        "-D",
        f"_topdir {tmp_path}",
        "-D",
        f"_sourcedir {tmp_path}",
        SPECS / "static.spec",
    )
    (package,) = tmp_path.glob("SRPMS/*.src.rpm")
    (target,) = report(tmp_path, code=1)["targets"]
    assert (target["path"], target["type"], target["source"]) == (str(package), "spec", "libgreet")
    assert target["findings"][0]["line"] == 48
    refused = ltocheck("spec", "--fix", package)
    assert "left as it is: a source package" in refused.stderr
    run(
        "rpmbuild",
        "-bb",
        "--nodeps",
        "-D",
        f"_topdir {tmp_path}",
        "-D",
        f"_sourcedir {tmp_path}",
        SPECS / "static.spec",
    )
    (package, *_) = tmp_path.glob("RPMS/*/*.rpm")
    (target,) = report(package, code=3)["targets"]
    assert target["findings"][0]["message"] == "cannot be read: the package has 0 specs; a source package has one"


def test_fix_and_look_again(spec: Path) -> None:
    done = ltocheck("spec", "--fix", spec)
    assert done.stderr == f"{spec}: opted in\n"
    assert done.returncode == 0, done.stdout
    first = spec.read_bytes()
    assert first.startswith(b"# SPDX-License-Identifier: GPL-2.0-or-later\n\n%global _fat_lto_objects 1\n%bcond")
    assert ltocheck("spec", "--fix", spec).stderr == ""
    assert spec.read_bytes() == first


def test_diff_writes_nothing(spec: Path) -> None:
    before = spec.read_bytes()
    done = ltocheck("spec", "--diff", spec.name, cwd=spec.parent)
    assert done.returncode == 1
    assert done.stdout.startswith("--- a/libgreet.spec\n+++ b/libgreet.spec\n@@ -1,5 +1,6 @@\n")
    assert "+%global _fat_lto_objects 1\n" in done.stdout
    assert spec.read_bytes() == before
    piped = ltocheck("spec", "--diff", "-", stdin=before.decode())
    assert "+%global _fat_lto_objects 1\n" in piped.stdout


def test_a_refused_fix_says_why(tmp_path: Path) -> None:
    file = tmp_path / "x.spec"
    file.write_text("%global _lto_cflags -flto=thin\nName: x\n%files\n/usr/lib/libx.a\n")
    done = ltocheck("spec", "--fix", "--target", "none", file)
    assert done.stderr == f"{file}: left as it is: line 1 sets LTO flags of its own, which the opt-in does not reach\n"
    assert done.returncode == 1
    assert ltocheck("spec", "--diff", file).returncode == 0


def test_why_nothing_is_said_of_a_rust_library(tmp_path: Path) -> None:
    (tmp_path / "x.spec").write_text("Name: x\n%build\n%cargo_build\n%files\n/usr/lib/libx.a\n")
    done = ltocheck("spec", "--target", "none", "x.spec", cwd=tmp_path)
    assert done.returncode == 0
    assert "ships objects (its build system sets its own flags: Rust), does not opt in" in done.stdout


def test_many_specs_are_reported_by_cause(tmp_path: Path) -> None:
    for number in range(100):
        kind = ("%build\n%cargo_build\n", "%define _lto_cflags %{nil}\n", "%build\n%configure\n")[min(number % 10, 2)]
        end = "a" if number < 20 else "so"
        (tmp_path / f"{number:03}.spec").write_text(f"Name: x{number}\n{kind}%files\n/usr/lib/libx.{end}\n")
    done = ltocheck("spec", "--target", "none", ".", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert sum(line.startswith("0") and line.endswith("[spec-needs-opt-in]") for line in lines) == 16
    assert lines[-5:] == [
        "10 specs: note: spec-lto-disabled",
        "    001.spec, 011.spec, 021.spec, ...",
        "2 specs: its build system sets its own flags: Rust",
        "    000.spec, 010.spec",
        "100 specs: 16 errors, 10 notes",
    ]
    verbose = ltocheck("spec", "--target", "none", "-v", ".", cwd=tmp_path).stdout
    assert verbose.count("spec-lto-disabled") == 10


def test_policies_waive_findings_by_path(spec: Path, tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text(
        'extends = "fedora"\n[[waiver]]\nrule = "spec-needs-opt-in"\npath = "*/libgreet.spec"\nreason = "later"\n'
    )
    loaded = report("--policy", policy, spec)
    assert loaded["targets"][0]["findings"][0]["waived"] == "later"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "nowhere", "x"], "no distribution 'nowhere'"),
        (["--target", "fedora,", "x"], "names with commas"),
        (["--fix", "--diff", "x"], "one of them"),
        (["--fix", "-"], "standard input"),
        (["--jobs", "0", "x"], "jobs"),
    ],
)
def test_wrong_options(arguments: list[str], message: str) -> None:
    done = ltocheck("spec", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_without_a_sandbox_the_report_says_so(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = ltocheck("spec", "--format", "json", spec)
    facts = json.loads(done.stdout)["targets"][0]["spec"]
    assert (facts["look"], facts["not_expanded"]) == ("lexical", requires.BUBBLEWRAP.missing("bwrap is not found"))
    assert "no sandbox, so only the text is looked at" in done.stderr
    trusted = ltocheck("spec", "--trust", "--format", "json", spec)
    assert json.loads(trusted.stdout)["targets"][0]["spec"]["look"] == "expanded"
    assert "--trust: specs are programs" in trusted.stderr


def test_the_transcript_in_the_guide_is_what_the_command_says() -> None:
    guide = (ROOT / "docs/guide/specs.md").read_text()
    shown = re.search(r"<!-- transcript -->\n```\n\$ ltocheck (.*)\n((?:.*\n)*?)```", guide)
    assert shown
    assert ltocheck(*shown[1].split(), cwd=SPECS).stdout == shown[2]


def test_the_guide_names_every_target_and_rule() -> None:
    guide = (ROOT / "docs/guide/specs.md").read_text()
    assert all(f"`{name}`" in guide for name in shipped_targets())
    assert all(f"[{rule.name}]" in guide for rule in RULES if rule.fact is SpecItem)
