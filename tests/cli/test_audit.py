# SPDX-License-Identifier: GPL-2.0-or-later
"""Audits by the command line: repositories, runs, reports on them, and everything that can go wrong on the way."""

import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from checker.audit.facts import FACTS
from checker.audit.store import Store
from tests.audits import COMMAND, ENVIRONMENT, add_package, audited, found, many_packages, names, stored
from tests.servers import Server, other, serving, status
from tests.toolbox import CREATEREPO, ROOT, ltocheck, run


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    add_package(folder / "x86_64", "foo-devel", "hollow", source="foo")
    add_package(folder / "x86_64", "bar-static", "native", source="bar")
    add_package(folder / "aarch64", "foo-devel", "hollow", arch="aarch64", source="foo")
    add_package(folder / "aarch64", "only-here", "native", arch="aarch64", source="apart")
    return folder


def test_a_run_is_by_source_package_over_all_architectures(tmp_path: Path, repository: Path) -> None:
    loaded = audited("audit", repository, code=1, cwd=tmp_path)
    assert names(loaded) == [
        "only-here-1.0-1.aarch64", "bar-static-1.0-1.x86_64", "foo-devel-1.0-1.aarch64", "foo-devel-1.0-1.x86_64"
    ]  # fmt: skip
    assert found(loaded) == [("hollow-object", "/usr/lib64/libfoo-devel.a")] * 2
    assert [entry["location"] for entry in loaded["repositories"]] == [str(repository)]


def test_architectures_can_be_chosen(tmp_path: Path, repository: Path) -> None:
    loaded = audited("audit", "--arch", "x86_64,noarch", repository, code=1, cwd=tmp_path)
    assert names(loaded) == ["bar-static-1.0-1.x86_64", "foo-devel-1.0-1.x86_64"]


def test_several_repositories_and_the_same_package_twice(tmp_path: Path, repository: Path) -> None:
    other = tmp_path / "updates"
    shutil.copytree(repository / "x86_64", other)
    add_package(other, "foo-devel", "native", version="1.1", source="foo")
    loaded = audited("audit", repository, other, code=1, cwd=tmp_path)
    assert len(names(loaded)) == len(set(names(loaded))) == 4
    assert names(loaded)[-1] == "foo-devel-1.1-1.x86_64"
    assert len(loaded["repositories"]) == 2
    every = names(audited("audit", "--all-versions", repository, other, code=1, cwd=tmp_path))
    assert list(set(every) - set(names(loaded))) == ["foo-devel-1.0-1.x86_64"]


@pytest.mark.parametrize("is_listed", [False, True], ids=["folder", "metadata"])
def test_the_newest_version_of_each_package_counts(tmp_path: Path, is_listed: bool) -> None:
    """As rpm compares versions, for each architecture, also where the newest holds no object any more."""
    for name, version, kind, arch in (
        ("a", "1.9", "hollow", "x86_64"),
        ("a", "1.10", "native", "x86_64"),
        ("a", "1.9", "hollow", "aarch64"),
        ("b", "1.0~rc1", "native", "x86_64"),
        ("b", "1.0", "hollow", "x86_64"),
        ("c", "1", "hollow", "x86_64"),
        ("c", "2", "none", "x86_64"),
    ):
        add_package(tmp_path / "repo", name, kind, version, arch)
    if is_listed:
        run(CREATEREPO, "-q", tmp_path / "repo")
    loaded = audited("audit", "repo", code=1, cwd=tmp_path)
    broken = [target["package"] for target in loaded["targets"] if target["findings"]]
    assert broken == ["a-1.9-1.aarch64", "b-1.0-1.x86_64"]
    assert len(found(audited("audit", "--all-versions", "repo", code=1, cwd=tmp_path))) == 4


def test_source_packages_are_not_looked_at(tmp_path: Path, repository: Path) -> None:
    shutil.copy(ROOT / "fixtures/packages/v4-empty.src.rpm", repository)
    assert len(names(audited("audit", repository, code=1, cwd=tmp_path))) == 4


