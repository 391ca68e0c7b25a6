# SPDX-License-Identifier: GPL-2.0-or-later
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from checker.limits import LIMITS
from checker.model import FileCount, Item, Kind, ObjectItem, Omission
from checker.report.words import text_of_all
from checker.trees.files import may_hold_objects
from checker.trees.tree import walk_file, walk_tree
from tests.toolbox import FAT, NATIVE, ROOT, SLIM, archive, compiled


def walked(folder: Path) -> list[Item]:
    return list(walk_tree(str(folder), lambda path: f"/{path}"))


def objects(folder: Path) -> dict[str, Kind]:
    return {item.path: item.facts.kind for item in walked(folder) if isinstance(item, ObjectItem)}


@pytest.fixture
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("object"), "slim", SLIM)


def test_content_decides_not_the_name(tmp_path: Path, slim: Path) -> None:
    for name in ("a.o", "b.lo", "c.OBJ", "d", "e.so_static", ".hidden"):
        (tmp_path / name).write_bytes(slim.read_bytes())
    (tmp_path / "text.o").write_text("no object\n")
    assert objects(tmp_path) == dict.fromkeys(("/.hidden", "/a.o", "/b.lo", "/c.OBJ", "/d", "/e.so_static"), Kind.SLIM)
    assert walked(tmp_path)[-1] == FileCount(1)


def test_programs_and_libraries_are_counted_not_listed(tmp_path: Path) -> None:
    (tmp_path / "python").write_bytes(Path(sys.executable).resolve().read_bytes())
    (tmp_path / "again").hardlink_to(tmp_path / "python")
    assert walked(tmp_path) == [FileCount(2)]


def test_order_is_that_of_names(tmp_path: Path, slim: Path) -> None:
    for name in ("z.o", "b/y.o", "a/x.o", "a/b/w.o", "c.o"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(slim.read_bytes())
    assert list(objects(tmp_path)) == ["/c.o", "/z.o", "/a/x.o", "/a/b/w.o", "/b/y.o"]


def test_links_are_not_followed_inside(tmp_path: Path, slim: Path) -> None:
    (tmp_path / "file.o").symlink_to(slim)
    (tmp_path / "folder").symlink_to(slim.parent)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.o").symlink_to("nowhere")
    assert walked(tmp_path) == [FileCount(0)]


def test_named_links_are_followed(tmp_path: Path, slim: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(slim)
    folder = tmp_path / "folder"
    folder.symlink_to(slim.parent)
    (item,) = walk_file(str(link))
    assert isinstance(item, ObjectItem)
    assert item.facts.kind is Kind.SLIM
    assert objects(folder) == {"/slim.o": Kind.SLIM}


def test_fifo_and_socket_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.o")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.o"))
        assert walked(tmp_path) == [FileCount(0, ((Omission.SPECIAL, 2),))]
    (item,) = walk_file(str(tmp_path / "fifo.o"))
    assert isinstance(item, ObjectItem)
    assert "expected a regular file" in text_of_all(item.facts.reasons)


def test_debug_files_are_left_out(tmp_path: Path, slim: Path) -> None:
    for name in ("usr/lib/debug/usr/lib/x.o", "usr/lib/debugger/x.o", "opt/usr/lib/debug/x.o"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(slim.read_bytes())
    assert list(objects(tmp_path)) == ["/opt/usr/lib/debug/x.o", "/usr/lib/debugger/x.o"]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("usr/lib64/libx.a", "../lib/debug/usr/lib64/x.o"),
        ("usr/lib64/libx.a", "/usr/lib/debug/usr/lib64/x.o"),
        ("usr/lib64/libx.a", "/lib/debug/usr/lib64/x.o"),
        ("usr/lib/libs", "debug/usr/lib64"),
        ("opt/a/b", "../.././usr/lib/debug"),
    ],
)
def test_what_a_link_leads_to_is_no_debug_file(tmp_path: Path, slim: Path, link: str, target: str) -> None:
    debug = tmp_path / "usr/lib/debug"
    for name in ("usr/lib64/x.o", "usr/lib64/y.debug", ".dwz/z"):
        (debug / name).parent.mkdir(parents=True, exist_ok=True)
        (debug / name).write_bytes(slim.read_bytes())
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (debug / "usr/lib64/link").symlink_to("x.o")  # from inside: nobody outside has it
    (tmp_path / "usr/debug").symlink_to("lib/debugger")
    assert walked(tmp_path) == [FileCount(0, ((Omission.DEBUG, 1),))]
    (tmp_path / link).symlink_to(target)
    assert list(objects(tmp_path)) == ["/usr/lib/debug/usr/lib64/x.o"]
    assert walked(tmp_path)[-1] == FileCount(0, ((Omission.DEBUG, 2),))


@pytest.mark.parametrize(
    ("target", "is_outside"),
    [
        ("/etc", True),
        ("..", False),
        ("../../x", True),
        ("../f", False),
        ("..x", False),
        ("x/../../..", True),
        (".", False),
    ],
)
def test_links_that_lead_outside_are_counted(tmp_path: Path, target: str, is_outside: bool) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to(target)
    omitted = ((Omission.OUTSIDE, 1),) if is_outside else ()
    assert list(walk_tree(str(tmp_path), str, is_root=False)) == [FileCount(0, omitted)]
    assert walked(tmp_path) == [FileCount(0)], "nothing leads out of a build root"


