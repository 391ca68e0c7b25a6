# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook runs once, before anything strips, whatever a spec does to the macros around it."""

from pathlib import Path

import pytest

from tests.rpmbuild.harness import DROPINS, HOOK, MACROS, Build, Maker, expand

PASSES = Path("/bin/true")
FAILS = Path("/bin/false")

ARCHIVE = """\
mkdir -p %{buildroot}/usr/lib
gcc -O2 -g -c %{_sourcedir}/add.c -o add.o
gcc-ar rcs %{buildroot}/usr/lib/libadd.a add.o
"""

SLIM_ARCHIVE = ARCHIVE.replace("-O2", "-O2 -flto")

# As %debug_package does it, less the package.
DEBUG = "%global __debug_package 1\n"

BOTH = "%global _ltocheck_stripped 1\n"

USUAL_SHAPE = """\
%define __spec_install_post \\
    %{?__debug_package:%{__debug_install_post}} \\
    %{__arch_install_post} \\
    %{__os_install_post} \\
    : work of its own
"""

# What specs really do to the macros; the hook runs, once and first, in spite of each.
SHAPES = {
    "nothing": "",
    "os-global-nil": "%global __os_install_post %{nil}",
    "os-define-nil": "%define __os_install_post %{nil}",
    "os-undefined": "%undefine __os_install_post",
    "os-own-list": "%global __os_install_post %{_rpmconfigdir}/brp-compress",
    "arch-nil": "%global __arch_install_post %{nil}",
    "debug-nil": "%global __debug_install_post %{nil}",
    "all-three-nil": "".join(f"%global __{name}_install_post %{{nil}}\n" for name in ("debug", "arch", "os")),
    "looked-at-before": "".join(
        f"%global seen %{{__{name}_install_post}}\n" for name in ("spec", "debug", "arch", "os")
    ),
    "spec-usual-shape": USUAL_SHAPE,
    "spec-usual-shape-os-nil": "%global __os_install_post %{nil}\n" + USUAL_SHAPE,
    "spec-frozen": "%global __spec_install_post %{__spec_install_post} : more",
    "spec-expanded": "%global __spec_install_post %{expand:%{__spec_install_post}} : more",
    "spec-os-only": "%define __spec_install_post %{__os_install_post}",
    "spec-arch-only": "%define __spec_install_post %{__arch_install_post}",
    "sed": "%global __os_install_post %(echo '%{__os_install_post}' | sed -e 's!/[^ ]*/brp-compress .*$!!g')",
    "sed-alternatives": "%global __os_install_post "
    "%(echo '%{__os_install_post}' | sed -E -e 's#[^ ]*/(brp-compress|brp-elfperms)( .*|$)##g')",
    "sed-spec": "%global __spec_install_post %(echo '%{__spec_install_post}' | sed -e 's!brp-compress!brp-compress!')",
}

LAYOUTS = ("stock", "fedora", "opensuse")


def assert_once_and_first(build: Build) -> None:
    assert build.trace.count("ltocheck installed") == 1, build.log
    assert build.trace[0] == "ltocheck installed", build.trace


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_runs_once_and_first_and_looks_once_more_at_the_end(rpmbuild: Maker, layout: str, shape: str) -> None:
    build = rpmbuild(layout=layout, hook=PASSES)(ARCHIVE, top=BOTH + DEBUG + SHAPES[shape]).passed()
    assert_once_and_first(build)
    assert build.trace.count("ltocheck stripped") == 1
    assert build.trace[-1] == "ltocheck stripped"
    if shape == "nothing":
        assert build.trace[1] == "find-debuginfo", "what the macros held is still run"
        assert "strip" in build.trace


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", ["nothing", "spec-usual-shape", "spec-frozen", "sed", "sed-spec"])
def test_what_the_macros_held_still_runs(rpmbuild: Maker, layout: str, shape: str) -> None:
    with_hook = rpmbuild(layout=layout, hook=PASSES)(ARCHIVE, top=DEBUG + SHAPES[shape]).passed()
    without = rpmbuild(layout=layout, placement="none", dropin=False)(ARCHIVE, top=DEBUG + SHAPES[shape]).passed()
    assert [step for step in with_hook.trace if step != "ltocheck installed"] == without.trace
    assert "strip" in without.trace
    assert "find-debuginfo" in without.trace


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arch_install_post_in_a_home(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout, hook=PASSES, dotfile="%__arch_install_post : work of the user")(ARCHIVE, top=DEBUG)
    assert_once_and_first(build.passed())
    assert ": work of the user" in build.log


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("placement", ["vendor", "load"])
@pytest.mark.parametrize("shape", ["nothing", "os-global-nil", "arch-nil", "spec-frozen", "sed", "sed-spec"])
def test_other_placements(rpmbuild: Maker, layout: str, placement: str, shape: str) -> None:
    build = rpmbuild(layout=layout, placement=placement, hook=PASSES)(ARCHIVE, top=DEBUG + SHAPES[shape]).passed()
    assert_once_and_first(build)


def test_dropin_of_opensuse(rpmbuild: Maker) -> None:
    build = rpmbuild(layout="opensuse", placement="none", hook=PASSES)(ARCHIVE, top=DEBUG).passed()
    assert build.trace == ["find-debuginfo", "ltocheck installed", "strip"]


def test_once_although_placed_three_times(rpmbuild: Maker) -> None:
    """By the vendor, by the hook file and by the drop-in."""
    make = rpmbuild(layout="opensuse", placement="vendor", hook=PASSES)
    build = make(ARCHIVE, f"--load={MACROS}/macros.ltocheck-hook", top=DEBUG).passed()
    assert_once_and_first(build)
    assert DROPINS["opensuse"].name in {path.name for path in build.folder.rglob("brp-*")}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hook_file_loaded_twice(rpmbuild: Maker, layout: str) -> None:
    build = rpmbuild(layout=layout, hook=PASSES)(ARCHIVE, f"--load={MACROS}/macros.ltocheck-hook", top=DEBUG)
    assert_once_and_first(build.passed())


