# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook in every way to start rpmbuild, and in every shell that may run %install."""

import tarfile
import threading
from pathlib import Path

import pytest

from tests.rpmbuild.harness import SPEC, Build, Maker, tool, write_tool

PASSES = Path("/bin/true")
FAILS = Path("/bin/false")

FILE = "mkdir -p %{buildroot}/etc; echo text >%{buildroot}/etc/demo\n"


def spec(install: str = FILE, top: str = "", name: str = "demo") -> str:
    return SPEC.format(top=top, name=name, preamble="", middle="", build="", install=install) + "/etc/demo\n"


def assert_checked(build: Build, times: int = 1) -> None:
    assert build.passed().trace.count("ltocheck installed") == times, build.log


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("-bi", ()),
        ("-bb", ()),
        ("-ba", ()),
        ("-bb", ("--target=noarch",)),
        ("-bb", ("--target=x86_64",)),
        ("-bi", ("--nodebuginfo",)),
        ("-bi", ("--quiet",)),
        ("-bi", ("--buildroot=%{_topdir}/of-its-own",)),
    ],
    ids=lambda value: " ".join([value] if isinstance(value, str) else value),
)
def test_a_spec(rpmbuild: Maker, mode: str, options: tuple[str, ...]) -> None:
    assert_checked(rpmbuild(hook=PASSES).run(spec(), *options, mode=mode))
    assert rpmbuild(hook=FAILS).run(spec(), *options, mode=mode).code != 0


@pytest.mark.parametrize(("mode", "option"), [("-bi", "--short-circuit"), ("-bi", "--noprep")])
def test_a_spec_that_was_built_before(rpmbuild: Maker, mode: str, option: str) -> None:
    make = rpmbuild(hook=PASSES)
    folder = make.fresh_folder()
    (folder / "demo.spec").write_text(spec())
    assert_checked(make.start(folder, "-bc", "demo.spec"), 0)
    assert_checked(make.start(folder, mode, option, "demo.spec"))


def test_several_specs(rpmbuild: Maker) -> None:
    make = rpmbuild(hook=PASSES)
    folder = make.fresh_folder()
    for name in ("one", "two", "three"):
        (folder / f"{name}.spec").write_text(spec(name=name))
    assert_checked(make.start(folder, "-bb", "one.spec", "two.spec", "three.spec"), 3)


def test_several_targets_of_one_spec(rpmbuild: Maker) -> None:
    assert_checked(rpmbuild(hook=PASSES).run(spec(), "--target=noarch,x86_64", mode="-bb"), 2)


def test_from_a_tarball_and_from_a_source_package(rpmbuild: Maker, tmp_path: Path) -> None:
    make = rpmbuild(hook=PASSES)
    (tmp_path / "demo.spec").write_text(spec())
    with tarfile.open(tmp_path / "demo-1.tar", "w") as archive:
        archive.add(tmp_path / "demo.spec", "demo-1/demo.spec")
    build = make.start(make.fresh_folder(), "-ta", str(tmp_path / "demo-1.tar"))
    assert_checked(build)
    (source_package,) = build.folder.rglob("*.src.rpm")
    assert_checked(make.start(make.fresh_folder(), "--rebuild", str(source_package)))


def test_debug_packages_are_what_they_are_without_the_hook(rpmbuild: Maker, tmp_path: Path) -> None:
    """Since 4.20 the text before %install writes their part of the spec, where there is a folder to build in."""
    (tmp_path / "demo-1").mkdir()
    (tmp_path / "demo-1/main.c").write_text("int main(void) { return 0; }\n")
    with tarfile.open(tmp_path / "demo-1.tar", "w") as archive:
        archive.add(tmp_path / "demo-1", "demo-1")
    install = f"gcc -g -O2 main.c -o main\ninstall -D main %{{buildroot}}/usr/bin/demo\n{FILE}"
    text = spec(install).replace("%build\n", "%prep\n%setup -q\n%build\n", 1)
    text = f"Source0: demo-1.tar\n{text}/usr/bin/demo\n"
    built = {}
    for placement in ("hook", "none"):
        build = (
            rpmbuild(placement=placement, hook=PASSES).run(text, f"--define=_sourcedir {tmp_path}", mode="-bb").passed()
        )
        steps = [step for step in build.trace if not step.startswith("ltocheck")]
        built[placement] = steps, sorted(path.name for path in build.folder.rglob("*.rpm"))
    assert built["hook"] == built["none"]


