# SPDX-License-Identifier: GPL-2.0-or-later
"""Causes of failures: every one of them finds a line that it is for, and none of them takes long."""

import re
import time

import pytest

from checker.errors import UsageError
from checker.rebuild.causes import Matcher, normalised, read_signatures, signatures
from tests.toolbox import ROOT

LINES = {
    "plugin-needed": "/usr/bin/ar: x.o: plugin needed to handle lto object",
    "slim-object-in-link": "/usr/bin/ld: x.o: file not recognized: file format not recognized",
    "configure-byte-order": "configure: error: unknown endianness - sorry",
    "configure-symbol-prefix": "configure: error: cannot tell whether there is an underscore: nm output is empty",
    "configure-assembler": "configure: error: cannot find the alignment directive of the assembler",
    "asm-in-link": "/tmp/ccAbCdEf.s:12: Error: no such instruction: `xgetbv'",
    "lto-compiler-crash": "lto1: internal compiler error: Segmentation fault",
    "lto-wrapper": "lto-wrapper: fatal error: gcc returned 1 exit status",
    "no-fat-flag": "clang: error: optimization flag '-ffat-lto-objects' is not supported [-Wignored]",
    "undefined-reference": "main.c:(.text+0x5): undefined reference to `add'",
    "out-of-memory": "g++: fatal error: Killed signal terminated program cc1plus",
    "disk-full": "cc1: fatal error: error writing to x.s: No space left on device",
    "network-wanted": "curl: (6) Could not resolve host: example.org",
    "missing-source": "error: Bad source: /builddir/build/SOURCES/zlib-1.3.tar.xz: No such file or directory",
    "missing-header": "a.c:1:10: fatal error: zlib.h: No such file or directory",
    "missing-program": "/var/tmp/rpm-tmp.x: 41: autoreconf: not found",
    "missing-library": "/usr/bin/ld: cannot find -lz: No such file or directory",
    "unknown-macro": "/var/tmp/rpm-tmp.x: line 38: fg: no job control",
    "unknown-option": 'meson.build:1:0: ERROR: Unknown options: "tests"',
    "multiple-definition": "/usr/bin/ld: b.o: multiple definition of `debug'; a.o: first defined here",
    "missing-make-dependency": "make: *** No rule to make target 'parser.h', needed by 'a.o'.  Stop.",
    "test-failed": "FAIL: test-lock",
    "unpackaged-files": "error: Installed (but unpackaged) file(s) found:",
    "compile-error": "src/a.c:12:3: error: expected ';' before '}' token",
}


def cause(log: str) -> str:
    matcher = Matcher()
    data = log.encode()
    matcher.feed(data, 0, len(data))
    return matcher.cause().name


def test_every_cause_has_a_line_here() -> None:
    assert LINES.keys() == {signature.name for signature in signatures()}


@pytest.mark.parametrize("name", LINES)
def test_every_cause_finds_its_line(name: str) -> None:
    assert cause(f"make all\n{LINES[name]}\nmake: *** [all] Error 1\n") == name


def test_what_a_good_build_says_has_no_cause_of_lto() -> None:
    good = (
        "checking whether byte ordering is bigendian... no\nchecking for underscore before symbols... no\n"
        "gcc -flto=auto -ffat-lto-objects -Werror=format-security -c assembler.c\nchecking for GNU assembler... yes\n"
        "PASS: test-endian\n# FAIL:  0\n0 errors\n"
    )
    assert cause(good) == "no line of the log says why"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("/builddir/tmp/rpm-tmp.x: 28: %cmake_kf6: not found", "unknown-macro"),
        ("/builddir/tmp/rpm-tmp.x: line 29: %{gpgverify}: command not found", "unknown-macro"),
        ("/builddir/tmp/rpm-tmp.x: line 29: bison: command not found", "missing-program"),
        ("cp: cannot stat '/builddir/SOURCES/README.Fedora': No such file or directory", "missing-source"),
        (
            "tar (child): /home/abuild/rpmbuild/SOURCES/a.tar.gz: Cannot open: No such file or directory",
            "missing-source",
        ),
        ("cp: cannot stat '/builddir/BUILD/a/SOURCES.txt': No such file or directory", None),
    ],
)
def test_other_words_for_a_cause(line: str, name: str | None) -> None:
    known = {signature.name for signature in signatures()}
    assert (cause(f"{line}\n") if name else cause(f"{line}\n") not in known) == (name or True)


def test_causes_in_the_order_of_the_file() -> None:
    log = f"{LINES['compile-error']}\n{LINES['plugin-needed']}\n{LINES['undefined-reference']}\n"
    assert cause(log) == "plugin-needed"


def test_a_link_by_lto_that_lacks_something_is_no_failure_of_lto() -> None:
    log = (
        "/usr/bin/ld: /tmp/ccNYO2kI.ltrans0.ltrans.o: in function `main':\n"
        f"{LINES['undefined-reference']}\ncollect2: error: ld returned 1 exit status\n"
    )
    assert cause(log) == "undefined-reference"


@pytest.mark.parametrize("pattern", ["(a+)+", "(?:x*)*y", ".*a.*b.*c", "(a|b+)*"])
def test_a_pattern_that_may_take_long_is_refused(pattern: str) -> None:
    text = f"[[cause]]\nname='x'\ngroup='lto'\ncontains=['x']\npattern='{pattern}'\nexplanation=''\nremedy=''\n"
    with pytest.raises(UsageError, match="linear"):
        list(read_signatures(text, "causes.toml"))


@pytest.mark.parametrize(
    "text",
    [
        "[[cause]]\nname='x'\n",
        "cause = 1",
        "[[",
        "[[cause]]\nname='x'\ngroup='odd'\ncontains=[]\npattern=''\nexplanation=''\nremedy=''\n",
    ],
)
def test_a_file_that_is_incomplete_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"causes\.toml"):
        list(read_signatures(text, "causes.toml"))


@pytest.mark.parametrize("signature", signatures(), ids=lambda signature: signature.name)
def test_no_pattern_takes_long(signature: object) -> None:
    words = [word.decode() for word in signature.contains]  # type: ignore[attr-defined]
    line = (" cannot unknown error ".join(words * 60) + " endian conftest cannot: " * 60)[:1000].encode()
    start = time.process_time()
    for _ in range(20):
        signature.pattern.search(line)  # type: ignore[attr-defined]
    assert time.process_time() - start < 1


def test_the_first_error_line_without_what_differs() -> None:
    assert normalised(
        "[  12s] /builddir/BUILD/x-1.2/src/a.c:12: odd error: 0xdeadbeef in /tmp/ccQwErTy.o"
    ) == normalised("[   7s] /home/me/rpmbuild/BUILD/x-1.3/src/a.c:99: odd error: 0x1 in /tmp/ccAaBbCc.o")


def test_the_reference_lists_every_cause() -> None:
    table = (ROOT / "docs/reference/rebuild.md").read_text().partition("<!-- causes -->")[2]
    rows = dict(re.findall(r"^\| `([\w-]+)` \| \w+ \| (.*) \| ", table, re.MULTILINE))
    assert rows == {signature.name: signature.explanation for signature in signatures()}
