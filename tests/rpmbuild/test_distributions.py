# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook in the macro layouts of ALT, Mageia, OpenMandriva and openEuler, with their own idioms and policies."""

import re
import subprocess

import pytest

from tests.rpmbuild.harness import Build, Maker, Rpmbuild, clang_version
from tests.rpmbuild.recipes import LIBRARY, NATIVE, OPT_IN, SLIM, archive, compiled, library
from tests.rpmbuild.test_placement import DEBUG, SHAPES, assert_once_and_first

LAYOUTS = ("alt", "mageia", "openeuler", "openmandriva")
PLACEMENTS = [(layout, placement) for layout in LAYOUTS for placement in ("hook", "vendor")]
PLACEMENTS.append(("alt", "none"))

BOTH = "%global _ltocheck_stripped 1\n"
NO_STRIP = "%global __brp_strip_lto %{nil}\n"
LEFT = ("bytecode-left", LIBRARY, "add.o")
SLIM_OBJECT = ("slim-object", LIBRARY, "add.o")


def policy(layout: str) -> str:
    return f"--define=_ltocheck_policy {layout}"


def own_library(layout: str, unit: str = "add", flags: str = "") -> str:
    """A static library as the distribution compiles it: ALT has optflags alone, OpenMandriva has clang."""
    flags = flags or ("%{optflags}" if layout == "alt" else "%{build_cflags}")
    if layout == "openmandriva":
        return compiled(unit, flags, "clang") + archive(unit, tool="ar")
    return library(unit, flags=flags)