def test_text(tmp_path: Path, repository: Path) -> None:
    done = ltocheck("audit", "-j", "1", "repo", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "ltocheck: 4 packages, 0 of them in the store\nltocheck: 4 looked at, 0 taken from the store\n"
        "ltocheck: kept as audit 1 in ltocheck.db\nltocheck: next: ltocheck opt-in 1\n"
    )
    described = ltocheck("report", "-v", cwd=tmp_path).stdout.splitlines()[2:5]
    explained = [line.strip() for line in described if "because" not in line]
    size = sum(file.stat().st_size for file in repository.rglob("*.rpm")) / 1000
    assert done.stdout == (
        "repo/aarch64/foo-devel-1.0-1.aarch64.rpm\n"
        "  error: hollow-object /usr/lib64/libfoo-devel.a: add.o\n"
        "repo/x86_64/foo-devel-1.0-1.x86_64.rpm\n"
        "  error: hollow-object /usr/lib64/libfoo-devel.a: add.o\n"
        "source packages: 1 with errors\n"
        "4 objects (2 native, 2 hollow) in 4 archives and loose files: 2 errors\n"
        "by rule:\n"
        "  error   hollow-object         1 source package, 2 findings\n"
        f"          {explained[0]} (1 more like this)\n"
        f"          {explained[1]}\n"
        "source packages with most:\n"
        "  foo: 2 errors\n"
        "4 packages looked at\n"
        f"  repo: {size:.3g} kB\n"
    )
    again = ltocheck("audit", "repo", cwd=tmp_path)
    assert again.stdout == done.stdout
    assert again.stderr.splitlines()[1] == "ltocheck: 0 looked at, 4 taken from the store"
    assert ltocheck("audit", "-q", "repo", cwd=tmp_path).stderr == ""


