# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of mirrors: a metalink (version 3 or RFC 5854), which has digests too, or plain lines."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS
from checker.repositories.http import is_url
from checker.repositories.xml import parse_xml

REPOMD = "repodata/repomd.xml"
STRONG = ("sha512", "sha256")


class Mirrors(NamedTuple):
    """Where a repository can be found, the best place first."""

    bases: tuple[str, ...]
    checksums: frozenset[str] = frozenset()
    """What the list says of repomd.xml, also of those versions that some mirrors still have; empty if nothing."""


def parse_mirrors(data: bytes) -> Mirrors:
    """The mirrors in a list; raises Unavailable when there are none."""
    mirrors = _metalink(data) if data.lstrip().startswith(b"<") else Mirrors(tuple(_lines(data)))
    bases = tuple(dict.fromkeys(base.rstrip("/") for base in mirrors.bases if is_url(base)))[: LIMITS.mirrors]
    if not bases:
        raise Unavailable(Obstacle.MALFORMED, "is neither a repository nor a list of mirrors on HTTP servers")
    return Mirrors(bases, mirrors.checksums)


def _lines(data: bytes) -> Iterator[str]:
    for line in data.decode("utf-8", "replace").splitlines():
        yield line.strip().removesuffix(REPOMD)


def _metalink(data: bytes) -> Mirrors:
    root = parse_xml(data, "metalink")
    # RFC 5854, 4.1.2: a name comes once. One file inside another of its name, and so on, would cost the square of both.
    file = next((file for file in _named(root, "file") if file.get("name") == "repomd.xml"), Element("file"))
    urls = [url for url in _named(file, "url") if (url.text or "").strip().endswith(f"/{REPOMD}")]
    urls.sort(key=_rank)
    found = [
        (hash_.get("type", "").replace("-", "").lower(), (hash_.text or "").strip().lower())
        for hash_ in _named(file, "hash")
    ]
    best = next((kind for kind in STRONG if any(kind == other for other, _ in found)), None)
    return Mirrors(
        tuple((url.text or "").strip().removesuffix(REPOMD) for url in urls),
        frozenset(f"{kind}:{value}" for kind, value in found if kind == best),
    )


def _named(element: Element, name: str) -> Iterator[Element]:
    """Elements of this name in any namespace: each version of metalinks has its own."""
    return (below for below in element.iter() if below.tag.rpartition("}")[2] == name)


def _rank(url: Element) -> int:
    """Low for good ones: version 3 has a preference of up to 100, RFC 5854 a priority from 1 on."""
    preference, priority = url.get("preference", ""), url.get("priority", "")
    if preference.isascii() and preference.isdigit():
        return -int(preference[:9])
    return int(priority[:9]) if priority.isascii() and priority.isdigit() else 1 << 30
