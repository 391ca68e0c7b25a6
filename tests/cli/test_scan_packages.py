# SPDX-License-Identifier: GPL-2.0-or-later
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_scan import report
from tests.packages import rpmbuilt
from tests.test_package import FIXTURES
from tests.toolbox import NATIVE, ROOT, SLIM, archive, compiled, ltocheck

HOLLOW = FIXTURES / "v4-xz-hollow.rpm"
NATIVE_LIBRARY = FIXTURES / "v4-xz-native.rpm"


@pytest.fixture(scope="session")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with a slim library, built with flags that ask for fat objects."""
    folder = tmp_path_factory.mktemp("slim")
    library = folder / "root/usr/lib64"
    library.mkdir(parents=True)
    archive(library / "libx.a", [compiled(folder, "slim", SLIM), compiled(folder, "native", NATIVE)])
    return rpmbuilt(folder, folder / "root", definitions={"optflags": "-O2 -flto=auto -ffat-lto-objects"})


def test_text(slim: Path) -> None:
    done = ltocheck("scan", "--stage", "installed", slim, NATIVE_LIBRARY)
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout == (
        f"{slim}:/usr/lib64/libx.a(slim.o): error: holds only LTO bytecode, although the package opted in "
        "[slim-despite-opt-in]\n"
        "    fix: delete the file in %install, or take -fno-fat-lto-objects out of the build: it stands "
        "after the distribution's flags (CMake adds it for INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg)\n"
        "7 objects (6 native, 1 slim) in 2 archives and loose files: 1 error\n"
    )


def test_the_same_path_in_two_packages_is_told_twice(tmp_path: Path) -> None:
    again = Path(shutil.copy(HOLLOW, tmp_path / "again.rpm"))
    places = [line.partition(": error: ")[0] for line in ltocheck("scan", HOLLOW, again).stdout.splitlines()]
    assert f"{HOLLOW}:/usr/lib64/libiberty.a" in places
    assert f"{again}:/usr/lib64/libiberty.a" in places


def test_json(slim: Path) -> None:
    loaded = report(slim, HOLLOW, FIXTURES / "v4-delta.drpm", FIXTURES / "v4-empty.src.rpm")
    first, second, delta, source = loaded["targets"]
    assert {key: first[key] for key in ("type", "package", "source", "arch", "opt_in", "stage")} == {
        "type": "rpm",
        "package": "sample-3:1.0-2.x86_64",
        "source": "sample",
        "arch": "x86_64",
        "opt_in": True,
        "stage": "stripped",
    }
    assert [found["path"] for found in first["archives"]] == ["/usr/lib64/libx.a"]
    assert {found["rule"] for found in first["findings"]} == {"slim-despite-opt-in", "bytecode-left"}
    assert {found["rule"] for found in second["findings"]} == {"hollow-object"}
    assert delta["package"] is None
    assert [(found["rule"], found["path"]) for found in delta["findings"]] == [
        ("unreadable-package", str(FIXTURES / "v4-delta.drpm"))
    ]
    assert source["arch"] == "src"
    assert [(found["rule"], found["severity"]) for found in source["findings"]] == [("source-package", "note")]
    assert loaded["exit_code"] == 3
    assert loaded["summary"]["unreadable"] == 1


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    (target,) = report(shutil.copy(HOLLOW, tmp_path / "download"))["targets"]
    assert target["type"] == "rpm"
    (tmp_path / "page.rpm").write_text("<html>404 not found</html>\n")
    done = ltocheck("scan", tmp_path / "page.rpm")
    assert done.returncode == 3
    assert "is no RPM package: it begins like text" in done.stdout


def test_what_cannot_be_read_does_not_stop_the_rest() -> None:
    done = ltocheck("scan", *sorted(FIXTURES.glob("*.rpm")))
    assert done.returncode == 3
    assert "[hollow-object]\n    64 objects: " in done.stdout


def test_exit_codes() -> None:
    assert ltocheck("scan", NATIVE_LIBRARY).returncode == 0
    assert ltocheck("scan", HOLLOW).returncode == 1
    assert ltocheck("scan", "--fail-on", "never", HOLLOW).returncode == 0
    assert ltocheck("scan", FIXTURES / "v6-hardlinks.src.rpm").returncode == 0
    assert ltocheck("scan", "--fail-on", "never", FIXTURES / "v4-truncated.rpm").returncode == 3


def test_packages_in_a_folder_are_files_like_others(tmp_path: Path) -> None:
    root = tmp_path / "root/usr/share"
    root.mkdir(parents=True)
    shutil.copy(HOLLOW, root / "test-data.rpm")
    done = ltocheck("scan", "--format", "json", tmp_path / "root")
    (target,) = json.loads(done.stdout)["targets"]
    assert "nothing was judged" in done.stderr
    assert (target["type"], target["findings"], target["objects"]) == ("tree", [], [])


def test_verify(tmp_path: Path) -> None:
    assert ltocheck("scan", "--verify", FIXTURES / "v4-bzip2.rpm").returncode == 0
    altered = tmp_path / "altered.rpm"
    data = bytearray((FIXTURES / "v4-bzip2.rpm").read_bytes())
    data[-1] ^= 1
    altered.write_bytes(data)
    done = ltocheck("scan", "--verify", altered)
    assert done.returncode == 3
    assert "fails the verification by rpm" in done.stdout
    done = ltocheck("scan", "--key", "x", altered)
    assert (done.returncode, done.stderr) == (2, "ltocheck: --key needs --verify\n")


@pytest.mark.parametrize(
    ("module", "package"), [("rpm", "python3-rpm"), ("libarchive", "libarchive13"), ("libarchive.read", "libarchive13")]
)
def test_a_missing_library_is_named_before_anything_is_written(module: str, package: str) -> None:
    code = (
        "import sys\n"
        "sys.modules[sys.argv.pop(1)] = None\n"
        "from checker.cli import main\n"
        "sys.argv[0] = 'ltocheck'\n"
        "main()\n"
    )

    def scan(file: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, module, "scan", "--format", "json", str(file)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = scan(HOLLOW)
    assert (done.returncode, done.stdout) == (2, "")
    assert package in done.stderr
    assert "Traceback" not in done.stderr
    assert scan(Path("/bin/true")).returncode == 0


def test_other_scans_load_neither_library() -> None:
    code = (
        "import sys\n"
        "from checker.cli.app import run\n"
        "code = run(['scan', '-q', '/bin/true'])\n"
        "sys.exit(code or sum(name in sys.modules for name in ('rpm', 'libarchive')))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