def test_hard_links_are_read_once_and_all_judged(tmp_path: Path, slim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = archive(tmp_path / "a.a", [slim])
    (tmp_path / "b.a").hardlink_to(first)
    reads: list[int] = []
    real = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        reads.append(offset)
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    found = objects(tmp_path)
    assert found == {"/a.a": Kind.SLIM, "/b.a": Kind.SLIM}
    once = len(reads)
    (tmp_path / "b.a").unlink()
    reads.clear()
    objects(tmp_path)
    assert once == len(reads)


def test_names_that_are_not_utf8_survive(tmp_path: Path, slim: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/bad\xff\nname.o"
    with open(raw, "wb") as file:
        file.write(slim.read_bytes())
    (path,) = objects(tmp_path)
    assert os.fsencode(path) == b"/bad\xff\nname.o"


def test_folders_too_deep_are_told(tmp_path: Path) -> None:
    top = os.open(tmp_path, os.O_RDONLY)
    here = os.dup(top)
    for _ in range(LIMITS.folder_depth + 10):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    os.close(top)
    (item,) = (item for item in walked(tmp_path) if isinstance(item, ObjectItem))
    assert f"deeper than {LIMITS.folder_depth}" in text_of_all(item.facts.reasons)


def test_file_that_vanishes(tmp_path: Path, slim: Path) -> None:
    for name in ("a.o", "b.o", "c.o"):
        (tmp_path / name).write_bytes(slim.read_bytes())
    walk = walk_tree(str(tmp_path), lambda path: path)
    next(walk)
    (tmp_path / "b.o").unlink()
    second, third, _ = walk
    assert isinstance(second, ObjectItem)
    assert isinstance(third, ObjectItem)
    assert "No such file" in text_of_all(second.facts.reasons)
    assert third.facts.kind is Kind.SLIM


def test_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    members = [compiled(tmp_path, f"m{number}", FAT) for number in range(40)]
    folder = tmp_path / "folder"
    folder.mkdir()
    file = archive(folder / "x.a", members)
    walk = walk_tree(str(folder), lambda path: path)
    seen = [next(walk)]
    os.truncate(file, 10_000)
    seen += walk
    kinds = [item.facts.kind for item in seen if isinstance(item, ObjectItem)]
    assert kinds[0] is Kind.FAT
    assert kinds[-1] is Kind.UNREADABLE


def test_without_permission(tmp_path: Path, slim: Path) -> None:
    """Run as nobody, because permissions do not stop root."""
    root = tmp_path / "root"
    (root / "closed").mkdir(parents=True)
    (root / "closed" / "a.o").write_bytes(slim.read_bytes())
    (root / "b.o").write_bytes(slim.read_bytes())
    (root / "c.o").write_bytes(slim.read_bytes())
    (root / "b.o").chmod(0)
    (root / "closed").chmod(0)
    for parent in (root, *list(root.parents)[:-2]):
        parent.chmod(0o755)
    code = (
        "import os, sys\n"
        "from checker.trees.tree import walk_tree\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "print([(i.path, i.facts.kind.value) for i in walk_tree(sys.argv[1], lambda path: path) if len(i) > 3])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[('b.o', 'unreadable'), ('c.o', 'slim'), ('closed', 'unreadable')]"


def test_many_small_files_leave_no_descriptor_open(tmp_path: Path) -> None:
    for number in range(300):
        compiled_like = tmp_path / f"d{number % 7}" / f"{number}.o"
        compiled_like.parent.mkdir(exist_ok=True)
        compiled_like.write_bytes(b"\x7fELF")
    before = len(os.listdir("/proc/self/fd"))
    walked(tmp_path)
    walk = walk_tree(str(tmp_path), lambda path: path)
    next(walk)
    walk.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before


def test_native_object(tmp_path: Path) -> None:
    compiled(tmp_path, "native", NATIVE)
    assert objects(tmp_path) == {"/native.o": Kind.NATIVE}


class TestGlance:
    """What the hook does before anything else: is there any file that may be an object?"""

    def test_nothing_that_may_be_an_object(self, tmp_path: Path) -> None:
        (tmp_path / "usr/share").mkdir(parents=True)
        (tmp_path / "usr/share/text").write_text("text\n")
        (tmp_path / "usr/share/empty").touch()
        (tmp_path / "usr/share/python").write_bytes(Path(sys.executable).resolve().read_bytes())
        assert not may_hold_objects(str(tmp_path))

    @pytest.mark.parametrize(
        "data", [b"!<arch>\n", b"!<thin>\n", b"BC\xc0\xde", b"\x7fELF", b"\x7fELF\2\1\1" + bytes(9) + b"\1\0"]
    )
    def test_one_file_is_enough(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "deep/er").mkdir(parents=True)
        (tmp_path / "deep/er/file").write_bytes(data)
        assert may_hold_objects(str(tmp_path))

    def test_what_cannot_be_looked_at_is_not_passed_over(self, tmp_path: Path) -> None:
        assert may_hold_objects(str(tmp_path / "missing"))

    def test_it_imports_next_to_nothing(self) -> None:
        code = (
            f"import errno, os, sys; sys.path.append({str(ROOT)!r}); before = set(sys.modules)\n"
            "import checker.trees.files; print(sorted(set(sys.modules) - before))"
        )
        done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
        modules = ["checker", "checker.objects", "checker.objects.magic", "checker.trees", "checker.trees.files"]
        assert done.stdout == f"{modules}\n"