def binutils_version() -> tuple[int, ...]:
    shown = subprocess.run(["strip", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r" (\d+)\.(\d+)", shown.partition("\n")[0])
    assert found, shown
    return tuple(map(int, found.groups()))


def symbols(build: Build) -> str:
    return subprocess.run(["nm", f"{build.root}{LIBRARY}"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("layout", "placement"), PLACEMENTS)
def test_slim_without_opt_in_fails_before_anything_is_stripped(rpmbuild: Maker, layout: str, placement: str) -> None:
    build = rpmbuild(layout=layout, placement=placement)(own_library(layout)).failed()
    assert build.trace == ["ltocheck installed"]
    assert LIBRARY in build.said()
    cannot_be_fat = layout == "openmandriva" and clang_version() < 18
    assert (OPT_IN in build.said()) == (not cannot_be_fat)


@pytest.mark.parametrize(("layout", "placement"), PLACEMENTS)
def test_opt_in_passes_and_ships_machine_code(rpmbuild: Maker, layout: str, placement: str) -> None:
    build = rpmbuild(layout=layout, placement=placement)(own_library(layout), top=OPT_IN).passed()
    assert len(build.runs) == 1
    assert "T add" in symbols(build)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("value", ["0", "%{nil}"])
def test_an_opt_in_that_is_off(rpmbuild: Maker, layout: str, value: str) -> None:
    build = rpmbuild(layout=layout)(own_library(layout), top=f"%global _fat_lto_objects {value}").failed()
    assert build.findings() == [SLIM_OBJECT]


@pytest.mark.parametrize("layout", ["openeuler", "openmandriva"])
def test_flags_above_the_vendors(rpmbuild: Maker, layout: str) -> None:
    make = rpmbuild(layout=layout, flags="on-top")
    assert make(own_library(layout)).failed().findings() == [SLIM_OBJECT]
    assert "T add" in symbols(make(own_library(layout), top=OPT_IN).passed())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", ["nothing", "os-global-nil", "spec-usual-shape", "spec-frozen", "sed-spec"])
def test_runs_once_and_first(rpmbuild: Maker, layout: str, shape: str) -> None:
    assert_once_and_first(rpmbuild(layout=layout)(library(flags=NATIVE), top=DEBUG + SHAPES[shape]).passed())


LTO_OFF = {
    "alt": "%global optflags_lto %nil",
    "mageia": "%global _lto_cflags %{nil}",
    "openeuler": "%global _lto_cflags %{nil}",
    "openmandriva": "%define _disable_lto 1",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("opt_in", ["", OPT_IN])
def test_the_distributions_own_way_to_switch_lto_off(rpmbuild: Maker, layout: str, opt_in: str) -> None:
    build = rpmbuild(layout=layout)(own_library(layout), top=f"{LTO_OFF[layout]}\n{opt_in}").passed()
    assert "T add" in symbols(build)
    assert "__gnu_lto" not in symbols(build)


@pytest.mark.parametrize(
    "idiom",
    [
        "%{?optflags_lto:%global optflags_lto %optflags_lto -ffat-lto-objects}",
        "%global optflags_lto %optflags_lto -ffat-lto-objects",
    ],
)
@pytest.mark.parametrize("placement", ["hook", "none"])
def test_alts_own_way_to_ask_for_fat_objects(rpmbuild: Maker, placement: str, idiom: str) -> None:
    """It counts as an opt-in: what is slim all the same gets the other remedy."""
    make = rpmbuild(layout="alt", placement=placement)
    assert "T add" in symbols(make(own_library("alt"), top=idiom).passed())
    assert "although the package opted in" in make(own_library("alt", flags=SLIM), top=idiom).failed().said()


def test_mageia_runs_find_debuginfo_inside_of_another_macro(rpmbuild: Maker) -> None:
    build = rpmbuild(layout="mageia")(library(flags=NATIVE)).passed()
    assert build.trace[:2] == ["ltocheck installed", "find-debuginfo"]


def test_what_a_spec_adds_to_alts_macro_still_runs(rpmbuild: Maker) -> None:
    top = "%define __spec_install_custom_post echo of its own"
    build = rpmbuild(layout="alt")(library(flags=NATIVE), top=top).passed()
    assert "of its own" in build.log.splitlines()


@pytest.mark.parametrize("layout", ["alt", "openeuler"])
def test_the_strip_leaves_nothing_to_find(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout)(own_library(layout), policy(layout), top=BOTH + OPT_IN).passed()
    assert build.trace[0] == "ltocheck installed"
    assert build.trace[-1] == "ltocheck stripped"


def test_openeulers_flags_today(rpmbuild: Maker) -> None:
    """Everything is fat, and the hook has nothing to say; what undoes it is told how."""
    make = rpmbuild(layout="openeuler", flags="today")
    assert make(own_library("openeuler")).passed().findings() == []
    assert "although the package opted in" in make(own_library("openeuler", flags=SLIM)).failed().said()


@pytest.mark.parametrize("layout", ["mageia", "openeuler"])
def test_bytecode_that_nobody_strips_is_found_by_the_second_look(rpmbuild: Maker, layout: str) -> None:
    """As in Mageia, and in openEuler up to 24.03."""
    build = rpmbuild(layout=layout)(own_library(layout), policy(layout), top=BOTH + NO_STRIP + OPT_IN).failed()
    assert build.findings() == []
    assert build.findings("stripped") == [LEFT]


def test_stripping_debug_information_ruins_the_index_of_slim_archives(rpmbuild: Maker) -> None:
    """What the hook keeps from happening: strip -g succeeds, and no linker finds a symbol. Newer binutils do not."""
    top = f"{BOTH}{NO_STRIP}%global _ltocheck_mode warn"
    build = rpmbuild(layout="openeuler")(own_library("openeuler"), top=top).passed()
    assert ("archive-index", LIBRARY, None) not in build.findings()
    ruined = ("archive-index", LIBRARY, None) in build.findings("stripped")
    assert ruined == (binutils_version() < (2, 45))


class TestOpenMandriva:
    """Its policy lets clang's bitcode through, with a warning; GCC's bytecode is no more welcome than elsewhere."""

    def build(self, make: Rpmbuild, install: str, top: str = "") -> Build:
        return make(install, policy("openmandriva"), top=BOTH + top)

    def test_bitcode_is_a_warning(self, rpmbuild: Maker) -> None:
        build = self.build(rpmbuild(layout="openmandriva"), own_library("openmandriva")).passed()
        assert f"ltocheck: warning: {LIBRARY}(add.o): holds only LTO bytecode" in build.said()
        assert build.findings() == build.findings("stripped") == [SLIM_OBJECT]

    def test_gccs_bytecode_is_left(self, rpmbuild: Maker) -> None:
        build = self.build(rpmbuild(layout="openmandriva"), library(flags=SLIM)).failed()
        assert build.findings("stripped") == [SLIM_OBJECT, LEFT]

    def test_fat_objects_may_keep_their_bitcode(self, rpmbuild: Maker) -> None:
        build = self.build(rpmbuild(layout="openmandriva"), own_library("openmandriva"), OPT_IN).passed()
        assert build.findings("stripped") == []

    def test_what_opted_in_must_be_fat(self, rpmbuild: Maker) -> None:
        install = own_library("openmandriva", flags="-O2 -flto -fno-fat-lto-objects")
        build = self.build(rpmbuild(layout="openmandriva"), install, OPT_IN).failed()
        assert build.findings() == [("slim-despite-opt-in", LIBRARY, "add.o")]

    def test_flags_of_an_opt_in(self, rpmbuild: Maker) -> None:
        build = rpmbuild(layout="openmandriva")(own_library("openmandriva"), top=OPT_IN).passed()
        state = "none" if clang_version() < 18 else "fat"
        assert build.runs[0].environment["LTOCHECK_FLAGS"] == f"c={state},c++={state},fortran={state}"


@pytest.mark.parametrize("layout", ["alt", "opensuse"])
class TestDropinAlone:
    """It asks files of macros for the distribution's settings."""

    def test_mode_and_report(self, rpmbuild: Maker, layout: str) -> None:
        dotfile = "%_ltocheck_mode warn\n%_ltocheck_report %{getenv:PWD}/mine.json\n"
        build = rpmbuild(layout=layout, placement="none", dotfile=dotfile)(own_library(layout)).passed()
        assert "in warn mode, would stop the build" in build.said()
        assert list(build.folder.rglob("mine.json"))

    def test_policy(self, rpmbuild: Maker, layout: str) -> None:
        make = rpmbuild(layout=layout, placement="none", dotfile="%_ltocheck_policy fedora-strict\n")
        assert "undeclared-object" in make(library(flags=NATIVE)).failed().said()

    def test_the_environment_of_rpmbuild_does_not_count(self, rpmbuild: Maker, layout: str) -> None:
        environment = {"LTOCHECK_MODE": "off", "LTOCHECK_EXCLUDE_B64": "Lg==", "LTOCHECK_RAN": "1:installed"}
        rpmbuild(layout=layout, placement="none", environment=environment)(own_library(layout)).failed()

    def test_switched_off(self, rpmbuild: Maker, layout: str) -> None:
        make = rpmbuild(layout=layout, placement="none", dotfile="%_ltocheck_mode off")
        build = make(own_library(layout)).passed()
        assert build.runs == []
        assert "ltocheck: nothing is checked" in build.log
