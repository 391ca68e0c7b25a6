# SPDX-License-Identifier: GPL-2.0-or-later
"""`scan --jobs`: several processes say what one says, in the same order, and one that dies takes nothing along."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker.audit import scans
from checker.audit.executors import DEADLY, local
from checker.cli.formats import FORMATS
from checker.cli.inputs import is_much
from checker.limits import LIMITS
from checker.model import FileCount, Kind, ObjectItem, PackageFacts
from checker.packages.options import PackageOptions
from checker.packages.path import target_at
from tests.test_package import FIXTURES
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, header, ltocheck, packed

OPTIONS = scans.ScanOptions(PackageFacts(), None, PackageOptions())
DEADLY_FILE = "deadly.o"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A build root with all that a walk meets, packages good and bad, and what is nothing at all."""
    folder = tmp_path_factory.mktemp("many")
    native, slim = compiled(folder, "native", NATIVE), compiled(folder, "slim", SLIM)
    for number in range(20):
        place = folder / f"root/usr/lib/{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        archive(place / f"lib{number}.a", [native, slim][number % 2 :])
        shutil.copy(native, place / f"{number}.o")
        (place / f"{number}.txt").write_text("text")
    os.link(place / "19.o", place / "again.o")
    os.link(place / "lib19.a", folder / "root/usr/lib/again.a")
    (place / "cut.a").write_bytes((place / "lib19.a").read_bytes()[:-9])
    (place / "unnamed.a").write_bytes(packed([(b"", native.read_bytes())] * 2))
    os.mkfifo(place / "fifo.o")
    (folder / "root/usr/lib/link.o").symlink_to("nowhere.o")
    archive(place / "thin.a", [place / "19.o"], operation="rcsT")
    (folder / "empty").mkdir()
    (folder / "text").write_text("no object")
    packages = [FIXTURES / "v4-xz-hollow.rpm", FIXTURES / "v4-delta.drpm", FIXTURES / "v4-xz-native.rpm"]
    (folder / "cut.rpm").write_bytes(packages[0].read_bytes()[:5000])
    return [*packages, folder / "root", slim, folder / "cut.rpm", folder / "empty", folder / "text", folder / "no"]


@pytest.mark.parametrize("name", FORMATS)
def test_two_processes_say_what_one_says(name: str, many: list[Path]) -> None:
    more = {"text": ["-vv", "--statistics"], "json": ["--all-objects"]}.get(name, [])
    one = ltocheck("scan", "-j1", "-f", name, *more, *many)
    two = ltocheck("scan", "-j2", "-f", name, *more, *many)
    assert one.returncode == 3
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)


def test_four_processes_and_what_is_left_out(many: list[Path]) -> None:
    root = many[3]
    one = ltocheck("scan", "-j1", "-fjson", "--all-objects", "--no-build-root", "--exclude", "lib1*", root)
    four = ltocheck("scan", "-j4", "-fjson", "--all-objects", "--no-build-root", "--exclude", "lib1*", root)
    assert "lib2.a" in one.stdout
    assert "lib1.a" not in one.stdout
    assert four.stdout == one.stdout


def deadly_look(piece: scans.Piece, options: scans.ScanOptions) -> bytes:
    """What a worker does, which some files kill."""
    names = [Path(piece.path).name, *(name for _, name, _ in (piece.part.files if piece.part else ()))]
    if DEADLY_FILE in names or "deadly.rpm" in names:
        os.kill(os.getpid(), signal.SIGKILL)
    return scans._look(piece, options)


def test_what_kills_its_process_is_unreadable_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checker.audit.scans._look", deadly_look)
    root, loose, package = tmp_path / "root", tmp_path / "loose" / DEADLY_FILE, tmp_path / "deadly.rpm"
    native = compiled(tmp_path, "native", NATIVE)
    for file in (*(root / f"{number}.o" for number in range(5)), root / DEADLY_FILE, loose):
        file.parent.mkdir(exist_ok=True)
        shutil.copy(native, file)
    shutil.copy(FIXTURES / "v4-xz-native.rpm", package)
    paths = [str(path) for path in (root, loose, package, native)]
    tree, single, rpm, last = [
        list(target.items) for target in scans.scanned(paths, OPTIONS._replace(files=3), local(2))
    ]
    found = {item.path: item.facts for item in tree if isinstance(item, ObjectItem)}
    assert found.pop(str(root / DEADLY_FILE)).obstacle is DEADLY.obstacle
    assert {path: facts.kind for path, facts in found.items()} == {
        str(root / f"{number}.o"): Kind.NATIVE for number in range(5)
    }
    assert [item.facts.obstacle for item in single if isinstance(item, ObjectItem)] == [DEADLY.obstacle]
    assert rpm == [DEADLY]
    assert last == list(target_at(str(native), PackageFacts()).items)


@pytest.mark.parametrize("record", [0, 2000, 20_000])
def test_what_is_too_much_to_hand_over_is_looked_at_all_the_same(many: list[Path], record: int) -> None:
    options = OPTIONS._replace(limits=LIMITS._replace(record=record))
    paths = [str(path) for path in many[:6]]
    found = [list(target.items) for target in scans.scanned(paths, options, local(2))]
    assert found == [list(target_at(path, *options[:3]).items) for path in paths]


def test_members_with_long_names_are_kept_and_handed_over(tmp_path: Path) -> None:
    native = compiled(tmp_path, "native", NATIVE).read_bytes()
    names = [b"%04d" % number + "\U0001f600".encode() * 1000 for number in range(500)]
    library = tmp_path / "long.a"
    native += b"\n" * (len(native) % 2)
    members = (header(b"#1/4004", 4004 + len(native)) + name + native for name in names)
    library.write_bytes(b"!<arch>\n" + b"".join(members))
    (target,) = [list(target.items) for target in scans.scanned([str(library)], OPTIONS, local(1))]
    assert target == list(target_at(str(library), PackageFacts()).items)
    assert len(target) == len(names) + 1


def test_files_that_are_no_objects_are_counted_once(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text("text")
    targets = [list(target.items) for target in scans.scanned([str(tmp_path)], OPTIONS, local(2))]
    assert targets == [[FileCount(40)]]


def test_an_interrupt_ends_it_without_a_word_of_the_program(tmp_path: Path) -> None:
    library = archive(tmp_path / "lib.a", [compiled(tmp_path, "native", NATIVE)])
    paths = [str(library)] * 5000
    command = [sys.executable, "-c", "from checker.cli import main; main()", "scan", "-j2", "-vv", *paths]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in said


def test_several_processes_start_for_large_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    assert not is_much([str(tmp_path), str(tmp_path / "no")])
    with (tmp_path / "large.a").open("wb") as file:
        file.truncate(1 << 40)
    assert is_much([str(tmp_path)])
