# SPDX-License-Identifier: GPL-2.0-or-later
"""What is fuzzed: for each reader of hostile bytes a function that takes any bytes and holds what must hold.

Each comes with inputs to begin with, in `corpus/NAME`; what was found once is among them.
"""

import io
import os
import stat
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from checker import hook
from checker.audit.facts import DAMAGE, replayed
from checker.errors import Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.lto.flags import lto_flags, lto_flags_in_shell
from checker.model import ArchiveItem, Item, ObjectItem, Target
from checker.objects.source import BufferSource, FileSource, Malformed, Source
from checker.packages.options import PackageOptions
from checker.packages.package import package_at
from checker.rebuild.logs import LogReader
from checker.repositories.metadata import parse_repomd, read_file_lists, read_primary
from checker.repositories.mirrors import parse_mirrors
from checker.specs.lexical import look_lexically
from checker.specs.macros import definitions
from tests.packages import File, framed, header_of, package
from tests.toolbox import items_of

MACRO = "_fat_lto_objects"

FILES = (
    File("/usr/lib/a.o", b"\x7fELF", "ELF 64-bit LSB relocatable", inode=7, digest=""),
    File("/usr/lib/b.o", b"\x7fELF", "ELF 64-bit LSB relocatable", inode=7, digest=""),
    File("/usr/lib/c.a", b"!<thin>\na.o/            0           0     0     644     4         `\n", "thin archive"),
    File("/usr/lib/d.a", b"c.a", mode=stat.S_IFLNK | 0o777),
    File("/usr/share/e", b"text", "ASCII text"),
)
HEADER = header_of(FILES)
PAYLOAD = package(FILES)[len(framed(HEADER, b"")) :]

