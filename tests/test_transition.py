# SPDX-License-Identifier: GPL-2.0-or-later
"""The steps of docs/adopt/transition.md on a simulated distribution, with what goes wrong on the way."""

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.distribution import SLIM_SINCE, Distribution
from tests.toolbox import CREATEREPO, ROOT, ltocheck, run

SCHEMA = json.loads((ROOT / "docs/reference/transition.schema.json").read_text())


AUDITED = {"before": 3, "half": 1, "rebuilt": 1, "after": 0}
"""Exit status by release: in the first a package cannot be read, in the next two there are broken ones."""


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    made = Distribution(tmp_path_factory.mktemp("distribution"))
    for release in made.releases:
        made.build(release)
        made.specs(release)
        repositories = made.repositories(release)
        done = ltocheck("audit", "-q", "--name", release, *repositories, "-o", "/dev/null", cwd=made.folder)
        assert done.returncode == AUDITED[release], done.stderr
    return made


def transition(distribution: Distribution, *arguments: str | Path, code: int = 0) -> Any:
    done = ltocheck("transition", *arguments, "--format", "json", cwd=distribution.folder)
    assert done.returncode == code, done.stderr
    loaded = json.loads(done.stdout)
    jsonschema.validate(loaded, SCHEMA)
    assert sum(loaded["summary"]["states"].values()) == len(loaded["sources"])
    return loaded


def states(loaded: Any) -> dict[str, str]:
    return {one["source"]: one["state"] for one in loaded["sources"]}


def names(distribution: Distribution, release: str, *arguments: str | Path) -> set[str]:
    done = ltocheck("transition", release, *arguments, "-f", "names", cwd=distribution.folder)
    assert done.returncode == (3 if release == "before" else 0), done.stderr
    return set(done.stdout.split())


def in_state(distribution: Distribution, release: str, *wanted: str) -> set[str]:
    return {name for name, state in distribution.states(release).items() if state in wanted}


@pytest.mark.parametrize("release", ["before", "half", "rebuilt", "after"])
def test_every_source_package_is_where_it_was_said_to_be(distribution: Distribution, release: str) -> None:
    arguments: list[str | Path] = [release, "--specs", distribution.specs(release)]
    if release != "before":
        arguments += ["--slim-since", SLIM_SINCE, "--since", "before"]
    loaded = transition(distribution, *arguments, code=3 if release == "before" else 0)
    assert states(loaded) == distribution.states(release)
    expected = distribution.states(release)
    assert loaded["summary"]["done"] == sum(state == "done" for state in expected.values())
    assert all(one["why"] for one in loaded["sources"])


def test_without_specs_nobody_knows_who_opted_in(distribution: Distribution) -> None:
    """Unknown is no no: not in the count of what is done, nor of what is to do."""
    loaded = transition(distribution, "before", code=3)
    assert set(states(loaded).values()) == {"unknown", "not-needed"}
    assert {one["opted_in"] for one in loaded["sources"]} == {None}
    half = states(transition(distribution, "half", "--slim-since", SLIM_SINCE))
    assert {half[name] for name in ("libevent", "gdbm")} == {"done"}, "built fat when flags were slim"
    assert {half[name] for name in ("zlib", "tcl")} == {"unknown"}, "built before"
    assert half["hdf5"] == "broken"


def test_step_1_measure(distribution: Distribution) -> None:
    specs = distribution.specs("before")
    assert names(distribution, "before", "--blocking", "1", "--specs", specs) == {"graphviz"}
    loaded = transition(distribution, "before", "--specs", specs, code=3)
    (unread,) = [one for one in loaded["sources"] if one["state"] == "unknown"]
    assert (unread["need"], "is not as listed" in " ".join(unread["why"])) == ("unknown", True)
    assert any("graphviz" in problem for problem in loaded["problems"])
    assert names(distribution, "half", "--blocking", "1", "--specs", distribution.specs("half")) == set()


