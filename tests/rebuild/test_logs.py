# SPDX-License-Identifier: GPL-2.0-or-later
"""Build logs as they are met: marked, unmarked, compressed, very long, and written by somebody hostile."""

import gzip
import lzma
import re
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import Unavailable
from checker.limits import LIMITS
from checker.model.rebuilds import CauseGroup, Phase, ResultWord
from checker.rebuild.collect import Collected, collect
from checker.rebuild.keep import Keeper, pieces
from checker.rebuild.logs import LogFacts, LogReader

TOKEN = "5ecre7"


def mark(text: str, token: str = TOKEN) -> str:
    return f"@ltocheck:{token}:{text}@\n"


def read(log: str | bytes, token: str | None = TOKEN, size: int = 1 << 16) -> LogFacts:
    data = log.encode() if isinstance(log, str) else log
    reader = LogReader(token)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    return reader.finish()


GOOD = (
    mark("arm:slim:demo:1-2:x86_64:0")
    + mark("begin:build:100.00")
    + "cc -c a.c\n"
    + mark("end:build:0:101.00:150:25")
    + mark("objects:10:1000:6:8")
    + mark("begin:check:101.00")
    + mark("end:check:0:102.00:10:0")
    + "Wrote: /builddir/RPMS/x86_64/demo-1-2.x86_64.rpm\n"
)


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_marked_lines(size: int) -> None:
    facts = read(GOOD, size=size)
    assert (facts.arm, facts.package, facts.arch, facts.opted_in) == ("slim", "demo", "x86_64", False)
    assert facts.cpu == {Phase.BUILD: 1.75, Phase.CHECK: 0.1}
    assert facts.objects is not None
    assert (facts.objects.count, facts.objects.size) == (10, 1000)
    assert (facts.objects.fat, facts.objects.slim, facts.objects.native) == (2, 6, 2)
    assert facts.wrote
    assert not facts.failed


@pytest.mark.parametrize(
    "dirt",
    [
        lambda line: f"[   12s] {line}",
        lambda line: f"\x1b[01;31m{line[:12]}\x1b[K{line[12:]}",
        lambda line: f"progress 12% {line}",
        lambda line: line.replace("\n", "\r\n"),
        lambda line: f"+ echo before\n{line}+ echo behind\n",
    ],
    ids=["times in front", "colours inside", "behind other text", "line ends of DOS", "between traces"],
)
def test_marked_lines_that_others_have_written_into(dirt: object) -> None:
    log = "".join(dirt(line) for line in GOOD.splitlines(keepends=True))  # type: ignore[operator]
    assert read(log) == read(GOOD)


def test_only_whoever_has_the_token_is_believed() -> None:
    fake = mark("end:build:0:1:99999:0", "f4ke") + mark("arm:fat:other:1-1:s390x:1", "f4ke")
    assert read(GOOD.replace("cc -c a.c\n", fake)) == read(GOOD)
    assert read(GOOD.replace("cc -c a.c\n", fake), token=None) == read(GOOD)
    assert read(fake + GOOD).arm == "slim"


def test_the_command_that_rpm_prints_is_no_marked_line() -> None:
    command = 't=0; m() { echo "@ltocheck:$t:$1@"; }; m end:build:$s'
    printed = f"Executing(%build): /bin/sh -c '{command}' error: lto-wrapper failed\n"
    facts = read(printed + "foo.c:1:2: error: no\nerror: Bad exit status from /x (%build)\n")
    assert facts.cpu == {}
    assert facts.cause is not None
    assert facts.cause.name == "compile-error"


def test_a_log_that_nobody_marked() -> None:
    facts = read(
        "Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.1\nnote: error: lto-wrapper failed\n"
        "Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.2\n"
        "/usr/bin/ld: a.o: plugin needed to handle lto object\n"
        "error: Bad exit status from /var/tmp/rpm-tmp.2 (%build)\n",
        token=None,
    )
    assert (facts.failed, facts.phase) == (True, Phase.BUILD)
    assert facts.cause is not None
    assert (facts.cause.name, facts.cause.group) == ("plugin-needed", CauseGroup.LTO)


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        (
            "error: Failed build dependencies:\n\tfoo >= 1 is needed by demo-1-1.x86_64\n\tbar is needed by demo-1-1\n",
            ("foo >= 1", "bar"),
        ),
        ("nothing provides pkgconfig(foo) needed by demo\n", ("pkgconfig(foo)",)),
        ("No matching package to install: 'foo-devel'\n", ("foo-devel",)),
    ],
    ids=["rpm", "libsolv", "dnf"],
)
def test_missing_build_requires(line: str, missing: tuple[str, ...]) -> None:
    assert read(line, token=None).missing == missing


