# SPDX-License-Identifier: GPL-2.0-or-later
"""Repositories: which packages are to be looked at, beside createrepo_c's own reader, and what is downloaded for it."""

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import createrepo_c

from bench.inputs import Inputs
from bench.measure import compare, peak_megabytes, seconds_of
from bench.tables import COMPARED, MEASURED, Table
from checker.audit.examine import ExamineOptions, Record, examine
from checker.packages.package import OBJECT_NAME
from checker.repositories.repository import Listing, RepositoryOptions, read_repository
from tests.packages import rpmbuilt
from tests.servers import Server, serving
from tests.toolbox import CREATEREPO

PACKAGES = 70_000
FILES = 8_000_000
"""In all of them together; Fedora 43 has about as many."""

WITH_OBJECTS = 50
"""One package of so many has objects."""

COMPRESSIONS = {"gz": createrepo_c.GZ, "zstd": createrepo_c.ZSTD}
SUFFIXES = (".py", ".pyc", ".h", ".html", ".png", ".so.1.2.3", ".mo", ".svg", "", ".1.gz")

INSTALLED = (
    *("libc6-dev", "libgcc-12-dev", "libstdc++-12-dev"),
    *("bash", "binutils-x86-64-linux-gnu", "coreutils", "cpp-12", "gcc-12", "git", "libc6", "libpython3.11-stdlib"),
    *("linux-libc-dev", "locales", "perl-base", "perl-modules-5.36", "util-linux"),
)
"""Packages of Debian that the tests need; the first three have objects."""

PEAK = """
import sys
from checker.repositories.repository import RepositoryOptions, read_repository
assert not read_repository(sys.argv[1], RepositoryOptions()).problems
"""


