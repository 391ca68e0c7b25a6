# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole rebuilds: by any command, interrupted and killed, bounded, of source packages, and of what others built."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from checker.rebuild.arms import load_arms
from checker.rebuild.build import build
from checker.rebuild.builders import BuildBounds, Builder, load_builder
from checker.rebuild.sources import SourcePackage
from checker.rebuild.store import RebuildStore
from checker.rebuild.tasks import BuildSettings, Task
from checker.rebuild.workspace import PREFIX, sweep, workspace
from checker.specs.profiles import load_profile
from tests.audits import COMMAND, ENVIRONMENT
from tests.toolbox import ROOT, ltocheck, run

OWN = ROOT / "fixtures" / "rebuild" / "own"
SCRIPT = """\
#!/bin/sh
# Counts how often it was run, and fails the first time in the arm slim.
COUNTED="$(dirname "$0")/counted"
spec=$1 arm=$2 macros=$3 results=$4
name=$(basename "$spec" .spec)
mark() { echo "@ltocheck:t0ken:$1@"; }
{
    mark "arm:$arm:$name:1-1:x86_64:0"
    mark begin:build:1.00
    echo "$name $arm" >>"$COUNTED"
    test -s "$macros" && test -f "$(dirname "$spec")/$name.spec" || echo "error: not laid out"
    if [ "$name $arm $(grep -c "^$name $arm$" "$COUNTED")" = "flaky slim 1" ]; then
        echo "a.c:1:1: error: not this time"
        mark end:build:1:2.00:10:0
        echo "error: Bad exit status from /var/tmp/rpm-tmp.x (%build)"
    else
        [ "$arm" = fat ] && n=2:0 || n=2:2
        mark end:build:0:2.00:10:0
        mark "objects:2:100:${n#*:}:2"
        echo "Wrote: nothing"
    fi
    [ ! -e "$(dirname "$0")/slow" ] || sleep 0.3
} >"$results/build.log" 2>&1
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with sources, and a command that pretends to build them."""
    script = tmp_path / "build"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    monkeypatch.setenv("LTOCHECK_BUILD_COMMAND", str(script))
    for name in ("flaky", "steady"):
        folder = tmp_path / "sources" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.spec").write_text(f"Name: {name}\nVersion: 1\n")
    return tmp_path


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    report = json.loads(done.stdout)
    return {source["source"]: source["outcome"] for source in report["sources"]}


def test_any_command_can_build(command: Path) -> None:
    arguments = ("rebuild", "--builder", "command", "--repeat", "2", "--arms", "fat,slim", "-f", "json", "sources")
    done = ltocheck(*arguments, cwd=command)
    assert outcomes(done) == {"flaky": "flaky", "steady": "fine"}, done.stderr
    counted = (command / "counted").read_text().split("\n")
    assert sorted(counted)[1:] == sorted(
        f"{name} {arm}" for name in ("flaky", "steady") for arm in ("fat", "slim") for _ in "12"
    )