def test_what_is_unknown_is_named_by_its_first_error_line() -> None:
    logs = [
        "Executing(%build): x\ncc -Werror=format-security\n"
        f"/home/{user}/src/a.c line {line}: strange error: 0x{line:x} is odd\n"
        "error: Bad exit status from /x (%build)\n"
        for user, line in (("one", 12), ("two", 4711))
    ]
    first, second = (read(log).cause for log in logs)
    assert first is not None
    assert second is not None
    assert first.group is CauseGroup.UNKNOWN
    assert first.name == second.name
    assert "strange error" in first.line


def test_what_rpm_says_after_the_last_phase_is_no_part_of_it() -> None:
    log = "Executing(%install): x\nstrip: a.o: plugin needed to handle lto object\n"
    log += "Processing files: demo-1-1\nerror: File not found: /x\n"
    facts = read(log, token=None)
    assert facts.cause is not None
    assert facts.cause.name == "unpackaged-files"


def test_flags_are_no_errors() -> None:
    log = (
        "Executing(%build): x\n"
        + "cc -Werror=format-security -c x.c\n" * 2000
        + "stopped\nerror: Bad exit status from /x (%build)\n"
    )
    cause = read(log).cause
    assert cause is not None
    assert cause.line == "stopped"


@given(st.binary(max_size=2000))
def test_nothing_in_a_log_is_too_much(data: bytes) -> None:
    read(data)
    read(b"@ltocheck:5ecre7:" + data)
    read(GOOD.encode() + data + GOOD.encode())


