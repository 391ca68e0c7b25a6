# SPDX-License-Identifier: GPL-2.0-or-later
"""What a spec makes of the check is in the build log, and what a locked check lets it make."""

import platform
from pathlib import Path

import pytest

from tests.rpmbuild.harness import MACROS, Maker, expand, write_tool
from tests.rpmbuild.recipes import OPT_IN

PASSES = Path("/bin/true")
FAILS = Path("/bin/false")

FILE = "mkdir -p %{buildroot}/etc; echo text >%{buildroot}/etc/demo\n"
LOCKED = "%_ltocheck_locked 1"

OFF = {
    "emptied": ("%global __brp_ltocheck %{nil}", "%__brp_ltocheck is empty"),
    "undefined": ("%undefine __brp_ltocheck", "%__brp_ltocheck is undefined"),
    "tolerated": ("%global __brp_ltocheck %{__brp_ltocheck} || :", "%__brp_ltocheck is another"),
    "off": ("%global _ltocheck_mode off", "%_ltocheck_mode is off"),
    "other-hook": ("%global _ltocheck_brp /bin/true", "%_ltocheck_brp is /bin/true"),
    "no-call": ("%global _ltocheck_call %{nil}", "%_ltocheck_call is empty"),
    "defined-late": ("%define _ltocheck_mode off", "%_ltocheck_mode is off"),
}
"""Ways of a spec around a hook that fails, and what the log says of it."""

CHANGED = {
    **OFF,
    "warn": ("%global _ltocheck_mode warn", "%_ltocheck_mode is warn"),
    "no-look": ("%global _ltocheck_look %{nil}", "%_ltocheck_look is empty"),
    "call-undefined": ("%undefine _ltocheck_call", "%_ltocheck_call is undefined"),
    "policy": ("%global _ltocheck_policy /src/own.toml", "%_ltocheck_policy is /src/own.toml"),
    "unlocked": ("%global _ltocheck_locked 0\n%global _ltocheck_mode off", "%_ltocheck_mode is off"),
    "lock-undefined": ("%undefine _ltocheck_locked\n%global _ltocheck_mode off", "%_ltocheck_mode is off"),
    "hostile": ("%global _ltocheck_policy '; touch canary; `touch canary`", "%_ltocheck_policy is ?? touch canary"),
}


def told(log: str) -> list[str]:
    """What the macros say of the spec; traces of the shell do not count."""
    return [line for line in log.splitlines() if line.startswith("ltocheck: ") and "the check" in line]


@pytest.mark.parametrize("change", OFF)
def test_a_spec_that_goes_around_the_hook_is_told_of(rpmbuild: Maker, change: str) -> None:
    top, what = OFF[change]
    build = rpmbuild(hook=FAILS)(FILE, top=top).passed()
    assert f"ltocheck: the spec changes the check: {what}" in told(build.log)


@pytest.mark.parametrize("change", CHANGED)
def test_a_locked_check_stays_as_it_is(rpmbuild: Maker, change: str) -> None:
    top, what = CHANGED[change]
    build = rpmbuild(hook=FAILS, dotfile=LOCKED)(FILE, top=top).failed()
    assert build.trace == ["ltocheck installed"]
    assert build.runs[0].environment["LTOCHECK_MODE"] == "enforce"
    assert build.runs[0].text("POLICY") == ""
    (line,) = told(build.log)
    assert line.startswith("ltocheck: locked, so the spec does not change the check: ")
    assert what in line
    assert list(build.folder.rglob("canary")) == []


def test_what_is_left_to_the_spec(rpmbuild: Maker) -> None:
    top = f"{OPT_IN}\n%global __brp_ltocheck_exclude_from ^/opt/"
    build = rpmbuild(hook=PASSES, dotfile=LOCKED)(FILE, top=top).passed()
    assert build.runs[0].environment["LTOCHECK_OPT_IN"] == "1"
    assert build.runs[0].text("EXCLUDE") == "^/opt/"
    assert told(build.log) == []


SITE = "%_ltocheck_mode warn\n%_ltocheck_policy opensuse\n%_ltocheck_stripped 1"


@pytest.mark.parametrize("locked", ["", LOCKED])
def test_what_a_site_sets_is_no_change(rpmbuild: Maker, locked: str) -> None:
    make = rpmbuild(hook=PASSES, dotfile=f"{SITE}\n{locked}")
    build = make(FILE).passed()
    assert told(build.log) == []
    assert {run.environment["LTOCHECK_MODE"] for run in build.runs} == {"warn"}
    build = make(FILE, top="%global _ltocheck_mode off\n%global _ltocheck_policy base").passed()
    assert ("locked" in told(build.log)[0]) == (locked != "")
    assert "%_ltocheck_mode is off, %_ltocheck_policy is base" in told(build.log)[0]
    assert [run.text("POLICY") for run in build.runs] == (["opensuse", "opensuse"] if locked else [])