_folder = TemporaryDirectory(prefix="fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
"""Of this process, in memory where that can be had; it goes when the process ends."""


@cache
def _judge_of_all() -> Judge:
    return Judge(load_policy(), date(2026, 1, 1))


def _file(name: str, data: bytes) -> Path:
    path = Path(_folder.name, name)
    path.write_bytes(data)
    return path


def objects(data: bytes) -> None:
    """Archives and objects: as many objects come out as there are members, whatever the bytes are."""
    items = items_of(data)
    outer = [item for item in items if isinstance(item, ArchiveItem)]
    members = sum(isinstance(item, ObjectItem) for item in items)
    assert members or outer, "nothing at all was said of the file"
    if outer:
        # An inner archive is one member of the outer one, and its own members are counted there.
        assert sum(item.facts.members for item in outer) == members + len(outer) - 1


def files(data: bytes) -> None:
    """Reads from a file by position: the same as from a buffer, for whatever offsets and sizes."""
    path = _file("file", data)
    fd = os.open(path, os.O_RDONLY)
    try:
        sources: tuple[Source, Source] = FileSource(fd, len(data)), BufferSource(data)
        for start in range(0, min(len(data), 400) - 8, 9):
            offset, length = (int.from_bytes(data[start + at : start + at + 4], "little", signed=True) for at in (1, 5))
            if data[start] & 8:  # most ranges are far outside of the data
                offset, length = offset % (len(data) + 2), length % (len(data) + 2)
            if data[start] % 3 == 1:
                sources = _sliced(sources, offset, length)
            elif data[start] % 3 == 2:
                for source in sources:
                    source.prefetch(offset, length)
            else:
                first, second = (_read(source, offset, length) for source in sources)
                assert first == second
    finally:
        os.close(fd)


def _read(source: Source, offset: int, length: int) -> bytes | None:
    try:
        return source.read(offset, length)
    except Malformed:
        return None


def _sliced(sources: tuple[Source, Source], offset: int, length: int) -> tuple[Source, Source]:
    cut = []
    for source in sources:
        with suppress(Malformed):
            cut.append(source.slice(offset, length))
    assert len(cut) in (0, 2), "a file and a buffer do not agree on what is inside of them"
    return (cut[0], cut[1]) if cut else sources


def specs(data: bytes) -> None:
    """The text of a spec: facts come out, and no place in them is outside of the spec."""
    facts = look_lexically(data, MACRO)
    lines = data.count(b"\n") + 1
    assert all(1 <= seen.spot.line <= lines for seen in facts.observations)


def macros(data: bytes) -> None:
    """Definitions of macros, and compiler flags."""
    text = data.decode("utf-8", "surrogateescape")
    for definition in definitions(text):
        assert definition.name
    lto_flags(text)
    lto_flags_in_shell(text)


def packages(data: bytes) -> None:
    """A package: its lead, headers, compression and cpio archive."""
    _judge(package_at(str(_file("x.rpm", data)), PackageOptions(thorough=bool(data[-1:] > b"\x80"))))


def headers(data: bytes) -> None:
    """The header of a package; what its entries say of files is compared with a payload that has two."""
    _judge(package_at(str(_file("x.rpm", framed(data, PAYLOAD))), PackageOptions()))


def cpio(data: bytes) -> None:
    """The payload of a package, compressed or not, whose header lists regular files, hard links and a symbolic link."""
    _judge(package_at(str(_file("x.rpm", framed(HEADER, data))), PackageOptions(thorough=bool(data[-1:] > b"\x80"))))


def _judge(target: Target) -> list[Item]:
    """Judge what was read, so that values that nobody expects are seen."""
    return [one.item for one in _judge_of_all().judge(target) if one.item is not None]


def metadata(data: bytes) -> None:
    """Metadata of a repository and lists of mirrors; the first byte says in blocks of what size they come."""
    size = (data[0] if data else 0) + 1
    blocks = [data[start : start + size] for start in range(1, len(data), size)]
    for read in (read_primary, read_file_lists):
        with suppress(Unavailable):
            list(read(blocks))
    for parse in (parse_repomd, parse_mirrors):
        with suppress(Unavailable):
            parse(data[1:])


def policies(data: bytes) -> None:
    """A policy: values, or one sentence."""
    path = _file("x.toml", data)
    with suppress(UsageError):
        policy = load_policy(str(path))
        assert policy.rules
        for waiver in policy.waivers:
            assert isinstance(waiver.reason, str)


def stores(data: bytes) -> None:
    """Facts that a store keeps: items that can be judged, or one of the errors that say that they are damaged."""
    for record in (data, zlib.compress(data)):
        with suppress(*DAMAGE):
            target = replayed(record, "x.rpm")
            _judge(target)


def environments(data: bytes) -> None:
    """What the environment says to the hook, and its own state: a status of the table, and never a bug."""
    root = Path(_folder.name, "root")
    root.mkdir(exist_ok=True)
    policy, exclude, flags, state = [*data.split(b"\n", 3), b"", b"", b""][:4]
    encoded = len(data) % 2 == 0
    environment = {
        "RPM_BUILD_ROOT": str(root),
        "LTOCHECK_POLICY_B64": _setting(policy, encoded),
        "LTOCHECK_EXCLUDE_B64": _setting(exclude, encoded),
        "LTOCHECK_FLAGS": flags.decode("utf-8", "surrogateescape"),
        "LTOCHECK_STATE_B64": _setting(bytes(_file("state", state)), encoded=True),
    }
    out = io.StringIO()
    code = hook.main(["--stage", "stripped"], environment, out)
    assert code in (0, 1, 2, 3), out.getvalue()


def _setting(value: bytes, encoded: bool) -> str:
    return b64encode(value).decode() if encoded else value.decode("utf-8", "surrogateescape")


def logs(data: bytes) -> None:
    """Logs of builds, in one piece and in many: the same facts."""
    whole, pieces = LogReader(), LogReader()
    whole.feed(data)
    step = len(data) % 61 + 3
    for start in range(0, len(data), step):
        pieces.feed(data[start : start + step])
    first, second = whole.finish(), pieces.finish()
    assert (first.failed, first.wrote, first.missing) == (second.failed, second.wrote, second.missing)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        objects, files, specs, macros, packages, headers, cpio, metadata, policies, stores, environments, logs,
    )
}  # fmt: skip


def corpus(name: str) -> Iterator[bytes]:
    """The inputs that are committed for a target."""
    for file in sorted((Path(__file__).parent / "corpus" / name).iterdir()):
        yield file.read_bytes()