def test_an_unchanged_repository_is_not_opened_again(tmp_path: Path, repository: Path) -> None:
    first = audited("audit", repository, code=1, cwd=tmp_path)
    traced = tmp_path / "trace"
    run("strace", "-f", "-e", "trace=openat,open", "-o", traced, *COMMAND, "audit", "--fail-on", "never",
        repository, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert ".rpm" not in traced.read_text()
    changed = repository / "x86_64/bar-static-1.0-1.x86_64.rpm"
    changed.write_bytes((repository / "x86_64/foo-devel-1.0-1.x86_64.rpm").read_bytes())
    done = ltocheck("audit", repository, cwd=tmp_path)
    assert "1 looked at, 3 taken from the store" in done.stderr
    assert names(first) != names(audited("report", code=1, cwd=tmp_path))


def test_facts_are_judged_again_without_the_packages(tmp_path: Path, repository: Path) -> None:
    first = audited("audit", repository, code=1, cwd=tmp_path)
    shutil.rmtree(repository)
    assert audited("report", code=1, cwd=tmp_path) == first
    assert found(audited("report", "--policy", "fedora-strict", code=1, cwd=tmp_path)) != found(first)
    policy = tmp_path / "mild.toml"
    policy.write_text('name = "mild"\nextends = "fedora"\n[rules]\nhollow-object = "note"\n')
    loaded = audited("report", "--policy", policy, code=0, cwd=tmp_path)
    assert loaded["summary"]["notes"] == 2


def test_runs_have_numbers_and_names(tmp_path: Path, repository: Path) -> None:
    audited("audit", "--name", "before", repository, code=1, cwd=tmp_path)
    shutil.rmtree(repository / "aarch64")
    audited("audit", "--name", "after", repository, code=1, cwd=tmp_path)
    assert len(names(audited("report", "before", code=1, cwd=tmp_path))) == 4
    assert len(names(audited("report", "1", code=1, cwd=tmp_path))) == 4
    assert len(names(audited("report", code=1, cwd=tmp_path))) == 2
    head, *lines = ltocheck("report", "--list", cwd=tmp_path).stdout.splitlines()
    assert head.split() == ["RUN", "NAME", "FINISHED", "PACKAGES", "REPOSITORIES"]
    assert [line.split()[:2] for line in lines] == [["1", "before"], ["2", "after"]]
    assert [line.split()[-2:] for line in lines] == [["4", str(repository)], ["2", str(repository)]]
    listed = json.loads(ltocheck("report", "--list", "--format", "json", cwd=tmp_path).stdout)
    jsonschema.validate(listed, json.loads((ROOT / "docs/reference/runs.schema.json").read_text()))
    rows = listed["runs"]
    assert [(row["run"], row["name"], row["packages"]) for row in rows] == [(1, "before", 4), (2, "after", 2)]
    done = ltocheck("report", "--list", "--format", "csv", cwd=tmp_path)
    assert (done.returncode, "written as text or json" in done.stderr) == (2, True)
    done = ltocheck("report", "between", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2, "ltocheck: ltocheck.db: has no audit 'between'; there are 1 (before), 2 (after)\n"
    )  # fmt: skip
    done = ltocheck("audit", "--name", "7", repository, cwd=tmp_path)
    assert (done.returncode, "no number" in done.stderr) == (2, True)


def test_since(tmp_path: Path, repository: Path) -> None:
    audited("audit", "--name", "before", repository, code=1, cwd=tmp_path)
    (repository / "aarch64/foo-devel-1.0-1.aarch64.rpm").unlink()
    add_package(repository / "aarch64", "foo-devel", "native", arch="aarch64", version="1.1", source="foo")
    (repository / "x86_64/foo-devel-1.0-1.x86_64.rpm").unlink()
    add_package(repository / "x86_64", "foo-devel", "hollow", version="1.1", source="foo")
    add_package(repository / "x86_64", "fresh", "hollow")
    loaded = audited("audit", "--since", "before", repository, code=1, cwd=tmp_path)
    changes = {target["package"]: [one["change"] for one in target["findings"]] for target in loaded["targets"]}
    assert changes["foo-devel-1.1-1.x86_64"] == ["remaining"]
    assert changes["fresh-1.0-1.x86_64"] == ["new"]
    (fixed,) = loaded["fixed"]
    assert (fixed["package"], [one["change"] for one in fixed["findings"]]) == ("foo-devel-1.0-1.aarch64", ["fixed"])
    text = ltocheck("report", "--since", "1", cwd=tmp_path).stdout
    assert text.startswith(
        "since the older audit, source packages: 1 new, 0 resolved, 1 remaining\n"
        "findings: 1 new, 1 remaining, 1 fixed\n\n"
        f"new:\n{repository}/x86_64/fresh-1.0-1.x86_64.rpm\n  error: hollow-object /usr/lib64/libfresh.a: add.o\n\n"
        f"fixed:\n{repository}/aarch64/foo-devel-1.0-1.aarch64.rpm\n"
        "  error: hollow-object /usr/lib64/libfoo-devel.a: add.o\n\n"
        "source packages: 2 with errors\n"
    )
    assert "\nremaining:\n" in ltocheck("report", "--since", "1", "-v", cwd=tmp_path).stdout
    rows = ltocheck("report", "--since", "1", "--format", "csv", cwd=tmp_path).stdout.splitlines()
    assert sorted(row.rpartition(",")[2] for row in rows[1:]) == ["fixed", "new", "remaining"]
    sarif = json.loads(ltocheck("report", "--since", "1", "--format", "sarif", cwd=tmp_path).stdout)
    states = [result["baselineState"] for result in sarif["runs"][0]["results"]]
    assert sorted(states) == ["absent", "new", "unchanged"]
    assert "fixed" not in audited("report", code=1, cwd=tmp_path)


def test_what_is_fixed_or_gone_does_not_fail(tmp_path: Path, repository: Path) -> None:
    audited("audit", repository, code=1, cwd=tmp_path)
    (repository / "x86_64/foo-devel-1.0-1.x86_64.rpm").unlink()
    (repository / "aarch64/foo-devel-1.0-1.aarch64.rpm").unlink()
    add_package(repository / "aarch64", "foo-devel", "none", arch="aarch64", version="1.1", source="foo")
    loaded = audited("audit", "--since", "1", repository, code=0, cwd=tmp_path)
    assert [target["package"] for target in loaded["fixed"]] == ["foo-devel-1.0-1.aarch64"]
    assert [target["package"] for target in loaded["gone"]] == ["foo-devel-1.0-1.x86_64"]
    assert loaded["out_of_scope"] == []
    text = ltocheck("report", "--since", "1", cwd=tmp_path).stdout
    assert text.startswith("since the older audit, source packages: 0 new, 0 resolved, 0 remaining, 1 gone\n")
    assert "\ngone:\n" in text


def test_what_nobody_looked_at_is_neither_new_nor_fixed(tmp_path: Path, repository: Path) -> None:
    audited("audit", "--name", "both", repository, code=1, cwd=tmp_path)
    for arguments in ([repository, "--arch", "x86_64"], [repository / "x86_64"]):
        loaded = audited("audit", "--since", "both", *arguments, code=1, cwd=tmp_path)
        changes = [one["change"] for target in loaded["targets"] for one in target["findings"]]
        assert (changes, loaded["fixed"], loaded["gone"]) == (["remaining"], [], [])
        assert [target["package"] for target in loaded["out_of_scope"]] == ["foo-devel-1.0-1.aarch64"]
    loaded = audited("report", "both", "--since", "3", code=1, cwd=tmp_path)
    changes = [one["change"] for target in loaded["targets"] for one in target["findings"]]
    assert sorted(changes) == ["remaining", "uncompared"]
    text = ltocheck("report", "both", "--since", "3", cwd=tmp_path).stdout
    assert text.startswith("since the older audit, source packages: 0 new, 0 resolved, 1 remaining\n")
    sarif = json.loads(ltocheck("report", "3", "--since", "both", "--format", "sarif", cwd=tmp_path).stdout)
    assert [result["baselineState"] for result in sarif["runs"][0]["results"]] == ["unchanged"]


def test_packages_that_cannot_be_read(tmp_path: Path) -> None:
    folder = many_packages(tmp_path / "repo", 3)
    loaded = audited("audit", folder, code=3, cwd=tmp_path)
    unread = [target for target in loaded["targets"] if target["package"] is None]
    assert [target["findings"][0]["rule"] for target in unread] == ["unreadable-package"] * 2
    assert loaded["summary"]["unreadable"] == 2
    again = ltocheck("audit", folder, cwd=tmp_path)
    assert "0 looked at, 5 taken from the store" in again.stderr  # that they are broken is a fact, too
    assert (again.returncode, "404" in again.stdout) == (3, False)


def test_a_package_that_could_not_be_opened_is_tried_again(tmp_path: Path, repository: Path) -> None:
    hidden = repository / "x86_64/bar-static-1.0-1.x86_64.rpm"
    whole = hidden.read_bytes()
    hidden.unlink()
    os.mkfifo(hidden)
    loaded = audited("audit", repository, code=3, cwd=tmp_path)
    assert found(loaded)[0] == ("unreadable-package", str(hidden))
    hidden.unlink()
    hidden.write_bytes(whole)
    assert "bar-static-1.0-1.x86_64" in names(audited("audit", repository, code=1, cwd=tmp_path))


def test_a_package_that_is_listed_and_missing_has_its_name(tmp_path: Path, repository: Path) -> None:
    run(CREATEREPO, "--quiet", repository)
    (repository / "x86_64/bar-static-1.0-1.x86_64.rpm").unlink()
    _, target, *_ = audited("audit", repository, code=3, cwd=tmp_path)["targets"]
    assert (target["package"], target["source"], target["arch"]) == ("bar-static-1.0-1.x86_64", "bar", "x86_64")
    assert [one["rule"] for one in target["findings"]] == ["unreadable-package"]


def test_source_packages_count_once_in_several_repositories(tmp_path: Path, repository: Path) -> None:
    audited("audit", repository / "x86_64", repository / "aarch64", code=1, cwd=tmp_path)
    assert "2 of 3 source packages need" in ltocheck("opt-in", cwd=tmp_path).stdout


def test_a_repository_that_is_not_there(tmp_path: Path, repository: Path) -> None:
    loaded = audited("audit", repository, tmp_path / "nowhere", code=3, cwd=tmp_path)
    assert loaded["targets"][0]["type"] == "repository"
    assert [one["rule"] for one in loaded["targets"][0]["findings"]] == ["unreadable-repository"]
    assert len(loaded["targets"]) == 5


@pytest.mark.parametrize("name", [b"new\nline", b"\x1b[31mred", b"not-utf8-\xff", b"quote'\"", b"$(id)", b"a%2fb"])
def test_hostile_names(tmp_path: Path, name: bytes) -> None:
    folder = os.fsencode(tmp_path) + b"/repo-" + name
    os.mkdir(folder)
    real = add_package(tmp_path, "foo", "hollow")
    shutil.copy(os.fsencode(real), folder + b"/" + name + b".rpm")
    done = [
        subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
        )
        for arguments in ([b"audit", folder, b"--name", name], [b"report", name], [b"report", b"--list"])
    ]  # fmt: skip
    assert [one.returncode for one in done] == [1, 1, 0]
    assert done[0].stdout == done[1].stdout
    for one in done:
        assert b"\x1b" not in one.stdout + one.stderr
        assert b"Traceback" not in one.stderr
        one.stdout.decode()


