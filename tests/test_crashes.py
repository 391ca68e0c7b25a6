# SPDX-License-Identifier: GPL-2.0-or-later
"""A bug of our own in one object, package or spec is a finding about that one; the rest is judged."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker import hook
from checker.errors import ExitCode
from checker.judging.policy import load_policy
from checker.model import Item, Kind, PackageFacts, Target, TargetType
from checker.objects.classify import classify
from checker.objects.source import Source
from checker.specs.lexical import look_at_text
from tests.factories import GIMPLE, Kept, item, push
from tests.toolbox import SLIM, archive, compiled, ltocheck

FEDORA = load_policy("fedora")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three slim objects, loose and in an archive; the second makes the classifier fail."""
    sizes: list[int] = []
    root = tmp_path / "root/usr/lib64"
    root.mkdir(parents=True)
    for name in ("aa", "mm", "zz"):
        made = compiled(root, name, SLIM, f"int {name * (1 + len(sizes))}(int x) {{ return x; }}\n" + "int a;" * 99)
        with made.open("ab") as out:
            out.write(b"\0" * len(sizes))
        sizes.append(made.stat().st_size)
    archive(root / "lib.a", sorted(root.glob("*.o")))

    def failing(source: Source, head: bytes = b"") -> Any:
        if source.size == sizes[1]:
            raise IndexError("index out of range")
        return classify(source, head)

    monkeypatch.setattr("checker.objects.walk.classify", failing)
    assert len(set(sizes)) == 3
    return tmp_path / "root"


def test_scan_judges_the_other_objects(folder: Path) -> None:
    done = ltocheck("scan", "--format", "json", folder)
    assert done.returncode == ExitCode.UNREADABLE
    assert not done.stderr
    (target,) = json.loads(done.stdout)["targets"]
    found = [(Path(one["path"]).name, one["member"], one["rule"]) for one in target["findings"]]
    assert found == [
        ("aa.o", None, "slim-object"),
        ("lib.a", "aa.o", "slim-object"),
        ("lib.a", "mm.o", "unreadable-object"),
        ("lib.a", "zz.o", "slim-object"),
        ("mm.o", None, "unreadable-object"),
        ("zz.o", None, "slim-object"),
    ]
    messages = {one["message"] for one in target["findings"] if one["rule"] == "unreadable-object"}
    (message,) = messages
    assert message.startswith("makes ltocheck fail: IndexError in test_crashes.py:")
    assert "report it as a bug" in next(one["remedy"] for one in target["findings"] if one["message"] == message)


@pytest.mark.parametrize(("mode", "code"), [("enforce", ExitCode.UNREADABLE), ("warn", ExitCode.OK)])
def test_the_hook_names_the_other_objects(folder: Path, mode: str, code: ExitCode) -> None:
    err = io.StringIO()
    environment = {"RPM_BUILD_ROOT": str(folder), "LTOCHECK_MODE": mode}
    assert hook.main([], environment, err) == code
    assert all(f"/usr/lib64/{name}.o" in err.getvalue() for name in ("aa", "mm", "zz"))


def test_a_package_that_fails_does_not_end_the_run() -> None:
    def items() -> Iterator[Item]:
        yield item(Kind.SLIM, GIMPLE)
        raise KeyError("a bug")

    targets = [Target(f"{name}.rpm", TargetType.RPM, PackageFacts(name), items()) for name in ("a", "b")]
    kept = Kept()
    assert push(targets, FEDORA, kept).exit_code is ExitCode.UNREADABLE
    rules = [finding.rule for judged in kept.judged for finding in judged.findings]
    assert rules == ["slim-object", "unreadable-package"] * 2


def test_a_spec_that_fails_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.spec").write_text(f"Name: {name}\n%files\n/usr/lib64/lib{name}.a\n")

    def failing(reading: Any, macro: str) -> Any:
        if "liba.a" in str(vars(reading) if hasattr(reading, "__dict__") else reading):
            raise RecursionError("too deep")
        return look_at_text(reading, macro)

    monkeypatch.setattr("checker.specs.look.look_at_text", failing)
    done = ltocheck("spec", "--target", "none", "--format", "json", tmp_path)
    assert done.returncode == ExitCode.UNREADABLE
    found = [one["rule"] for target in json.loads(done.stdout)["targets"] for one in target["findings"]]
    assert found == ["spec-unreadable", "spec-needs-opt-in"]
