# SPDX-License-Identifier: GPL-2.0-or-later
import csv
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.errors import Obstacle, Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.limits import LIMITS
from checker.model import FileCount, Finding, Item, Kind, ObjectItem, Stage
from checker.packages import bindings, header, package, payload, spool
from checker.packages.options import PackageOptions
from checker.packages.package import package_at, package_in, with_data
from checker.report.words import text_of, text_of_all
from tests.packages import (
    COMPRESSIONS,
    INT16,
    INT32,
    STRING,
    STRINGS,
    File,
    Layout,
    items_in,
    kinds_in,
    obstacle_in,
    rpmbuilt,
    xz,
)
from tests.packages import package as packed
from tests.toolbox import FAT, NATIVE, ROOT, SLIM, archive, compiled, run

FIXTURES = ROOT / "fixtures/packages"
RELOCATABLE, ARCHIVE, TEXT = "ELF 64-bit LSB relocatable, x86-64", "current ar archive", "ASCII text"
GHOST = 1 << 6
ARMAP = b"!<arch>\n".ljust(36, b"\n")
FULL_DISK = Path("/dev/full")


def manifest() -> Iterator[dict[str, str]]:
    with (FIXTURES / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def findings_in(file: Path, reading: PackageOptions = PackageOptions()) -> list[Finding]:  # noqa: B008
    judged = Judge(load_policy(), date(2026, 11, 20)).judge(package_at(str(file), reading))
    return [finding for entry in judged for finding in entry.findings]


def limited(**limits: int) -> PackageOptions:
    return PackageOptions(limits=LIMITS._replace(**limits))


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("objects")
    made = {name: compiled(folder, name, flags) for name, flags in
            (("slim", SLIM), ("fat", FAT), ("native", NATIVE))}  # fmt: skip
    made["libslim"] = archive(folder / "libslim.a", [made["slim"], made["native"]])
    return {name: file.read_bytes() for name, file in made.items()}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, objects: dict[str, bytes]) -> Path:
    """A build root with one file of each kind, hard links, symbolic links, and names that are hard to read."""
    root = tmp_path_factory.mktemp("installed")
    library = root / "usr/lib64"
    library.mkdir(parents=True)
    (library / "libslim.a").write_bytes(objects["libslim"])
    (library / "fat.o").write_bytes(objects["fat"])
    hollow = library / "hollow.o"
    hollow.write_bytes(objects["slim"])
    run("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1", hollow)
    for number in range(3):
        (library / f"linked{number}.o").hardlink_to(hollow)
    (library / "libalias.a").symlink_to("libslim.a")
    (library / "libscript.a").write_text("/* GNU ld script */\nINPUT(-lslim)\n")
    (library / "name without suffix").write_bytes(objects["slim"])
    Path(os.fsdecode(os.fsencode(library) + b"/l\xe4tin.o")).write_bytes(objects["fat"])
    (library / "empty.o").touch()
    (library / "program").write_bytes(Path("/bin/true").read_bytes())
    debug = root / "usr/lib/debug/usr"
    debug.mkdir(parents=True)
    (debug / "left.o").write_bytes(objects["slim"])
    return root


INSTALLED_KINDS = {
    "/usr/lib64/fat.o": Kind.FAT,
    "/usr/lib64/hollow.o": Kind.HOLLOW,
    "/usr/lib64/libslim.a": Kind.SLIM,
    "/usr/lib64/linked0.o": Kind.HOLLOW,
    "/usr/lib64/linked1.o": Kind.HOLLOW,
    "/usr/lib64/linked2.o": Kind.HOLLOW,
    "/usr/lib64/l\udce4tin.o": Kind.FAT,
    "/usr/lib64/name without suffix": Kind.SLIM,
}