def test_a_name_stands_for_one_audit(tmp_path: Path, repository: Path) -> None:
    assert ltocheck("audit", "--name", "june", tmp_path / "nowhere", cwd=tmp_path).returncode == 3
    audited("audit", "--name", "june", repository, code=1, cwd=tmp_path)  # the other one could read nothing
    done = ltocheck("audit", "--name", "june", repository, cwd=tmp_path)
    assert (done.returncode, "audit 2 of ltocheck.db has this name" in done.stderr) == (2, True)


def test_what_comes_next_works_as_it_stands(tmp_path: Path, repository: Path) -> None:
    done = ltocheck("audit", "--store", "with space.db", "--name", "june week 2", repository, cwd=tmp_path)
    *_, kept, following = done.stderr.splitlines()
    assert kept == "ltocheck: kept as audit 1 (june week 2) in with space.db"
    words = shlex.split(following.removeprefix("ltocheck: next: ltocheck "))
    assert ltocheck(*words, cwd=tmp_path).returncode == 0


def test_rules_can_be_chosen(tmp_path: Path, repository: Path) -> None:
    audited("audit", "--select", "slim-object", repository, code=0, cwd=tmp_path)
    audited("report", "--ignore", "hollow-object", code=0, cwd=tmp_path)
    text = ltocheck("report", "-q", "--statistics", cwd=tmp_path).stdout
    assert text.endswith("\n       2  error    hollow-object\n")


