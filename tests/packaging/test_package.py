# SPDX-License-Identifier: GPL-2.0-or-later
"""The RPM packages: built, installed in a copy of this machine, used there, and removed again."""

from collections import Counter
from pathlib import Path

import pytest

from checker import __version__
from checker.shipped import shipped_targets
from docs.commands import commands as described
from tests.packaging.build import BUILD, SPEC, on_machine, rpmbuilt, source
from tests.toolbox import ROOT, ltocheck, run


def files(package: Path) -> list[str]:
    return run("rpm", "-qp", "--qf", "[%{FILENAMES}\n]", package).split()


def test_what_is_built(packages: dict[str, Path]) -> None:
    names = ("ltocheck-brp-lua", "ltocheck-brp", "ltocheck-hook", "ltocheck-macros", "ltocheck")
    assert sorted(packages) == [*(f"{name}.noarch" for name in names), "ltocheck.src"]
    assert f"{__version__}-1" in packages["ltocheck.noarch"].name


def test_every_file_has_one_owner_and_every_module_is_there(packages: dict[str, Path]) -> None:
    owned = Counter(file for name, path in packages.items() if not name.endswith(".src") for file in files(path))
    assert [file for file, times in owned.items() if times > 1] == []
    ours = [path for name in ("checker", "policies") for path in (ROOT / name).rglob("*") if path.is_file()]
    ours = [path for path in ours if path.parent.name != "__pycache__"]
    ours += (ROOT / "macros/flags").iterdir()
    ours += (ROOT / "macros/targets").iterdir()
    for path in ours:
        assert owned[f"/usr/share/ltocheck/{path.relative_to(ROOT)}"] == 1, path
    for path in (ROOT / "macros/lua").iterdir():
        assert owned[f"/usr/lib/rpm/lua/ltocheck/{path.name}"] == 1, path


def test_every_command_has_its_page(commands: Path, macros: Path) -> None:
    for command in described():
        assert f"/usr/share/man/man1/{'-'.join(command.words)}.1.gz" in files(commands)
    assert "/usr/share/man/man5/ltocheck-policy.5.gz" in files(commands)
    assert "/usr/share/man/man8/brp-ltocheck.8.gz" in files(macros)


def test_the_hook_comes_with_nothing_of_the_commands(hook: Path) -> None:
    assert not [file for file in files(hook) if "/cli/" in file or "/inspect/" in file or "sandbox" in file]
    requires = run("rpm", "-qp", "--requires", hook).splitlines()
    allowed = ("rpm", "/usr/bin/python3", "python3 >=", "ltocheck-macros")
    assert [line for line in requires if not line.startswith(allowed)] == []


def test_the_engine_in_lua_needs_rpm_build_alone(in_lua: Path) -> None:
    requires = {line.split()[0] for line in run("rpm", "-qp", "--requires", in_lua).splitlines()}
    assert {name for name in requires if not name.startswith("rpmlib(")} == {
        *("/bin/sh", "grep", "ltocheck-macros", "rpm-build"),
    }


@pytest.mark.parametrize("engine", ["ltocheck-brp", "ltocheck-brp-lua"])
def test_either_engine_is_enough(packages: dict[str, Path], always: Path, engine: str) -> None:
    assert "ltocheck-hook-engine" in run("rpm", "-qp", "--provides", packages[f"{engine}.noarch"])
    assert "ltocheck-macros" in run("rpm", "-qp", "--requires", packages[f"{engine}.noarch"])
    assert "ltocheck-hook-engine" in run("rpm", "-qp", "--requires", always)


@pytest.mark.parametrize("engine", ["ltocheck-brp", "ltocheck-brp-lua"])
def test_the_hook_alone_stops_a_build(
    packages: dict[str, Path], engine: str, macros: Path, always: Path, specs: tuple[Path, Path], tmp_path: Path
) -> None:
    """Nothing but one engine and the macros is installed, and the checkout is hidden."""
    done = on_machine(
        f"""{BUILD}
        rpm -i "$1" "$5" --nodeps
        echo "without the hook: $(build "$3" >/dev/null; echo $?)"
        rpm -i --nodeps "$2"
        ls {ROOT}
        if build "$3"; then echo 'slim passed'; else echo 'slim failed'; fi
        if build "$4" --define='_ltocheck_report report.json' --define='_ltocheck_mode warn' >log; then
            echo 'fat passed'; else cat log; fi
        grep -c '"rule"' report.json || echo 'no finding in the report'
        build "$4" --define='_ltocheck_stripped 1' | grep bytecode-left
        rpm -e ltocheck-hook
        echo "after the hook: $(build "$3" >/dev/null; echo $?)"
        rpm -V --nodeps {engine} ltocheck-macros && echo verified
        """,
        tmp_path, packages[f"{engine}.noarch"], always, *specs, macros,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    for said in (
        "without the hook: 0",
        "ltocheck stops the build of libgreet",
        "/usr/lib64/libgreet.a(greet.o)",
        "slim failed",
        "fat passed",
        "no finding in the report",
        "after the hook: 0",
        "verified",
    ):
        assert said in done.stdout, done.stdout


def test_opensuse_gets_its_drop_in(tmp_path: Path) -> None:
    source(tmp_path)
    built = rpmbuilt(tmp_path, "--define=suse_version 1699", "--without=check")
    (always,) = (path for path in built if path.name.startswith("ltocheck-hook"))
    assert "/usr/lib/rpm/brp-suse.d/brp-10-ltocheck" in files(always)


def test_the_commands_run_and_leave_nothing(
    packages: dict[str, Path], specs: tuple[Path, Path], tmp_path: Path
) -> None:
    """All is installed, used, verified and removed; then this machine's layer over the real one is as it was before."""
    installed = [path for name, path in packages.items() if not name.endswith(".src")]
    done = on_machine(
        """
        state() { find "$SPACE/usr" "$SPACE/etc" ! -type d | sort; }
        spec=$1
        shift
        # Debian's fish has this folder empty, and rpm, which does not know that it is another's, would remove it.
        touch /usr/share/fish/vendor_completions.d/anothers.fish
        state >before
        rpm -i --nodeps "$@"
        ltocheck --version
        ltocheck policy check fedora
        ltocheck scan -q "$@" && echo 'scanned'
        ltocheck spec --target fedora,opensuse "$spec" || echo "spec: $?"
        ltocheck rules >/dev/null
        man -w ltocheck-scan brp-ltocheck
        rpm -V --nodeps $(rpm -qa) && echo verified
        rpm -e $(rpm -qa)
        state | diff before - && [ -z "$(find "$SPACE/usr" "$SPACE/etc" -name '*ltocheck*')" ] && echo clean
        """,
        tmp_path, specs[0], *installed,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    for said in (
        f"ltocheck {__version__}\n",
        "policy fedora: fine",
        "scanned",
        "spec-needs-opt-in",
        "spec: 1",
        "verified",
        "clean",
    ):
        assert said in done.stdout, done.stdout


def test_rpmlint_has_nothing_to_say(packages: dict[str, Path]) -> None:
    config = ROOT / "packaging/rpmlint.toml"
    assert "0 errors, 0 warnings" in run("rpmlint", "-c", config, SPEC, *packages.values())


def test_the_spec_parses_for_every_distribution() -> None:
    done = ltocheck("spec", "--target", ",".join(shipped_targets()), "--fail-on", "warning", SPEC)
    assert (done.returncode, done.stdout) == (0, "1 spec: no findings\n")
    for profile in shipped_targets():
        text = run("rpmspec", "-P", f"--load={ROOT}/macros/targets/{profile}", SPEC)
        assert f"Version:        {__version__}\n" in text
