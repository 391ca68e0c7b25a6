# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages of the hook in a copy of this machine that has no Python, and beside each other in one that has."""

import shutil
from pathlib import Path

import pytest

from tests.packaging.build import BUILD, on_machine
from tests.toolbox import ROOT

DROPINS = {"brp-suse.d/brp-10-ltocheck": "openSUSE", "brp.d/000-ltocheck.brp": "ALT"}

ENGINE = """
dropins=$1
shift
engine() { rpm --eval '%__brp_ltocheck' | grep -o '[^/"]*" --stage' | cut -d'"' -f1; }
dropin() {  # the hook as a runner of drop-ins starts it
    for name in brp-suse.d/brp-10-ltocheck brp.d/000-ltocheck.brp; do
        mkdir -p "/usr/lib/rpm/${name%/*}"
        cp "$dropins/$name" "/usr/lib/rpm/$name"
        RPM_BUILD_ROOT="$dropins/root" "/usr/lib/rpm/$name" >said 2>&1 || echo "$name: $?"
        grep -q /usr/lib/code.o said
        rm "/usr/lib/rpm/$name"
    done
}
"""


@pytest.fixture
def dropins(tmp_path: Path) -> Path:
    """The drop-ins, and a build root with a slim object for them."""
    for name in DROPINS:
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / "macros" / name, tmp_path / name)
    (tmp_path / "root/usr/lib").mkdir(parents=True)
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", tmp_path / "root/usr/lib/code.o")
    return tmp_path


def test_the_engine_in_lua_alone(
    packages: dict[str, Path], always: Path, macros: Path, specs: tuple[Path, Path], dropins: Path
) -> None:
    """It is installed, stops a build, lets the twin pass, is called by both drop-ins, and leaves nothing."""
    done = on_machine(
        f"""{BUILD}{ENGINE}
        rm -f /usr/bin/python3*
        ! python3 --version
        rpm -i --nodeps "$1" "$2" "$3"
        engine
        if build "$4"; then echo 'slim passed'; else echo 'slim failed'; fi
        build "$5" >log && echo 'fat passed' || cat log
        dropin
        rpm -V --nodeps ltocheck-brp-lua && echo verified
        rpm -e ltocheck-brp-lua ltocheck-macros ltocheck-hook
        find "$SPACE/usr" "$SPACE/etc" -name '*ltocheck*' ! -type c | sed 's/^/remains: /'
        """,
        dropins, dropins, packages["ltocheck-brp-lua.noarch"], macros, always, *specs,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    for said in (
        "brp-ltocheck-lua\n",
        "ltocheck stops the build of libgreet",
        "slim failed",
        "fat passed",
        "verified",
    ):
        assert said in done.stdout, done.stdout
    assert [f"{name}: 1\n" in done.stdout for name in DROPINS] == [True, True], done.stdout
    assert "remains: " not in done.stdout, done.stdout


def test_both_engines(packages: dict[str, Path], macros: Path, dropins: Path) -> None:
    """Python's is the one that runs, until it is removed; the drop-ins call what is left."""
    done = on_machine(
        f"""{BUILD}{ENGINE}
        rpm -i --nodeps "$1" "$2" "$3"
        echo "both: $(engine)"
        dropin
        rpm -e ltocheck-brp
        echo "one left: $(engine)"
        dropin
        rpm -e ltocheck-brp-lua ltocheck-macros
        find "$SPACE/usr" "$SPACE/etc" -name '*ltocheck*' ! -type c | sed 's/^/remains: /'
        """,
        dropins, dropins, packages["ltocheck-brp.noarch"], packages["ltocheck-brp-lua.noarch"], macros,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "both: brp-ltocheck\n" in done.stdout
    assert "one left: brp-ltocheck-lua\n" in done.stdout
    assert [done.stdout.count(f"{name}: 1\n") for name in DROPINS] == [2, 2], done.stdout
    assert "remains: " not in done.stdout, done.stdout
