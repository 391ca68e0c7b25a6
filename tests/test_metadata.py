# SPDX-License-Identifier: GPL-2.0-or-later
from collections.abc import Iterator
from contextlib import suppress

import createrepo_c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS, Limits
from checker.packages.package import OBJECT_NAME
from checker.repositories.metadata import MetadataFile, PrimaryPackage, parse_repomd, read_file_lists, read_primary

FILE_LISTS = '<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="9">{}</filelists>'
PRIMARY = (
    '<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm">'
    "{}</metadata>"
)
REPOMD = '<repomd xmlns="http://linux.duke.edu/metadata/repo">{}</repomd>'


def file_lists(text: str, block: int = 1 << 16, limits: Limits = LIMITS) -> list[tuple[str, bool] | None]:
    return list(read_file_lists(blocks(text, block), limits))


def blocks(text: str, size: int = 1 << 16) -> Iterator[bytes]:
    data = text.encode("utf-8", "surrogateescape")
    return (data[start : start + size] for start in range(0, len(data), size))


def has_object(*files: str) -> bool:
    """Whether a package with these elements lists an object."""
    package = (
        f'<package pkgid="aa" name="x" arch="noarch"><version epoch="0" ver="1" rel="1"/>{"".join(files)}</package>'
    )
    (found,) = file_lists(FILE_LISTS.format(package))
    assert found is not None
    assert found[0] == "aa"
    return found[1]


