# SPDX-License-Identifier: GPL-2.0-or-later
from checker.model.specs import Observed
from checker.specs.conditions import Truth
from checker.specs.sections import read_expanded
from checker.specs.sections import read_spec as read_bytes
from checker.specs.text import SpecText


def read_spec(text: str) -> SpecText:
    return read_bytes(text.encode())


def truths(reading: SpecText, kind: str = "files") -> dict[str, Truth]:
    return {line.text: line.truth for line in reading.of(kind)}


def test_sections_and_their_arguments() -> None:
    reading = read_spec("Name: x\n%package devel\n%prep\n%build -q\n%files -n libx -f x.lang\n/a\n%changelog\n* x\n")
    assert [(one.kind, one.arguments, one.line) for one in reading.sections] == [
        ("package", "devel", 2),
        ("prep", "", 3),
        ("build", "-q", 4),
        ("files", "-n libx -f x.lang", 5),
        ("changelog", "", 7),
    ]
    assert not reading.of("changelog")


def test_words_that_only_begin_like_sections_are_none() -> None:
    assert read_spec("%build_cflags x\n%files-old\n %files\n%prepare\n").sections == []


def test_branches() -> None:
    reading = read_spec(
        "%files\n%if 1\n/a\n%else\n/b\n%endif\n%ifarch x86_64\n/c\n%elifarch arm\n/d\n%else\n/e\n%endif\n/f\n"
    )
    assert truths(reading) == {
        "/a": Truth.ALWAYS,
        "/c": Truth.MAYBE,
        "/d": Truth.MAYBE,
        "/e": Truth.MAYBE,
        "/f": Truth.ALWAYS,
        "": Truth.ALWAYS,
    }


def test_a_section_in_a_branch_is_as_sure_as_the_branch() -> None:
    reading = read_spec("%bcond_with x\n%if %{with x}\n%files static\n/a\n%endif\n/b\n")
    assert truths(reading)["/a"] is truths(reading)["/b"] is Truth.OFF


def test_switches_of_alt() -> None:
    reading = read_spec(
        "%def_enable a\n%def_disable b\n%files\n%if_enabled a\n/a\n%endif\n%if_enabled b\n/b\n%endif\n"
        "%if_disabled b\n/c\n%endif\n%if_with d\n/d\n%endif\n"
    )
    states = truths(reading)
    assert [states[name] for name in ("/a", "/b", "/c", "/d")] == [Truth.ON, Truth.OFF, Truth.ON, Truth.MAYBE]


def test_nothing_is_read_inside_macro_blocks() -> None:
    reading = read_spec("%{lua:\n%files\n%if 1\n}\n%global x \\\n%if 1 \\\n/a\n%files\n/b\n")
    assert [one.line for one in reading.sections] == [8]
    assert reading.observations == []


def test_files_in_a_macro_that_makes_packages() -> None:
    reading = read_spec("%global each() \\\n%files %1 \\\n%{_libdir}/%1.a \\\n%{nil}\n%each a\n")
    (line, *_) = reading.of("files")
    assert (line.number, line.text, line.truth) == (3, "%{_libdir}/%1.a", Truth.MAYBE)


def test_in_an_expanded_spec_a_percent_sign_is_only_that() -> None:
    reading = read_expanded("Name: x\n%files\n%if 1\n%global a 1\n/a%{b\n%changelog\n- %define c d\n")
    assert [line.text for line in reading.of("files")] == ["%if 1", "%global a 1", "/a%{b"]
    assert not reading.settings
    assert not reading.observations


def test_places_of_definitions() -> None:
    reading = read_spec("Name: x\n  # %global a 1\n%{?y:\n   %define b 2\n}\n")
    places = [(one.definition.name, one.spot[:2], one.truth, one.in_comment) for one in reading.settings]
    assert places == [("a", (2, 5), Truth.ALWAYS, True), ("b", (4, 4), Truth.MAYBE, False)]


def test_a_default_is_taken_unless_the_builder_gives_another() -> None:
    reading = read_spec("%{!?x:%define x 1}\n%{!?x:%define x 2}\n%{?x:%define y 1}\n%{!?_lto_cflags:%define z 1}\n")
    assert [one.truth for one in reading.settings] == [Truth.ON, Truth.NEVER, Truth.ALWAYS, Truth.OFF]


def test_broken_structure_is_marked_once() -> None:
    reading = read_spec("%endif\n%if 1\n%{?x: \n" + "%{?y: \n" * 50)
    assert [(seen.what, seen.spot.line, seen.detail) for seen in reading.observations] == [
        (Observed.BROKEN, 1, "%endif without %if"),
        (Observed.BROKEN, 3, "a macro's bracket that is never closed"),
        (Observed.BROKEN, 2, "%if without %endif"),
    ]


def test_carriage_returns_do_not_matter() -> None:
    reading = read_spec("%if 0\r\n%endif\r\n%files\r\n/a\r\n")
    assert truths(reading)["/a"] is Truth.ALWAYS
