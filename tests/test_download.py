# SPDX-License-Identifier: GPL-2.0-or-later
import hashlib
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.errors import Obstacle, Unavailable
from checker.repositories import download as download_module
from checker.repositories.download import BLOCK, Download, FetchOptions
from checker.repositories.http import CHUNK, without_credentials
from tests import servers
from tests.servers import Behaviour, Server, serving

QUICK = FetchOptions(attempts=3, pause=0, stall=0.4)
PARTIAL = replace(QUICK, partial=True)
FULL_DISK = Path("/dev/full")
DATA = random.Random(0).randbytes(3_000_000)
CHECKSUM = f"sha256:{hashlib.sha256(DATA).hexdigest()}"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "file").write_bytes(DATA)
    with serving(tmp_path) as running:
        yield running


def fetch(server: Server, *places: str, options: FetchOptions = QUICK, checksum: str | None = CHECKSUM) -> bytes:
    """The whole file from the first of the places that gives it."""
    urls = [f"{server.url}/{place}" for place in places or ("file",)]
    with Download(urls, options, size=len(DATA) if checksum else None, checksum=checksum) as download:
        assert download.finish() == CHECKSUM
        return os.pread(download.fd, 2 * len(DATA), 0)


def failure(server: Server, *places: str, options: FetchOptions = QUICK) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        fetch(server, *places, options=options)
    return caught.value


def test_a_good_server_is_asked_once(server: Server) -> None:
    assert fetch(server) == DATA
    assert server.asked == [("/file", None)]
    assert server.headers[0]["Accept-Encoding"] == "identity"
    assert server.headers[0]["User-Agent"].startswith("ltocheck/")


