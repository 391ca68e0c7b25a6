# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set by the command line: audits of real packages, their specs, and patches that apply."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checker.audit.facts import recorded
from checker.audit.rows import RunPackage
from checker.audit.store import Store
from checker.errors import Obstacle, Unavailable
from checker.model import Kind, ObjectFacts, ObjectItem, PackageFacts, Target, TargetType
from checker.model.audits import Need, Repository
from checker.report.names import UNPRINTABLE
from tests.audits import add_package
from tests.factories import because
from tests.packages import rpmbuilt
from tests.toolbox import FAT, NATIVE, ROOT, archive, compiled, ltocheck, run

SCHEMA = json.loads((ROOT / "docs/reference/opt-in.schema.json").read_text())
SPEC = (
    "Name: {name}\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n%files\n%{{_libdir}}/lib{name}.a\n"
)
LINE = "%global _fat_lto_objects 1\n"
MISSING = "wanting: has no spec in the folder\n"
SLIM_FLAGS, FAT_FLAGS = "-O2 -flto=auto", "-O2 -flto=auto -ffat-lto-objects"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of packages by rpmbuild, some for an architecture of their own."""
    folder = tmp_path_factory.mktemp("audit")
    stripped = compiled(folder, "stripped", FAT)
    run("strip", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", stripped)
    hollow = compiled(folder, "hollow", ("-O2", "-flto"))
    run("strip", "-g", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", hollow)
    (folder / "code.S").write_text(".globl f\nf:\n.long 1\n")
    run("gcc", "-c", folder / "code.S", "-o", folder / "assembly.o")
    arm = compiled(folder, "arm", ("-O2", "--target=aarch64-linux-gnu"), compiler="clang")
    for name, member, flags, arch in (
        ("assembly", folder / "assembly.o", FAT_FLAGS, "x86_64"),
        ("broken", hollow, SLIM_FLAGS, "x86_64"),
        ("done", stripped, FAT_FLAGS, "x86_64"),
        ("done", arm, FAT_FLAGS, "aarch64"),
        ("wanting", stripped, FAT_FLAGS, "x86_64"),
        ("off", compiled(folder, "off", NATIVE), "-O2", "x86_64"),
        ("empty", None, SLIM_FLAGS, "x86_64"),
    ):
        root = folder / f"root-{name}-{arch}"
        (root / "usr/lib64").mkdir(parents=True)
        (root / "usr/lib64/text").write_text("x")
        if member:
            archive(root / f"usr/lib64/lib{name}.a", [member])
        place = folder / f"built-{arch}"
        place.mkdir(exist_ok=True)
        built = rpmbuilt(place, root, name, definitions={"optflags": flags}, target=arch)
        (folder / "repo").mkdir(exist_ok=True)
        shutil.copy(built, folder / "repo")
    done = ltocheck("audit", "--quiet", "--fail-on", "never", folder / "repo", "--store", folder / "a.db")
    assert done.returncode == 0, done.stderr
    return folder / "a.db"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A folder of specs of these packages, and of one that ships nothing."""
    folder = tmp_path / "with space"
    (folder / "broken").mkdir(parents=True)
    (folder / "broken/broken.spec").write_text(SPEC.format(name="broken"))
    (folder / "done.spec").write_text(LINE + SPEC.format(name="done"))
    (folder / "empty.spec").write_text(LINE + "Name: empty\n%files\n/usr/lib64/text\n")
    (folder / "assembly.spec").write_text(LINE + SPEC.format(name="assembly"))
    return folder


def told(*arguments: str | Path, code: int = 0) -> Any:
    done = ltocheck("opt-in", "--format", "json", *arguments)
    loaded = json.loads(done.stdout)
    jsonschema.validate(loaded, SCHEMA)
    assert loaded["exit_code"] == done.returncode == code, done.stderr
    return loaded