HOSTILE = {
    "one endless line": b"x" * (1 << 20),
    "NULs": b"\0" * (1 << 20),
    "markers that never end": b"@ltocheck:5ecre7:arm:" * 50_000,
    "markers of others": b"@ltocheck:0:end:build:0:1:1:1@" * 30_000,
    "words of errors": b"undefined undefined error: error: lto-wrapper conftest ndianness cannot unknown " * 13_000,
    "escapes": b"\x1b[" * 500_000,
    "words of errors, a line each": b"cannot endian error: -Werror= byte order unknown\n" * 20_000,
    "needs": b"\t is needed by \t" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_log_costs_little(name: str) -> None:
    data = HOSTILE[name]
    reader = LogReader(TOKEN)
    start = time.process_time()
    tracemalloc.start()
    for _ in range(4):
        for at in range(0, len(data), 1 << 18):
            reader.feed(data[at : at + (1 << 18)])
    reader.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - start < 20  # with memory traced, on a busy machine
    assert peak < 24 << 20


def test_a_long_log_is_kept_by_its_ends() -> None:
    keeper = Keeper(1000)
    for number in range(1000):
        keeper.feed(f"line {number}\n".encode())
    kept = gzip.decompress(keeper.finish()).decode()
    assert kept.startswith("line 0\n")
    assert kept.endswith("line 999\n")
    assert "bytes are left out here" in kept
    assert len(kept) < 3000


def compressions() -> Iterator[tuple[str, bytes]]:
    data = GOOD.encode()
    yield "plain", data
    yield "gz", gzip.compress(data)
    yield "xz", lzma.compress(data)
    yield "zst", subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout
    yield "empty", b""


@pytest.mark.parametrize(("kind", "data"), list(compressions()))
def test_logs_are_read_whatever_compresses_them(kind: str, data: bytes, tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_bytes(data)
    assert b"".join(pieces(log)) == (b"" if kind == "empty" else GOOD.encode())


@pytest.mark.parametrize(("kind", "data"), [each for each in compressions() if each[0] in ("gz", "xz", "zst")])
def test_a_damaged_log_is_no_failure_of_the_build(kind: str, data: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "x86_64"
    folder.mkdir(parents=True)
    (folder / f"build.log.{kind}").write_bytes(data[: len(data) // 2])
    _, built = collect(Collected("demo", "x86_64", str(folder), "slim", "fedora"))
    assert built.facts.result is ResultWord.NOT_TRIED
    assert re.match("this build has a log that (cannot be decompressed|ends early)", built.facts.reason or "")
    assert b"ltocheck: this build has a log" in gzip.decompress(built.log)


def test_a_log_that_is_too_long_says_so(tmp_path: Path) -> None:
    for name, data in (("plain", b"x" * 1001), ("gz", gzip.compress(b"x" * 1001))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Unavailable, match="more than 1000 bytes"):
            list(pieces(tmp_path / name, LIMITS._replace(log=1000)))


def test_a_log_that_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "build.log").touch()
    _, built = collect(Collected("demo", "x86_64", str(tmp_path), "slim", "fedora"))
    assert (built.facts.result, built.facts.reason) == (ResultWord.NOT_TRIED, "its log shows no phase of a build")


def test_packages_that_cannot_be_read_are_not_fine(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text(GOOD)
    (tmp_path / "demo-1-1.x86_64.rpm").write_bytes(b"\xed\xab\xee\xdb" + b"\xff" * 5000)
    _, built = collect(Collected("demo", "x86_64", str(tmp_path), "slim", "fedora"))
    assert built.facts.result is ResultWord.NOT_TRIED
    assert built.facts.reason == "a package that this build made cannot be read"


@pytest.mark.parametrize(
    "line",
    [
        "arm:fat:other:1-1:s390x:1",
        "end:build:0:1:-5:3",
        f"end:build:0:1:{'9' * 30}:3",
        "end:build:0:1:1_0:3",
        "end:build:-1:1:10:3",
        "objects:10:-5:1:1",
        f"objects:{'9' * 30}:1:1:1",
        "objects::1:1:1",
        "record:!!!!",
    ],
)
def test_nonsense_with_the_right_token(line: str) -> None:
    """A log of a build that others made holds a token that the build may have read."""
    assert read(GOOD + mark(line)) == read(GOOD)


FAILED_BY = "cp: cannot stat '/usr/share/doc/a.conf': No such file or directory"


@pytest.mark.parametrize("stamp", ["", "[   11s] "], ids=["mock", "obs"])
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_failure_without_a_word_of_error_is_named_by_the_last_command(stamp: str, marked: bool, size: int) -> None:
    """By what it wrote, not by an echo, although error is in it, nor by what rpm and the build system write then."""
    log = (
        "Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x\nconfigured\n+ grep -v error: x\n++ cat x\n"
        f"{FAILED_BY}\nsee the manual\n\n{mark('end:build:1:101.00:150:25') if marked else ''}"
        "error: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n\nRPM build errors:\n"
        "    Bad exit status from /var/tmp/rpm-tmp.x (%build)\nChild return code was: 1\n"
    )
    facts = read("".join(f"{stamp}{line}\n" for line in log.splitlines()), size=size)
    assert facts.phase is Phase.BUILD
    assert facts.cause is not None
    assert facts.cause.group is CauseGroup.UNKNOWN
    assert facts.cause.line == f"{stamp}{FAILED_BY}"
    assert facts.cause.name == "cp: cannot stat '…a.conf': No such file or directory"


def test_a_command_that_fails_and_says_nothing() -> None:
    facts = read("Executing(%build): x\ncc\n+ test -s table\nerror: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n")
    assert facts.cause is not None
    assert facts.cause.line == "+ test -s table"


@pytest.mark.parametrize(
    ("name", "wrote"), [("a-1-1.src.rpm", False), ("a-1-1.nosrc.rpm", False), ("a.src-1.noarch.rpm", True)]
)
def test_a_source_package_that_was_written_is_no_result(name: str, wrote: bool) -> None:
    """Mock and Koji write one first: a log that ends in the middle of a build would pass for a success."""
    assert read(f"Wrote: /builddir/build/SRPMS/{name}\nExecuting(%build): x\ncc").wrote is wrote
    assert read(f"Wrote: /builddir/build/SRPMS/{name}").wrote is wrote