def test_color(tmp_path: Path, repository: Path) -> None:
    plain = ltocheck("audit", "-q", repository, cwd=tmp_path).stdout
    colored = ltocheck("report", "-q", "--color", "always", cwd=tmp_path).stdout
    assert "\033[1;31merror\033[0m" in colored
    assert re.sub(r"\033\[[\d;]*m", "", colored) == plain


class TestInterrupts:
    def test_what_is_done_is_kept(self, tmp_path: Path) -> None:
        folder = many_packages(tmp_path / "repo", 1200)
        process = subprocess.Popen(
            [*COMMAND, "audit", "repo"], cwd=tmp_path, env=ENVIRONMENT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert process.stderr
        assert "1202 packages" in process.stderr.readline()
        while not stored(tmp_path / "ltocheck.db"):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers, too
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (130, "")
        assert err.startswith("ltocheck: interrupted: ")
        assert err.endswith(" of 1202 packages done and kept; the same command continues from there\n")
        kept = stored(tmp_path / "ltocheck.db")
        done = ltocheck("audit", folder, cwd=tmp_path)
        assert f"ltocheck: 1202 packages, {kept} of them in the store\n" in done.stderr


class TestStores:
    def test_of_another_version(self, tmp_path: Path, repository: Path) -> None:
        audited("audit", repository, code=1, cwd=tmp_path)
        with closing(sqlite3.connect(tmp_path / "ltocheck.db")) as db, db:
            db.execute("PRAGMA user_version = 9")
        for command in (["audit", str(repository)], ["report"]):
            done = ltocheck(*command, cwd=tmp_path)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr == "ltocheck: ltocheck.db: is a store of version 9; this ltocheck knows version 2\n"

    def test_facts_of_another_version_are_read_anew(self, tmp_path: Path, repository: Path) -> None:
        first = audited("audit", repository, code=1, cwd=tmp_path)
        assert "4 of them in the store" in ltocheck("audit", repository, cwd=tmp_path).stderr
        with closing(sqlite3.connect(tmp_path / "ltocheck.db")) as db, db:
            said = zlib.compress(b'["said","otherwise"]\n["files",4711]\n')
            db.execute("UPDATE packages SET tool = ?, facts = ?", (str(FACTS - 1), said))
        done = ltocheck("audit", "--format", "json", repository, cwd=tmp_path)
        assert "ltocheck: 4 packages, 0 of them in the store\n" in done.stderr
        assert json.loads(done.stdout)["targets"] == first["targets"]
        assert audited("report", code=1, cwd=tmp_path)["targets"] == first["targets"]

    def test_something_else(self, tmp_path: Path, repository: Path) -> None:
        (tmp_path / "text.db").write_text("no database\n" * 100)
        with closing(sqlite3.connect(tmp_path / "other.db")) as db, db:
            db.execute("CREATE TABLE x (y)")
        for name, word in (("text.db", "not a database"), ("other.db", "no store of audits"), (".", "cannot be used")):
            for command in (["audit", str(repository)], ["report"]):
                done = ltocheck(*command, "--store", name, cwd=tmp_path)
                assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
                assert word in done.stderr
        assert ltocheck("report", "--store", "none.db", cwd=tmp_path).returncode == 2
        assert not (tmp_path / "none.db").exists()

    def test_damaged(self, tmp_path: Path) -> None:
        many_packages(tmp_path / "repo", 60)
        audited("audit", "repo", code=3, cwd=tmp_path)
        store = tmp_path / "ltocheck.db"
        whole = store.read_bytes()
        sound = ltocheck("report", cwd=tmp_path)
        pages = range(0, len(whole), 4096)
        unusable = []
        for start in (pages[0], pages[1], pages[len(pages) // 2], pages[-1]):
            store.write_bytes(whole[:start] + b"\xa5" * 4096 + whole[start + 4096 :])
            for command in (["report"], ["audit", "repo"]):
                done = ltocheck(*command, cwd=tmp_path)
                if done.returncode == 2:
                    assert done.stderr.splitlines()[-1].startswith("ltocheck: ltocheck.db: "), done.stderr
                    assert (done.stdout, "Traceback" in done.stderr) == ("", False)
                    unusable.append(start)
                else:  # what was overwritten is said, or is not needed
                    assert done.returncode == 3, done.stderr
                    assert "is damaged in the store" in done.stdout or done.stdout == sound.stdout
        assert unusable.count(pages[0]) == 2

    @pytest.mark.parametrize(
        "facts",
        [
            b"",
            b"x",
            5,
            "text",
            zlib.compress(b""),
            zlib.compress(b"[1]\n"),
            zlib.compress(b"{"),
            zlib.compress(b"[" * 100_000),
            zlib.compress(b" " * 10_000_000),
            zlib.compress(b"[]\n" + b'["files",1]\n' * 100_000)[:-20],
            zlib.compress(b'[]\n["object",5,null,null,0]\n'),
            zlib.compress(b'[]\n["nonsense"]\n'),
            zlib.compress(b"[5]\n"),
            zlib.compress(b'["x",null,null,1]\n'),
        ],
    )
    def test_facts_that_are_none(self, tmp_path: Path, repository: Path, facts: object) -> None:
        audited("audit", repository, code=1, cwd=tmp_path)
        with closing(sqlite3.connect(tmp_path / "ltocheck.db")) as db, db:
            (sound,) = db.execute("SELECT count(*) FROM packages").fetchone()
            db.execute("UPDATE packages SET facts = ? WHERE id = 1", (facts,))
        found = audited("report", code=3, cwd=tmp_path)
        lost = [
            one
            for target in found["targets"]
            for one in target["findings"]
            if "is damaged in the store" in one["message"]
        ]
        assert [one["rule"] for one in lost] == ["unreadable-package"]
        assert "ltocheck.db" in lost[0]["message"]
        assert len(found["targets"]) >= sound

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("UPDATE run_packages SET obstacle = 'null' WHERE number = 0", 3),
            ("UPDATE run_packages SET location = 'x\"', package = NULL WHERE number = 0", 3),
            ("UPDATE run_packages SET name = x'ff'", 3),
            ("UPDATE run_packages SET package = 4711 WHERE number = 0", 3),
            ("UPDATE runs SET repositories = 'nan'", 2),
            ("UPDATE runs SET repositories = '[{}]'", 2),
            (f"UPDATE runs SET repositories = '{'[' * 100_000}'", 2),
            ("UPDATE runs SET finished = 'yesterday'", 2),
            ("UPDATE runs SET sources = 'many'", 2),
            ("ALTER TABLE packages DROP COLUMN facts", 2),
            ("DROP TABLE files", 2),
            ("CREATE TRIGGER t AFTER INSERT ON runs BEGIN SELECT 1; END", 2),
            ("CREATE VIEW v AS SELECT 1", 2),
        ],
    )
    def test_changed_by_another_program(self, tmp_path: Path, repository: Path, change: str, code: int) -> None:
        audited("audit", repository, code=1, cwd=tmp_path)
        with closing(sqlite3.connect(tmp_path / "ltocheck.db")) as db, db:
            db.execute(change)
        done = ltocheck("report", cwd=tmp_path)
        assert done.returncode == code, done.stderr
        assert "ltocheck.db" in (done.stderr if code == 2 else done.stdout)

    def test_many_that_make_one_at_the_same_moment(self, tmp_path: Path) -> None:
        def make(number: int) -> None:
            with Store(tmp_path / f"{number // 8}.db", write=True) as store:
                store.add(f"sha256:{number}", "whole", b"")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(make, range(400)))
        assert {stored(tmp_path / f"{number}.db") for number in range(50)} == {8}

    def test_two_audits_at_once(self, tmp_path: Path) -> None:
        many_packages(tmp_path / "repo", 100)
        command = [*COMMAND, "audit", "-q", "-j", "1", "--format", "json", "repo"]
        both = [
            subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        (first, error), (second, other) = (process.communicate(timeout=60) for process in both)
        assert (error, other) == (b"", b"")
        assert first == second
        assert stored(tmp_path / "ltocheck.db") == 102
        _, *runs = ltocheck("report", "--list", cwd=tmp_path).stdout.splitlines()
        assert len(runs) == 2


INSIDE = "mount -t tmpfs -o size={size} none {place} && cd {place} && {{ {commands}; }}"


def in_small_file_system(place: Path, size: str, commands: str) -> subprocess.CompletedProcess[str]:
    """Shell commands in a file system of their own, where `ltocheck` is the command line."""
    place.mkdir()
    function = f'ltocheck() {{ {shlex.join(COMMAND)} "$@"; }}; '
    script = function + INSIDE.format(size=size, place=place, commands=commands)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


class TestFileSystems:
    def test_full(self, tmp_path: Path) -> None:
        few, many = many_packages(tmp_path / "few", 20), many_packages(tmp_path / "many", 200)
        commands = (
            f"ltocheck audit -q -o /dev/null {few}; ltocheck audit -q {few} {many}; echo $?; cp ltocheck.db* {tmp_path}"
        )
        done = in_small_file_system(tmp_path / "full", "160k", commands)
        assert done.stdout == "2\n"
        assert done.stderr.startswith("ltocheck: ltocheck.db: the store cannot be used: database or disk is full\n")
        _, *runs = ltocheck("report", "--list", cwd=tmp_path).stdout.splitlines()
        assert len(runs) == 1
        again = ltocheck("audit", few, many, cwd=tmp_path)
        kept = re.search(r" (\d+) of them in the store", again.stderr)
        assert kept
        assert int(kept[1]) >= 22

    def test_read_only(self, tmp_path: Path, repository: Path) -> None:
        commands = (
            f"ltocheck audit -q -f json {repository} >first; "
            f"until mount -o remount,ro {tmp_path}/ro 2>/dev/null; do sleep 0.05; done; "
            f"ltocheck report -f json | cmp - first && echo same; ltocheck audit {repository}; echo $?"
        )
        done = in_small_file_system(tmp_path / "ro", "10M", commands)
        assert done.stdout == "same\n2\n", done.stderr
        assert done.stderr == "ltocheck: ltocheck.db: the store cannot be used: ltocheck.db cannot be written to\n"


class TestRepositories:
    """With metadata, on a server."""

    @pytest.fixture
    def server(self, tmp_path: Path, repository: Path) -> Iterator[Server]:
        add_package(repository / "x86_64", "tools", "native", file="/usr/bin/tools")
        add_package(repository / "x86_64", "hidden", "hollow", file="/usr/share/no-name-of-an-object")
        run(CREATEREPO, "--quiet", repository)
        with serving(repository) as started:
            yield started

    def test_only_packages_that_list_objects_are_downloaded(self, tmp_path: Path, server: Server) -> None:
        done = ltocheck("audit", server.url, cwd=tmp_path)
        assert done.returncode == 1
        assert "4 looked at, 0 taken from the store; " in done.stderr
        assert "  and were" not in done.stdout
        assert "4 packages looked at\n" in done.stdout
        assert f"  {server.url}: 5 source packages, " in done.stdout
        assert done.stdout.endswith("not looked at: 2 x86_64\n")
        asked = [path for path, _ in server.asked if path.endswith(".rpm")]
        assert len(asked) == 4
        again = ltocheck("audit", server.url, cwd=tmp_path)
        assert again.stdout == done.stdout
        assert [path for path, _ in server.asked if path.endswith(".rpm")] == asked

    @pytest.mark.parametrize("option", ["--headers", "--thorough"])
    def test_all_packages(self, tmp_path: Path, server: Server, option: str) -> None:
        loaded = audited("audit", option, server.url, code=1, cwd=tmp_path)
        assert ("hollow-object", "/usr/share/no-name-of-an-object") in found(loaded)
        assert len(names(loaded)) == 6
        assert loaded["repositories"][0]["not_looked_at"] == {}
        again = ltocheck("audit", option, server.url, cwd=tmp_path)
        assert "0 looked at, 6 taken from the store" in again.stderr

    def test_headers_alone_where_they_suffice(self, tmp_path: Path, server: Server, repository: Path) -> None:
        big = add_package(repository / "x86_64", "big", "none", more=1 << 21)
        run(CREATEREPO, "--quiet", repository)
        audited("audit", "--headers", server.url, code=1, cwd=tmp_path)
        assert server.sent < big.stat().st_size
        again = ltocheck("audit", "--headers", server.url, cwd=tmp_path)
        assert "0 looked at, 7 taken from the store" in again.stderr
        whole = ltocheck("audit", "--thorough", server.url, cwd=tmp_path)
        assert "7 looked at, 0 taken from the store" in whole.stderr

    def test_what_was_seen_in_part_is_not_taken_for_the_whole(
        self, tmp_path: Path, server: Server, repository: Path
    ) -> None:
        big = add_package(repository / "x86_64", "big", "hollow", more=1 << 21)
        run(CREATEREPO, "--quiet", repository)
        partial = audited("audit", "--partial", server.url, code=1, cwd=tmp_path)
        assert server.sent < big.stat().st_size
        assert ("hollow-object", "/usr/lib64/libbig.a") in found(partial)
        assert "0 looked at" in ltocheck("audit", "--partial", server.url, cwd=tmp_path).stderr
        whole = ltocheck("audit", server.url, cwd=tmp_path)
        assert "5 looked at, 0 taken from the store" in whole.stderr
        assert audited("report", "1", code=1, cwd=tmp_path) == audited("report", "2", code=1, cwd=tmp_path)

    def test_what_cannot_be_fetched_is_no_fact(self, tmp_path: Path, server: Server, repository: Path) -> None:
        place = "/x86_64/foo-devel-1.0-1.x86_64.rpm"
        whole = (repository / place[1:]).read_bytes()
        for broken in (status(404), other(whole[:-9] + b"something")):
            server.behaviours[place] = [broken]
            for option in ("-q", "--partial", "--headers"):
                done = ltocheck("audit", option, server.url, cwd=tmp_path)
                if option == "--partial" and done.returncode == 1:
                    continue  # what was read of it is whole
                assert done.returncode == 3, done.stdout
                assert "unreadable-package" in done.stdout
        server.behaviours.clear()
        assert ltocheck("audit", "-q", server.url, cwd=tmp_path).returncode == 1

    def test_signatures_are_demanded(self, tmp_path: Path, server: Server) -> None:
        (tmp_path / "key").write_text("no key\n")
        done = ltocheck("audit", "--key", "key", server.url, cwd=tmp_path)
        assert done.returncode == 3
        assert "has no signature that can be read" in done.stdout
        assert "hollow" not in done.stdout


def test_options_that_contradict_each_other(tmp_path: Path, repository: Path) -> None:
    for options in (["--thorough", "--headers"], ["--thorough", "--partial"], ["--dask", "x:1", "-j", "2"]):
        done = ltocheck("audit", *options, repository, cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = ltocheck("audit", "--policy", "none", repository, cwd=tmp_path)
    assert done.returncode == 2
    assert not (tmp_path / "ltocheck.db").exists()