def test_what_the_command_line_sets_is_no_change(rpmbuild: Maker) -> None:
    options = ("--define=_ltocheck_mode warn", "-D", "_ltocheck_policy it's $(mine)")
    build = rpmbuild(hook=PASSES)(FILE, *options).passed()
    assert told(build.log) == []
    assert build.runs[0].text("POLICY") == "it's $(mine)"


def test_an_error_in_a_macro_of_the_check_ends_the_build(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=PASSES)(FILE, top="%define _ltocheck_mode %{error:broken}").failed()
    assert "ltocheck: the check cannot be placed, as rpm said above" in build.log


def test_an_error_in_a_macro_that_runs_after_install_ends_the_build(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=PASSES)(FILE, top="%define __arch_install_post %{error:broken}").failed()
    assert build.trace == ["ltocheck installed"]
    assert "ltocheck: %__spec_install_post cannot be expanded" in build.log


def test_text_of_other_macros_stays_as_it_is(rpmbuild: Maker) -> None:
    """No argument of a macro of ours replaces what looks like one."""
    text = 'v=a-b; echo "got ${v%-*} ${v%*.gz} $1 %%s end"'
    make = rpmbuild(hook=PASSES, dotfile=f"%__arch_install_post {text}")
    plain = rpmbuild(placement="none", dotfile=f"%__arch_install_post {text}")(FILE).passed()
    hooked = make(FILE).passed()
    (line,) = (line for line in plain.log.splitlines() if line.startswith("got a"))
    assert line in hooked.log.splitlines()


HOSTILE = """\
export LTOCHECK_MODE=off LTOCHECK_FLAGS=c=fat LTOCHECK_EXCLUDE_B64=Lg== LTOCHECK_RAN=1:installed
export RPM_PACKAGE_NAME=other RPM_ARCH=other
export LD_LIBRARY_PATH={folder} LD_PRELOAD= PYTHONPATH={folder} PYTHONHOME={folder} LUA_PATH={folder} LUA_INIT=@x
export BASH_ENV={folder}/env ENV={folder}/env RPM_CONFIGDIR={folder} PATH={folder}:$PATH HOME={folder} POSIXLY_CORRECT=1
"""


@pytest.mark.parametrize("placement", ["hook", "vendor", "load"])
def test_nothing_that_the_build_exports_reaches_the_hook(rpmbuild: Maker, tmp_path: Path, placement: str) -> None:
    for name in ("env", "python3", "rpmlua", "base64"):
        write_tool(tmp_path / name, f"touch {tmp_path}/canary")
    (tmp_path / "libz.so.1").write_text("none")
    install = FILE + HOSTILE.format(folder=tmp_path)
    build = rpmbuild(placement=placement, hook=PASSES)(install, top="%global __os_install_post %{nil}").passed()
    expected = {"PATH", "LC_ALL", "PWD", "RPM_BUILD_ROOT", "RPM_PACKAGE_NAME", "RPM_ARCH"}
    found = {name for name in build.runs[0].environment if not name.startswith("LTOCHECK_")}
    assert found - {"_", "SHLVL", "OLDPWD"} == expected
    assert build.runs[0].environment["LTOCHECK_MODE"] == "enforce"
    assert build.runs[0].environment["RPM_PACKAGE_NAME"] == "demo"
    assert build.runs[0].environment["RPM_ARCH"] == platform.machine()
    assert build.runs[0].text("EXCLUDE") == ""
    assert not (tmp_path / "canary").exists()


def test_another_build_root(rpmbuild: Maker, tmp_path: Path) -> None:
    build = rpmbuild(hook=PASSES)(f"{FILE}export RPM_BUILD_ROOT={tmp_path}/none\n", "--define=__spec_install_post true")
    assert str(build.passed().root).endswith("demo-1-1.x86_64") or build.root.name == "BUILDROOT"
    assert f"ltocheck: RPM_BUILD_ROOT is {tmp_path}/none; what is checked is {build.root}" in build.log.splitlines()


def test_a_spec_that_takes_the_preamble_of_install(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=PASSES)(FILE, top="%define __spec_install_pre cd %{_builddir}").passed()
    assert build.root.exists()


FAT = {
    "1": ("1", ""),
    "0": ("0", ""),
    "0 # none": ("0", "0 ? none"),
    "1 # libfoo.a": ("0", "1 ? libfoo.a"),
    "yes": ("1", "yes"),
    "no": ("0", "no"),
    "2": ("1", "2"),
    "'`touch canary`": ("0", "??touch canary?"),
}