def selection(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "Candidates of a repository",
        f"Which of {PACKAGES:,} packages list an object among {FILES:,} files, where they are, how large, and of which "
        "sources: `read_repository` on a folder, with the digests of the metadata, in process. The peer walks the same "
        "files by createrepo_c's PackageIterator, searches the names for the same pattern, and checks no digest. A bar "
        "of 0.8 means: at most 1.25 times the peer's time.",
        COMPARED,
    )
    turns = max(3, runs // 3)
    for name in COMPRESSIONS:
        folder = _metadata(inputs, name)
        assert [listed.location for listed in _ours(folder).packages] == _by_createrepo(folder)
        result = compare(_seconds(_ours, folder), _seconds(_by_createrepo, folder), turns)
        table.compared(f"{name}, vs PackageIterator", result, 0.8)
    return table


def selection_memory(inputs: Inputs, _: int) -> Table:
    note = "Resident, of a process that does nothing but read that repository, in 10^6 bytes."
    table = Table("Peak memory of reading a repository", note, MEASURED)
    for name in COMPRESSIONS:
        table.measured(name, peak_megabytes([sys.executable, "-c", PEAK, str(_metadata(inputs, name))]), "MB", 100)
    return table


def downloads(inputs: Inputs, _: int) -> Table:
    folder = inputs.made("repository", _build_repository)
    total = sum(file.stat().st_size for file in folder.glob("*.rpm"))
    table = Table(
        "What is downloaded",
        f"Bytes that a server sends to audits of a repository of {len(INSTALLED)} packages, {total / 1e6:.0f} MB, made "
        "of packages of Debian, 3 of which have objects. How large the shares are depends on what a repository holds; "
        "what --partial saves, on what follows the objects in the order of paths.",
        ("what", "bytes", "of all packages"),
    )
    with serving(folder) as server:
        read_repository(server.url, RepositoryOptions())
        table.rows.append(("metadata, which is in all of these", *_sent(server, total)))
        for what, options in (
            ("every package that lists an object", ExamineOptions()),
            ("--partial", ExamineOptions(partial=True)),
            ("--headers", ExamineOptions(headers=True)),
        ):
            server.sent = 0
            for listed in read_repository(server.url, RepositoryOptions(every_package=options.headers)).packages:
                assert isinstance(examine(listed, options).result, Record)
            table.rows.append((what, *_sent(server, total)))
    return table


def _sent(server: Server, total: int) -> tuple[str, str]:
    return f"{server.sent:,}", f"{server.sent / total:.1%}"


def _seconds(work: Callable[[Path], object], folder: Path) -> Callable[[], float]:
    return lambda: seconds_of(lambda: work(folder))


def _ours(folder: Path) -> Listing:
    return read_repository(str(folder), RepositoryOptions())


def _by_createrepo(folder: Path) -> list[str]:
    """The same by the reader of createrepo_c, as somebody would write it without us."""
    paths = {record.type: str(folder / record.location_href) for record in createrepo_c.Repomd(_repomd(folder)).records}
    wanted, others, sources, size = [], Counter[str](), set(), 0
    for package in createrepo_c.PackageIterator(
        primary_path=paths["primary"], filelists_path=paths["filelists"], other_path=None
    ):
        size += package.size_package
        sources.add((package.rpm_sourcerpm or package.name).rsplit("-", 2)[0])
        if any(OBJECT_NAME.search(name) for kind, _, name in package.files if not kind):
            wanted.append(str(folder / package.location_href))
        else:
            others[package.arch] += 1
    return wanted


def _repomd(folder: Path) -> str:
    return str(folder / "repodata/repomd.xml")


def _metadata(inputs: Inputs, compression: str) -> Path:
    return inputs.made("metadata", _write_metadata) / compression


def _write_metadata(place: Path) -> None:
    """The metadata of a large repository whose packages are not there, written by createrepo_c in each compression."""
    writers = {"primary": createrepo_c.PrimaryXmlFile, "filelists": createrepo_c.FilelistsXmlFile}
    opened = {}
    for name, compression in COMPRESSIONS.items():
        (place / name / "repodata").mkdir(parents=True)
        for kind, writer in writers.items():
            path = f"{place}/{name}/repodata/{kind}.xml{createrepo_c.compression_suffix(compression)}"
            opened[name, kind] = path, writer(path, compression)
    for _, file in opened.values():
        file.set_num_of_pkgs(PACKAGES)
    for number in range(PACKAGES):
        package = _package(number)
        for _, file in opened.values():
            file.add_pkg(package)
    for name in COMPRESSIONS:
        repomd = createrepo_c.Repomd()
        for kind in writers:
            path, file = opened[name, kind]
            file.close()
            record = createrepo_c.RepomdRecord(kind, path)
            record.fill(createrepo_c.SHA256)
            repomd.set_record(record)
        Path(_repomd(place / name)).write_text(repomd.xml_dump(), encoding="utf-8")


def _package(number: int) -> createrepo_c.Package:
    chance = random.Random(number)
    package = createrepo_c.Package()
    name = f"package{number}"
    package.name, package.arch = name, chance.choice(("x86_64", "x86_64", "noarch"))
    package.epoch, package.version, package.release = "0", f"{number % 9}.{number % 70}", f"{number % 5}.fc43"
    package.pkgId, package.checksum_type = f"{chance.getrandbits(256):064x}", "sha256"
    package.location_href = f"Packages/p/{package.nvra()}.rpm"
    package.rpm_sourcerpm = f"source{number // 3}-{package.version}-{package.release}.src.rpm"
    package.size_package, package.rpm_header_start, package.rpm_header_end = chance.getrandbits(20), 4504, 20_000
    package.summary, package.description = f"What {name} is good for", f"More of {name}.\n" * 12
    package.url, package.rpm_license = f"https://example.org/{name}", "MIT"
    package.provides = [(f"{name}({part})", "EQ", "0", "1", "1", False) for part in range(6)]
    package.requires = [(f"lib{part}.so.{number % 40}()(64bit)", None, None, None, None, False) for part in range(12)]
    folders = [f"/usr/{chance.choice(('share', 'lib64', 'include'))}/{name}/part{part}/" for part in range(6)]
    package.files = [
        (None, chance.choice(folders), f"{chance.getrandbits(32):x}{chance.choice(SUFFIXES)}")
        for _ in range(FILES // PACKAGES)
    ] + ([(None, "/usr/lib64/", f"lib{name}.a")] if number % WITH_OBJECTS == 0 else [])
    return package


def _build_repository(place: Path) -> None:
    """Packages of the files of installed ones, as rpmbuild and createrepo_c make them."""
    place.mkdir()
    for name in INSTALLED:
        root = place / "work/root"
        for path in subprocess.run(["dpkg", "-L", name], capture_output=True, text=True, check=True).stdout.split("\n"):
            file = Path(path)
            if path and file.is_file() and not file.is_symlink():
                target = root / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        built = rpmbuilt(place / "work", root, name=name, payload="w3.zstdio")
        built.rename(place / built.name)
        shutil.rmtree(place / "work")
    subprocess.run([CREATEREPO, "--quiet", place], check=True)