def test_in_place(rpmbuild: Maker) -> None:
    """Nothing is left in the source tree, which is no build folder."""
    make = rpmbuild(hook=PASSES)
    folder = make.fresh_folder()
    tree = folder / "tree"
    tree.mkdir()
    (tree / "demo.spec").write_text(
        "Source0: add.c\n"
        + spec(top="%global _ltocheck_stripped 1\n%global debug_package %{nil}").replace(
            "%build\n", "%prep\n%setup\n%build\n", 1
        )
    )
    script = 'cd "$0" && exec "$@"'
    assert_checked(make.start(folder, "-bb", "--build-in-place", "demo.spec", before=("sh", "-c", script, str(tree))))
    assert [path.name for path in tree.iterdir()] == ["demo.spec"]


def test_within_another_build(rpmbuild: Maker) -> None:
    """%install starts an rpmbuild of its own, whose hook is to look at the inner build root."""
    outer = rpmbuild(hook=PASSES)
    inner = rpmbuild(hook=FAILS)
    inner.folder = outer.folder / "inner"
    folder = inner.fresh_folder()
    (folder / "demo.spec").write_text(spec(name="inner"))
    command = " ".join(f"'{word}'" for word in inner.command(folder, "-bb", f"{folder}/demo.spec")).replace("%", "%%")
    environment = " ".join(f"'{name}={value}'" for name, value in inner.env(folder).items())
    build = outer.run(spec(f"{FILE}if env -i {environment} {command}; then exit 9; fi\n"), mode="-bb")
    assert_checked(build)
    assert (folder / "trace").read_text() == "ltocheck installed\n"


@pytest.mark.parametrize(
    "before",
    [
        ("unshare", "--user"),
        ("unshare", "--user", "--map-root-user"),
        ("unshare", "--user", "--map-root-user", "--pid", "--fork"),
    ],
    ids=["user", "user-namespace", "process-namespace"],
)
def test_as_somebody_else(rpmbuild: Maker, before: tuple[str, ...]) -> None:
    for hook in (PASSES, FAILS):
        make = rpmbuild(hook=hook)
        folder = make.fresh_folder()
        (folder / "demo.spec").write_text(spec())
        build = make.start(folder, "-bb", "demo.spec", before=(tool(before[0]), *before[1:]))
        assert (build.code == 0) == (hook == PASSES), build.log
        assert build.trace.count("ltocheck installed") == 1


def test_one_package_in_several_folders_at_once(rpmbuild: Maker) -> None:
    """In one _topdir rpm itself lets them step on each other; each with a folder of its own, they do not."""
    make = rpmbuild(hook=PASSES)
    folders = [make.fresh_folder() for _ in range(4)]
    builds: list[Build] = []
    for folder in folders:
        (folder / "demo.spec").write_text(spec("sleep 0.3\n" + FILE, top="%global _ltocheck_stripped 1"))
    jobs = [
        threading.Thread(target=lambda folder=folder: builds.append(make.start(folder, "-bb", "demo.spec")))
        for folder in folders
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    for build in builds:
        assert build.passed().trace == ["ltocheck installed", "ltocheck stripped"]
    assert len({run.text("STATE") for build in builds for run in build.runs}) == 4


SHELLS = {
    "dash": ("dash",),
    "bash": ("bash",),
    "bash-pipefail": ("bash", "-o", "pipefail"),
    "zsh": ("zsh",),
    "mksh": ("mksh",),
    "busybox": ("busybox", "sh"),
}

ENDS = {
    "plainly": "",
    "set +e": "set +e\n",
    "set -euf": "set -euf\nIFS=:\n",
    "backslash": "true \\\n",
    "comment": "# no more \\\n",
    "exit 0": "exit 0\n",
    "trap": "trap 'echo mine' EXIT\n",
    "here-document": "cat >/dev/null <<END\n",
    "subshells": "(exit 0)\n: $(exit 0)\n",
    "unset": "unset RPM_BUILD_ROOT\n",
    "PATH": "OLD=$PATH; PATH=/nonexistent\n",
}
"""How %install may end, and what its shell may be like then."""

EARLY = {"exit 0", "here-document"}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("end", ENDS)
def test_a_shell(rpmbuild: Maker, tmp_path: Path, shell: str, end: str) -> None:
    if (shell, end) == ("mksh", "here-document"):
        return  # its own error
    name, *options = SHELLS[shell]
    write_tool(tmp_path / "sh", f'exec {tool(name)} {" ".join(options)} "$@"')
    shell_option = f"--define=_buildshell {tmp_path}/sh"
    build = rpmbuild(hook=FAILS).run(spec(FILE + ENDS[end]), shell_option).failed()
    assert build.trace == ["ltocheck installed"]
    assert ("ltocheck: the script of %install ended before the check" in build.log) == (end in EARLY)
    assert ("ltocheck: RPM_BUILD_ROOT is not set" in build.log) == (end == "unset")
    build = rpmbuild(hook=PASSES).run(spec(FILE + ENDS[end]), shell_option, "--define=__spec_install_post true")
    assert_checked(build)
