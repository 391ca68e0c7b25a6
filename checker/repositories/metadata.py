# SPDX-License-Identifier: GPL-2.0-or-later
"""The metadata of a package repository: repomd.xml, and the packages and their files as createrepo_c lists them.

File lists are large, and most packages have nothing in theirs that matters: text that cannot name an object is not
parsed. What is parsed is XML, by expat, some packages at a time.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple
from xml.etree.ElementTree import Element

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.packages.package import OBJECT_NAME
from checker.packages.payload import open_payload
from checker.repositories import zchunk
from checker.repositories.xml import parse_xml
from checker.trees.files import DEBUG_FILES

REPO = "{http://linux.duke.edu/metadata/repo}"
COMMON = "{http://linux.duke.edu/metadata/common}"
RPM = "{http://linux.duke.edu/metadata/rpm}"
FILELISTS = "{http://linux.duke.edu/metadata/filelists}"
BASE = "{http://www.w3.org/XML/1998/namespace}base"

PACKAGE = re.compile(rb"<package[\s/>]")
PACKAGE_END = b"</package>"
ROOT = re.compile(rb"<([\w:.-]+)(\s[^<>]*)?>\s*\Z")
DEPENDENCY = re.compile(rb"<rpm:entry [^<>]*/>")
"""Half of a primary.xml, and nothing that is read is in it."""

PACKAGE_ID = re.compile(rb"""<package\s(?:[^<>]*\s)?pkgid\s*=\s*["'](\w+)["']""")
MAY_NAME_OBJECT = re.compile(OBJECT_NAME.pattern.removesuffix("$").encode() + rb"\s*</", OBJECT_NAME.flags)
ESCAPES = (b"&#", b"<!")
"""What begins ways of writing a name that this does not see: numbers of characters, CDATA, comments."""


class MetadataFile(NamedTuple):
    """What repomd.xml says of one file of metadata; its place is below the repository, or below `base`."""

    href: str
    base: str
    checksum: str | None


class PrimaryPackage(NamedTuple):
    """What primary.xml says of one package; its place is below the repository, or below `base`."""

    id: str
    href: str
    base: str
    checksum: str
    size: int | None
    header: tuple[int, int] | None
    name: str
    arch: str
    source: str

    @property
    def words(self) -> tuple[str, ...]:
        """What is kept of it as text."""
        return self.id, self.href, self.base, self.checksum, self.name, self.arch, self.source


def parse_repomd(data: bytes) -> dict[str, MetadataFile]:
    """The files of metadata by their type; raises Unavailable."""
    root = parse_xml(data, "repomd.xml")
    if root.tag != f"{REPO}repomd":
        raise Unavailable(Obstacle.MALFORMED, f"has a repomd.xml that begins with {root.tag}, expected {REPO}repomd")
    records: dict[str, MetadataFile] = {}
    for data_element in root.iter(f"{REPO}data"):
        location = data_element.find(f"{REPO}location")
        if location is not None:
            record = MetadataFile(
                location.get("href", ""),
                location.get(BASE, ""),
                _checksum(data_element.find(f"{REPO}checksum")),
            )
            records.setdefault(data_element.get("type", ""), record)
    return records


def decompressed(fd: int, limits: Limits = LIMITS) -> Iterator[bytes]:
    """What is in a file of metadata, in blocks; raises Unavailable."""
    if os.pread(fd, len(zchunk.MAGIC), 0) == zchunk.MAGIC:
        yield from zchunk.unzck(fd, limits.metadata_open)
        return
    with open_payload(fd, 0, what="file of metadata", limit=limits.metadata_open) as payload:
        yield from payload.rest()


def read_primary(blocks: Iterable[bytes], limits: Limits = LIMITS) -> Iterator[PrimaryPackage | None]:
    """Every package in a primary.xml, None for one that makes no sense; raises Unavailable."""
    for document in _documents(blocks, "primary.xml", limits):
        for package in document.packages(DEPENDENCY.sub(b"", document.text)):
            entry = None if package is None else _entry(package)
            is_sound = entry and all(len(word) <= limits.metadata_word for word in entry.words)
            yield entry if is_sound else None


def read_file_lists(blocks: Iterable[bytes], limits: Limits = LIMITS) -> Iterator[tuple[str, bool] | None]:
    """The id of every package in a filelists.xml and whether it lists an object, None for one that makes no sense.

    Raises Unavailable.
    """
    for document in _documents(blocks, "filelists.xml", limits):
        for text in document.text.split(PACKAGE_END)[:-1]:
            found = PACKAGE_ID.search(text) if text.count(b"<package") == 1 else None
            if found and len(found[1]) > limits.metadata_word:
                yield None
                continue
            if found and not MAY_NAME_OBJECT.search(text) and not any(escape in text for escape in ESCAPES):
                yield found[1].decode(), False
                continue
            for package in document.packages(text + PACKAGE_END):
                id_ = None if package is None else package.get("pkgid")
                is_sound = id_ and len(id_) <= limits.metadata_word
                yield (id_, _lists_object(package)) if package is not None and id_ and is_sound else None


class _Document(NamedTuple):
    """Some packages of a document, with what stands around them."""

    head: bytes
    text: bytes
    tail: bytes
    most_tags: int

    def packages(self, text: bytes) -> list[Element | None]:
        """The packages in a part of the text; None for those that are no XML, or of too many parts."""
        with suppress(Unavailable):
            return list(parse_xml(self.head + text + self.tail, "part", self.most_tags))
        parts = text.split(PACKAGE_END)[:-1]
        if len(parts) < 2:
            return [None]
        return [package for part in parts for package in self.packages(part + PACKAGE_END)]


def _documents(blocks: Iterable[bytes], what: str, limits: Limits) -> Iterator[_Document]:
    """A document in parts that are documents themselves, each with some of its packages."""
    end_of_time = time.process_time() + limits.metadata_seconds
    buffer = bytearray()
    head = tail = b""
    for block in blocks:
        if time.process_time() > end_of_time:
            raise Unavailable(Obstacle.TOO_SLOW, f"has a {what} that takes more than {limits.metadata_seconds} seconds")
        unsearched = max(0, len(buffer) - len(PACKAGE_END))
        buffer += block
        if not head:
            first = PACKAGE.search(buffer)
            head = bytes(buffer[: first.start()] if first else buffer)
            # A document type could have entities, that are not seen in the text; a long head would be parsed often.
            if b"<!DOCTYPE" in head or len(head) > limits.metadata_head:
                raise _written_otherwise(what)
            if not first:
                head = b""
                continue
            root = ROOT.search(head)
            tail = b"</%s>" % root[1] if root else b""
            del buffer[: first.start()]
            unsearched = 0
        end = buffer.rfind(PACKAGE_END, unsearched)
        if end < 0:
            if len(buffer) > limits.metadata_package:
                largest = f"{limits.metadata_package} bytes"
                raise Unavailable(Obstacle.TOO_LARGE, f"has a {what} with a package of more than {largest}")
            continue
        end += len(PACKAGE_END)
        yield _Document(head, bytes(buffer[:end]), tail, limits.metadata_tags)
        del buffer[:end]
    if len(parse_xml(head + buffer, what, limits.metadata_tags)):
        raise _written_otherwise(what)


def _written_otherwise(what: str) -> Unavailable:
    return Unavailable(Obstacle.MALFORMED, f"has a {what} that is not UTF-8 as createrepo_c writes it")


def _entry(package: Element) -> PrimaryPackage | None:
    location = package.find(f"{COMMON}location")
    checksum = package.find(f"{COMMON}checksum")
    listed = _checksum(checksum)
    if location is None or checksum is None or listed is None:
        return None
    name = package.findtext(f"{COMMON}name", "")
    arch = package.findtext(f"{COMMON}arch", "")
    version = package.find(f"{COMMON}version")
    numbers = {} if version is None else version.attrib
    epoch = numbers.get("epoch", "0")
    nevr = f"{name}-{f'{epoch}:' if epoch != '0' else ''}{numbers.get('ver', '')}-{numbers.get('rel', '')}"
    size = package.find(f"{COMMON}size")
    form = package.find(f"{COMMON}format")
    source = "" if form is None else form.findtext(f"{RPM}sourcerpm") or ""
    return PrimaryPackage(
        id=listed.partition(":")[2],
        href=location.get("href", ""),
        base=location.get(BASE, ""),
        checksum=listed,
        size=None if size is None else _number(size.get("package")),
        header=None if form is None else _header_range(form.find(f"{RPM}header-range")),
        name=f"{nevr}.{arch}",
        arch=arch,
        source=source.rsplit("-", 2)[0] or name,
    )


def _header_range(element: Element | None) -> tuple[int, int] | None:
    start, end = (None, None) if element is None else (_number(element.get("start")), _number(element.get("end")))
    if start is None or end is None or not start < end <= 2 * LIMITS.package_header:
        return None
    return start, end


def _checksum(element: Element | None) -> str | None:
    """As `TYPE:HEX`; None without one."""
    text = "" if element is None else (element.text or "").strip()
    return f"{element.get('type', '')}:{text.lower()}" if element is not None and text else None


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _lists_object(package: Element) -> bool:
    for file in package.iter(f"{FILELISTS}file"):
        path = file.text or ""
        if file.get("type") is None and OBJECT_NAME.search(path) and not path.startswith(f"/{DEBUG_FILES}/"):
            return True
    return False
