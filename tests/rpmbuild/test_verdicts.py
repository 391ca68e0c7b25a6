# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes a build fail, what lets it pass, and what the packager is told."""

import subprocess
from pathlib import Path

import pytest

from tests.rpmbuild.harness import Maker, clang_version
from tests.rpmbuild.recipes import FAT, LIBRARY, NATIVE, OPT_IN, SLIM, archive, compiled, library

LAYOUTS = ("stock", "fedora", "opensuse")
PLACEMENTS = [(layout, placement) for layout in LAYOUTS for placement in ("hook", "vendor", "load")]
PLACEMENTS.append(("opensuse", "none"))


@pytest.mark.parametrize(("layout", "placement"), PLACEMENTS)
def test_slim_without_opt_in_fails(rpmbuild: Maker, layout: str, placement: str) -> None:
    build = rpmbuild(layout=layout, placement=placement)(library()).failed()
    assert LIBRARY in build.said()
    assert "add.o" in build.said()
    assert OPT_IN in build.said()
    assert "strip" not in build.trace


@pytest.mark.parametrize(("layout", "placement"), PLACEMENTS)
def test_opt_in_passes_and_ships_machine_code(rpmbuild: Maker, layout: str, placement: str) -> None:
    build = rpmbuild(layout=layout, placement=placement)(library(), top=OPT_IN).passed()
    symbols = subprocess.run(["nm", f"{build.root}{LIBRARY}"], capture_output=True, text=True, check=True).stdout
    assert "T add" in symbols


def test_the_report(rpmbuild: Maker) -> None:
    assert rpmbuild()(library()).failed().findings() == [("slim-object", LIBRARY, "add.o")]
    assert rpmbuild()(library(), top=OPT_IN).passed().findings() == []


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("undone", ["%{build_cflags} -fno-fat-lto-objects", SLIM])
def test_opt_in_that_the_build_undoes(rpmbuild: Maker, layout: str, undone: str) -> None:
    build = rpmbuild(layout=layout)(library(flags=undone), top=OPT_IN).failed()
    assert build.findings() == [("slim-despite-opt-in", LIBRARY, "add.o")]
    assert ("-fno-fat-lto-objects" in build.said()) == ("-fno-fat-lto-objects" in undone), (
        "what the object says of itself"
    )
    assert OPT_IN not in build.said(), "it has opted in already"


LEGACY = {
    "lto-cflags": {"top": "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects"},
    "optflags": {"top": "%global optflags %{optflags} -ffat-lto-objects"},
    "build-cflags": {"top": "%global build_cflags %{build_cflags} -ffat-lto-objects"},
    "define-in-build": {"build": "%define _lto_cflags -flto=auto -ffat-lto-objects"},
    "conditional": {"top": "%{?_lto_cflags: %global _lto_cflags %{?_lto_cflags} -ffat-lto-objects}"},
}


@pytest.mark.parametrize("layout", ["fedora", "opensuse"])
@pytest.mark.parametrize("idiom", LEGACY)
def test_legacy_idioms_count(rpmbuild: Maker, layout: str, idiom: str) -> None:
    """They make the objects fat, and an object that is slim all the same gets the other remedy."""
    make = rpmbuild(layout=layout)
    assert make(library(), **LEGACY[idiom]).passed().runs[0].environment["LTOCHECK_OPT_IN"] == "0"
    build = make(library(flags=SLIM), **LEGACY[idiom]).failed()
    assert build.findings() == [("slim-despite-opt-in", LIBRARY, "add.o")]


@pytest.mark.parametrize("order", [("add", "sub", "empty"), ("sub", "add"), ("empty", "sub", "add")])
def test_one_slim_member_among_native_ones(rpmbuild: Maker, order: tuple[str, ...]) -> None:
    """Checks that look at an archive as a whole see machine code, and pass it."""
    units = compiled("add", NATIVE) + compiled("empty", NATIVE) + compiled("sub", SLIM)
    build = rpmbuild()(units + archive(*order)).failed()
    assert build.findings() == [("slim-object", LIBRARY, "sub.o")]


LOOSE = compiled("add", SLIM) + "install -D -m 755 add.o %{buildroot}/usr/lib64/add.o\n"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_executable_object_is_seen_before_find_debuginfo(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout)(LOOSE, top="%global __debug_package 1").failed()
    assert build.findings() == [("slim-object", "/usr/lib64/add.o", None)]
    assert build.trace == ["ltocheck installed"]