def test_step_2_announce(distribution: Distribution, tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    wanted = in_state(distribution, "half", "to-do", "broken", "conflict", "done")
    table.write_text("Package,Owner\n" + "".join(f"{name},anna\n" for name in sorted(wanted - {"tcl"})))
    specs = distribution.specs("half")
    blocking = names(distribution, "half", "--blocking", "2", "--specs", specs, "--owners", table)
    assert blocking == {"tcl"}


def test_step_3_opt_in_all_at_once(distribution: Distribution, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(distribution.specs("before"), specs)
    lacking = names(distribution, "before", "--blocking", "3", "--specs", specs)
    assert lacking == in_state(distribution, "before", "to-do")
    patch = ltocheck("opt-in", "before", "--specs", specs, "--diff", cwd=distribution.folder).stdout
    assert patch.count("\n+%global _fat_lto_objects 1\n") == len(lacking)
    ltocheck("opt-in", "before", "--specs", specs, "--fix", cwd=distribution.folder)
    assert names(distribution, "before", "--blocking", "3", "--specs", specs) == set()
    now = states(transition(distribution, "before", "--specs", specs, code=3))
    assert {now[name] for name in lacking} == {"done"}


def test_step_4_warn(distribution: Distribution) -> None:
    blocking = names(distribution, "half", "--blocking", "4", "--specs", distribution.specs("half"))
    assert blocking == in_state(distribution, "half", "to-do", "broken", "conflict")


def test_step_5_rebuild_aside(distribution: Distribution, tmp_path: Path) -> None:
    """Whatever is open has an owner and a bug, or holds up the step; what vanished is gone, not repaired."""
    specs = distribution.specs("rebuilt")
    broken = in_state(distribution, "rebuilt", "broken", "conflict")
    owners, notes = tmp_path / "owners.csv", tmp_path / "notes.toml"
    owners.write_text("source,maintainer\n" + "".join(f"{name},anna\n" for name in sorted(broken)))
    notes.write_text("".join(f'[[note]]\npackage = "{name}"\nbug = 7\n' for name in sorted(broken - {"hdf5"})))
    more: list[str | Path] = ["--specs", specs, "--slim-since", SLIM_SINCE, "--owners", owners, "--notes", notes]
    assert names(distribution, "rebuilt", "--blocking", "5", *more) == {"hdf5"}
    loaded = transition(distribution, "rebuilt", *more, "--since", "before")
    assert loaded["changes"]["gone"] == ["elinks", "xfig"]
    assert loaded["changes"]["out_of_scope"] == []
    assert {one["bug"] for one in loaded["sources"] if one["state"] == "broken"} == {"7", None}
    joined = states(transition(distribution, "before", "rebuilt", *more))
    assert {joined[name] for name in ("elinks", "xfig")} == {"to-do"}, "the release still has them"


def test_step_6_enforce(distribution: Distribution) -> None:
    blocking = names(distribution, "rebuilt", "--blocking", "6", "--specs", distribution.specs("rebuilt"))
    assert blocking == in_state(distribution, "rebuilt", "broken", "conflict")
    assert names(distribution, "after", "--blocking", "6", "--specs", distribution.specs("after")) == set()


def test_step_7_slim_by_default(distribution: Distribution) -> None:
    specs = distribution.specs("after")
    assert names(distribution, "after", "--blocking", "7", "--specs", specs) == set()
    changes = transition(distribution, "after", "--specs", specs, "--since", "rebuilt")["changes"]
    assert (changes["new"], changes["remaining"], changes["gone"]) == ([], [], [])
    assert set(changes["resolved"]) == in_state(distribution, "rebuilt", "broken")
    text = ltocheck("transition", "after", "--specs", specs, cwd=distribution.folder).stdout
    done = len(in_state(distribution, "after", "done"))
    assert text.startswith(
        f"{done} of {done} source packages that need the opt-in have it, and nothing is left to do.\n"
    )
    report = ltocheck("report", "after", "--since", "before", cwd=distribution.folder).stdout
    assert report.startswith("since the older audit, source packages: 0 new, ")


def test_step_8_a_package_breaks_again(distribution: Distribution, tmp_path: Path) -> None:
    """An update that forgot the line; the older version in the same repository counts no more."""
    repository = tmp_path / "updates"
    shutil.copytree(distribution.repositories("after")[0], repository)
    (worse,) = distribution.folder.glob("rebuilt/x86_64/tcl-static-*.rpm")
    shutil.copy(worse, repository)
    run(CREATEREPO, "--quiet", repository)
    old = distribution.folder / "tcl.db"
    shutil.copy(distribution.folder / "ltocheck.db", old)
    audited = ltocheck("audit", "-q", "--store", old, "--name", "week", repository, cwd=tmp_path)
    assert audited.returncode == 0, "tcl of the rebuild is older than the repaired one"
    loaded = transition(distribution, "week", "--store", old, "--since", "after")
    assert "tcl" not in loaded["changes"]["new"]


def test_an_architecture_that_is_late_is_out_of_scope(distribution: Distribution, tmp_path: Path) -> None:
    store = tmp_path / "late.db"
    shutil.copy(distribution.folder / "ltocheck.db", store)
    late = [path for path in distribution.repositories("after") if path.name != "s390x"]
    assert ltocheck("audit", "-q", "--store", store, "--name", "late", *late, cwd=tmp_path).returncode == 0
    loaded = transition(
        distribution, "late", "--store", store, "--since", "rebuilt", "--specs", distribution.specs("after")
    )
    changes = loaded["changes"]
    on_s390x = {name for name in in_state(distribution, "rebuilt", "broken") if "s390x" in archs(distribution, name)}
    assert set(changes["out_of_scope"]) == on_s390x
    assert set(changes["resolved"]) == in_state(distribution, "rebuilt", "broken") - on_s390x


def archs(distribution: Distribution, source: str) -> tuple[str, ...]:
    (found,) = (package.archs for package in distribution.packages("after") if package.source == source)
    return found


def test_a_repository_that_is_missing_is_no_repair(distribution: Distribution, tmp_path: Path) -> None:
    store = tmp_path / "missing.db"
    shutil.copy(distribution.folder / "ltocheck.db", store)
    first, *others = distribution.repositories("after")
    places = [tmp_path / "nothing-here" / first.name, *others]
    (places[0] / "repodata").mkdir(parents=True)
    (places[0] / "repodata/repomd.xml").write_text("<html>404</html>")
    assert ltocheck("audit", "-q", "--store", store, "--name", "missing", *places, cwd=tmp_path).returncode == 3
    loaded = transition(distribution, "missing", "--store", store, "--since", "rebuilt", code=3)
    assert loaded["changes"]["gone"] == []
    assert "hdf5" in loaded["changes"]["out_of_scope"]
    assert any("nothing-here" in problem for problem in loaded["problems"])


def test_csv_is_for_trackers_and_comes_back_as_notes(distribution: Distribution, tmp_path: Path) -> None:
    done = ltocheck("transition", "rebuilt", "--format", "csv", cwd=distribution.folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == len({row["source"] for row in rows})
    table = tmp_path / "edited.csv"
    for row in rows:
        if row["source"] == "hdf5":
            row |= {"bug": "4711", "status": "in review", "text": "soon"}
    with table.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    again = ltocheck("transition", "rebuilt", "--notes", table, "--format", "csv", cwd=distribution.folder).stdout
    (row,) = (row for row in csv.DictReader(io.StringIO(again)) if row["source"] == "hdf5")
    assert (row["bug"], row["status"], row["text"], row["state"]) == ("4711", "in review", "soon", "broken")


def test_a_note_hides_nothing_and_is_told_when_its_package_is_not_there(
    distribution: Distribution, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.toml"
    notes.write_text('[[note]]\npackage = "hdf5"\nbug = 1\nstatus = "fixed"\n[[note]]\npackage = "nosuch"\nbug = 2\n')
    loaded = transition(distribution, "rebuilt", "--notes", notes, code=3)
    assert states(loaded)["hdf5"] == "broken"
    assert loaded["problems"] == ["a note is about nosuch, which is not there"]


@pytest.mark.parametrize("by", ["state", "owner", "cause"])
def test_text_puts_together_what_belongs_together(distribution: Distribution, tmp_path: Path, by: str) -> None:
    owners, notes = tmp_path / "owners.json", tmp_path / "notes.toml"
    owners.write_text(json.dumps({"rpms": {"hdf5": ["anna", "bert"], "tcl": ["clara"]}}))
    notes.write_text('[[note]]\npackage = "hdf5"\ncause = "h5cc"\n')
    arguments: list[str | Path] = [
        "rebuilt",
        "--by",
        by,
        "--owners",
        owners,
        "--notes",
        notes,
        "--specs",
        distribution.specs("rebuilt"),
    ]
    done = ltocheck("transition", *arguments, cwd=distribution.folder)
    assert done.returncode == 0, done.stderr
    heads = re.findall(r"^(\S.*): \d+ source packages?$", done.stdout, re.MULTILINE)
    assert {"state": "broken", "owner": "anna", "cause": "h5cc"}[by] in heads


@pytest.mark.parametrize("template", ["bugzilla", "gitlab", "github", "plain"])
@pytest.mark.parametrize("by", ["state", "owner"])
def test_bugs_are_written_and_none_twice(distribution: Distribution, tmp_path: Path, template: str, by: str) -> None:
    notes, owners, folder = tmp_path / "notes.toml", tmp_path / "owners.csv", tmp_path / "bugs"
    notes.write_text('[[note]]\npackage = "hdf5"\nbug = 1\n')
    owners.write_text("package,owner\ntcl,anna\nguile,anna\n")
    specs = distribution.specs("rebuilt")
    done = ltocheck("transition", "rebuilt", "--specs", specs, "--notes", notes, "--owners", owners, "--by", by,
                    "--bugs", template, "--output", folder, cwd=distribution.folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    texts = {file.stem: file.read_text() for file in folder.iterdir()}
    left = in_state(distribution, "rebuilt", "broken", "conflict") - {"hdf5"}
    assert set(texts) == ({"anna", "nobody"} if by == "owner" else left)
    text = texts["anna" if by == "owner" else "tcl"]
    assert "%global _fat_lto_objects 1" in text
    assert "/usr/lib64/libtcl.a" in text
    assert "hdf5" not in "".join(texts.values())


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("notes.toml", "[[note]]\nbug = 1\n", "note[0].package: missing"),
        ("notes.toml", '[[note]]\npackage = "a"\n[[note]]\npackage = "a"\n', "a second note about a"),
        ("notes.toml", '[[note]]\npackage = "a"\nstate = "x"\n', "note[0].state: unknown key"),
        ("notes.toml", '[[note]]\npackage = "a"\nbug = [1]\n', "note[0].bug: expected text"),
        ("notes.toml", "a = 1\n", "a: expected tables [[note]]"),
        ("notes.toml", "[", "not TOML"),
        ("notes.toml", "a = " + "9" * 5000, "not TOML"),
        ("notes.toml", ".".join("a" * 50_000) + " = 1", "a line with more than 100 dots"),
        ("owners.csv", "a,b\nc,d\n", "expected CSV"),
        ("owners.json", '{"rpms": {}}', "names no owner"),
        ("owners.json", '{"rpms": [', "expected CSV"),
        ("owners.xml", "<collection><owner>", "expected CSV"),
    ],
)
def test_files_of_people_that_cannot_be_read(
    distribution: Distribution, tmp_path: Path, name: str, text: str, problem: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    option = "--notes" if name.startswith("notes") else "--owners"
    done = ltocheck("transition", option, file, cwd=distribution.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(file) in done.stderr
    assert problem in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "Package;x\n".replace(";x", ",Owner") + "zlib,anna\n",
        json.dumps({"rpms": {"zlib": ["anna", "bert"]}, "modules": {}}),
        json.dumps({"": ["team"], "zlib": ["anna"]}),
        json.dumps(
            {"header": {"document": "obs-maintainers"}, "packages": {"zlib": {"users": ["anna"], "groups": []}}}
        ),
        '<collection><owner project="p" package="zlib"><person name="bert" role="maintainer"/>'
        '<person name="anna" role="bugowner"/></owner></collection>',
    ],
    ids=["csv", "pagure", "maintainership", "maintainership-1.0", "search-owner"],
)
def test_owner_files_of_distributions(distribution: Distribution, tmp_path: Path, text: str) -> None:
    file = tmp_path / "owners"
    file.write_text(text)
    loaded = transition(distribution, "after", "--owners", file)
    (zlib,) = (one for one in loaded["sources"] if one["source"] == "zlib")
    assert zlib["owner"] == "anna"