def test_the_order_is_decided_by_the_seed(command: Path) -> None:
    orders = []
    for number, seed in enumerate((1, 1, 2, 3)):
        done = ltocheck(
            "rebuild", "--builder", "command", "--repeat", "4", "--arms", "fat,slim", "--seed", str(seed), "-q",
            "--store", f"{number}.db", "sources", cwd=command,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        orders.append((command / "counted").read_text())
        (command / "counted").unlink()
    assert orders[0] == orders[1]
    assert len(set(orders)) > 1


def test_a_builder_that_lacks_a_variable(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTOCHECK_BUILD_COMMAND")
    done = ltocheck("rebuild", "--builder", "command", "sources", cwd=command)
    assert done.returncode == 2
    assert "LTOCHECK_BUILD_COMMAND has to be set" in done.stderr


def test_mock_takes_no_macro_for_a_template() -> None:
    """It reads every text of its configuration as a template of Jinja, as often as that changes it."""
    for file in (*(ROOT / "macros/arms").iterdir(), *(ROOT / "macros/flags").iterdir()):
        assert not re.search(r"\{[{%#]", file.read_text()), file


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_rebuild_that_is_stopped_leaves_nothing_behind(command: Path, how: signal.Signals) -> None:
    script, temporary, started = command / "build", command / "tmp", command / "started"
    script.write_text(f"#!/bin/sh\nsleep 600 &\necho $! >'{started}.new'; mv '{started}.new' '{started}'; wait\n")
    temporary.mkdir()
    arguments = ("rebuild", "--builder", "command", "--arms", "fat", str(command / "sources" / "steady"))
    environment = {**ENVIRONMENT, **os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([*COMMAND, *arguments], cwd=command, env=environment, stderr=subprocess.PIPE) as process:
        wait_until(started.exists)
        process.send_signal(how)
        said = process.communicate(timeout=60)[1]
    assert b"Traceback" not in said
    wait_until(lambda: not list(temporary.iterdir()))
    wait_until(lambda: not is_running(int(started.read_text())))


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60  # a busy machine takes long to start and to end workers
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that ended and waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_rebuild_that_is_stopped_goes_on(command: Path, how: signal.Signals) -> None:
    arguments = [
        "rebuild",
        "--builder",
        "command",
        "--repeat",
        "4",
        "--seed",
        "7",
        "--arms",
        "fat,slim",
        "-f",
        "json",
        "-q",
    ]
    arguments += [str(command / "sources" / "steady")]
    reference = ltocheck(*arguments, "--store", "reference.db", cwd=command).stdout
    (command / "counted").unlink()
    environment = {**ENVIRONMENT, **os.environ, "TMPDIR": str(command / "tmp")}
    (command / "tmp").mkdir()
    (command / "slow").touch()
    with subprocess.Popen([*COMMAND, *arguments], cwd=command, env=environment, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 120  # a busy machine takes long to start workers
        while len(list(command.glob("ltocheck.db.logs/*/*.gz"))) < 2:
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(how)
        process.communicate(timeout=60)
    (command / "slow").unlink()
    assert process.returncode == (130 if how is signal.SIGINT else -9)
    assert "holds no complete rebuild yet" in ltocheck("rebuild", "--report", cwd=command).stderr
    done = ltocheck(*arguments, cwd=command)
    again = {**json.loads(done.stdout)["rebuild"], "finished": "", "machine": ""}
    assert again == {**json.loads(reference)["rebuild"], "finished": "", "machine": ""}
    assert json.loads(done.stdout)["sources"] == json.loads(reference)["sources"]
    counted = len((command / "counted").read_text().splitlines())
    assert 8 <= counted <= 12  # nothing is built twice but what was under way


def test_a_finished_rebuild_is_not_gone_on_with(command: Path) -> None:
    arguments = ["rebuild", "--builder", "command", "--arms", "fat,slim", "-q", "sources/steady"]
    for number in (1, 2):
        ltocheck(*arguments, cwd=command)
        assert len((command / "counted").read_text().splitlines()) == 2 * number


def rpmbuild(bounds: BuildBounds) -> Builder:
    builder = load_builder("rpmbuild")
    fields = {name: getattr(builder, name) for name in Builder.__slots__}
    return Builder(**{**fields, "bounds": bounds})


def built(tmp_path: Path, script: str, bounds: BuildBounds | None = None, *, trusted: bool = False) -> Any:
    spec = tmp_path / "demo.spec"
    spec.write_text(
        "Name: demo\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n%prep\n"
        f"%build\n{script}\n%install\n%files\n"
    )
    profile = load_profile("stock").text.decode()
    settings = BuildSettings(rpmbuild(bounds or BuildBounds()), profile, "fedora", trusted=trusted)
    return build(Task(SourcePackage("demo", str(spec)), load_arms(["slim"])[0], 1, "t0ken", "x86_64"), settings)


def log_of(made: Any) -> str:
    return gzip.decompress(made.log).decode(errors="replace")


def test_a_build_sees_no_network_and_writes_nothing_elsewhere(tmp_path: Path) -> None:
    script = "\n".join(
        (
            "cat /proc/net/dev",
            f"touch {tmp_path}/escaped || echo cannot-1",
            "touch /usr/escaped || echo cannot-2",
            "echo x >/etc/escaped || echo cannot-3",
            "cat /etc/shadow || echo cannot-4",
            "[ $(id -u) != 0 ] || echo is-root",
        )
    )
    made = built(tmp_path, script)
    log = log_of(made)
    assert made.facts.result == "built", log
    assert {f"cannot-{number}" for number in range(1, 5)} <= set(log.split())
    assert "\nis-root" not in log
    assert "eth0" not in log
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    ("script", "bounds", "cause"),
    [
        ("sleep 60", BuildBounds(seconds=2), "timeout"),
        (
            "while :; do head -c 1000000 /dev/zero >>x$((n=n+1)); done",
            BuildBounds(disk=20_000_000, seconds=60),
            "disk-full",
        ),
        (
            "python3 -c 'x = bytearray(1 << 30)' || { echo 'cannot allocate: out of memory'; exit 1; }",
            BuildBounds(memory=1 << 29),
            "out-of-memory",
        ),
        (
            "for n in 1 2 3 4; do setsid sh -c 'x=$(head -c 60000000 /dev/zero | tr -c x x); sleep 9' & done; wait",
            BuildBounds(memory=1 << 30, memory_together=200 << 20, seconds=60),
            "out-of-memory",
        ),
    ],
    ids=["time", "disk", "memory", "memory together"],
)
def test_a_build_has_bounds(script: str, bounds: BuildBounds, cause: str, tmp_path: Path) -> None:
    start = time.monotonic()
    made = built(tmp_path, script, bounds)
    assert made.facts.result == "failed"
    assert made.facts.cause.name == cause, log_of(made)
    assert time.monotonic() - start < 50


def test_processes_that_a_build_leaves_are_ended(tmp_path: Path) -> None:
    marker = f"4242{os.getpid()}"
    built(tmp_path, f"setsid sleep {marker} >/dev/null 2>&1 &")
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            assert marker.encode() not in file.read_bytes()


def test_without_a_sandbox_all_builds_are_in_the_same_place(tmp_path: Path) -> None:
    places = {
        log_of(built(tmp_path, "pwd -P", trusted=True)).partition("\n+ pwd -P\n")[2].partition("\n")[0] for _ in "12"
    }
    assert len(places) == 1
    assert PREFIX in places.pop()


def test_folders_of_builds_that_were_killed_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    stale = tmp_path / f"{PREFIX}stale"
    stale.mkdir()
    (stale / "lock").touch()
    with workspace(None) as alive:
        sweep()
        assert alive.exists()
        assert not stale.exists()
    assert not alive.exists()


def test_a_source_package_is_built(tmp_path: Path) -> None:
    shutil.copy(OWN / "archive.spec", tmp_path)
    run("rpmbuild", "-bs", "--define", f"_topdir {tmp_path}/top", tmp_path / "archive.spec")
    package = next((tmp_path / "top/SRPMS").glob("*.src.rpm"))
    done = ltocheck("rebuild", "--arms", "slim", "-f", "json", package, cwd=tmp_path)
    assert outcomes(done) == {"archive": "needs-opt-in"}, done.stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "no RPM package"), (b"\xed\xab\xee\xdb" + b"\0" * 500, "header"), (b"Name: x\n", "no RPM package")],
)
def test_a_source_package_that_is_none(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "odd-1-1.src.rpm").write_bytes(data)
    done = ltocheck("rebuild", "--arms", "slim", "-f", "json", "odd-1-1.src.rpm", cwd=tmp_path)
    assert done.returncode == 3
    assert message in json.loads(done.stdout)["sources"][0]["why"]