def test_text(store: Path) -> None:
    done = ltocheck("opt-in", "--store", store)
    assert (done.returncode, done.stderr) == (0, "")
    guide = (ROOT / "docs/guide/opt-in-set.md").read_text()
    assert f"<!-- sample: text -->\n```\n{done.stdout}```\n" in guide
    assert ltocheck("opt-in", "--store", store, "-f", "names").stdout == "broken\ndone\nwanting\n"
    verbose = ltocheck("opt-in", "--store", store, "-v").stdout
    assert "    /usr/lib64/libbroken.a (x86_64) holds the hollow object hollow.o\n" in verbose
    assert "    x86_64: 1 hollow; compiled with LTO flags: slim\n" in verbose
    assert "off: lto-disabled\n" in verbose


def test_json(store: Path) -> None:
    loaded = told("--store", store)
    assert [one["source"] for one in loaded["sources"]] == ["assembly", "broken", "done", "off", "wanting"]
    done = loaded["sources"][2]
    assert done["architectures"] == [
        {"arch": "aarch64", "flags": "fat", "kinds": {"native": 1}},
        {"arch": "x86_64", "flags": "fat", "kinds": {"native": 1}},
    ]
    assert (done["need"], done["opted_in"], done["files"], done["more_files"]) == (
        "needed",
        None,
        ["/usr/lib64/libdone.a"],
        0,
    )
    assert done["packages"] == ["done-3:1.0-2.aarch64", "done-3:1.0-2.x86_64"]
    assert [name.partition(" version")[0].partition(" (")[0] for name in done["compilers"]] == ["Debian clang", "GCC:"]
    assert (loaded["specs"], loaded["unread"]) == (None, [])
    assert loaded["summary"]["needs"]["needed"] == 3
    assert loaded["summary"]["source_packages"] == 6


def opted_in(loaded: Any) -> dict[str, bool | None]:
    return {one["source"]: one["opted_in"] for one in loaded["sources"]}


def test_who_opted_in_is_told_by_packages_and_specs(store: Path, specs: Path) -> None:
    unknown = {"assembly": None, "broken": False, "done": None, "off": None, "wanting": None}
    assert opted_in(told("--store", store)) == unknown
    assert told("--store", store)["summary"]["opted_in_unknown"] == 2
    fat = {"assembly": True, "done": True, "wanting": True}
    assert opted_in(told("--store", store, "--slim-since", "2020-01-01")) == unknown | fat
    assert opted_in(told("--store", store, "--slim-since", "2999-01-01T00:00+02:00")) == unknown
    assert opted_in(told("--store", store, "--specs", specs)) == unknown | {"assembly": True, "done": True}
    done = ltocheck("opt-in", "--store", store, "--slim-since", "yesterday")
    assert done.returncode == 2
    assert "--slim-since 'yesterday': a date like 2026-06-30 is expected" in done.stderr


def test_a_release_and_its_rebuild_are_one(store: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.db"
    shutil.copy(store, joined)
    add_package(tmp_path / "rebuilt", "wanting", "hollow", "0.1", epoch=4)
    add_package(tmp_path / "rebuilt", "done", "hollow", "2.0")
    assert ltocheck("audit", "-q", "--store", joined, tmp_path / "rebuilt").returncode == 1
    loaded = told("--store", joined, "1", "2")
    kinds = {one["source"]: [on["kinds"] for on in one["architectures"]] for one in loaded["sources"]}
    assert kinds["wanting"] == [{"hollow": 1}]
    assert kinds["done"] == [{"native": 1}, {"native": 1}], "its epoch is 3, so that 2.0 is older"
    assert [audit["number"] for audit in (*loaded["joined"], loaded["audit"])] == [1, 2]
    assert loaded["summary"]["source_packages"] == 6
    assert told("--store", joined, "2", "1") == loaded


def test_the_schema_is_one_and_knows_every_need() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    needs = list(Need)
    assert SCHEMA["$defs"]["source"]["properties"]["need"]["enum"] == needs
    assert re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/guide/opt-in-set.md").read_text(), re.MULTILINE) == needs


def test_csv(store: Path, specs: Path) -> None:
    done = ltocheck("opt-in", "--store", store, "--format", "csv", "--specs", specs)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["source"], row["need"], row["spec_state"], row["spec"]) for row in rows] == [
        ("assembly", "unnamed-compiler", "unneeded", "assembly.spec"),
        ("broken", "needed", "undeclared", "broken/broken.spec"),
        ("done", "needed", "declared", "done.spec"),
        ("off", "lto-disabled", "", ""),
        ("wanting", "needed", "missing", ""),
        ("empty", "", "unneeded", "empty.spec"),
    ]
    (specs / "second.spec").write_text(LINE + "Name: empty\n%files\n")
    *_, last = csv.DictReader(
        io.StringIO(ltocheck("opt-in", "--store", store, "--format", "csv", "--specs", specs).stdout)
    )
    assert (last["spec_state"], last["spec"]) == ("unneeded; unneeded", "empty.spec; second.spec")


