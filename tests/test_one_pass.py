# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything is looked at once: what a report of a stored audit costs is counted."""

import io
from collections import Counter
from pathlib import Path

import pytest

from checker.audit.facts import replayed
from checker.audit.store import Store
from checker.cli.formats import AUDIT_FORMATS
from checker.cli.report import report_on
from checker.errors import ExitCode
from checker.judging.judge import Judge
from checker.judging.policy import load_policy
from checker.judging.stream import drive
from checker.model import Kind, Severity, Target
from checker.report.sink import Detail
from tests.factories import TODAY
from tests.test_html import library, rpm, weeks

FEDORA = load_policy("fedora")


@pytest.fixture
def audits(tmp_path: Path) -> Path:
    """Two audits: of packages 0 to 5, and of 3 to 8, of which every third is broken."""
    packages = [rpm(number, *library("x", Kind.SLIM if number % 3 == 0 else Kind.NATIVE)) for number in range(9)]
    kept = [(target, list(target.items)) for target in packages]

    def again(numbers: range) -> list[Target]:
        return [Target(t.path, t.type, t.package, iter(items)) for t, items in (kept[n] for n in numbers)]

    return weeks(tmp_path / "x.db", again(range(6)), again(range(3, 9)))


@pytest.mark.parametrize("format_", AUDIT_FORMATS)
@pytest.mark.parametrize("since", [None, "1"])
def test_a_package_is_unpacked_and_judged_once_for_each_audit_of_a_report(
    audits: Path, format_: str, since: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    judge = Judge.judge

    def counting_replayed(record: bytes, path: str) -> Target:
        unpacked[path] += 1
        return replayed(record, path)

    def counting_judge(self: Judge, target: Target) -> object:
        judged[target.path] += 1
        return judge(self, target)

    monkeypatch.setattr("checker.audit.store.replayed", counting_replayed)
    monkeypatch.setattr(Judge, "judge", counting_judge)
    with Store(audits) as store:
        older = store.run(since) if since else None
        report_on(store, store.run("2"), older, FEDORA, format_, io.StringIO(), Detail(), Severity.ERROR)
    numbers_of_before = format_ == "html"  # for its trend
    in_both = 2 if since else 1
    gone = 1 if since or numbers_of_before else 0
    assert [unpacked[rpm(number).path] for number in range(9)] == [gone] * 3 + [in_both] * 3 + [1] * 3
    assert judged == unpacked


def test_the_outcome_is_right_whatever_the_sinks_do() -> None:
    target = rpm(0, *library("x", Kind.SLIM))
    assert drive(Judge(FEDORA, TODAY), [target], []).exit_code is ExitCode.FINDINGS
