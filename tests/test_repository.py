# SPDX-License-Identifier: GPL-2.0-or-later
import gzip
import hashlib
import multiprocessing
import os
import re
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urljoin, urlsplit

import createrepo_c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import Obstacle, Unavailable, UsageError
from checker.limits import LIMITS
from checker.model import ArchiveItem, Kind
from checker.packages.header import read_header
from checker.packages.options import PackageOptions
from checker.packages.package import package_in
from checker.repositories import http
from checker.repositories.download import FetchOptions
from checker.repositories.fetch import ListedPackage, fetched, fetched_header
from checker.repositories.mirrors import parse_mirrors
from checker.repositories.repository import Listing, RepositoryOptions, read_repository
from checker.repositories.root import RepositoryRoot
from checker.repositories.zchunk import unzck
from tests import servers
from tests.packages import rpmbuilt
from tests.servers import Server, serving
from tests.toolbox import CREATEREPO, ROOT, SLIM, archive, compiled, run

QUICK = FetchOptions(attempts=2, pause=0, stall=1)
EVERYTHING = RepositoryOptions()
COMPRESSIONS = ("gz", "bz2", "xz", "zstd")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages of several architectures and a source package; one has a slim archive with much behind it."""
    folder = tmp_path_factory.mktemp("packages")
    built = folder / "built"
    library = folder / "library"
    (library / "usr/lib64").mkdir(parents=True)
    archive(library / "usr/lib64/libslim.a", [compiled(folder, "slim", SLIM)])
    (library / "usr/share").mkdir()
    (library / "usr/share/much").write_bytes(os.urandom(3_000_000))
    program = folder / "program"
    (program / "usr/bin").mkdir(parents=True)
    (program / "usr/bin/program").write_text("#!/bin/sh\n")
    built.mkdir()
    for file in (
        rpmbuilt(folder, library, name="libslim-devel", payload="w.ufdio"),
        rpmbuilt(folder, program, name="program"),
        rpmbuilt(folder, program, name="program-doc", definitions={"_target_cpu": "noarch"}),
        rpmbuilt(folder, program, name="program-source", source=True),
    ):
        file.rename(built / file.name)
    return built


@pytest.fixture
def folder(tmp_path: Path, packages: Path) -> Path:
    """A repository that may be changed."""
    return repodata(Path(shutil.copytree(packages, tmp_path / "repository")))


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with serving(folder) as running:
        yield running


def repodata(folder: Path, *options: str) -> Path:
    """The folder with metadata."""
    run(CREATEREPO, "--quiet", *options, folder)
    return folder


def read(place: Path | str, options: RepositoryOptions = EVERYTHING, fetch: FetchOptions = QUICK) -> Listing:
    return read_repository(str(place), options, fetch)


def limited(**limits: int) -> RepositoryOptions:
    return replace(EVERYTHING, limits=LIMITS._replace(**limits))


def digest(file: Path, algorithm: str) -> str:
    return hashlib.new({"sha": "sha1"}.get(algorithm, algorithm), file.read_bytes()).hexdigest()


def names(found: Listing) -> list[str]:
    return [Path(package.location).name for package in found.packages]


def problem(found: Listing) -> tuple[str, str]:
    (unread,) = found.problems
    return unread.obstacle.value, unread.detail


def change(folder: Path, kind: str, changed: Callable[[str], str]) -> None:
    """Change metadata, with the digest that it then must have."""
    repomd = folder / "repodata/repomd.xml"
    text = repomd.read_text()
    listed = re.search(rf'<data type="{kind}">.*?href="([^"]+)".*?</data>', text, re.DOTALL)
    assert listed
    before = plain(folder / listed[1])
    after = folder / f"repodata/changed-{kind}"
    after.write_text(changed(before))
    assert after.read_text() != before
    digest = hashlib.sha256(after.read_bytes()).hexdigest()
    place = f'<checksum type="sha256">{digest}</checksum><location href="repodata/{after.name}"/>'
    repomd.write_text(text.replace(listed[0], f'<data type="{kind}">{place}</data>'))


def swapped(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def plain(file: Path) -> str:
    """Metadata decompressed, by createrepo_c."""
    with TemporaryDirectory() as folder:
        target = Path(folder, "plain")
        createrepo_c.decompress_file(str(file), str(target), createrepo_c.AUTO_DETECT_COMPRESSION)
        return target.read_text()


class TestFolders:
    @pytest.mark.parametrize("compression", COMPRESSIONS)
    def test_every_compression(self, folder: Path, compression: str) -> None:
        found = read(repodata(folder, f"--general-compress-type={compression}"))
        assert names(found) == ["libslim-devel-1.0-2.x86_64.rpm"]
        assert found.others == {"x86_64": 1, "noarch": 1, "src": 1}
        assert found.sources == {"libslim-devel", "program", "program-doc"}
        assert found.size == sum(file.stat().st_size for file in folder.glob("*.rpm"))
        assert found.problems == ()

    def test_what_is_known_of_a_package(self, folder: Path) -> None:
        (listed,) = read(folder).packages
        path = folder / "libslim-devel-1.0-2.x86_64.rpm"
        with path.open("rb") as file:
            header = read_header(file.fileno())
        assert listed == ListedPackage(
            location=str(path),
            path=str(path),
            checksum=f"sha256:{digest(path, 'sha256')}",
            size=path.stat().st_size,
            header=(listed.header[0] if listed.header else 0, header.payload_at),
            name=header.nevra,
            arch="x86_64",
            source=header.source,
        )

    def test_architectures(self, folder: Path) -> None:
        found = read(folder, RepositoryOptions(arches=frozenset({"noarch"})))
        assert (found.packages, found.others, found.sources) == ((), {"noarch": 1}, frozenset({"program-doc"}))

    def test_every_package(self, folder: Path) -> None:
        found = read(folder, RepositoryOptions(every_package=True))
        assert len(found.packages) == 3
        assert found.others == {"src": 1}

    def test_without_metadata(self, packages: Path, tmp_path: Path) -> None:
        below = tmp_path / "b"
        shutil.copytree(packages, below)
        (tmp_path / "a.rpm").symlink_to(next(below.iterdir()))
        (tmp_path / "c.rpm").mkdir()
        (tmp_path / "d").symlink_to(below)
        found = read(tmp_path)
        assert [package.location for package in found.packages] == sorted(map(str, below.iterdir()))
        assert found.packages[0] == ListedPackage(
            found.packages[0].location,
            path=found.packages[0].location,
            size=Path(found.packages[0].location).stat().st_size,
        )
        assert found.size == sum(file.stat().st_size for file in below.iterdir())

    def test_without_file_lists_every_package_is_looked_at(self, folder: Path) -> None:
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(re.sub(r'(?s)<data type="filelists">.*?</data>', "", repomd.read_text()))
        found = read(folder)
        assert (len(found.packages), found.others, found.problems) == (3, {"src": 1}, ())

    def test_a_package_that_the_file_lists_lack_is_looked_at(self, folder: Path) -> None:
        change(folder, "filelists", lambda text: re.sub(r'pkgid="\w+" (name="program")', r"\1", text))
        found = read(folder)
        assert names(found) == ["libslim-devel-1.0-2.x86_64.rpm", "program-1.0-2.x86_64.rpm"]
        assert problem(found) == ("malformed", "has 1 file lists that cannot be read")

    @pytest.mark.parametrize("algorithm", ["md5", "sha", "sha1", "sha512"])
    def test_digests(self, folder: Path, algorithm: str) -> None:
        """Those that createrepo_c does not write any more, too."""
        digests = {digest(file, "sha256"): digest(file, algorithm) for file in folder.glob("*.rpm")}

        def with_others(text: str) -> str:
            for old, new in digests.items():
                text = text.replace(old, new)
            return text.replace('<checksum type="sha256"', f'<checksum type="{algorithm}"')

        change(folder, "primary", with_others)
        change(folder, "filelists", with_others)
        (listed,) = read(folder).packages
        with fetched(listed, QUICK) as package:
            assert (listed.checksum or "").partition(":") == (
                algorithm,
                ":",
                (package.checksum or "").partition(":")[2],
            )

    def test_a_package_that_is_listed_twice(self, folder: Path) -> None:
        change(folder, "primary", lambda text: re.sub(r"(?s)<package .*?</package>", r"\g<0>\g<0>", text))
        found = read(folder, RepositoryOptions(every_package=True))
        assert len(found.packages) + sum(found.others.values()) == 4
        assert found.size == sum(file.stat().st_size for file in folder.glob("*.rpm"))

    def test_names_that_are_hard_to_write(self, tmp_path: Path, packages: Path) -> None:
        source = packages / "libslim-devel-1.0-2.x86_64.rpm"
        hard = [f"{name}.rpm" for name in ("a b", "a#b", "a?b", "a%b", "a%20b", "ä", "a+b~c^d", "a&b")]
        for name in hard:
            (tmp_path / name).write_bytes(source.read_bytes())
        repodata(tmp_path)
        found = read(tmp_path)
        assert sorted(names(found)) == sorted(hard)
        with serving(tmp_path) as server:
            for place in (tmp_path, server.url):
                for listed in read(place).packages:
                    with fetched(listed, QUICK) as file:
                        assert file.checksum == listed.checksum

    def test_nothing_is_there(self, tmp_path: Path) -> None:
        assert problem(read(tmp_path / "missing"))[0] == "inaccessible"
        (tmp_path / "file").touch()
        assert "Not a directory" in problem(read(tmp_path / "file"))[1]
        assert read(tmp_path / "missing").packages == ()


def chunked(folder: Path) -> Path:
    """The folder with all metadata as zchunk alone."""
    repomd = folder / "repodata/repomd.xml"
    for kind in ("primary", "filelists"):
        (file,) = (folder / "repodata").glob(f"*{kind}.xml*")
        text = folder / f"{kind}.xml"
        text.write_text(plain(file))
        run("zck", "--output", folder / f"repodata/{kind}.xml.zck", text)
        sum_ = digest(folder / f"repodata/{kind}.xml.zck", "sha256")
        place = f'<checksum type="sha256">{sum_}</checksum><location href="repodata/{kind}.xml.zck"/>'
        repomd.write_text(
            re.sub(
                rf'(?s)<data type="{kind}">.*?</data>',
                f'<data type="{kind}_zck">{place}</data>',
                repomd.read_text(),
            )
        )
        file.unlink()
    return folder


class TestZchunk:
    def test_alone(self, folder: Path) -> None:
        assert (names(read(chunked(folder))), read(folder).problems) == (["libslim-devel-1.0-2.x86_64.rpm"], ())

    def test_bombs(self, folder: Path) -> None:
        found = read(chunked(folder), limited(metadata_open=100))
        assert {unread.obstacle for unread in found.problems} == {Obstacle.TOO_LARGE}

    def test_damage(self, folder: Path) -> None:
        file = chunked(folder) / "repodata/primary.xml.zck"
        old = digest(file, "sha256")
        file.write_bytes(file.read_bytes()[:-5])
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(repomd.read_text().replace(old, digest(file, "sha256")))
        assert problem(read(folder)) == ("altered", "has a file of metadata that unzck cannot decompress")

    @pytest.mark.parametrize("size", [b"\0\0\0\0\x84", b"\x7f\x7f\x7f\x7f\x87"])
    def test_a_header_that_says_it_has_gigabytes(self, size: bytes, tmp_path: Path) -> None:
        file = tmp_path / "x"
        file.write_bytes(b"\0ZCK1\x81" + size + bytes(64))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with file.open("rb") as opened, pytest.raises(Unavailable, match="cannot decompress"):
            list(unzck(opened.fileno(), 1 << 30))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1

    def test_a_missing_program_is_told(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        chunked(folder)
        monkeypatch.setenv("PATH", "/nowhere")
        assert all("apt-get install zchunk" in unread.detail for unread in read(folder).problems)
        assert len(read(folder).problems) == 2


class TestProblems:
    @pytest.mark.parametrize("kind", ["primary", "filelists"])
    def test_metadata_that_is_missing(self, folder: Path, kind: str) -> None:
        (file,) = (folder / "repodata").glob(f"*{kind}.xml*")
        file.unlink()
        found = read(folder)
        assert problem(found) == (
            "inaccessible",
            f"has a repodata/{file.name} that cannot be read: No such file or directory",
        )
        assert len(found.packages) == (0 if kind == "primary" else 3)

    @pytest.mark.parametrize("kind", ["primary", "filelists"])
    def test_metadata_that_was_altered(self, folder: Path, kind: str) -> None:
        (file,) = (folder / "repodata").glob(f"*{kind}.xml*")
        file.write_bytes(gzip.compress(b"<metadata/>"))
        found = read(folder)
        obstacle, detail = problem(found)
        assert obstacle == "altered"
        assert detail.startswith(f"has a repodata/{file.name} that was altered: its sha256 is ")
        assert len(found.packages) == (0 if kind == "primary" else 3)

    def test_databases_alone(self, folder: Path) -> None:
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(repomd.read_text().replace('type="primary"', 'type="primary_db"'))
        expected = "lists no packages in XML; it has primary_db, which is not read"
        assert problem(read(folder)) == ("malformed", expected)

    def test_metadata_without_digest(self, folder: Path) -> None:
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(re.sub(r"<checksum type=.*?</checksum>", "", repomd.read_text()))
        assert [unread.obstacle for unread in read(folder).problems] == [Obstacle.UNVERIFIED] * 2

    def test_repomd_that_is_none(self, folder: Path) -> None:
        (folder / "repodata/repomd.xml").write_text("<html/>")
        assert problem(read(folder)) == (
            "malformed",
            "has a repomd.xml that begins with html, expected {http://linux.duke.edu/metadata/repo}repomd",
        )

    def test_metadata_that_unpacks_to_very_much(self, folder: Path) -> None:
        found = read(folder, limited(metadata_open=1000))
        assert [unread.obstacle for unread in found.problems] == [Obstacle.TOO_LARGE] * 2

    def test_metadata_that_is_very_large(self, folder: Path) -> None:
        found = read(folder, limited(metadata=100))
        assert [unread.obstacle for unread in found.problems] == [Obstacle.TOO_LARGE] * 2

    def test_very_long_names(self, folder: Path) -> None:
        found = read(folder, limited(metadata_word=20))
        assert {unread.detail for unread in found.problems} == {
            "has 4 file lists that cannot be read",
            "lists a package in a way that cannot be read, and so 3 others",
        }
        found = read(folder, limited(repository_text=1000))
        assert [unread.obstacle for unread in found.problems] == [Obstacle.TOO_LARGE]
        assert 0 < len(found.packages) < 3

    def test_very_many_packages(self, folder: Path) -> None:
        found = read(folder, limited(repository_packages=2))
        assert [unread.obstacle for unread in found.problems] == [Obstacle.TOO_LARGE] * 2
        shutil.rmtree(folder / "repodata")
        found = read(folder, limited(repository_packages=2))
        assert problem(found) == ("too-large", "has more than 2 packages; the rest is not looked at")

    @pytest.mark.parametrize(
        "place",
        [
            "../../etc/passwd",
            "/etc/passwd",
            "a/../../b",
            "a/%2e%2e/b",
            "%2Fetc/passwd",
            "file:///etc/passwd",
            "http://example.org/x.rpm",
            "//example.org/x.rpm",
            "x%00.rpm",
            "x" * 1000 + "%00",
            "",
        ],
    )
    def test_packages_outside_of_it(self, folder: Path, place: str) -> None:
        change(folder, "primary", swapped("libslim-devel-1.0-2.x86_64.rpm", place))
        found = read(folder)
        assert found.packages == ()
        assert problem(found) == ("malformed", f"lists {place}, which is outside of it")
        with serving(folder) as server:
            assert read(server.url).problems == found.problems

    def test_metadata_outside_of_it(self, folder: Path) -> None:
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(repomd.read_text().replace('href="repodata/', 'href="../repodata/'))
        assert [unread.obstacle for unread in read(folder).problems] == [Obstacle.MALFORMED] * 2

    def test_many_bad_packages_are_one_problem(self, folder: Path) -> None:
        change(folder, "primary", swapped('<location href="', '<location href="/'))
        found = read(folder, RepositoryOptions(every_package=True))
        assert problem(found)[1].endswith(", which is outside of it, and so 2 others")


@given(
    st.text(st.sampled_from("a./%2eEfF:~ #?@[]\\\x01\u0100"), max_size=12),
    st.sampled_from(["", "http://[", "https://me@base.example:1/x", "file:///"]),
)
def test_no_name_leads_out_of_a_repository(name: str, base: str) -> None:
    """Whatever a browser or the system would make of it."""
    for place in (RepositoryRoot("/repository"), RepositoryRoot(bases=("http://server.example/repository",))):
        try:
            listed = place.file(name, base)
        except Unavailable:
            continue
        if listed.path is not None:
            assert os.path.normpath(listed.path).startswith("/repository")
        for url in listed.urls:
            root = "http://server.example/repository/" if not base else "https://me@base.example:1/x/"
            assert urljoin(root, url).startswith(root)
            assert ".." not in unquote(urlsplit(url).path).split("/")
            assert not urlsplit(url).query + urlsplit(url).fragment


class TestBase:
    def test_packages_on_another_server(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        with serving(tmp_path / "elsewhere") as elsewhere:
            for file in folder.glob("*.rpm"):
                file.rename(tmp_path / "elsewhere" / file.name)
            change(folder, "primary", swapped("<location ", f'<location xml:base="{elsewhere.url}/" '))
            for place in (str(folder), None):
                with serving(folder) as server:
                    (listed,) = read(place or server.url).packages
                    assert listed.urls == (f"{elsewhere.url}/libslim-devel-1.0-2.x86_64.rpm",)
                    with fetched(listed, QUICK) as package:
                        assert package.checksum == listed.checksum

    @pytest.mark.parametrize("base", ["file:///", "media://dvd", "/", "..", "ftp://example.org/"])
    def test_packages_at_places_that_are_no_server(self, folder: Path, base: str) -> None:
        change(folder, "primary", swapped("<location ", f'<location xml:base="{base}" '))
        expected = f"lists libslim-devel-1.0-2.x86_64.rpm below {base}, which is no place on an HTTP server"
        assert problem(read(folder)) == ("malformed", expected)


class TestServers:
    def test_it_is_as_its_folder(self, server: Server, folder: Path) -> None:
        there, here = read(server.url), read(folder)
        assert there.location == server.url
        (remote,), (local,) = there.packages, here.packages
        url = f"{server.url}/libslim-devel-1.0-2.x86_64.rpm"
        assert remote == replace(local, location=url, path=None, urls=(url,))
        assert there == replace(here, location=server.url, packages=there.packages)

    @pytest.mark.parametrize("tail", ["/", "/repodata/repomd.xml"])
    def test_other_ways_to_name_it(self, server: Server, tail: str) -> None:
        assert names(read(server.url + tail)) == ["libslim-devel-1.0-2.x86_64.rpm"]

    def test_no_repository(self, server: Server, folder: Path) -> None:
        obstacle, detail = problem(read(f"{server.url}/nothing"))
        assert obstacle == "inaccessible"
        assert detail == (
            f"has a repomd.xml that cannot be downloaded: 404 Not Found, from {server.url}/nothing/repodata/repomd.xml"
        )
        (folder / "index").write_text("<html><body>A web site.</body></html>")
        assert "404 Not Found" in problem(read(f"{server.url}/index"))[1]

    def test_credentials_are_not_shown(self, server: Server) -> None:
        found = read(server.url.replace("http://", "http://me:secret@"))
        assert "secret" not in found.location + found.packages[0].location
        assert "secret" in found.packages[0].urls[0]
        assert all(header["Authorization"] for header in server.headers)

    def test_metadata_that_was_altered(self, server: Server, folder: Path) -> None:
        (file,) = (folder / "repodata").glob("*primary.xml*")
        server.behaviours[f"/repodata/{file.name}"] = [servers.other(gzip.compress(b"<metadata/>"))]
        assert problem(read(server.url))[0] == "altered"

    def test_a_package_that_was_exchanged_after_the_metadata(self, server: Server, folder: Path) -> None:
        (listed,) = read(server.url).packages
        (local,) = read(folder).packages
        assert local.path
        data = bytearray(Path(local.path).read_bytes())
        data[-1] ^= 1
        Path(local.path).write_bytes(data)
        for package in (listed, local):
            with pytest.raises(Unavailable, match="was altered: its sha256 is") as caught, fetched(package, QUICK):
                pass
            assert caught.value.obstacle is Obstacle.ALTERED
        Path(local.path).write_bytes(data[:-1])
        for package in (listed, local):
            with pytest.raises(Unavailable) as caught, fetched(package, QUICK):
                pass
            assert caught.value.obstacle is Obstacle.TRUNCATED

    def test_local_packages_that_cannot_be_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo.rpm")
        for path, detail in (("fifo.rpm", "is no regular file"), ("missing.rpm", "No such file")):
            with (
                pytest.raises(Unavailable, match=detail),
                fetched(ListedPackage(path, path=str(tmp_path / path)), QUICK),
            ):
                pass


class TestMirrors:
    def test_metalink(self, server: Server, folder: Path) -> None:
        (folder / "metalink").write_text(metalink(folder, f"{server.url}/gone", server.url))
        found = read(f"{server.url}/metalink?repo=x")
        assert (names(found), found.problems) == (["libslim-devel-1.0-2.x86_64.rpm"], ())
        (listed,) = found.packages
        assert listed.urls == tuple(f"{server.url}{place}/{names(found)[0]}" for place in ("", "/gone"))

    def test_without_a_question_in_it(self, server: Server, folder: Path) -> None:
        (folder / "metalink.xml").write_text(metalink(folder, server.url))
        assert len(read(f"{server.url}/metalink.xml").packages) == 1

    def test_list(self, server: Server, folder: Path) -> None:
        (folder / "list").write_text(
            f"# mirrors\nftp://example.org/\nfile:///etc\n\n{server.url}/gone\n{server.url}/\n"
        )
        (listed,) = read(f"{server.url}/list?x").packages
        assert listed.urls == tuple(f"{server.url}{place}/{Path(listed.location).name}" for place in ("", "/gone"))

    def test_a_mirror_that_does_not_fit_the_metalink(self, server: Server, folder: Path, tmp_path: Path) -> None:
        (folder / "metalink").write_text(metalink(folder, server.url))
        (folder / "repodata/repomd.xml").write_text("<repomd/>")
        obstacle, detail = problem(read(f"{server.url}/metalink?x"))
        assert obstacle == "altered"
        assert detail == (
            "has no mirror that can be used; the last one has a repomd.xml that "
            "does not match its digest in the metalink"
        )

    def test_metadata_comes_from_the_mirror_that_has_it(self, server: Server, folder: Path) -> None:
        """What the first one says of its size binds nobody."""
        shutil.copytree(folder / "repodata", folder / "bad/repodata")
        for file in (folder / "bad/repodata").glob("*.xml.*"):
            file.write_bytes(b"something else")
        (folder / "list").write_text(f"{server.url}/bad\n{server.url}/\n")
        found = read(f"{server.url}/list?x")
        assert (len(found.packages), found.problems) == (1, ())

    def test_a_package_comes_from_the_mirror_that_has_it(self, server: Server, folder: Path) -> None:
        shutil.copytree(folder / "repodata", folder / "bare/repodata")
        (folder / "list").write_text(f"{server.url}/bare\n{server.url}/\n")
        (listed,) = read(f"{server.url}/list?x").packages
        with fetched(listed, QUICK) as package:
            assert package.checksum == listed.checksum

    def test_files_inside_of_files_of_a_metalink(self) -> None:
        depth = 15_000
        text = "<metalink>" + "<file name='repomd.xml'>" * depth
        text += "<url>http://example.org/x/repodata/repomd.xml</url>" + "</file>" * depth + "</metalink>"
        start = time.process_time()
        assert parse_mirrors(text.encode()).bases == ("http://example.org/x",)
        assert time.process_time() - start < 3

    @pytest.mark.parametrize("text", ["", "nothing\n", "<metalink/>", "<metalink>", "ftp://example.org/"])
    def test_lists_of_nothing(self, server: Server, folder: Path, text: str) -> None:
        (folder / "list").write_text(text)
        assert problem(read(f"{server.url}/list?x"))[0] == "malformed"


def metalink(folder: Path, *bases: str) -> str:
    """As Fedora's MirrorManager writes it: the first of the bases is the best."""
    digest = hashlib.sha256((folder / "repodata/repomd.xml").read_bytes()).hexdigest()
    urls = "".join(
        f'<url protocol="http" type="http" preference="{preference}">{base}/repodata/repomd.xml</url>'
        for preference, base in reversed(list(zip(range(100, 0, -1), bases, strict=False)))
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><metalink version="3.0" xmlns="http://www.metalinker.org/"'
        ' xmlns:mm0="http://fedorahosted.org/mirrormanager"><files><file name="repomd.xml">'
        f'<mm0:alternates><mm0:alternate><verification><hash type="sha256">{digest}</hash></verification>'
        '</mm0:alternate></mm0:alternates><verification><hash type="md5">00</hash><hash type="sha256">00</hash>'
        '</verification><resources maxconnections="1"><url protocol="rsync">rsync://example.org/repodata/repomd.xml</url>'
        f"{urls}</resources></file></files></metalink>"
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that gpg works in, with two keys, each armoured and as it is."""
    home = tmp_path_factory.mktemp("keys")
    home.chmod(0o700)
    for name in ("ours", "theirs"):
        gpg(home, "--passphrase", "", "--quick-gen-key", name, "rsa2048", "sign")
        gpg(home, "--armor", "--output", home / f"{name}.asc", "--export", name)
        gpg(home, "--output", home / f"{name}.gpg", "--export", name)
    yield home
    run("gpgconf", "--homedir", home, "--kill", "all")


def gpg(home: Path, *arguments: str | Path) -> None:
    run("gpg", "--homedir", home, "--batch", "--yes", *arguments)


def signed_by(keys: Path, *names: str) -> RepositoryOptions:
    return RepositoryOptions(keys=tuple(str(keys / name) for name in names))


def sign(folder: Path, keys: Path, name: str) -> None:
    gpg(keys, "--local-user", name, "--detach-sign", "--armor", folder / "repodata/repomd.xml")


class TestSignatures:
    @pytest.mark.parametrize("form", ["asc", "gpg"])
    def test_good(self, server: Server, folder: Path, keys: Path, form: str) -> None:
        sign(folder, keys, "ours")
        for place in (folder, server.url):
            found = read(place, signed_by(keys, f"theirs.{form}", f"ours.{form}"))
            assert (len(found.packages), found.problems) == (1, ())

    def test_several_keys_in_a_file(self, folder: Path, keys: Path, tmp_path: Path) -> None:
        sign(folder, keys, "ours")
        for form in ("asc", "gpg"):
            (tmp_path / form).write_bytes((keys / f"theirs.{form}").read_bytes() + (keys / f"ours.{form}").read_bytes())
            assert read(folder, signed_by(tmp_path, form)).problems == ()

    def test_by_another_key(self, server: Server, folder: Path, keys: Path) -> None:
        sign(folder, keys, "theirs")
        for place in (folder, server.url):
            found = read(place, signed_by(keys, "ours.asc"))
            obstacle, detail = problem(found)
            assert (obstacle, found.packages) == ("unverified", ())
            assert detail == "is not signed by a key that was given: it is signed by another key"

    def test_altered(self, folder: Path, keys: Path) -> None:
        sign(folder, keys, "ours")
        repomd = folder / "repodata/repomd.xml"
        repomd.write_text(repomd.read_text() + "\n")
        obstacle, detail = problem(read(folder, signed_by(keys, "ours.asc")))
        assert obstacle == "unverified"
        assert detail == "is not signed by a key that was given: it was altered after it was signed"

    @pytest.mark.parametrize(
        ("tree", "detail"),
        [
            ("yum__data__10.2-updates-subset", None),
            ("data__obs_virtualbox_11_1", "the key has expired"),
            ("RepoSigcheck__wrongsig_repo", "it was altered after it was signed"),
        ],
    )
    def test_those_of_others(self, tree: str, detail: str | None) -> None:
        (folder,) = (ROOT / "fixtures/corpus/repos").glob(f"*{tree}")
        found = read(folder, signed_by(folder, "repodata/repomd.xml.key"))
        if detail is None:
            assert (len(found.packages), found.problems) == (7, ())
        else:
            assert problem(found) == ("unverified", f"is not signed by a key that was given: {detail}")

    def test_no_signature(self, folder: Path, keys: Path) -> None:
        (folder / "repodata/repomd.xml.asc").write_text("no signature")
        assert problem(read(folder, signed_by(keys, "ours.asc")))[0] == "unverified"

    def test_several_signatures(self, folder: Path, keys: Path) -> None:
        repomd = folder / "repodata/repomd.xml"
        gpg(keys, "--local-user", "theirs", "--local-user", "ours", "--detach-sign", "--armor", repomd)
        for name in ("ours.asc", "theirs.asc"):
            assert read(folder, signed_by(keys, name)).problems == ()

    def test_unsigned(self, server: Server, folder: Path, keys: Path) -> None:
        for place in (folder, server.url):
            obstacle, detail = problem(read(place, signed_by(keys, "ours.asc")))
            assert obstacle == "unverified"
            assert detail.startswith("has no signature that can be read: ")

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            (None, "cannot be read: No such file"),
            ("", "holds no key"),
            ("no key", "holds no key"),
            ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcde\n-----END PGP PUBLIC KEY BLOCK-----\n", "is damaged"),
        ],
    )
    def test_keys_that_are_none(self, folder: Path, keys: Path, tmp_path: Path, text: str | None, detail: str) -> None:
        sign(folder, keys, "ours")
        if text is not None:
            (tmp_path / "key").write_text(text)
        with pytest.raises(UsageError, match=detail):
            read(folder, signed_by(tmp_path, "key"))

    def test_without_gpgv(self, folder: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        sign(folder, keys, "ours")
        monkeypatch.setenv("PATH", "")
        with pytest.raises(UsageError, match="apt-get install gpgv"):
            read(folder, signed_by(keys, "ours.asc"))


class TestParts:
    def kinds(self, listed: ListedPackage, fetch: FetchOptions) -> tuple[list[Kind], int]:
        """What is found in a package, and how many bytes that took."""
        with fetched(listed, fetch) as package:
            target = package_in(package.fd, listed.location, PackageOptions(), package.arriving)
            items = list(target.items)
            assert not any(isinstance(item, Unavailable) for item in items)
            assert target.package.name == listed.name
            return [item.facts.kind for item in items if isinstance(item, ArchiveItem)], package.downloaded

    def test_what_follows_the_last_object_is_never_transferred(self, server: Server) -> None:
        (listed,) = read(server.url).packages
        assert listed.size
        assert self.kinds(listed, QUICK) == ([Kind.SLIM], listed.size)
        server.sent = 0
        kinds, downloaded = self.kinds(listed, replace(QUICK, partial=True))
        assert kinds == [Kind.SLIM]
        assert downloaded <= server.sent < listed.size / 4

    def test_the_header_is_one_question(self, server: Server) -> None:
        (listed,) = read(server.url).packages
        assert listed.header
        server.asked.clear()
        with fetched_header(listed, QUICK) as package:
            header = read_header(package.fd, package.arriving)
            assert header.nevra == listed.name
            assert package.downloaded == listed.header[1]
            assert package.checksum is None
        assert server.asked == [(f"/{Path(listed.location).name}", f"bytes=0-{listed.header[1] - 1}")]

    @pytest.mark.parametrize("header", [None, (0, 10), (0, 100_000)])
    def test_metadata_that_lies_about_the_header(self, server: Server, header: tuple[int, int] | None) -> None:
        (listed,) = read(server.url).packages
        assert self.kinds(replace(listed, header=header), replace(QUICK, partial=True))[0] == [Kind.SLIM]

    def test_a_cut_on_the_way(self, server: Server) -> None:
        (listed,) = read(server.url).packages
        server.knows_ranges = False
        server.behaviours[f"/{Path(listed.location).name}"] = [servers.cut(20_000), servers.Handler.serve]
        assert self.kinds(listed, replace(QUICK, partial=True))[0] == [Kind.SLIM]

    def test_a_failure_on_the_way_is_told(self, server: Server) -> None:
        (listed,) = read(server.url).packages
        server.behaviours[f"/{Path(listed.location).name}"] = [servers.Handler.serve, servers.status(404)]
        with fetched(listed, replace(QUICK, partial=True)) as package:
            target = package_in(package.fd, listed.location, PackageOptions(), package.arriving)
            (unread,) = (item for item in target.items if isinstance(item, Unavailable))
        assert unread.obstacle is Obstacle.INACCESSIBLE
        assert unread.detail.startswith("cannot be downloaded: 404 Not Found, from ")

    def test_local_packages_are_there(self, folder: Path) -> None:
        (listed,) = read(folder).packages
        for fetch in (QUICK, replace(QUICK, partial=True)):
            assert self.kinds(listed, fetch) == ([Kind.SLIM], 0)
        with fetched_header(listed, QUICK) as package:
            assert (package.checksum, package.arriving) == (None, None)
            assert read_header(package.fd, package.arriving).nevra == listed.name

    def test_verification_has_the_whole_package(self, server: Server) -> None:
        (listed,) = read(server.url).packages
        with fetched(listed, replace(QUICK, partial=True)) as package:
            target = package_in(package.fd, listed.location, PackageOptions(verify=True), package.arriving)
            assert not any(isinstance(item, Unavailable) for item in target.items)
            assert package.downloaded == listed.size


def test_a_missing_library_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "urllib3", None)
    http.urllib3.cache_clear()
    try:
        with pytest.raises(UsageError, match="apt-get install python3-urllib3"):
            read("http://127.0.0.1:1/")
    finally:
        monkeypatch.undo()
        http.urllib3.cache_clear()


def test_a_forked_process_has_its_own_connections(server: Server) -> None:
    (listed,) = read(server.url).packages
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(digest_of, [listed] * 6) == [listed.checksum] * 6
    assert digest_of(listed) == listed.checksum


def digest_of(listed: ListedPackage) -> str | None:
    with fetched(listed, QUICK) as package:
        return package.checksum


def test_proxies_are_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://me:secret@"))
    monkeypatch.delenv("no_proxy")
    http._pool.cache_clear()
    assert len(read("http://repository.invalid/").packages) == 1
    assert server.headers[0]["Host"] == "repository.invalid"
    assert server.headers[0]["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"