class TestFileLists:
    @pytest.mark.parametrize(
        "name",
        ["x.a", "x.o", "x.lo", "x.LIB", "x.rlib", "x.ko", "x.bc", "x.a.1.2", "x.os", "x.obj", "&amp;.a", "&#x2e;o"],
    )
    def test_names_of_objects(self, name: str) -> None:
        assert has_object("<file>/usr/bin/true</file>", f"<file>/usr/lib/{name}</file>", "<file>/usr/x</file>")

    @pytest.mark.parametrize("name", ["x.so", "x.a.gz", "x.py", ".a/x", "a", "x.a.", "x.a "])
    def test_other_names(self, name: str) -> None:
        assert not has_object(f"<file>/usr/lib/{name}</file>")

    @pytest.mark.parametrize(
        "file",
        [
            '<file type="dir">/usr/lib/x.a</file>',
            '<file type="ghost">/usr/lib/x.a</file>',
            "<file>/usr/lib/debug/usr/lib/x.o</file>",
            "<!-- <file>/usr/lib/x.a</file> -->",
        ],
    )
    def test_what_is_no_object_that_is_there(self, file: str) -> None:
        assert not has_object(file)

    @pytest.mark.parametrize(
        "file",
        [
            "<file>/usr/lib/x.&#97;</file>",
            "<file><![CDATA[/usr/lib/x.a]]></file>",
            "<file>/usr/lib/x.<!-- -->a</file>",
            "<file>/usr/lib/x.a</file >",
            "<file\n>/usr/lib/x.a</file>",
        ],
    )
    def test_other_ways_to_write_it(self, file: str) -> None:
        assert has_object(file)

    def test_packages_in_other_ways(self) -> None:
        text = (
            '<package pkgid="aa" name="x" arch="y"/><package name="x" pkgid=\'bb\'><file>/x.a</file></package>'
            '<!-- <package pkgid="cc"> --><package pkgid="dd"></package><package name="nameless"></package>'
        )
        assert file_lists(FILE_LISTS.format(text)) == [("aa", False), ("bb", True), ("dd", False), None]

    def test_a_package_that_is_no_xml_does_not_hide_the_others(self) -> None:
        text = (
            '<package pkgid="aa"><file>/x.a</file></package><package pkgid="bb"><file>/x\1.a</file></package>'
            '<package pkgid="cc"><file>/x.a</file></package>'
        )
        assert file_lists(FILE_LISTS.format(text)) == [("aa", True), None, ("cc", True)]

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.lists(
                st.tuples(
                    st.sampled_from(["", "dir", "ghost"]),
                    st.sampled_from(["/usr/lib/", "/", "/usr/lib/debug/"]),
                    st.one_of(
                        st.sampled_from(
                            ["x.a", "x.a.1", "x.so", "&lt.a", "<!.o", "]]>.a", "\u212ao.\u212ao", "x.o\u017f"]
                        ),
                        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=6),
                    ),
                ),
                max_size=6,
            ),
            max_size=8,
        ),
        st.integers(1, 200),
    )
    def test_it_says_what_createrepo_writes(self, packages: list[list[tuple[str, str, str]]], block: int) -> None:
        """Against the text that createrepo_c itself makes of packages, in blocks of any size."""
        parts, expected = [], []
        for number, files in enumerate(packages):
            package = createrepo_c.Package()
            package.pkgId, package.name, package.arch = f"{number:064x}", f"name{number}", "x86_64"
            package.epoch, package.version, package.release = "0", "1", "1"
            package.files = files
            parts.append(createrepo_c.xml_dump_filelists(package))
            listed = any(
                type_ == "" and OBJECT_NAME.search(name) and not folder.startswith("/usr/lib/debug/")
                for type_, folder, name in files
            )
            expected.append((package.pkgId, listed))
        assert file_lists(FILE_LISTS.format("".join(parts)), block) == expected

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("", "that is no XML: no element found"),
            ("<html>", "that is no XML"),
            ('<filelists><package pkgid="aa"></package>', "that is no XML: no element found"),
            ('<filelists><package pkgid="aa"></pack', "that is no XML: unclosed token"),
            ('<x:filelists xmlns:x="y"><x:package/></x:filelists>', "not UTF-8 as createrepo_c writes it"),
            ('<?xml version="1.0" encoding="none"?><filelists/>', "unknown encoding: none"),
        ],
    )
    def test_documents_that_are_broken(self, text: str, detail: str) -> None:
        with pytest.raises(Unavailable) as caught:
            file_lists(text)
        assert caught.value.obstacle is Obstacle.MALFORMED
        assert detail in caught.value.detail

    def test_what_comes_before_the_break_is_told(self) -> None:
        found = read_file_lists(blocks('<filelists><package pkgid="aa"></package><package pkgid="bb">', 40))
        assert next(found) == ("aa", False)
        with pytest.raises(Unavailable):
            next(found)

    def test_entities_are_refused(self) -> None:
        text = '<!DOCTYPE x [<!ENTITY e ".a">]><filelists><package pkgid="aa"><file>/x&e;</file></package></filelists>'
        with pytest.raises(Unavailable, match="not UTF-8 as createrepo_c writes it"):
            file_lists(text)

    def test_a_package_that_is_too_large(self) -> None:
        text = FILE_LISTS.format(f'<package pkgid="aa">{"<file>/usr/bin/true</file>" * 100}</package>')
        with pytest.raises(Unavailable, match=r"has a filelists\.xml with a package of more than 1000 bytes"):
            file_lists(text, 100, LIMITS._replace(metadata_package=1000))

    def test_a_package_of_too_many_elements(self) -> None:
        limits = LIMITS._replace(metadata_tags=20)
        text = '<package pkgid="aa"><file>/x.a</file></package>'
        large = f'<package pkgid="bb">{"<file>/x.a</file>" * 10}</package>'
        found = file_lists(FILE_LISTS.format(10 * text + large + text), limits=limits)
        assert found == [("aa", True)] * 10 + [None, ("aa", True)]

    def test_a_package_of_many_elements_that_never_ends(self) -> None:
        with pytest.raises(Unavailable, match=r"a filelists\.xml of more than 20 tags"):
            file_lists("<filelists>" + "<package>" * 30, limits=LIMITS._replace(metadata_tags=20))

    def test_work_without_end(self) -> None:
        text = FILE_LISTS.format('<package pkgid="aa"><file>/x.a</file></package>' * 100)
        with pytest.raises(Unavailable, match=r"a filelists\.xml that takes more than -1 seconds") as caught:
            file_lists(text, 100, LIMITS._replace(metadata_seconds=-1))
        assert caught.value.obstacle is Obstacle.TOO_SLOW

    def test_a_head_that_is_too_long(self) -> None:
        text = FILE_LISTS.format(" " * LIMITS.metadata_head + '<package pkgid="aa"></package>')
        for block in (100, 1 << 16):
            with pytest.raises(Unavailable, match="not UTF-8 as createrepo_c writes it"):
                file_lists(text, block)


