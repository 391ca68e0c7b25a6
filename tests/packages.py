# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages for tests: real ones by rpmbuild, and bytes that no tool would write."""

import hashlib
import lzma
import stat
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checker.errors import Unavailable
from checker.model import ArchiveItem, Item, Kind, ObjectItem
from checker.packages.options import PackageOptions
from checker.packages.package import package_at
from tests.toolbox import run

COMPRESSIONS = ("w9.gzdio", "w6.xzdio", "w19.zstdio", "w9.bzdio", "w7.lzdio", "w.ufdio")
"""Every `%_binary_payload` of rpm 4.18, with the levels that distributions use."""

INT16, INT32, STRING, STRINGS = 3, 4, 6, 8
"""Types of a header's data, as rpm's include/rpm/rpmtag.h numbers them."""


def rpmbuilt(
    folder: Path,
    contents: Path,
    name: str = "sample",
    payload: str = "w6.xzdio",
    listing: str = "/*",
    definitions: Mapping[str, str] | None = None,
    source: bool = False,
    target: str | None = None,
) -> Path:
    """A package by rpmbuild of the files below `contents`, as they are; its source package when that is wanted.

    `target` is the architecture that it is for.
    """
    spec = folder / f"{name}.spec"
    settings = "".join(f"%global {key} {value}\n" for key, value in (definitions or {}).items())
    spec.write_text(
        settings + "%global __os_install_post %{nil}\n%global debug_package %{nil}\n%global _build_id_links none\n"
        "%global _invalid_encoding_terminates_build 0\n%global _unpackaged_files_terminate_build 0\n"
        f"Name: {name}\nVersion: 1.0\nRelease: 2\nEpoch: 3\nSummary: x\nLicense: x\n%description\nx\n"
        f"%install\ncp -a {contents}/. %{{buildroot}}/\n%files\n{listing}\n"
    )
    extra = ["--target", target] if target else []
    run("rpmbuild", "-bs" if source else "-bb", "--quiet", "--define", f"_topdir {folder}/{name}-top",
        "--define", f"_binary_payload {payload}", *extra, spec)  # fmt: skip
    (built,) = (folder / f"{name}-top").glob("SRPMS/*.rpm" if source else "RPMS/*/*.rpm")
    return built


@dataclass(frozen=True)
class File:
    """One file of a package that is written by `package`; `stored` overrides the data in the payload."""

    path: str
    data: bytes = b""
    type: str = ""
    mode: int = stat.S_IFREG | 0o644
    flags: int = 0
    inode: int = 0
    digest: str | None = None
    stored: bytes | None = None


@dataclass(frozen=True)
class Layout:
    """How a package is written."""

    stripped: bool = False
    mimes: bool = False
    compress: Callable[[bytes], bytes] = bytes
    tail: bytes = b""
    """What follows the last file instead of the end mark."""
    tags: Mapping[int, tuple[int, object]] = field(default_factory=dict)


def package(files: Sequence[File], layout: Layout = Layout(), stored: Iterable[int] | None = None) -> bytes:
    """A package with these files; `stored` are the numbers of those that the payload has, in its order."""
    numbers = list(range(len(files))) if stored is None else list(stored)
    payload = b"".join(_entry(files, number, layout.stripped) for number in numbers)
    payload = layout.compress(payload + (layout.tail or _new_ascii(b"TRAILER!!!", b"", 0, 1)))
    return framed(header_of(files, layout), payload)


def header_of(files: Sequence[File], layout: Layout = Layout()) -> bytes:
    """The header of a package with these files."""
    return _header(63, {**_tags(files, layout.mimes), **layout.tags})


def framed(header: bytes, payload: bytes) -> bytes:
    """A package of a header and a payload, with their size and no digest of them."""
    signature = _header(62, {1000: (INT32, [len(header) + len(payload)])})
    lead = struct.pack(">4sBBhh66shh16s", b"\xed\xab\xee\xdb", 3, 0, 0, 1, b"sample-1.0-2", 1, 5, b"")
    return lead + signature + bytes(-len(signature) % 8) + header + payload