@pytest.mark.parametrize("value", FAT)
def test_odd_values_of_the_opt_in(rpmbuild: Maker, value: str) -> None:
    """They count as rpm's own numbers do, and so do the flags."""
    counts, shown = FAT[value]
    build = rpmbuild(hook=PASSES)(FILE, top=f"%global _fat_lto_objects {value}").passed()
    state = "fat" if counts == "1" else "slim"
    assert build.runs[0].environment["LTOCHECK_OPT_IN"] == counts
    assert build.runs[0].environment["LTOCHECK_FLAGS"] == f"c={state},c++={state},fortran={state}"
    warning = f"ltocheck: warning: _fat_lto_objects is {shown}, expected 1, 0 or nothing; it counts as {counts}"
    assert (warning in build.log.splitlines()) == (shown != "")
    assert list(build.folder.rglob("canary")) == []


@pytest.mark.parametrize("mode", ["enforce", "warn"])
@pytest.mark.parametrize("hook", ["missing", "without-interpreter", "of-an-engine"])
def test_a_hook_that_does_not_start(rpmbuild: Maker, tmp_path: Path, hook: str, mode: str) -> None:
    """One line names the package; in warn mode the build passes."""
    if hook == "without-interpreter":
        (tmp_path / hook).write_text("#!/nonexistent/python3\n")
        (tmp_path / hook).chmod(0o755)
    named, package = f"--define=_ltocheck_brp {tmp_path}/{hook}", "ltocheck-brp"
    if hook == "of-an-engine":
        named, package = "--define=_ltocheck_brp %{nil}", "ltocheck-brp-lua"
    top = f"%global _ltocheck_mode {mode}\n%global _ltocheck_engine {'lua' if hook == 'of-an-engine' else ''}%{{nil}}"
    build = rpmbuild()(FILE, named, top=top)
    assert (build.code == 0) == (mode == "warn")
    assert f"did not start; it comes with the package {package}, which" in build.log


def test_an_unknown_engine(rpmbuild: Maker) -> None:
    build = rpmbuild(hook=PASSES)(FILE, top="%global _ltocheck_engine perl").failed()
    assert "ltocheck: _ltocheck_engine is perl, expected python or lua" in build.log
    assert build.runs == []


def test_the_engine_that_is_installed(tmp_path: Path) -> None:
    def engine(*options: str) -> str:
        defines = (f"--define=_rpmconfigdir {tmp_path}", *(f"--define={option}" for option in options))
        text = expand("%__brp_ltocheck", f"--load={MACROS}/macros.ltocheck", *defines)
        return text.partition('" --stage')[0].rpartition('"')[2]

    assert engine() == f"{tmp_path}/brp-ltocheck"
    write_tool(tmp_path / "brp-ltocheck-lua", "")
    assert engine() == f"{tmp_path}/brp-ltocheck-lua"
    write_tool(tmp_path / "brp-ltocheck", "")
    assert engine() == f"{tmp_path}/brp-ltocheck"
    assert engine("_ltocheck_engine lua") == f"{tmp_path}/brp-ltocheck-lua"
    assert engine("_ltocheck_engine lua", "_ltocheck_brp /own") == "/own"


class TestExclusions:
    def test_from_a_file_that_install_writes(self, rpmbuild: Maker) -> None:
        top = "%global __brp_ltocheck_exclude_from_file excluded\n%global __brp_ltocheck_exclude_from ^/opt/"
        install = f"{FILE}printf '%%s\\n' '^/usr/lib64/lib(a|b)\\.a$' '' '^/srv' >excluded\n"
        build = rpmbuild(hook=PASSES)(install, top=top).passed()
        assert build.runs[0].text("EXCLUDE") == "^/opt/|^/usr/lib64/lib(a|b)\\.a$|^/srv"

    @pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("x" * 100_000, "is too long")])
    def test_from_a_file_that_will_not_do(
        self, rpmbuild: Maker, tmp_path: Path, content: str | None, said: str
    ) -> None:
        if content:
            (tmp_path / "excluded").write_text(content)
        build = rpmbuild(hook=PASSES)(
            FILE, top=f"%global __brp_ltocheck_exclude_from_file {tmp_path}/excluded"
        ).failed()
        assert f"ltocheck: __brp_ltocheck_exclude_from_file: {tmp_path}/excluded"[:70] in build.log
        assert said in build.log

    def test_too_long_for_an_environment(self, rpmbuild: Maker) -> None:
        build = rpmbuild(hook=PASSES)(FILE, top="%global __brp_ltocheck_exclude_from " + "x" * 200_000).failed()
        assert (
            "ltocheck: __brp_ltocheck_exclude_from has 200000 bytes, expected at most 90000" in build.log.splitlines()
        )