class TestRealPackages:
    @pytest.mark.parametrize("compression", COMPRESSIONS)
    def test_every_compression(self, tmp_path: Path, installed: Path, compression: str) -> None:
        built = rpmbuilt(tmp_path, installed, payload=compression)
        assert kinds_in(built) == INSTALLED_KINDS
        everything = {**INSTALLED_KINDS, "/usr/lib/debug/usr/left.o": Kind.SLIM}
        assert kinds_in(built, PackageOptions(thorough=True)) == everything

    def test_a_link_into_the_debug_files(self, tmp_path: Path, installed: Path) -> None:
        root = Path(shutil.copytree(installed, tmp_path / "linked", symlinks=True))
        debug = root / "usr/lib/debug/usr"
        (debug / "code.o.debug").write_bytes((debug / "left.o").read_bytes())
        (root / "usr/lib64/libleft.o").symlink_to("../lib/debug/usr/left.o")
        found = {**INSTALLED_KINDS, "/usr/lib/debug/usr/left.o": Kind.SLIM}
        assert kinds_in(rpmbuilt(tmp_path, root)) == found

    def test_files_are_those_that_cpio_extracts(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed)
        extracted = tmp_path / "extracted"
        extracted.mkdir()
        run("sh", "-c", f"rpm2cpio {built} | cpio -id --quiet", cwd=extracted)
        theirs = {
            f"/{file.relative_to(extracted)}": hashlib.sha256(file.read_bytes()).hexdigest()
            for file in extracted.rglob("*")
            if file.is_file() and not file.is_symlink() and file.stat().st_size
        }
        ours: dict[str, str] = {}
        fd = os.open(built, os.O_RDONLY)
        try:
            found = header.read_header(fd)
            files = found.files
            wanted = {number for number in range(len(files.names)) if files.is_regular(number) and files.sizes[number]}
            with payload.open_payload(fd, found.payload_at) as stream:
                for numbers, size in with_data(stream, files, wanted):
                    digest = hashlib.sha256(stream.read(size)).hexdigest()
                    ours.update((files.names[number], digest) for number in numbers)
        finally:
            os.close(fd)
        assert len(ours) == 11
        assert ours == theirs

    def test_what_the_header_declares(self, tmp_path: Path, installed: Path) -> None:
        flags = "-O2 -flto=auto -fno-fat-lto-objects -ffat-lto-objects"
        facts = package_at(
            str(rpmbuilt(tmp_path, installed, definitions={"optflags": flags})), PackageOptions()
        ).package
        assert (facts.name, facts.source, facts.arch) == ("sample-3:1.0-2.x86_64", "sample", "x86_64")
        assert facts.opt_in
        assert facts.opt_in_evidence == ("the package's compiler flags (OPTFLAGS) ask for fat objects",)
        assert facts.stage is Stage.STRIPPED
        assert not facts.declared

    @pytest.mark.parametrize(
        "flags", ["-O2", "-O2 -ffat-lto-objects", "-flto=auto -ffat-lto-objects -fno-lto", "-flto"]
    )
    def test_flags_that_do_not_opt_in(self, tmp_path: Path, installed: Path, flags: str) -> None:
        built = rpmbuilt(tmp_path, installed, definitions={"optflags": flags})
        assert not package_at(str(built), PackageOptions()).package.opt_in
        assert package_at(str(built), PackageOptions(opt_in=True)).package.opt_in_evidence == ("--opt-in",)

    def test_the_user_knows_better_than_the_flags(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed, definitions={"optflags": "-flto -ffat-lto-objects"})
        rules = {finding.rule for finding in findings_in(built) if finding.path.endswith(".a")}
        assert rules == {"slim-despite-opt-in", "bytecode-left"}
        rules = {
            finding.rule for finding in findings_in(built, PackageOptions(opt_in=False)) if finding.path.endswith(".a")
        }
        assert rules == {"slim-object", "bytecode-left"}

    def test_stage(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed)
        assert "bytecode-left" in {finding.rule for finding in findings_in(built)}
        reading = PackageOptions(stage=Stage.INSTALLED)
        assert "bytecode-left" not in {finding.rule for finding in findings_in(built, reading)}

    def test_ghosts_are_not_there(self, tmp_path: Path, installed: Path) -> None:
        listing = "/usr/lib64/fat.o\n%ghost /usr/lib64/libslim.a\n%ghost /usr/lib64/linked0.o"
        built = rpmbuilt(tmp_path, installed, listing=listing)
        for thorough in (False, True):
            assert kinds_in(built, PackageOptions(thorough=thorough)) == {"/usr/lib64/fat.o": Kind.FAT}

    def test_links_of_which_some_are_left_out(self, tmp_path: Path, installed: Path) -> None:
        listing = "/usr/lib64/linked0.o\n/usr/lib64/linked2.o\n%ghost /usr/lib64/linked1.o"
        built = rpmbuilt(tmp_path, installed, listing=listing)
        assert kinds_in(built) == dict.fromkeys(("/usr/lib64/linked0.o", "/usr/lib64/linked2.o"), Kind.HOLLOW)

    def test_source_package(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed, source=True)
        target = package_at(str(built), PackageOptions())
        assert (target.package.name, target.package.arch) == ("sample-3:1.0-2.src", "src")
        assert list(target.items) == [FileCount(0)]
        (finding,) = findings_in(built)
        assert (finding.rule, finding.severity.name) == ("source-package", "NOTE")

    def test_thin_archive_with_its_members(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        folder = root / "usr/lib/thin"
        folder.mkdir(parents=True)
        compiled(folder, "slim", SLIM)
        compiled(folder, "zlast", NATIVE)
        gone = compiled(root, "gone", NATIVE)
        run("ar", "rcsT", "libthin.a", "slim.o", "zlast.o", "../../../gone.o", cwd=folder)
        gone.unlink()
        items = items_in(rpmbuilt(tmp_path, root))
        members = {item.member: item.facts for item in items if isinstance(item, ObjectItem) and item.member}
        assert {name: facts.kind for name, facts in members.items()} == {
            "slim.o": Kind.SLIM,
            "zlast.o": Kind.NATIVE,
            "../../../gone.o": Kind.UNREADABLE,
        }
        assert "is not in this package" in text_of_all(members["../../../gone.o"].reasons)
        loose = {item.path: item.facts.kind for item in items if isinstance(item, ObjectItem) and not item.member}
        assert loose == {"/usr/lib/thin/slim.o": Kind.SLIM, "/usr/lib/thin/zlast.o": Kind.NATIVE}

    def test_an_open_file_is_read_as_its_path_is(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        root.mkdir()
        compiled(root, "slim", SLIM)
        run("ar", "rcsT", "libthin.a", "slim.o", cwd=root)  # for which the payload is read twice
        built = rpmbuilt(tmp_path, root)
        with built.open("rb") as file:
            there = package_at(str(built), PackageOptions())
            here = package_in(file.fileno(), "shown", PackageOptions())
            assert (here.path, here.package) == ("shown", there.package)
            built.unlink()
            opened = list(here.items)
        assert [type(item) for item in opened].count(ObjectItem) == 2
        assert not any(isinstance(item, Unavailable) for item in opened)
        (unread,) = (item for item in there.items if isinstance(item, Unavailable))
        assert unread.detail == "cannot be read: No such file or directory"

    def test_signatures(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed)
        home = tmp_path / "gnupg"
        home.mkdir(mode=0o700)
        for name in ("mine", "other"):
            run("gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-gen-key", name, "rsa2048", "sign")
            (tmp_path / name).write_text(run("gpg", "--homedir", home, "--armor", "--export", name))
        mine = PackageOptions(verify=True, keys=(str(tmp_path / "mine"),))
        assert obstacle_in(built, mine)[0] == "unverified"
        run(
            "rpmsign",
            "--define",
            f"__gpg {shutil.which('gpg')}",
            "--define",
            f"_gpg_path {home}",
            "--define",
            "_gpg_name mine",
            "--addsign",
            built,
        )
        assert kinds_in(built, mine) == INSTALLED_KINDS
        both = PackageOptions(verify=True, keys=(str(tmp_path / "other"), str(tmp_path / "mine")))
        assert kinds_in(built, both) == INSTALLED_KINDS
        what, detail = obstacle_in(built, PackageOptions(verify=True, keys=(str(tmp_path / "other"),)))
        assert (what, "NOKEY" in detail) == ("unverified", True)
        (tmp_path / "other").write_text("no key")
        with pytest.raises(UsageError, match="--key"):
            package_at(str(built), PackageOptions(verify=True, keys=(str(tmp_path / "other"),)))

    def test_names_that_rpm_would_expand(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed).rename(tmp_path / "-[a] {b}*?.rpm")
        assert kinds_in(built, PackageOptions(verify=True)) == INSTALLED_KINDS

    def test_digests(self, tmp_path: Path, installed: Path) -> None:
        built = rpmbuilt(tmp_path, installed)
        verified = PackageOptions(verify=True)
        assert kinds_in(built, verified) == INSTALLED_KINDS
        data = bytearray(built.read_bytes())
        data[-20] ^= 1
        built.write_bytes(data)
        what, detail = obstacle_in(built, verified)
        assert what == "unverified"
        assert "BAD" in detail


class TestReading:
    """What is read of the payload, and what it may cost."""

    def test_packages_without_candidates_are_not_decompressed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/usr/bin/x", b"x" * 9, TEXT)], Layout(compress=lambda data: b"no payload")))
        monkeypatch.setattr(package, "open_payload", lambda *_: pytest.fail("the payload was opened"))
        assert items_in(file) == [FileCount(1)]

    def test_nothing_is_read_after_the_last_candidate(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        files = [File("/a.o", objects["fat"], RELOCATABLE), File("/b", b"text", TEXT)]
        file.write_bytes(packed(files, Layout(tail=b"what follows is no cpio"), stored=[0]))
        assert kinds_in(file) == {"/a.o": Kind.FAT}
        assert obstacle_in(file, PackageOptions(thorough=True))[0] == "altered"

    @pytest.mark.parametrize("type_", ["", "data", "application/octet-stream"])
    def test_names_count_where_the_header_has_no_opinion(
        self, tmp_path: Path, objects: dict[str, bytes], type_: str
    ) -> None:
        file = tmp_path / "x.rpm"
        names = ("/x.bc", "/x.O", "/libx.a", "/libx.a.1", "/x.rlib")
        files = [File(name, objects["slim"], type_) for name in (*names, "/x")]
        file.write_bytes(packed([*files, File("/text.o", b"text", TEXT)]))
        assert set(kinds_in(file)) == set(names)
        assert set(kinds_in(file, PackageOptions(thorough=True))) == {*names, "/x"}

    def test_a_header_that_says_nothing_has_every_file_looked_at(
        self, tmp_path: Path, objects: dict[str, bytes]
    ) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/x", objects["slim"]), File("/y", b"text")]))
        assert items_in(file)[-1] == FileCount(1)
        assert kinds_in(file) == {"/x": Kind.SLIM}

    def test_a_header_that_lies_about_types(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/x.a", b"text", ARCHIVE), File("/y.o", objects["slim"], TEXT)]))
        assert items_in(file) == [FileCount(2)]
        assert kinds_in(file, PackageOptions(thorough=True)) == {"/y.o": Kind.SLIM}

    def test_mime_types_of_rpm_6(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        files = [
            File("/a", objects["slim"], "application/x-object"),
            File("/b", objects["libslim"], "application/x-archive"),
            File("/c.o", b"text", "text/plain"),
        ]
        for compress in (bytes, xz):
            file.write_bytes(packed(files, Layout(stripped=True, mimes=True, compress=compress)))
            assert kinds_in(file) == {"/a": Kind.SLIM, "/b": Kind.SLIM}

    def test_hard_links_in_a_stripped_payload(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        slim = File("/a.o", objects["slim"], RELOCATABLE, inode=7, stored=b"")
        files = [
            slim,
            replace(slim, path="/b.o", flags=GHOST),
            File("/link.a", b"a.o", mode=stat.S_IFLNK | 0o777),
            replace(slim, path="/z.o", stored=None),
        ]
        file.write_bytes(packed(files, Layout(stripped=True), stored=[0, 2, 3]))
        assert kinds_in(file) == {"/a.o": Kind.SLIM, "/z.o": Kind.SLIM}

    def test_duplicate_paths(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        files = [File("/a.o", objects["slim"], RELOCATABLE), File("/a.o", objects["fat"], RELOCATABLE)]
        for stripped in (False, True):
            file.write_bytes(packed(files, Layout(stripped=stripped)))
            assert [item.facts.kind for item in items_in(file) if isinstance(item, ObjectItem)] == [Kind.SLIM, Kind.FAT]

    def test_large_files_go_through_the_spool(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        files = [File(f"/{number}.a", objects["libslim"], ARCHIVE) for number in range(3)]
        file.write_bytes(packed(files, Layout(compress=xz)))
        assert kinds_in(file, limited(in_memory=16)) == dict.fromkeys(("/0.a", "/1.a", "/2.a"), Kind.SLIM)

    def test_very_many_objects_with_two_names(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        library = File("/a.a", objects["libslim"], ARCHIVE, inode=7, stored=b"")
        file.write_bytes(packed([library, replace(library, path="/b.a", stored=None)]))
        expected = items_in(file)
        assert items_in(file, limited(shared_links=0)) == expected
        assert kinds_in(file) == {"/a.a": Kind.SLIM, "/b.a": Kind.SLIM}


class TestObstacles:
    def test_fixtures(self) -> None:
        for row in manifest():
            file = FIXTURES / row["file"]
            assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
            found = findings_in(file)
            assert {finding.rule for finding in found} == ({row["rule"]} - {"clean"}), row["file"]
            assert all(row["message"] in text_of(finding.message) for finding in found)

    def test_every_fixture_has_its_origin(self) -> None:
        assert {row["file"] for row in manifest()} == {file.name for file in FIXTURES.glob("*rpm")}

    def test_sound_fixtures_can_be_read_to_the_end(self) -> None:
        for row in manifest():
            if row["rule"] != "unreadable-package":
                items = items_in(FIXTURES / row["file"], PackageOptions(thorough=True))
                assert not [item for item in items if isinstance(item, Unavailable)], row["file"]

    @pytest.mark.parametrize(
        ("files", "layout", "stored", "words"),
        [
            ([File("/a.o", ARMAP, ARCHIVE, stored=b"short")], Layout(), None, "has 5 bytes, not the 36"),
            ([File("/a.o", ARMAP, ARCHIVE, stored=b"")], Layout(), None, "has 0 bytes, not the 36"),
            ([File("/a.o", ARMAP, ARCHIVE, digest="0" * 64)], Layout(), None, "does not match its digest"),
            ([File("/a.o", ARMAP, ARCHIVE, stored=bytes(36))], Layout(), None, "does not match its digest"),
            ([File("/a.o", ARMAP, ARCHIVE)], Layout(), [], "without /a.o, which its header promises"),
            ([File("/a", b"x"), File("/b", b"x")], Layout(), [0, 0], "a, which its header does not promise"),
            ([File("/a", b"x"), File("/b", b"x")], Layout(stripped=True), [0, 0], "file number 0, not promised"),
            ([File("/a.o", b"x" * 9)], Layout(tail=b"070701" + b"-0000001" * 13), [], "no hexadecimal number"),
            ([File("/a.o", b"x" * 9)], Layout(tail=b"070701" + b"ffffffff" * 13), [], "a name of 4294967295 bytes"),
            ([File("/a.o", b"x" * 9)], Layout(tail=b"070707" + b"0" * 104), [], "no cpio archive at byte 6"),
            ([File("/a.o", b"x" * 9)], Layout(tail=b"07070X" + b"0000ffff"), [], "file number 65535, not promised"),
            ([File("/a.o", b"x" * 9)], Layout(compress=lambda data: b"LZIP" + data), None, "no known compression"),
            ([File("/a.o", b"x" * 9)], Layout(compress=lambda data: xz(data)[:-30]), None, "payload"),
            ([File("/d", b"", mode=stat.S_IFDIR | 0o755, stored=b"x" * 4097), File("/a.o", b"x" * 9)], Layout(), None,
             "has 4097 bytes"),
        ],
    )  # fmt: skip
    def test_payloads_that_contradict_their_header(
        self, tmp_path: Path, files: list[File], layout: Layout, stored: list[int] | None, words: str
    ) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed(files, layout, stored))
        what, detail = obstacle_in(file)
        assert what in ("altered", "truncated")
        assert words in detail

    @pytest.mark.parametrize(
        ("tags", "words"),
        [
            ({1141: (INT32, [9])}, "tag 1141 has not one entry per file"),  # rpm's own reading of this ends the process
            ({1116: (INT32, [9])}, "tag 1116 has not one entry per file"),
            ({1117: (STRINGS, ["a.o", "b.o"])}, "tag 1117 has not one entry per file"),
            ({1030: (INT16, [stat.S_IFREG] * 2)}, "has not one entry per file"),
            ({1096: (INT32, [1, 2])}, "tag 1096 has not one entry per file"),
        ],
    )
    def test_headers_that_contradict_themselves(
        self, tmp_path: Path, tags: dict[int, tuple[int, object]], words: str
    ) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/a.o", ARMAP, ARCHIVE)], Layout(tags=tags)))
        what, detail = obstacle_in(file)
        assert what == "malformed"
        assert words in detail

    def test_a_tag_of_another_type_is_passed_over(self, tmp_path: Path) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/a.o", ARMAP, ARCHIVE)], Layout(tags={5112: (STRING, "much")})))
        if int(bindings.rpm().__version__.split(".")[0]) < 6:
            assert kinds_in(file) == {"/a.o": Kind.NONE}
        else:  # which knows the tag itself
            assert obstacle_in(file) == ("malformed", "has a header that rpm cannot read")

    def test_a_compression_inside_of_another_one_is_not_unpacked(self, tmp_path: Path) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/a.o", b"x" * 9)], Layout(compress=lambda data: xz(xz(data)))))
        assert "no cpio archive" in obstacle_in(file)[1]

    def test_bounds(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File(f"/{name}.o", data, RELOCATABLE) for name, data in objects.items()]))
        assert obstacle_in(file, limited(package_files=3)) == ("too-large", "holds 4 files, more than 3")
        assert obstacle_in(file, limited(package_header=300))[0] == "too-large"
        assert obstacle_in(file, limited(payload=2000)) == (
            "too-large",
            "has a payload that unpacks to more than 2000 bytes",
        )

    def test_a_full_disk(self, tmp_path: Path, objects: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spool, "TemporaryFile", lambda **_: FULL_DISK.open("wb", buffering=0))
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/a.o", objects["fat"], RELOCATABLE)]))
        full = ("inaccessible", "cannot be read: No space left on device")
        assert obstacle_in(file, limited(in_memory=16)) == full

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        assert obstacle_in(tmp_path / "missing.rpm")[1] == "cannot be read: No such file or directory"
        os.mkfifo(tmp_path / "fifo.rpm")
        assert obstacle_in(tmp_path / "fifo.rpm") == ("no-package", "is no regular file")

    def test_a_package_that_is_exchanged_while_it_is_read(self, tmp_path: Path, objects: dict[str, bytes]) -> None:
        file = tmp_path / "x.rpm"
        file.write_bytes(packed([File("/a.o", objects["fat"], RELOCATABLE)]))
        target = package_at(str(file), PackageOptions())
        file.write_bytes(packed([File("/b.o", objects["fat"], RELOCATABLE)]))
        assert [item.obstacle.value for item in target.items if isinstance(item, Unavailable)] == ["altered"]


HOLLOW = (FIXTURES / "v4-xz-hollow.rpm").read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "x.rpm"


def scanned(file: Path, data: bytes) -> list[Item]:
    file.write_bytes(data)
    return [*items_in(file), *items_in(file, PackageOptions(thorough=True))]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(HOLLOW) - 1))
def test_every_cut_is_told(scratch: Path, size: int) -> None:
    assert sum(isinstance(item, Unavailable) for item in scanned(scratch, HOLLOW[:size])) == 2


@pytest.fixture(scope="module")
def sound(scratch: Path) -> list[Item]:
    return scanned(scratch, HOLLOW)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(HOLLOW) - 1), st.integers(1, 255))
def test_a_changed_byte_is_told_or_changes_nothing(
    scratch: Path, sound: list[Item], position: int, change: int
) -> None:
    data = bytearray(HOLLOW)
    data[position] ^= change
    items = scanned(scratch, bytes(data))
    assert items == sound or any(isinstance(item, Unavailable) for item in items)


UNCOMPRESSED = [
    packed(
        [
            File("/usr/lib/a.o", b"\x7fELF" + bytes(60), RELOCATABLE, inode=5, stored=b""),
            File("/usr/lib/b.o", b"\x7fELF" + bytes(60), RELOCATABLE, inode=5),
            File("/usr/lib/libx.a", b"!<arch>\n", ARCHIVE),
            File("/usr/lib/libt.a", b"!<thin>\n" + b"a.o/".ljust(48) + b"64".ljust(10) + b"`\n", ARCHIVE),
            File("/usr/share/x", b"text", TEXT),
        ],
        Layout(stripped=stripped, mimes=stripped),
    )
    for stripped in (False, True)
]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(UNCOMPRESSED), st.lists(st.tuples(st.integers(96, 2000), st.integers(0, 255)), max_size=8))
def test_no_change_makes_it_raise(scratch: Path, data: bytes, changes: list[tuple[int, int]]) -> None:
    """These packages have no digests, so changed headers get further than in real ones."""
    changed = bytearray(data)
    for position, value in changes:
        changed[position % len(data)] = value
    for item in scanned(scratch, bytes(changed)):
        assert isinstance(item, tuple | Unavailable)


REAL_HEADERS = [(FIXTURES / name).read_bytes() for name in ("v6-zstd.rpm", "v4-lzma.rpm", "v4-xz-native.rpm")]


def load_without_digests(fd: int) -> Any:
    """Who alters a header on purpose makes the digests fit."""
    transaction = bindings.rpm().TransactionSet()
    transaction.setVSFlags(-1)
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        return transaction.hdrFromFdno(fd)
    except bindings.rpm().error as error:
        raise Unavailable(Obstacle.MALFORMED, "refused by rpm") from error


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(REAL_HEADERS), st.lists(st.tuples(st.integers(96, 5000), st.integers(0, 255)), max_size=8))
def test_no_change_of_a_real_header_makes_it_raise(scratch: Path, data: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(data)
    for position, value in changes:
        changed[position % len(data)] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(header, "_load", load_without_digests)
        for item in scanned(scratch, bytes(changed)):
            assert isinstance(item, tuple | Unavailable)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_make_it_raise(scratch: Path, data: bytes, with_lead: bool) -> None:
    items = scanned(scratch, HOLLOW[:96] + data if with_lead else data)
    assert all(isinstance(item, Unavailable) for item in items)


def test_nothing_is_written_but_unlinked_files(tmp_path: Path, installed: Path) -> None:
    """Every file that is opened for writing, as the kernel sees it."""
    built = rpmbuilt(tmp_path, installed, payload="w.ufdio")
    log = tmp_path / "log"
    code = (
        "import sys\n"
        "from tests.packages import items_in\n"
        "from tests.test_package import limited\n"
        "sys.exit(not items_in(sys.argv[1], limited(in_memory=16)))\n"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        ["strace", "-f", "-s", "400", "-o", log, "-e", "trace=file,desc", sys.executable, "-B", "-c", code, built],
        cwd=empty, env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(empty)}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = log.read_text(errors="replace").splitlines()
    written = [call for call in calls if re.search("O_(CREAT|WRONLY|RDWR)|mkdir|rename|link", call)]
    assert not [call for call in written if "libslim" in call or "fat.o" in call]
    # Where O_TMPFILE is not to be had, as on overlayfs, Python makes a file and takes its name away at once.
    named = [match[1] for call in written if (match := re.search(f'"({empty}/[^"]+)", O_', call))]
    assert any("O_TMPFILE" in call for call in written)
    assert all(any(f'unlink("{name}")' in call for call in calls) for name in named)
    assert list(empty.iterdir()) == []