@pytest.mark.parametrize("algorithm", ["md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_digests(server: Server, algorithm: str) -> None:
    name = {"sha": "sha1"}.get(algorithm, algorithm)
    checksum = f"{algorithm}:{hashlib.new(name, DATA).hexdigest()}"
    with Download([f"{server.url}/file"], QUICK, size=len(DATA), checksum=checksum) as download:
        assert download.finish() == checksum.replace("sha:", "sha1:")


def test_a_digest_of_unknown_kind() -> None:
    with pytest.raises(Unavailable, match="a digest of unknown kind, crc32") as caught:
        Download(["http://127.0.0.1/"], QUICK, checksum="crc32:00")
    assert caught.value.obstacle is Obstacle.UNVERIFIED


class TestRecovery:
    def test_a_cut_is_resumed_where_it_was(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.cut(1_000_000), servers.cut(500_000), servers.Handler.serve]
        assert fetch(server) == DATA
        assert [wanted for _, wanted in server.asked] == [None, "bytes=1000000-", "bytes=1500000-"]
        assert server.sent == len(DATA)

    def test_a_server_without_ranges_begins_anew(self, server: Server) -> None:
        server.knows_ranges = False
        server.behaviours["/file"] = [servers.cut(1_000_000), servers.Handler.serve]
        assert fetch(server) == DATA
        assert server.sent == len(DATA) + 1_000_000

    def test_a_file_without_digest_is_never_put_together_from_parts(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.cut(1_000_000), servers.Handler.serve]
        assert fetch(server, checksum=None) == DATA
        assert [wanted for _, wanted in server.asked] == [None, None]

    @pytest.mark.parametrize("bad", [servers.status(500), servers.status(503), servers.reset, servers.stall])
    def test_a_passing_failure_is_tried_again(self, server: Server, bad: Behaviour) -> None:
        server.behaviours["/file"] = [bad, servers.Handler.serve]
        assert fetch(server) == DATA
        assert len(server.asked) == 2

    @pytest.mark.parametrize("bad", [servers.status(404), servers.status(403), servers.status(500), servers.reset])
    def test_mirrors_are_tried_in_turn(self, server: Server, tmp_path: Path, bad: Behaviour) -> None:
        (tmp_path / "other").write_bytes(DATA)
        server.behaviours["/file"] = [bad]
        assert fetch(server, "file", "other") == DATA
        assert server.asked[-1] == ("/other", None)

    def test_another_mirror_goes_on_where_the_first_stopped(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(DATA)
        server.behaviours["/file"] = [servers.cut(1_000_000), servers.status(404)]
        assert fetch(server, "file", "other") == DATA
        assert server.asked[-1] == ("/other", "bytes=1000000-")

    def test_a_file_that_was_exchanged_in_between_is_fetched_anew(self, server: Server) -> None:
        exchanged = DATA[::-1]
        server.behaviours["/file"] = [servers.cut(1_000_000), servers.ranges_of(exchanged), servers.other(DATA)]
        assert fetch(server) == DATA
        assert [wanted for _, wanted in server.asked] == [None, "bytes=1000000-", None]

    def test_an_altered_mirror_is_left(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(DATA)
        server.behaviours["/file"] = [servers.other(DATA[::-1])]
        assert fetch(server, "file", "other") == DATA

    def test_pauses_grow(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr("checker.repositories.download.time.sleep", pauses.append)
        server.behaviours["/file"] = [servers.status(503)]
        failure(server, options=FetchOptions(attempts=4, pause=1.5))
        assert pauses == [1.5, 3, 6]


class TestFailures:
    @pytest.mark.parametrize(
        ("bad", "asked", "obstacle", "detail"),
        [
            (servers.status(404), 1, "inaccessible", "404 Not Found, from"),
            (servers.status(403), 1, "inaccessible", "403 Forbidden, from"),
            (servers.status(500), 3, "inaccessible", "500 Internal Server Error, from"),
            (servers.reset, 3, "inaccessible", "the connection ended early, from"),
            (servers.redirect("/file"), 9, "inaccessible", "too many redirects, from"),
            (servers.redirect("file:///etc/passwd"), 1, "inaccessible", "file"),
            (servers.redirect("ftp://127.0.0.1/"), 1, "inaccessible", "ftp"),
            (servers.cut(100), 3, "truncated", "the connection ended early"),
            (servers.stall, 2, "too-slow", "no answer in time"),
            (servers.other(DATA[:-1]), 1, "truncated", "2999999 bytes are there, not 3000000 as listed"),
            (servers.other(DATA + b"x"), 1, "altered", "3000001 bytes are there, not 3000000 as listed"),
            (servers.endless, 1, "altered", "the server sends more than the listed 3000000 bytes"),
        ],
    )
    def test_it_is_told_what_happened(
        self, server: Server, bad: Behaviour, asked: int, obstacle: str, detail: str
    ) -> None:
        server.behaviours["/file"] = [bad]
        error = failure(server)
        assert (error.obstacle.value, len(server.asked)) == (obstacle, asked)
        assert error.detail.startswith("cannot be downloaded: ")
        assert detail in error.detail

    def test_nobody_is_there(self, server: Server) -> None:
        with (
            Download(["http://127.0.0.1:1/"], QUICK) as download,
            pytest.raises(Unavailable, match=r"cannot be downloaded: no connection, from http://127\.0\.0\.1:1/"),
        ):
            download.finish()

    def test_altered(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.other(DATA[::-1])]
        error = failure(server)
        assert error.obstacle is Obstacle.ALTERED
        assert error.detail == (
            f"was altered: its sha256 is {hashlib.sha256(DATA[::-1]).hexdigest()}, not {CHECKSUM[7:]} as listed"
        )

    def test_a_server_that_hardly_sends_anything(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.trickle]
        assert "sends less than 1000 bytes a second" in failure(server, options=replace(QUICK, attempts=1)).detail

    def test_a_server_that_sends_crumbs(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.crumbs]
        assert "sends pieces of less than 64 bytes" in failure(server, options=replace(QUICK, attempts=1)).detail

    @pytest.mark.parametrize("where", servers.DRIPS)
    def test_a_server_that_goes_on_and_on_is_given_up(self, server: Server, where: str) -> None:
        server.behaviours["/file"] = [servers.DRIPS[where]]
        started = time.monotonic()
        assert failure(server).obstacle in (Obstacle.TOO_SLOW, Obstacle.INACCESSIBLE)
        assert time.monotonic() - started < 6 * QUICK.stall

    def test_a_flood_before_the_answer_is_no_matter_of_time(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.flood]
        assert failure(server, options=replace(QUICK, stall=60)).obstacle is Obstacle.TOO_LARGE

    def test_redirects_together_have_the_time_of_one_answer(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.slow_redirect]
        assert failure(server).obstacle is Obstacle.TOO_SLOW
        assert len(server.asked) <= 4

    def test_a_server_that_was_silent_is_not_asked_again(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(DATA)
        server.behaviours["/file"] = [servers.silent]
        assert fetch(server, "file", "other") == DATA
        assert [path for path, _ in server.asked] == ["/file", "/other"]

    def test_more_than_the_limit_is_not_stored(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.endless]
        with Download([f"{server.url}/file"], QUICK, limit=100_000) as download:
            with pytest.raises(Unavailable, match="has more than 100000 bytes") as caught:
                download.finish()
            assert caught.value.obstacle is Obstacle.TOO_LARGE
            assert os.fstat(download.fd).st_size <= 100_000
        with pytest.raises(Unavailable, match="has 200000 bytes, more than 100000"):
            Download([f"{server.url}/file"], QUICK, size=200_000, limit=100_000)

    def test_a_server_that_cuts_after_each_byte_is_given_up(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.cut(1)]
        assert failure(server).obstacle is Obstacle.TRUNCATED
        assert len(server.asked) == 3

    def test_a_full_disk(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(download_module, "TemporaryFile", lambda **_: FULL_DISK.open("wb", buffering=0))
        assert failure(server).detail == "cannot be stored: No space left on device"


class TestCredentials:
    def test_they_are_sent_and_never_shown(self, server: Server) -> None:
        url = server.url.replace("http://", "http://me:p%40ss@") + "/file"
        with Download([url], QUICK, size=len(DATA), checksum=CHECKSUM) as download:
            download.finish()
        assert server.headers[0]["Authorization"] == "Basic bWU6cEBzcw=="  # me:p@ss
        server.behaviours["/file"] = [servers.status(404)]
        with Download([url], QUICK) as download, pytest.raises(Unavailable) as caught:
            download.finish()
        assert f"from {server.url}/file" in caught.value.detail
        assert "me" not in caught.value.detail.partition("from")[2]
        assert without_credentials("https://a:b@c@d.org/x@y") == "https://d.org/x@y"

    def test_other_hosts_do_not_get_them(self, server: Server, tmp_path: Path) -> None:
        with serving(tmp_path) as elsewhere:
            server.behaviours["/file"] = [servers.redirect(f"{elsewhere.url}/file")]
            url = server.url.replace("http://", "http://me:secret@") + "/file"
            with Download([url], QUICK, size=len(DATA), checksum=CHECKSUM) as download:
                download.finish()
            assert "Authorization" in server.headers[0]
            assert "Authorization" not in elsewhere.headers[0]

    def test_mirrors_do_not_get_them(self, server: Server, tmp_path: Path) -> None:
        with serving(tmp_path) as elsewhere:
            server.behaviours["/file"] = [servers.status(404)]
            urls = [server.url.replace("http://", "http://me:secret@") + "/file", f"{elsewhere.url}/file"]
            with Download(urls, QUICK, size=len(DATA), checksum=CHECKSUM) as download:
                download.finish()
            assert "Authorization" not in elsewhere.headers[0]


class TestPartial:
    def test_only_what_is_wanted_is_transferred(self, server: Server) -> None:
        with Download([f"{server.url}/file"], PARTIAL, size=len(DATA), first=5000) as download:
            download.reach(96)
            assert (server.asked, server.sent) == ([("/file", "bytes=0-4999")], 5000)
            download.reach(5001)
            assert os.pread(download.fd, 5001, 0) == DATA[:5001]
        assert 5001 <= download.downloaded <= server.sent <= 5000 + BLOCK

    def test_a_server_without_ranges_is_stopped(self, server: Server) -> None:
        server.knows_ranges = False
        with Download([f"{server.url}/file"], PARTIAL, size=len(DATA), first=5000) as download:
            download.reach(2 * CHUNK)
            assert download.downloaded <= 3 * CHUNK
            download.reach(4 * CHUNK)
            assert os.pread(download.fd, 4 * CHUNK, 0) == DATA[: 4 * CHUNK]
        assert len(server.asked) == 1

    def test_the_size_is_learned(self, server: Server) -> None:
        with Download([f"{server.url}/file"], PARTIAL, first=5000) as download:
            assert download.size == len(DATA)
            assert server.sent == 5000

    def test_ranges_of_another_file(self, server: Server) -> None:
        server.behaviours["/file"] = [servers.ranges_of(DATA + b"x")]
        with (
            Download([f"{server.url}/file"], PARTIAL, size=len(DATA)) as download,
            pytest.raises(Unavailable, match="3000001 bytes are there, not 3000000 as listed"),
        ):
            download.reach(1)

    def test_another_range_than_was_asked_for(self, server: Server) -> None:
        wrong = {"Content-Range": f"bytes 7-100/{len(DATA)}"}
        server.behaviours["/file"] = [lambda handler: handler.answer(206, DATA[7:101], wrong)]
        with (
            Download([f"{server.url}/file"], PARTIAL, size=len(DATA)) as download,
            pytest.raises(Unavailable, match="an answer that is not the range that was asked for"),
        ):
            download.reach(1)

    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(st.integers(0, len(DATA) + 10), max_size=5), st.integers(1, 100_000),
        st.lists(st.integers(1, len(DATA)), max_size=3),
    )  # fmt: skip
    def test_what_was_reached_is_there(self, shared: Server, ends: list[int], first: int, cuts: list[int]) -> None:
        shared.behaviours["/file"] = [*map(servers.cut, cuts), servers.Handler.serve]
        options = replace(PARTIAL, attempts=len(cuts) + 2)
        with Download([f"{shared.url}/file"], options, size=len(DATA), checksum=CHECKSUM, first=first) as download:
            for end in ends:
                download.reach(end)
                assert os.pread(download.fd, min(end, len(DATA)), 0) == DATA[:end]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("shared")
    (folder / "file").write_bytes(DATA)
    with serving(folder) as running:
        yield running
