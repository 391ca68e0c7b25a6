# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured on: made once, kept in a folder outside of version control."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle, islice, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.objects import elf_object, members_of, write_archive, write_elf_of_size

PACKAGES = (
    "llvm-15-dev",
    *(
        f"libboost-{part}1.74-dev"
        for part in (
            *("filesystem", "graph", "locale", "log", "math", "program-options", "python"),
            *("regex", "serialization", "test", "thread", "wave"),
        )
    ),
    "libc6-dev",
    "libglib2.0-dev",
    "libicu-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libstdc++-12-dev",
)
"""Debian 12 packages with static libraries: 240 archives, 400 MB."""

BIG_ARCHIVE = 2_000_000_000
MANY_MEMBERS = 300_000
SMALL_FILES = 10_000
ARCHIVE_ROOT = 300_000_000
SECTION_COUNTS = (1_000, 4_000, 16_000, 64_000, 256_000)
UNITS = 48
LTO_ARCHIVES = 4
"""Copies of the archive with all units, so that there are some hundred megabytes to read."""

DISTRIBUTION_FLAGS = ("-O2", "-g", "-flto=auto")


@dataclass(frozen=True)
class Inputs:
    """Files and folders by what they are for; each is made when it is first asked for."""

    cache: Path

    @cached_property
    def native(self) -> list[Path]:
        """Real static libraries of a distribution."""
        return _files(self.native_folder)

    @cached_property
    def native_folder(self) -> Path:
        return self.made("native", lambda place: _unpack_packages(place, self.debs))

    @cached_property
    def fat(self) -> list[Path]:
        return _files(self.made("fat", lambda place: _compile_units(place, "-ffat-lto-objects")))

    @cached_property
    def slim(self) -> list[Path]:
        return _files(self.made("slim", lambda place: _compile_units(place, "-fno-fat-lto-objects")))

    @cached_property
    def big_archive(self) -> Path:
        """The members of the native set again and again, until it is 2 GB."""
        return self.made("big.a", lambda place: _repeat(place, self.native, BIG_ARCHIVE))

    @cached_property
    def many_native(self) -> Path:
        """300,000 members: the small ones of the C library, again and again."""

        def write(place: Path) -> None:
            library = next(file for file in self.native if file.name == "libc.a")
            small = [data for data in members_of(library) if len(data) < 4096]
            write_archive(place, islice(cycle(small), MANY_MEMBERS))

        return self.made("many.a", write)

    @cached_property
    def many_slim(self) -> Path:
        """300,000 slim members, so that there is a finding for each."""

        def write(place: Path) -> None:
            small = [_small_slim_object(number) for number in range(16)]
            write_archive(place, islice(cycle(small), MANY_MEMBERS))

        return self.made("many-slim.a", write)

    @cached_property
    def elf_sizes(self) -> tuple[Path, Path]:
        """One object of 240 KB, one of 240 MB."""

        def write(place: Path) -> None:
            place.mkdir()
            write_elf_of_size(place / "small.o", 240_000)
            write_elf_of_size(place / "large.o", 240_000_000)

        folder = self.made("sizes", write)
        return folder / "small.o", folder / "large.o"

    @cached_property
    def section_counts(self) -> dict[int, tuple[Path, Path]]:
        """Objects of ever more sections, none of which but the last has content: ordinary names, LTO's names."""

        def write(place: Path) -> None:
            place.mkdir()
            for count in SECTION_COUNTS:
                (place / f"plain-{count}.o").write_bytes(elf_object(count, ".comment.f"))
                (place / f"lto-{count}.o").write_bytes(elf_object(count, ".gnu.lto_f"))

        folder = self.made("sections", write)
        return {count: (folder / f"plain-{count}.o", folder / f"lto-{count}.o") for count in SECTION_COUNTS}

    @cached_property
    def small_root(self) -> Path:
        """A build root of 10,000 small files, none of which is an object."""
        return self.made("small-root", _write_small_files)

    @cached_property
    def archive_root(self) -> Path:
        """A build root with 300 MB of static libraries."""
        return self.made("archive-root", self._copy_archives)

    @cached_property
    def llvm_root(self) -> Path:
        """A build root with LLVM's static libraries: large objects with very many sections."""

        def write(place: Path) -> None:
            folder = place / "usr/lib64"
            folder.mkdir(parents=True)
            for file in self.native:
                if file.name.startswith("libLLVM"):
                    shutil.copyfile(file, folder / file.name)

        return self.made("llvm-root", write)

    @cached_property
    def big_root(self) -> Path:
        """A build root with the archive of 2 GB alone."""

        def write(place: Path) -> None:
            place.mkdir()
            os.link(self.big_archive, place / "big.a")

        return self.made("big-root", write)

    def _copy_archives(self, place: Path) -> None:
        folder = place / "usr/lib64"
        folder.mkdir(parents=True)
        size = 0
        for number, file in enumerate(sorted(self.native, key=lambda path: path.stat().st_size, reverse=True)):
            if size < ARCHIVE_ROOT:
                shutil.copyfile(file, folder / f"{number}-{file.name}")
                size += file.stat().st_size

    @cached_property
    def debs(self) -> list[Path]:
        """The packages of the distribution that everything real is taken from."""
        return sorted(self.made("debs", _download_packages).iterdir())

    def made(self, name: str, make: Callable[[Path], None]) -> Path:
        """The file or folder of that name, made beside its place first so that a half-made one is never used."""
        place, draft = self.cache / name, self.cache / f"{name}.part"
        if not place.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            if draft.is_dir():
                shutil.rmtree(draft)
            draft.unlink(missing_ok=True)
            make(draft)
            draft.rename(place)
        return place


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*.a") if file.is_file() and not file.is_symlink())


