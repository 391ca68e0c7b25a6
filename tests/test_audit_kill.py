# SPDX-License-Identifier: GPL-2.0-or-later
"""Audits that are killed, and workers that are: nothing is lost, and nothing is another than it would have been."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.audits import COMMAND, ENVIRONMENT, many_packages, stored
from tests.clusters import cluster
from tests.toolbox import ltocheck

AUDITS = 100

LOOP = """
import os, random, signal, sqlite3, sys, time
from checker.audit import store as stores
from checker.cli.app import run

stores.BATCH = 0  # a commit for each package: so most kills meet one
repository, count = sys.argv[1], int(sys.argv[2])
chance = random.Random(0)
killed, finished, store = 0, [], 0

def audit(store, limit):
    pid = os.fork()
    if not pid:
        output = ["--store", f"{store}.db", "-f", "json", "-o", f"{store}.json"]
        os._exit(run(["audit", "-q", "-j", "2", *output, repository]))
    start = time.monotonic()
    if limit is not None:
        time.sleep(limit)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status), time.monotonic() - start

code, usual = audit("reference", None)
assert code == 3, code
for number in range(count):
    code, _ = audit(store, chance.uniform(0, usual))
    if code == -signal.SIGKILL:
        killed += 1
        if os.path.exists(f"{store}.db"):
            db = sqlite3.connect(f"{store}.db")
            (answer,), = db.execute("PRAGMA integrity_check")
            db.close()
            assert answer == "ok", answer
    else:
        assert code == 3, code
        finished.append(store)
        store += 1
assert audit(store, None)[0] == 3
for number in [*finished, store]:
    assert open(f"{number}.json", "rb").read() == open("reference.json", "rb").read(), number
print(killed, len(finished))
"""


def test_audits_that_are_killed_go_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    repository = many_packages(tmp_path / "repo", 40)
    done = subprocess.run(
        [sys.executable, "-c", LOOP, repository, str(AUDITS)], cwd=tmp_path, env=ENVIRONMENT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    killed, finished = map(int, done.stdout.split())
    assert killed + finished == AUDITS
    assert killed > AUDITS // 3


def test_workers_end_with_an_audit_that_is_killed(tmp_path: Path) -> None:
    many_packages(tmp_path / "repo", 1200)
    with audit_under_way(tmp_path, "-j", "2") as process:
        family = descendants(process.pid)
        assert workers_among(family)
        process.kill()
    wait_until(lambda: not any(map(is_running, family)))


def test_a_worker_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    many_packages(tmp_path / "repo", 1200)
    reference = ltocheck("audit", "--store", "reference.db", "-f", "json", "repo", cwd=tmp_path).stdout
    with audit_under_way(tmp_path, "-j", "2") as process:
        os.kill(workers_among(descendants(process.pid))[0], signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert out == reference
    assert err == ""


def test_an_interrupt_at_any_moment_is_one_line(tmp_path: Path) -> None:
    many_packages(tmp_path / "repo", 300)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    usual = time.monotonic()
    subprocess.run([*COMMAND, "--version"], cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    usual = time.monotonic() - usual
    for number in range(8):
        command = [*COMMAND, "audit", "-q", "-j", "2", "--store", f"{number}.db", "-o", f"{number}.txt", "repo"]
        with subprocess.Popen(
            command, cwd=tmp_path, env={**ENVIRONMENT, "TMPDIR": str(temporary)}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as process:  # fmt: skip
            wait_until(lambda: (tmp_path / f"{number}.db").exists() or process.poll() is not None)  # noqa: B023
            time.sleep(usual * number / 4)
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=60)
        if process.returncode == 130:
            done = r"\d+ of \d+ packages? done and kept; .*"
            assert re.fullmatch(rf"(ltocheck: interrupted: ({done}|{number}\.txt is as it was)\n)?", err), err
            assert not (tmp_path / f"{number}.txt").exists()
        assert "Traceback" not in out + err
    assert list(temporary.iterdir()) == []


def test_a_kill_leaves_no_files(tmp_path: Path) -> None:
    many_packages(tmp_path / "repo", 1200)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with audit_under_way(tmp_path, "-j", "2", TMPDIR=str(temporary)) as process:
        family = descendants(process.pid)
        process.kill()
    wait_until(lambda: not any(map(is_running, family)))
    assert list(temporary.iterdir()) == []


def test_a_worker_of_a_cluster_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    many_packages(tmp_path / "repo", 1200)
    reference = ltocheck("audit", "--store", "reference.db", "-f", "json", "repo", cwd=tmp_path).stdout
    with cluster(tmp_path, 2) as address, audit_under_way(tmp_path, "--dask", address) as process:
        from distributed import Client  # noqa: PLC0415 slow to import

        with Client(address) as client:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (out == reference, "Traceback" in err) == (True, False), err


@contextmanager
def audit_under_way(folder: Path, *options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """An audit of `repo` that has stored its first facts."""
    command = [*COMMAND, "audit", "-q", "-f", "json", *options, "repo"]
    with subprocess.Popen(
        command, cwd=folder, env={**ENVIRONMENT, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            wait_until(lambda: stored(folder / "ltocheck.db") > 0 or process.poll() is not None)
            assert process.poll() is None, process.communicate()
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def workers_among(pids: list[int]) -> list[int]:
    """Processes that examine packages, not those that only watch over others."""
    return [pid for pid in pids if b"spawn_main" in command_of(pid)]


def command_of(pid: int) -> bytes:
    """The command line of a process; nothing of one that has ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def descendants(pid: int) -> list[int]:
    """The children of a process, and theirs, older ones first."""
    children = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal() and parent_of(int(entry)) == pid]
    return [one for child in sorted(children) for one in (child, *descendants(child))]


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