def test_specs_in_text(store: Path, specs: Path) -> None:
    done = ltocheck("opt-in", "--store", store, "--specs", specs)
    assert done.returncode == 0
    assert done.stdout.partition("\nspecs:\n")[2] == (
        "        1  opt in\n"
        "        1  need one line: --diff shows it, --fix writes it\n"
        "           broken: broken/broken.spec\n"
        "        1  are not in the folder\n"
        "           wanting\n"
        "        2  opt in, and no package here needs it: drop it, unless a configure test does\n"
        "           assembly: assembly.spec: /usr/lib64/libassembly.a (x86_64) names no compiler: assembly, or a "
        "compiler that leaves no name\n"
        "           empty: empty.spec: no package here holds an object of it\n"
    )


def test_patches_apply_and_rpm_parses_the_result(store: Path, specs: Path, tmp_path: Path) -> None:
    (specs / "other dir").mkdir()
    (specs / "other dir/any name.spec").write_text(SPEC.format(name="wanting"))
    before = (specs / "broken/broken.spec").read_bytes()
    for apply in (["patch", "-p1", "--fuzz=0", "-i"], ["git", "apply"]):
        done = ltocheck("opt-in", "--store", store, "--specs", specs, "--diff", "-o", tmp_path / "all.patch")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (specs / "broken/broken.spec").read_bytes() == before
        run(*apply, tmp_path / "all.patch", cwd=specs)
        for name in ("broken/broken.spec", "other dir/any name.spec"):
            assert (specs / name).read_text().startswith(LINE)
            assert run("rpmspec", "-q", "--qf", "%{version}", "--eval", "%_fat_lto_objects", specs / name).endswith("1")
            run("sed", "-i", "1,2d", specs / name)


def test_patches_apply_where_they_were_made(store: Path, specs: Path, tmp_path: Path) -> None:
    run("git", "init", "-q", ".", cwd=specs.parent)
    done = ltocheck("opt-in", "--store", store, "--specs", specs.name, "--diff", "-o", tmp_path / "p", cwd=specs.parent)
    assert done.returncode == 0, done.stderr
    assert f"--- a/{specs.name}/" in (tmp_path / "p").read_text()
    run("git", "apply", "--check", tmp_path / "p", cwd=specs.parent)


def test_fix_writes_what_diff_shows(store: Path, specs: Path) -> None:
    done = ltocheck("opt-in", "--store", store, "--specs", specs, "--fix", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "broken: broken/broken.spec: opted in\n" + MISSING)
    assert (specs / "broken/broken.spec").read_text() == LINE + "\n" + SPEC.format(name="broken")
    states = {row["source"]: row["spec_state"] for row in csv.DictReader(io.StringIO(done.stdout))}
    assert states["broken"] == "declared"
    again = ltocheck("opt-in", "--store", store, "--specs", specs, "--diff")
    assert (again.stdout, again.stderr) == ("", MISSING)