def _tags(files: Sequence[File], mimes: bool) -> dict[int, tuple[int, object]]:
    folders = sorted({file.path.rpartition("/")[0] + "/" for file in files})
    types = sorted({file.type for file in files})
    numbers = [types.index(file.type) for file in files]
    digests = [hashlib.sha256(file.data).hexdigest() if file.digest is None else file.digest for file in files]
    tags: dict[int, tuple[int, object]] = {
        1000: (STRING, "sample"),
        1001: (STRING, "1.0"),
        1002: (STRING, "2"),
        1021: (STRING, "linux"),
        1022: (STRING, "x86_64"),
        1044: (STRING, "origin-1.0-2.src.rpm"),
        1124: (STRING, "cpio"),
        1028: (INT32, [len(file.data) for file in files]),
        1030: (INT16, [file.mode for file in files]),
        1035: (STRINGS, digests),
        1033: (INT16, [0 for _ in files]),
        1034: (INT32, [0 for _ in files]),
        1036: (STRINGS, ["" for _ in files]),
        1037: (INT32, [file.flags for file in files]),
        1039: (STRINGS, ["root" for _ in files]),
        1040: (STRINGS, ["root" for _ in files]),
        1045: (INT32, [0 for _ in files]),
        1095: (INT32, [1 for _ in files]),
        1097: (STRINGS, ["" for _ in files]),
        1096: (INT32, [file.inode or number + 1000 for number, file in enumerate(files)]),
        1116: (INT32, [folders.index(file.path.rpartition("/")[0] + "/") for file in files]),
        1117: (STRINGS, [file.path.rpartition("/")[2] for file in files]),
        1118: (STRINGS, folders),
        5011: (INT32, [8]),
    }
    index, words = (5115, 5116) if mimes else (1141, 1142)
    return tags | {index: (INT32, numbers), words: (STRINGS, types)} if files else tags


def _header(region: int, tags: Mapping[int, tuple[int, object]]) -> bytes:
    """A header with its region tag, as lib/header.cc of rpm lays it out."""
    index, data = b"", b""
    for tag, (kind, value) in sorted(tags.items()):
        width = {INT16: 2, INT32: 4}.get(kind, 1)
        data += bytes(-len(data) % width)
        if isinstance(value, str):
            count, packed = 1, value.encode("utf-8", "surrogateescape") + b"\0"
        else:
            assert isinstance(value, list)
            count = len(value)
            if kind == STRINGS:
                packed = b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in value)
            else:
                packed = b"".join(number.to_bytes(width, "big") for number in value)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += packed
    size = len(index) + 16
    index = struct.pack(">IIII", region, 7, len(data), 16) + index
    data += struct.pack(">IIiI", region, 7, -size, 16)
    return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", size // 16, len(data)) + index + data


def _entry(files: Sequence[File], number: int, stripped: bool) -> bytes:
    file = files[number]
    data = file.data if file.stored is None else file.stored
    if stripped:
        head = b"07070X%08x" % number
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    links = sum(file.inode == other.inode for other in files) if file.inode else 1
    return _new_ascii(b"." + file.path.encode("utf-8", "surrogateescape"), data, file.mode, links)


def _new_ascii(name: bytes, data: bytes, mode: int, links: int) -> bytes:
    numbers = (0, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def xz(data: bytes) -> bytes:
    """The data as xz compresses it."""
    return lzma.compress(data)


def items_in(package_file: Path, reading: PackageOptions = PackageOptions()) -> list[Item]:  # noqa: B008
    """Everything that comes out of a package."""
    return list(package_at(str(package_file), reading).items)


def kinds_in(package_file: Path, reading: PackageOptions = PackageOptions()) -> dict[str, Kind]:  # noqa: B008
    """Every file with objects in it and its kind, that of the archive where it is one; fails for what is unread."""
    kinds: dict[str, Kind] = {}
    for item in items_in(package_file, reading):
        assert not isinstance(item, Unavailable), item
        if isinstance(item, ArchiveItem) or (isinstance(item, ObjectItem) and item.position is None):
            kinds[item.path] = item.facts.kind
    return kinds


def obstacle_in(package_file: Path, reading: PackageOptions = PackageOptions()) -> tuple[str, str]:  # noqa: B008
    """Why a package was not read, or not to its end."""
    (unread,) = (item for item in items_in(package_file, reading) if isinstance(item, Unavailable))
    return unread.obstacle.value, unread.detail