def _download_packages(place: Path) -> None:
    place.mkdir()
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", *PACKAGES]
    subprocess.run(command, cwd=place, check=True)


def _unpack_packages(place: Path, packages: list[Path]) -> None:
    place.mkdir()
    root = place.with_name("root")
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    for file in _files(root):
        target = place / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    shutil.rmtree(root)


def _compile_units(place: Path, kind: str) -> None:
    """Generated C and C++, each unit another; compiled with the flags of distributions."""
    build = place / "build"
    build.mkdir(parents=True)

    def compile_one(number: int) -> Path:
        suffix, compiler = ("c", "gcc") if number % 3 == 0 else ("cc", "g++")
        source, target = build / f"unit{number}.{suffix}", build / f"unit{number}.o"
        source.write_text(_c_unit(number) if suffix == "c" else _cxx_unit(number))
        subprocess.run([compiler, *DISTRIBUTION_FLAGS, kind, "-c", source, "-o", target], check=True)
        return target

    with ThreadPoolExecutor() as pool:
        objects = list(pool.map(compile_one, range(UNITS)))
    subprocess.run(["gcc-ar", "rcs", place / "lib0.a", *objects], check=True)
    for copy in range(1, LTO_ARCHIVES):
        shutil.copyfile(place / "lib0.a", place / f"lib{copy}.a")
    shutil.rmtree(build)


def _small_slim_object(number: int) -> bytes:
    with TemporaryDirectory() as folder:
        target = Path(folder, "unit.o")
        command = ["gcc", "-O2", "-flto=auto", "-x", "c", "-", "-c", "-o", str(target)]
        subprocess.run(command, input=f"int f{number}(int x) {{ return x + {number}; }}\n".encode(), check=True)
        return target.read_bytes()


def _c_unit(number: int) -> str:
    chance = random.Random(number)
    functions = [
        f"struct s{index} {{ int a[{chance.randint(1, 9)}]; struct s{index} *next; }};\n"
        f"static const int t{index}[] = {{{', '.join(str(chance.randint(0, 99)) for _ in range(8))}}};\n"
        f"int unit{number}_{index}(struct s{index} *p, int n)\n"
        f"{{ int sum = {chance.randint(1, 99)}; for (; p; p = p->next) sum += p->a[0] * t{index}[n & 7];"
        f" return n > {chance.randint(1, 99)} ? sum : unit{number}_{max(index - 1, 0)}(0, sum); }}\n"
        for index in range(chance.randint(1, 120))
    ]
    return "".join(functions)


def _cxx_unit(number: int) -> str:
    chance = random.Random(number)
    headers = ["algorithm", "map", "memory", "sstream", "string", "unordered_map", "vector"]
    functions = [
        f"struct s{index} {{ int key; std::string text; std::vector<s{index}> below; }};\n"
        f"std::string unit{number}_{index}(std::vector<s{index}> all, std::map<std::string, s{index}> &known)\n"
        f"{{ std::sort(all.begin(), all.end(), [](auto &a, auto &b) {{ return a.key < b.key; }});\n"
        f"  std::ostringstream out;\n"
        f"  for (auto &s : all) {{ known[s.text] = s; out << s.key * {chance.randint(2, 9)}; }}\n"
        f"  return out.str(); }}\n"
        for index in range(chance.randint(1, 12))
    ]
    return "".join([*(f"#include <{header}>\n" for header in headers), *functions])


def _repeat(place: Path, files: list[Path], size: int) -> None:
    written = 0

    def fits(member: bytes) -> bool:
        nonlocal written
        written += len(member) + 60
        return written < size

    members = (member for file in cycle(files) for member in members_of(file))
    write_archive(place, takewhile(fits, members))


def _write_small_files(place: Path) -> None:
    chance = random.Random(0)
    kinds = (
        (".py", b"#!/usr/bin/python3\nimport os\n"),
        (".h", b"/* A header. */\n#pragma once\n"),
        (".svg", b"<?xml version='1.0'?>\n<svg/>\n"),
        (".png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        (".mo", b"\xde\x12\x04\x95\0\0\0\0"),
        (".html", b"<!DOCTYPE html>\n<title>x</title>\n"),
    )
    for number in range(SMALL_FILES):
        folder = place / f"usr/share/project/{number // 50:03}"
        folder.mkdir(parents=True, exist_ok=True)
        suffix, start = kinds[number % len(kinds)]
        (folder / f"file{number}{suffix}").write_bytes(start + chance.randbytes(chance.randint(0, 4000)))