SHAPES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "mock": ("build.log.gz", gzip.compress, "{log}Child return code was: 1\nEXCEPTION: [Error('Command failed')]\n"),
    "obs": (
        "_log",
        bytes,
        '[    1s] Using BUILD_ROOT=/.build\n{log}[   12s] demo failed "build demo.spec" at Fri Nov 27\n',
    ),
    "koji": (
        "build.log",
        bytes,
        "Mock Version: 6.5\nENTER ['do_with_status'](['bash', '--login', '-c'])\n{log}RPM build errors:\n",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_builds_of_others_are_collected(shape: str, tmp_path: Path) -> None:
    name, pack, text = SHAPES[shape]
    prefix = "[   11s] " if shape == "obs" else ""
    marks = [
        "arm:{arm}:demo:1-1:s390x:0",
        "begin:build:1.0",
        "end:build:{status}:2.0:500:20",
        "objects:4:4000:{slim}:4",
    ]
    for arm, status, slim in (("fat", 0, 0), ("slim", 1, 4)):
        lines = [f"@ltocheck:abc:{mark.format(arm=arm, status=status, slim=slim)}@" for mark in marks]
        lines.insert(2, "Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x")
        lines.insert(3, "configure: error: unknown endianness" if status else "Wrote: /builddir/demo.s390x.rpm")
        if status:
            lines.append("error: Bad exit status from /var/tmp/rpm-tmp.x (%build)")
        log = "".join(f"{prefix}{line}\n" for line in lines)
        folder = tmp_path / arm / "demo" / "s390x"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(pack((text.format(log=log) if status else log).encode()))
    done = ltocheck("rebuild", "--collect", "fat", "--collect", "slim", "-f", "json", cwd=tmp_path)
    (source,) = json.loads(done.stdout)["sources"]
    assert (source["outcome"], source["arch"], source["cause"]) == ("needs-opt-in", "s390x", "configure-byte-order")
    assert source["arms"]["fat"]["cpu"]["build"]["median"] == 5.2
    assert "unknown endianness" in ltocheck("rebuild", "--log", "demo", "--arm", "slim", cwd=tmp_path).stdout


def test_logs_that_do_not_name_their_arm(tmp_path: Path) -> None:
    for arm in ("fat", "slim"):
        folder = tmp_path / arm / "demo" / "x86_64"
        folder.mkdir(parents=True)
        (folder / "build.log").write_text("Executing(%build): x\nWrote: x\n")
    done = ltocheck("rebuild", "--collect", "fat", "--collect", "slim", cwd=tmp_path)
    assert done.returncode == 2
    assert "name it with --arm" in done.stderr
    done = ltocheck(
        "rebuild", "--collect", "fat", "--arm", "fat", "--collect", "slim", "--arm", "slim", "-f", "json", cwd=tmp_path
    )
    assert outcomes(done) == {"demo": "fine"}


def test_configure_alone_for_another_architecture(tmp_path: Path) -> None:
    (tmp_path / "demo.spec").write_text(
        "Name: demo\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n%prep\n%build\n"
        "cat >configure <<'END'\n"
        "#!/bin/sh\n"
        "echo 'const short order[] = {0x4249, 0x4765};' >conftest.c\n"
        "${CC:-gcc} $CFLAGS -c conftest.c -o conftest.o\n"
        "grep -qa BIGe conftest.o && own_cv_order=big || own_cv_order=unknown\n"
        "case $* in *--build=s390x*) exit 1;; esac  # which would try to run what it compiles\n"
        "printf '## --- ##\\n## Cache variables. ##\\n## --- ##\\nown_cv_order=%s\\n' $own_cv_order >config.log\n"
        "END\n"
        'CFLAGS="%{build_cflags}" sh configure --build=%{_build} --host=%{_host}\nmake all\necho never >reached\n'
        "%install\n%files\n"
    )
    done = ltocheck(
        "rebuild", "--configure-only", "--arch", "s390x", "--arms", "fat,slim", "-f", "json", "demo.spec", cwd=tmp_path
    )
    (source,) = json.loads(done.stdout)["sources"]
    assert (source["outcome"], source["arch"]) == ("configures-differently", "s390x"), done.stderr
    assert source["archs"]["s390x"]["differences"][0]["before"] == "big"


@pytest.mark.parametrize(("answer", "outcome"), [("true", "fine"), ("exit 1", "fails-in-every-arm")])
def test_questions_that_configure_asks_of_make(answer: str, outcome: str, tmp_path: Path) -> None:
    """They are answered, and are not taken for the end of configure, which is where %make_build would compile."""
    (tmp_path / "demo.spec").write_text(
        "Name: demo\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n%prep\n%build\n"
        "printf 'all: ; @echo nested\\n' | make -f - | grep -q nested\n"
        "printf 'all: ; @echo conftest\\n' >conftest.make; make -f conftest.make | grep -q conftest\n"
        f"{answer}\n%{{make_build}}\necho never; exit 1\n%install\n%files\n"
    )
    done = ltocheck("rebuild", "--configure-only", "--arms", "fat,slim", "-f", "json", "demo.spec", cwd=tmp_path)
    assert outcomes(done) == {"demo": outcome}, done.stderr


def test_an_architecture_without_a_cross_compiler(tmp_path: Path) -> None:
    shutil.copy(OWN / "steady.spec", tmp_path)
    done = ltocheck("rebuild", "--configure-only", "--arch", "ia64", "steady.spec", cwd=tmp_path)
    assert done.returncode == 2
    assert "apt-get install gcc-ia64-linux-gnu" in done.stderr


def test_a_folder_for_builds_that_is_not_there(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(command / "nothing"))
    done = ltocheck("rebuild", "--builder", "command", "--arms", "fat", "sources", cwd=command)
    assert done.returncode == 2
    assert f"ltocheck: {command}/nothing: No such file or directory; builds need this folder" in done.stderr


def test_a_spec_that_cannot_be_copied(command: Path) -> None:
    (command / "sources/steady/other.spec").symlink_to("/proc/self/mem")
    done = ltocheck("rebuild", "--builder", "command", "--arms", "fat", "sources/steady/other.spec", cwd=command)
    assert "other.spec cannot be laid out: " in done.stdout


def test_a_file_beside_specs_that_cannot_be_read(tmp_path: Path) -> None:
    """Only the spec that needs it is not tried."""
    for name in ("dangling", "loop"):
        (tmp_path / name).symlink_to(name if name == "loop" else "nowhere")
    (tmp_path / "lost.tar.gz").symlink_to("/proc/self/mem")
    steady = (OWN / "steady.spec").read_text()
    needing = steady.replace("%prep\n", "%prep\ntar xf %{_sourcedir}/lost.tar.gz\n")
    texts = {"steady": steady, "needing": needing, "without": needing.replace("lost.tar", "never-there.tar")}
    for name, text in texts.items():
        (tmp_path / f"{name}.spec").write_text(re.sub("Name:.*", f"Name: {name}", text))
    done = ltocheck("rebuild", "--arms", "fat,slim", "-f", "json", ".", cwd=tmp_path)
    found = {source["source"]: source for source in json.loads(done.stdout)["sources"]}
    assert {name: source["outcome"] for name, source in found.items()} == {
        "steady": "fine",
        "needing": "not-tried",
        "without": "fails-in-every-arm",
    }
    assert "lost.tar.gz, beside the spec, cannot be read: " in found["needing"]["why"]
    assert "never-there.tar.gz: Cannot open" in found["without"]["why"]


def test_a_spec_is_built_without_the_others_of_its_folder(command: Path) -> None:
    """Unless it names one: folders may hold thousands."""
    folder = command / "sources/steady"
    for name in ("other", "named"):
        (folder / f"{name}.spec").write_text("Name: x\n")
    (folder / "steady.spec").write_text("Name: steady\nVersion: 1\nSource1: named.spec\n")
    script = (command / "build").read_text()
    (command / "build").write_text(script.replace("name=", f'ls "$(dirname "$1")" >{command}/listed; name=', 1))
    ltocheck("rebuild", "--builder", "command", "--arms", "fat", "-q", "sources/steady/steady.spec", cwd=command)
    assert (command / "listed").read_text().split() == ["named.spec", "steady.spec"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "sources are expected"),
        (("nothing-there",), "a spec, a source package, a folder or a repository is expected"),
        ((".",), "holds neither a spec nor a source package"),
        (("--arms", "odd", "x.spec"), "there are fat, slim"),
        (("--arms", "slim-opt-in", "x.spec"), "slim is expected beside it"),
        (("--builder", "odd", "x.spec"), "there are command"),
        (("--name", "12", "x.spec"), "a name that is no number is expected"),
        (("--report",), "there is no such store"),
        (("--log", "demo"), "there is no such store"),
        (("--collect", "nothing-there"), "nothing-there"),
        (("--arch", "s390x", "x.spec"), "--configure-only"),
    ],
)
def test_what_cannot_be_done(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    if "x.spec" in arguments:
        (tmp_path / "x.spec").write_text("Name: x\n")
    done = ltocheck("rebuild", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_store_without_rebuilds(tmp_path: Path) -> None:
    RebuildStore(tmp_path / "ltocheck.db", write=True).__exit__(None, None, None)
    assert "holds no complete rebuild yet" in ltocheck("rebuild", "--report", cwd=tmp_path).stderr


KOJI = """\
#!/bin/sh
# Answers as the client of Koji 1.36 does to the commands that are given to it: of a failed task there are only logs.
case "$1" in
    build)
        [ "$*" = "build --scratch --wait --arch-override=x86_64 $5 $6" ] || exit 2
        echo "$5" >"$KOJI_FOLDER/target"
        echo "Created task: 1234"
        rpm2cpio "$6" | cpio -i --quiet --to-stdout "*.spec" >"$KOJI_FOLDER/$5.spec"
        [ "$5" != side-slim ];;
    download-task)
        [ "$*" = "download-task 1234" ] || exit 2
        [ "$(cat "$KOJI_FOLDER/target")" != side-slim ] || { echo "Task 1234 failed." >&2; exit 1; };;
    download-logs)
        [ "$*" = "download-logs --recurse -m build.log -m root.log -d . 1234" ] || exit 2
        mkdir -p noarch-1234/noarch-1235 noarch-1234/x86_64-1236
        echo "Wrote: /builddir/build/SRPMS/demo-1-1.src.rpm" >noarch-1234/noarch-1235/build.log
        arm=$(cut -d- -f2- "$KOJI_FOLDER/target")
        {
            echo "@ltocheck:t0ken:arm:$arm:demo:1-1:x86_64:0@"
            echo "Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x"
            if [ "$arm" != slim ]; then
                echo "Wrote: /builddir/build/RPMS/demo-1-1.x86_64.rpm"
            else
                echo "a.c:1:1: error: no"
                echo "error: Bad exit status from /var/tmp/rpm-tmp.x (%build)"
            fi
        } >noarch-1234/x86_64-1236/build.log
        echo "ld: x.o: plugin needed to handle lto object" >noarch-1234/x86_64-1236/root.log;;
esac
"""


def test_koji_builds_and_its_logs_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/koji").write_text(KOJI)
    (tmp_path / "bin/koji").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("KOJI_FOLDER", str(tmp_path))
    monkeypatch.setenv("KOJI_TARGET", "side")
    done = ltocheck(
        "rebuild", "--builder", "koji-scratch", "--arch", "x86_64", "-f", "json", OWN / "steady.spec", cwd=tmp_path
    )
    (source,) = json.loads(done.stdout)["sources"]
    assert (source["outcome"], source["cause"]) == ("needs-opt-in", "compile-error"), done.stderr
    assert source["proven"] is True
    specs = {arm: (tmp_path / f"side-{arm}.spec").read_text() for arm in source["arms"]}
    assert specs["fat"] == specs["slim"] == (OWN / "steady.spec").read_text()
    assert "%global _fat_lto_objects 1\n" in specs["slim-opt-in"]
