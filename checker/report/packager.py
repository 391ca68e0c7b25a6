# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packager reads when the hook has something to say: at most a screen, for readers who never heard of LTO."""

import shlex
from collections.abc import Iterator
from textwrap import wrap

from checker.judging.stream import Outcome, Sink
from checker.model import Finding, Judged, Severity
from checker.model.statements import Remedy, Statement
from checker.report.findings import label
from checker.report.names import for_terminal, plural
from checker.report.sink import Group, members_of
from checker.report.words import text_of

WIDTH = 78
FILES_SHOWN = 6
MEMBERS_SHOWN = 3
RULES_EXPLAINED = 2
LINES_OF_OTHERS = 3
NAME_LENGTH = 160
GROUPS_KEPT = 1000

SLIM_RULES = ("slim-object", "slim-despite-opt-in")
WHY_SLIM = (
    "The compiler ran with link-time optimization (-flto) and wrote its own intermediate code into these objects, "
    "no machine code. Only the very same compiler can read that, so it is removed before a package is shipped. "
    "Nothing is left then: whoever links with these files gets undefined symbols."
)
OLD_CLANG = "Clang before 18 cannot: build without -flto, %global _lto_cflags %{nil}."


class PackagerMessage(Sink):
    """Collects findings as they are made, and writes them up in the end."""

    def __init__(self, package: str | None, opt_in_line: str, report_file: str) -> None:
        self._package = package or "this package"
        self._opt_in_line = opt_in_line
        self._report_file = report_file
        self._groups: dict[tuple[str, str, str | None], Group] = {}
        self._dropped = 0

    def item(self, judged: Judged) -> None:
        for finding in judged.findings:
            self._add(finding)

    def finish(self, outcome: Outcome) -> None:
        for finding in outcome.leftovers:
            self._add(finding)

    def _add(self, finding: Finding) -> None:
        """Keep a finding for the message; of very many, their number."""
        key = (finding.path, finding.rule, finding.waived)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= GROUPS_KEPT:
                self._dropped += finding.severity is Severity.ERROR and finding.waived is None
                return
            group = self._groups[key] = Group(finding)
        group.count += 1
        if finding.member is not None and len(group.members) < MEMBERS_SHOWN:
            group.members.append(finding.member)

    def lines(self, stops_build: bool) -> Iterator[str]:
        """The message, line by line; nothing when there is nothing to say."""
        groups = self._groups.values()
        errors = [group for group in groups if group.first.waived is None and group.first.severity is Severity.ERROR]
        others = [group for group in groups if group not in errors]
        if errors:
            yield from self._write_errors(errors, stops_build)
        for group in others[:LINES_OF_OTHERS]:
            yield _line(
                f"ltocheck: {label(group.first)}: {_file(group)} {text_of(group.first.message)}{_reason(group)}"
            )
        if len(others) > LINES_OF_OTHERS:
            yield f"ltocheck: {len(others) - LINES_OF_OTHERS} more warnings, notes and waived files{self._in_report()}"

    def _write_errors(self, errors: list[Group], stops_build: bool) -> Iterator[str]:
        yield ""
        if stops_build:
            yield f"ltocheck stops the build of {for_terminal(self._package)}: these files cannot be shipped"
        else:
            yield f"ltocheck, in warn mode, would stop the build of {for_terminal(self._package)}: see these files"
        yield ""
        for group in errors[:FILES_SHOWN]:
            yield _line(f"  {_file(group)} {text_of(group.first.message)}")
        more = len(errors) - FILES_SHOWN + self._dropped
        if more > 0:
            yield f"  and {more} more{self._in_report()}"
        rules = list(dict.fromkeys(group.first.rule for group in errors))
        for rule in rules[:RULES_EXPLAINED]:
            yield ""
            yield from self._explain(next(group for group in errors if group.first.rule == rule))
        yield ""
        yield f"More about it: ltocheck rules {' '.join(rules)}"

    def _explain(self, group: Group) -> Iterator[str]:
        finding = group.first
        if finding.rule in SLIM_RULES:
            yield from wrap(WHY_SLIM, WIDTH)
        key = finding.remedy.key if isinstance(finding.remedy, Statement) else None
        if key in (Remedy.DELETE_OR_OPT_IN, Remedy.DELETE_OR_OPT_IN_CLANG):
            yield "Nobody needs the file? Then delete it at the end of %install:"
            yield f"    rm {_in_build_root(finding.path)}"
            yield "Somebody does? Then have machine code made too, by this line at the top of the spec:"
            yield f"    {self._opt_in_line}"
            if key is Remedy.DELETE_OR_OPT_IN_CLANG:
                yield from wrap(OLD_CLANG, WIDTH)
        else:
            yield from wrap(f"{finding.rule}: {for_terminal(text_of(finding.remedy))}", WIDTH, break_on_hyphens=False)
            for one in finding.evidence[:2]:
                yield _line(f"    {for_terminal(text_of(one))}")

    def _in_report(self) -> str:
        return f", all in {for_terminal(self._report_file)}" if self._report_file else ""


def _file(group: Group) -> str:
    name = for_terminal(group.first.path)
    if not group.members:
        return f"{name}:"
    return f"{name}: {plural(group.count, 'object')} ({members_of(group)}):"


def _reason(group: Group) -> str:
    return f" [{for_terminal(group.first.waived)}]" if group.first.waived else ""


def _line(text: str) -> str:
    return text if len(text) <= NAME_LENGTH * 2 else f"{text[: NAME_LENGTH * 2]}..."


def _in_build_root(path: str) -> str:
    """How a packager writes the file's path in the spec."""
    quoted = shlex.quote(path)
    return f"%{{buildroot}}{for_terminal(path)}" if quoted == path else f"%{{buildroot}}{for_terminal(quoted)}"