def test_find_debuginfo_does_strip_executable_objects(rpmbuild: Maker) -> None:
    """Why the hook must be first: a hook behind find-debuginfo finds no bytecode any more."""
    install = "%{__find_debuginfo}\nreadelf -SW %{buildroot}/usr/lib64/add.o >sections || :\ncat sections"
    build = rpmbuild(placement="none")(LOOSE + install)
    assert "Section Headers" in build.log
    assert ".gnu.lto_" not in build.log.split("Section Headers")[1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_exempted_path_passes_and_is_told(rpmbuild: Maker, layout: str) -> None:
    top = "%global __brp_ltocheck_exclude_from ^/usr/lib64/libdemo\\\\.a$"
    build = rpmbuild(layout=layout)(library(), top=top).passed()
    assert build.runs[0].text("EXCLUDE") == "^/usr/lib64/libdemo\\.a$"
    assert LIBRARY in build.said()
    assert "__brp_ltocheck_exclude_from" in build.said()


def test_an_exemption_is_for_its_path_only(rpmbuild: Maker) -> None:
    other = archive("add", path="/usr/lib/libother.a")
    build = rpmbuild()(library() + other, top="%global __brp_ltocheck_exclude_from ^/usr/lib64/").failed()
    assert build.findings() == [("slim-object", "/usr/lib/libother.a", "add.o")]


def test_an_exemption_that_is_no_expression_fails(rpmbuild: Maker) -> None:
    build = rpmbuild()("", top="%global __brp_ltocheck_exclude_from ^/usr/(lib").failed()
    assert "__brp_ltocheck_exclude_from" in build.said()


def test_warn_passes_and_tells_all(rpmbuild: Maker) -> None:
    build = rpmbuild()(library(), top="%global _ltocheck_mode warn").passed()
    assert build.findings() == [("slim-object", LIBRARY, "add.o")]
    assert LIBRARY in build.said()
    assert OPT_IN in build.said()


def test_off_checks_nothing_and_says_so(rpmbuild: Maker) -> None:
    build = rpmbuild()(library(), top="%global _ltocheck_mode off").passed()
    assert build.runs == []
    assert "ltocheck: nothing is checked, because _ltocheck_mode is off" in build.log


@pytest.mark.parametrize("mode", ["wran", "`touch x`", "a b", "'"])
def test_an_unknown_mode_fails(rpmbuild: Maker, mode: str) -> None:
    build = rpmbuild()("", top=f"%global _ltocheck_mode {mode}").failed()
    assert "%_ltocheck_mode" in build.said()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("top", ["", OPT_IN])
def test_a_package_without_objects_passes(rpmbuild: Maker, layout: str, top: str) -> None:
    install = "mkdir -p %{buildroot}/usr/share/demo\necho text >%{buildroot}/usr/share/demo/readme"
    build = rpmbuild(layout=layout)(install, top=top).passed()
    assert len(build.runs) == 1
    build = rpmbuild(layout=layout)("", top=top).passed()
    assert len(build.runs) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_unit_with_only_a_constructor_fails(rpmbuild: Maker, layout: str) -> None:
    """It defines no global name, and the program changes when it is lost."""
    build = rpmbuild(layout=layout)(library("ctor", flags=SLIM)).failed()
    assert build.findings() == [("slim-object", LIBRARY, "ctor.o")]


def test_fat_objects_need_no_opt_in(rpmbuild: Maker) -> None:
    rpmbuild()(library(flags=FAT)).passed()


@pytest.mark.parametrize("lto", ["-flto", "-flto=thin"])
def test_clang_slim_fails(rpmbuild: Maker, lto: str) -> None:
    install = compiled("add", f"-O2 {lto}", "clang") + archive("add", tool="ar")
    build = rpmbuild()(install).failed()
    assert build.findings() == [("slim-object", LIBRARY, "add.o")]


def test_clang_and_the_fat_flag(rpmbuild: Maker) -> None:
    """Clang before 18 ignores the flag with a warning: opted in, and slim all the same."""
    install = compiled("add", FAT, "clang") + archive("add", tool="ar")
    build = rpmbuild()(install, top=OPT_IN)
    if clang_version() < 18:
        assert build.failed().findings() == [("slim-despite-opt-in", LIBRARY, "add.o")]
    else:
        assert build.passed().findings() == []


def test_clang_by_the_distributions_flags(rpmbuild: Maker) -> None:
    """The profile knows what its clang cannot do, so opting in works with any clang, and with -Werror."""
    install = compiled("add", "%{build_cflags} -Werror", "clang") + archive("add", tool="ar")
    make = rpmbuild(layout="fedora")
    make(install, top=f"%global toolchain clang\n{OPT_IN}").passed()
    build = make(install, top="%global toolchain clang").failed()
    assert build.findings() == [("slim-object", LIBRARY, "add.o")]


@pytest.mark.parametrize("layout", ["fedora", "opensuse"])
def test_todays_flags(rpmbuild: Maker, layout: str) -> None:
    """Before the flags are changed: Fedora is fat and nothing changes; openSUSE is slim and relies on rpmlint."""
    build = rpmbuild(layout=layout, flags="today")(library())
    assert (build.code == 0) == (layout == "fedora")


def test_a_hostile_python_module_is_not_imported(rpmbuild: Maker, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    planted = tmp_path / "planted"
    planted.mkdir()
    for name in ("tomllib", "json", "re", "os", "checker", "sitecustomize", "usercustomize"):
        (planted / f"{name}.py").write_text(f"open({str(canary)!r}, 'w')\n")
    install = f"export PYTHONPATH={planted} PYTHONSTARTUP={planted}/os.py\ncp {planted}/* .\n{library()}"
    rpmbuild()(install).failed()
    assert not canary.exists()
