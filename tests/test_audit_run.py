# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a package in an audit, without a command around it."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from checker.audit import examine as examining
from checker.audit.examine import Depth, Examined, ExamineOptions, Record, examine
from checker.audit.executors import Workers
from checker.audit.facts import recorded
from checker.audit.plan import AuditPlan
from checker.audit.rows import RunPackage
from checker.audit.run import AuditProgress, run
from checker.audit.store import Store
from checker.errors import Obstacle, Unavailable, UsageError
from checker.repositories.fetch import ListedPackage
from checker.repositories.repository import Listing
from tests.audits import add_package


@contextmanager
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def audited(folder: Path) -> tuple[list[RunPackage], AuditProgress]:
    """The packages of an audit of a folder, and how it went."""
    tally = AuditProgress()
    with Store(folder / "store.db", write=True) as store:
        run(AuditPlan((str(folder),), ExamineOptions()), store, Workers(threads, 2), tally, lambda: None)
        return list(store.entries(store.run())), tally


def unread(folder: Path) -> Unavailable:
    """Why the only package of a folder could not be read; nothing must be stored of it."""
    (entry,), tally = audited(folder)
    assert (entry.package, tally.failed, tally.examined, tally.done) == (None, 1, 0, 1)
    assert entry.unread is not None
    return entry.unread


def test_a_package_that_ends_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = add_package(tmp_path, "foo")

    def nothing(workers: object, work: object, things: Iterator[ListedPackage]) -> Iterator[tuple[ListedPackage, None]]:
        return ((listed, None) for listed in things)

    with monkeypatch.context() as patch:
        patch.setattr("checker.audit.run.each", nothing)
        assert unread(tmp_path) == Unavailable(Obstacle.CRASHED, "ends every process that reads it")
    (entry,), tally = audited(tmp_path)
    assert (entry.location, entry.unread, tally.known) == (str(package), None, 0)
    assert entry.package is not None


@pytest.mark.parametrize("error", [TypeError("x"), RecursionError("deep"), MemoryError()])
def test_a_bug_costs_one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    add_package(tmp_path, "foo")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(examining, "package_in", fail)
    found = unread(tmp_path)
    assert found.obstacle is Obstacle.CRASHED
    assert found.detail.startswith(f"makes ltocheck fail: {type(error).__name__} in test_audit_run.py:")
    assert found.detail.endswith(f": {error}")


def test_a_missing_library_ends_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_package(tmp_path, "foo")

    def fail(*_: object) -> None:
        raise UsageError("install something")

    monkeypatch.setattr(examining, "package_in", fail)
    with pytest.raises(UsageError, match="install something"):
        audited(tmp_path)


@pytest.mark.parametrize("change", [lambda path: os.utime(path, (1, 1)), lambda path: path.open("ab").close()])
def test_a_package_that_is_written_to_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    package = add_package(tmp_path, "foo")

    def write_meanwhile(target: object) -> bytes:
        package.write_bytes(package.read_bytes())
        change(package)
        return recorded(target)  # type: ignore[arg-type]

    monkeypatch.setattr(examining, "recorded", write_meanwhile)
    assert unread(tmp_path) == Unavailable(Obstacle.ALTERED, "was written to while it was read")


def test_what_the_system_cannot_read_is_no_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_package(tmp_path, "foo")

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("checker.packages.payload.os.lseek", fail)
    monkeypatch.setattr("checker.packages.package.open_payload", fail)
    assert unread(tmp_path) == Unavailable(Obstacle.INACCESSIBLE, "cannot be read: Input/output error")


def test_a_listed_checksum_is_the_key_as_it_is_listed(tmp_path: Path) -> None:
    package = add_package(tmp_path, "foo")
    plain = examine(ListedPackage("x", path=str(package)), ExamineOptions())
    assert isinstance(plain.result, Record)
    listed = ListedPackage("x", path=str(package), checksum=plain.result.checksum.upper().replace("SHA256", "sha256"))
    again = examine(listed, ExamineOptions())
    assert isinstance(again.result, Record)
    assert again.result.checksum == listed.checksum
    assert examine(ListedPackage("x", path=str(package), checksum="sha256:00"), ExamineOptions()) == Examined(
        Unavailable(Obstacle.ALTERED, f"was altered: its sha256 is {plain.result.checksum[7:]}, not 00 as listed"), 0
    )


@pytest.mark.parametrize(
    ("options", "depths"),
    [
        (ExamineOptions(), ["whole"]),
        (ExamineOptions(thorough=True), ["thorough"]),
        (ExamineOptions(headers=True), ["whole", "header"]),
        (ExamineOptions(partial=True), ["whole", "header", "partial"]),
        (ExamineOptions(headers=True, partial=True), ["whole", "header", "partial"]),
    ],
)
def test_which_facts_count_as_known(options: ExamineOptions, depths: list[Depth]) -> None:
    assert list(options.depths) == depths


def test_one_place_with_two_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata may say so; one of them is there, and the order of the run is still the same each time."""
    package = add_package(tmp_path, "foo")
    real = examine(ListedPackage("x", path=str(package)), ExamineOptions()).result
    assert isinstance(real, Record)
    named = partial(ListedPackage, "x", path=str(package), name="n", source="s", arch="a")
    listed = (named(checksum="sha256:!"), named(checksum=real.checksum), named(checksum="sha256:~"))
    for packages in (listed, listed[::-1]):
        monkeypatch.setattr("checker.audit.plan.read_repository", lambda *_, found=packages: Listing("r", found))
        entries, _ = audited(tmp_path)
        assert [entry.unread.detail[-17:] if entry.unread else None for entry in entries] == [
            ", not ! as listed", None, ", not ~ as listed"
        ]  # fmt: skip