REPLACED = {
    "nil": "%define __spec_install_post %{nil}",
    "fixed-list": "%define __spec_install_post %{_rpmconfigdir}/brp-compress",
    "leaves": "%global __spec_install_post exit 0",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("replaced", REPLACED)
def test_a_spec_that_replaces_what_runs_after_install(rpmbuild: Maker, layout: str, replaced: str) -> None:
    assert_once_and_first(rpmbuild(layout=layout, hook=PASSES)(ARCHIVE, top=REPLACED[replaced]).passed())
    rpmbuild(layout=layout, hook=FAILS)(ARCHIVE, top=REPLACED[replaced]).failed()


def test_a_definition_on_the_command_line(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=FAILS)(ARCHIVE, "--define=__spec_install_post %{nil}").failed()
    assert build.trace == ["ltocheck installed"]


@pytest.mark.parametrize("layout", ["stock", "fedora"])
def test_the_documented_hole_of_one_line(rpmbuild: Maker, layout: str) -> None:
    """A vendor's one line is gone where a spec redefines the macro that holds it; the hook file is not."""
    build = rpmbuild(layout=layout, placement="vendor", hook=FAILS)(ARCHIVE, top=USUAL_SHAPE).passed()
    assert "ltocheck installed" not in build.trace


def test_the_dropin_closes_the_hole_of_one_line(rpmbuild: Maker) -> None:
    build = rpmbuild(layout="opensuse", placement="vendor", hook=FAILS)(ARCHIVE, top=DEBUG + USUAL_SHAPE).failed()
    assert build.trace == ["find-debuginfo", "ltocheck installed"]


@pytest.mark.parametrize("arguments", [("--target=noarch",), ("demo.spec",)], ids=["target", "two-specs"])
def test_the_documented_limits_of_load(rpmbuild: Maker, arguments: tuple[str, ...]) -> None:
    """rpm forgets loaded macros when it reads its configuration anew; installed ones it keeps."""
    assert rpmbuild(placement="load", hook=PASSES)(ARCHIVE, *arguments).trace.count("ltocheck installed") == (
        0 if arguments[0].startswith("--target") else 1
    )
    installed = rpmbuild(placement="hook", hook=PASSES)(ARCHIVE, *arguments)
    assert installed.trace.count("ltocheck installed") == (1 if arguments[0].startswith("--target") else 2)


@pytest.mark.parametrize("placement", ["hook", "vendor", "load"])
def test_a_failing_hook_fails_the_build_before_anything_is_stripped(rpmbuild: Maker, placement: str) -> None:
    build = rpmbuild(placement=placement, hook=FAILS)(ARCHIVE, top=DEBUG).failed()
    assert build.trace == ["ltocheck installed"]


def test_a_failing_dropin_fails_the_build(rpmbuild: Maker) -> None:
    rpmbuild(layout="opensuse", placement="none", hook=FAILS)(ARCHIVE).failed()


@pytest.mark.parametrize("options", ["set +e", "set -u", "set -eu", "set -f", "IFS=:"])
def test_shell_options_of_a_spec_change_nothing(rpmbuild: Maker, options: str) -> None:
    install = f"{ARCHIVE}{options}\n"
    rpmbuild(hook=FAILS)(install).failed()
    assert_once_and_first(rpmbuild(hook=PASSES)(install).passed())


def test_a_package_may_tolerate_the_hook(rpmbuild: Maker) -> None:
    """The idiom that specs use with other brp scripts."""
    build = rpmbuild(hook=FAILS)(ARCHIVE, top="%global __brp_ltocheck %{__brp_ltocheck} || :").passed()
    assert_once_and_first(build)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("top", ["%global __brp_ltocheck %{nil}", "%undefine __brp_ltocheck"])
def test_a_package_may_switch_the_hook_off(rpmbuild: Maker, layout: str, top: str) -> None:
    build = rpmbuild(layout=layout, hook=HOOK)(SLIM_ARCHIVE, top=f"{top}\n%global _ltocheck_stripped 1").passed()
    assert build.runs == []
    assert "ltocheck: nothing is checked, because %__brp_ltocheck is empty" in build.log


def test_definitions_alone_change_nothing() -> None:
    """What macros.ltocheck defines is not used by anything of rpm's own."""

    macros = "%__spec_install_template%__spec_install_post%optflags%build_cflags"
    assert expand(macros, f"--load={MACROS}/macros.ltocheck") == expand(macros)
    assert "ltocheck" in expand(macros, f"--load={MACROS}/macros.ltocheck", f"--load={MACROS}/macros.ltocheck-hook")


def test_the_text_of_the_hook_can_be_frozen_and_quoted() -> None:
    """A single quote would end %(echo '%{__spec_install_post}' | sed ...), and %global reads a percent sign twice."""
    text = expand(
        "%__brp_ltocheck %__brp_ltocheck_stripped",
        f"--load={MACROS}/macros.ltocheck",
        "--define=buildroot /root",
        "--define=NAME demo",
        "--define=__brp_ltocheck_exclude_from 'a'",
        "--define=_ltocheck_policy it's",
        "--define=_ltocheck_mode '",
        "--define=_ltocheck_stripped 1",
        "--define=_fat_lto_objects '%%'",
    )
    assert text.count("--stage") == 2
    assert not set("'%\\") & set(text)
