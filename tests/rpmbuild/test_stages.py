# SPDX-License-Identifier: GPL-2.0-or-later
"""The second look, after everything that strips: no bytecode is left, and nothing became hollow."""

from pathlib import Path

import pytest

from tests.rpmbuild.harness import Build, Maker, clang_version
from tests.rpmbuild.recipes import FAT, LIBRARY, NATIVE, OPT_IN, SLIM, archive, compiled, library
from tests.rpmbuild.test_placement import BOTH

STRIPPING = ("fedora", "opensuse")
"""The layouts that take bytecode out; stock rpm leaves it in."""

NO_STRIP = {"fedora": "%global __brp_strip_lto %{nil}\n", "opensuse": "%global _brp_runner :\n"}


def stages(build: Build) -> list[str]:
    return [run.stage for run in build.runs]


@pytest.mark.parametrize("layout", STRIPPING)
@pytest.mark.parametrize("placement", ["hook", "vendor", "load"])
def test_stripped_passes_where_bytecode_is_stripped(rpmbuild: Maker, layout: str, placement: str) -> None:
    build = rpmbuild(layout=layout, placement=placement)(library(), top=BOTH + OPT_IN).passed()
    assert build.trace[0] == "ltocheck installed"
    assert build.trace[-1] == "ltocheck stripped"
    assert len(build.runs) == 2


@pytest.mark.parametrize("layout", STRIPPING)
def test_stripped_fails_where_the_strip_is_missing(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout)(library(), top=BOTH + NO_STRIP[layout] + OPT_IN).failed()
    assert stages(build) == ["installed", "stripped"]
    assert build.findings("installed") == []
    assert build.findings("stripped") == [("bytecode-left", LIBRARY, "add.o")]
    assert LIBRARY in build.said("stripped")


def test_stripped_fails_on_stock_rpm_which_strips_no_bytecode(rpmbuild: Maker) -> None:
    build = rpmbuild()(library(), top=BOTH + OPT_IN).failed()
    assert build.findings("stripped") == [("bytecode-left", LIBRARY, "add.o")]


@pytest.mark.parametrize("layout", STRIPPING)
def test_stripped_finds_what_became_hollow(rpmbuild: Maker, layout: str) -> None:
    """Where the first look is not taken, or tolerated, the second one still sees the damage."""
    make = rpmbuild(layout=layout, dropin=False)
    build = make(library(flags=SLIM), top=BOTH + "%global __brp_ltocheck :").failed()
    assert stages(build) == ["stripped"]
    assert build.findings("stripped") == [("hollow-object", LIBRARY, "add.o")]


@pytest.mark.parametrize("layout", STRIPPING)
@pytest.mark.parametrize("opt_in", ["", OPT_IN])
@pytest.mark.parametrize("units", [("empty",), ("add", "empty")], ids=["alone", "beside-code"])
def test_an_empty_unit_never_fails(rpmbuild: Maker, layout: str, opt_in: str, units: tuple[str, ...]) -> None:
    """In either stage: it is slim, then it is hollow, and nothing was lost."""
    install = compiled("add", NATIVE) + compiled("empty", SLIM) + archive(*units)
    build = rpmbuild(layout=layout)(install, top=BOTH + opt_in).passed()
    assert stages(build) == ["installed", "stripped"]


@pytest.mark.parametrize("layout", STRIPPING)
def test_what_was_empty_is_known_from_the_first_look(rpmbuild: Maker, layout: str) -> None:
    """The same build without it fails in the second stage, so the record is what lets it pass."""
    install = compiled("empty", SLIM) + archive("empty")
    build = rpmbuild(layout=layout, dropin=False)(install, top=BOTH + "%global __brp_ltocheck :").failed()
    assert build.findings("stripped") == [("hollow-object", LIBRARY, "empty.o")]


@pytest.mark.parametrize("layout", STRIPPING)
def test_an_exempted_path_is_exempt_in_both(rpmbuild: Maker, layout: str) -> None:
    top = BOTH + "%global __brp_ltocheck_exclude_from ^/usr/lib64/"
    build = rpmbuild(layout=layout)(library(), top=top).passed()
    assert stages(build) == ["installed", "stripped"]
    assert "__brp_ltocheck_exclude_from" in build.said("stripped")


@pytest.mark.parametrize("layout", STRIPPING)
def test_warn_is_warn_in_both(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout)(library(), top=BOTH + "%global _ltocheck_mode warn").passed()
    assert LIBRARY in build.said("installed")
    assert LIBRARY in build.said("stripped")


@pytest.mark.parametrize("layout", ["stock", "fedora", "opensuse"])
@pytest.mark.parametrize("value", ["0", "%{nil}"])
def test_off_unless_asked_for(rpmbuild: Maker, layout: str, value: str) -> None:
    build = rpmbuild(layout=layout)(library(), top=f"{OPT_IN}\n%global _ltocheck_stripped {value}").passed()
    assert stages(build) == ["installed"]
    assert build.runs[0].text("STATE") == ""


def test_last_although_a_macro_leaves(rpmbuild: Maker) -> None:
    """rpm's own definition of __os_install_post, which %undefine uncovers on stock rpm, ends with an exit."""
    build = rpmbuild()(library(flags=NATIVE), top=BOTH + "%global __os_install_post exit 0").passed()
    assert stages(build) == ["installed", "stripped"]


@pytest.mark.parametrize("layout", ["stock", "fedora", "opensuse"])
def test_the_record_lies_outside_of_the_build_root(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout)(library(flags=NATIVE), top=BOTH).passed()
    first, second = (run.text("STATE") for run in build.runs)
    assert first == second
    assert first == build.runs[0].environment["RPM_BUILD_ROOT"] + ".ltocheck"
    assert not Path(first).exists(), "read once"
    assert [path.name for path in build.root.rglob("*") if "ltocheck" in path.name] == []


def test_fat_clang_objects(rpmbuild: Maker) -> None:
    """What strips GCC's bytecode does not strip clang's; the second look tells."""
    install = compiled("add", FAT, "clang") + archive("add", tool="ar")
    build = rpmbuild(layout="fedora")(install, top=BOTH + OPT_IN).failed()
    assert stages(build) == (["installed", "stripped"] if clang_version() >= 18 else ["installed"])