def test_refusals_are_told(store: Path, specs: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.spec"
    elsewhere.write_text(SPEC.format(name="wanting"))
    (specs / "wanting.spec").symlink_to(elsewhere)
    (specs / "done.spec").write_text("%global _lto_cflags -flto=thin\n" + SPEC.format(name="done"))
    (specs / "broken/broken.spec").unlink()
    (specs / "broken/broken.spec").mkdir()
    (specs / "broken.spec").symlink_to("nowhere")
    reasons = {
        "broken": ("inaccessible", "cannot be read: No such file or directory"),
        "done": ("refused", "line 1 sets LTO flags of its own, which the opt-in does not reach"),
        "wanting": ("refused", "a link that leads out of the folder"),
    }
    loaded = told("--store", store, "--specs", specs, code=3)
    for one in loaded["specs"]:
        if one["source"] in reasons:
            assert (one["state"], one["reason"]) == reasons[one["source"]]
    for option in ("--diff", "--fix"):
        done = ltocheck("opt-in", "--store", store, "--specs", specs, option)
        assert done.returncode == 3
        for name, (_, reason) in reasons.items():
            assert f"{name}: " in done.stderr
            assert f"left as it is: {reason}\n" in done.stderr
    assert LINE not in elsewhere.read_text()


HOSTILE = "\x1b[31m\n\r\t,\"';=cmd|\udcff\u202e"


def hostile_targets() -> Iterator[Target]:
    facts = ObjectFacts("elf", "x86_64", Kind.NATIVE, because("x"), compiler=f"GCC: {HOSTILE}")
    for source in (f"={HOSTILE}", "a\nb"):
        package = PackageFacts(name=f"@{HOSTILE}", source=source, arch="x86_64", flags="fat")
        yield Target("x", TargetType.RPM, package, iter([ObjectItem(f"/{HOSTILE}", None, None, facts)]))
    yield Target("x", TargetType.RPM, PackageFacts(), iter([Unavailable(Obstacle.MALFORMED, HOSTILE)]))


def test_hostile_names_reach_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store(path, write=True) as made:
        for number, target in enumerate(hostile_targets()):
            made.add(str(number), "whole", recorded(target))
        made.flush()
        entries = [RunPackage(HOSTILE, made.find(str(number), "whole"), None) for number in range(3)]
        made.add_run(None, 3, [Repository(f"/{HOSTILE}", {}, 3, 0, ())], entries)
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "a\nb.spec").write_text(SPEC.format(name="x"))
    for form in (["--format", "text", "-v"], ["--format", "names"], ["--format", "csv"]):
        done = ltocheck("opt-in", "--store", path, "--specs", specs, *form)
        assert done.returncode == 3, done.stderr
        for line in done.stdout.split("\n"):
            assert not re.search(UNPRINTABLE, line.removesuffix("\r")), line
    rows = list(csv.reader(io.StringIO(ltocheck("opt-in", "--store", path, "--format", "csv").stdout)))
    assert [len(row) for row in rows] == [len(rows[0])] * 3
    assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows for cell in row)
    loaded = told("--store", path, "--specs", specs, code=3)
    assert loaded["sources"][0]["source"] == "=" + HOSTILE.replace("\udcff", "\\xff")
    diff = ltocheck("opt-in", "--store", path, "--specs", specs, "--diff")
    assert diff.stdout == "", "no patch can name this file"
    assert "a\\nb: a\\nb.spec: left as it is" in diff.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff"], "--diff and --fix need --specs"),
        (["--fix", "--diff", "--specs", "."], "--fix writes and --diff only shows: give one of them"),
        (["--specs", "no/such"], "--specs no/such: a folder is expected"),
        (["99"], "has no audit '99'; there are 1"),
        (["--store", "no/such.db"], "no/such.db: there is no such store"),
    ],
)
def test_usage(store: Path, arguments: list[str], message: str) -> None:
    done = ltocheck("opt-in", "--store", store, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