class TestPrimary:
    def test_it_says_what_createrepo_writes(self) -> None:
        package = createrepo_c.Package()
        package.name, package.epoch, package.version, package.release = "name", "3", "1.0", "2"
        package.arch, package.rpm_sourcerpm = "noarch", "a-long-name-1.0-2.src.rpm"
        package.pkgId, package.checksum_type = "AB" * 32, "sha256"
        package.location_href, package.location_base = "n/name.rpm", "http://example.org/"
        package.size_package, package.rpm_header_start, package.rpm_header_end = 12345, 1000, 2000
        assert primary(createrepo_c.xml_dump_primary(package)) == [
            PrimaryPackage(
                id="ab" * 32,
                href="n/name.rpm",
                base="http://example.org/",
                checksum="sha256:" + "ab" * 32,
                size=12345,
                header=(1000, 2000),
                name="name-3:1.0-2.noarch",
                arch="noarch",
                source="a-long-name",
            )
        ]

    @pytest.mark.parametrize(
        ("change", "field", "value"),
        [
            (('package="5"', 'package="-5"'), "size", None),
            (('package="5"', 'package="99999999999999999999"'), "size", None),
            (('package="5"', 'package="\u0665"'), "size", None),
            (('<size package="5"/>', ""), "size", None),
            (('end="9"', 'end="0"'), "header", None),
            (('end="9"', 'end="9999999999"'), "header", None),
            (('start="1"', ""), "header", None),
            (("s-1-2.src.rpm", "odd"), "source", "odd"),
            (("s-1-2.src.rpm", ""), "source", "n"),
            (("<name>n</name>", ""), "name", "-1-2.x"),
        ],
    )
    def test_what_makes_no_sense_is_left_out(self, change: tuple[str, str], field: str, value: object) -> None:
        (entry,) = primary(SMALL.replace(*change))
        assert getattr(entry, field) == value

    @pytest.mark.parametrize("change", [("aa", ""), ('<location href="h"/>', ""), ("<name>", "<name")])
    def test_packages_without_what_is_needed(self, change: tuple[str, str]) -> None:
        assert primary(SMALL.replace(*change) + SMALL) == [None, *primary(SMALL)]


SMALL = (
    '<package type="rpm"><name>n</name><arch>x</arch><version epoch="0" ver="1" rel="2"/>'
    '<checksum type="sha256" pkgid="YES">aa</checksum><size package="5"/><location href="h"/>'
    '<format><rpm:sourcerpm>s-1-2.src.rpm</rpm:sourcerpm><rpm:header-range start="1" end="9"/></format></package>'
)


def primary(packages: str) -> list[PrimaryPackage | None]:
    return list(read_primary(blocks(PRIMARY.format(packages))))


class TestRepomd:
    def test_the_first_of_a_type_counts(self) -> None:
        text = "".join(
            f'<data type="primary"><checksum type="sha256">{number}</checksum><location href="h{number}"/></data>'
            for number in range(2)
        )
        assert parse_repomd(REPOMD.format(text).encode()) == {"primary": MetadataFile("h0", "", "sha256:0")}

    def test_without_digest_and_without_place(self) -> None:
        text = '<data type="primary"><location href="h"/></data><data type="filelists"/>'
        assert parse_repomd(REPOMD.format(text).encode()) == {"primary": MetadataFile("h", "", None)}

    def test_entities_do_not_grow(self) -> None:
        entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 9))
        bomb = f'<!DOCTYPE x [<!ENTITY e0 "bomb">{entities}]>{REPOMD.format("&e8;")}'
        with pytest.raises(Unavailable, match="limit on input amplification"):
            parse_repomd(bomb.encode())

    @pytest.mark.parametrize("text", ["", "<html/>", "<repomd/>", "<html><body>"])
    def test_something_else(self, text: str) -> None:
        with pytest.raises(Unavailable, match=r"has a repomd\.xml that (is n|begins with .*, expected)") as caught:
            parse_repomd(text.encode())
        assert caught.value.obstacle is Obstacle.MALFORMED


@given(st.binary(max_size=300), st.sampled_from([b"", b"<repomd>", b"<filelists><package ", b"<metadata><package>"]))
def test_no_bytes_make_it_raise_anything_else(data: bytes, start: bytes) -> None:
    for read in (read_file_lists, read_primary, lambda blocks: parse_repomd(b"".join(blocks))):
        with suppress(Unavailable):
            list(read([start + data]))
