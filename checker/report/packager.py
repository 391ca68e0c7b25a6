# SPDX-License-Identifier: GPL-2.0-or-later
"""The message of the hook to a packager: at most a screen, for readers who never heard of LTO."""

from collections.abc import Iterator
from typing import NamedTuple

from checker.judging.stream import Outcome, Sink
from checker.model import Finding, Form, Judged, ObjectItem, Severity
from checker.model.statements import Statement
from checker.report.groups import FindingGroup, members_of
from checker.report.names import for_terminal
from checker.report.omissions import not_looked_at
from checker.report.words import command_of, cure_of, text_of

WIDTH = 78
FILES_SHOWN = 6
MEMBERS_SHOWN = 3
CAUSES_EXPLAINED, EXPLAINED_WHOLE = 3, 2
LINES_OF_OTHERS = 3
NAME_LENGTH = 160
GROUPS_KEPT = 1000
EVIDENCE_SHOWN = 2

MORE_ABOUT = (
    "More about it, in the package ltocheck:",
    "    ltocheck rules {rules}",
    "    /usr/share/ltocheck/docs/guide/packager.md",
)
"""For a policy without a URL; packaging/ltocheck.spec installs the file there."""

WHY_SLIM = "The compiler ran with link-time optimization (-flto) and wrote {what}."
WHY_GCC = (
    "its own intermediate code into {these}, no machine code. No other version of GCC can read that, so it is removed "
    "before a package is shipped. Nothing is left then: whoever links with {them} gets undefined symbols"
)
WHY_JOINED = (
    "its own intermediate code, no machine code, for some of the objects that ld -r joined to {these}. Linkers pass "
    "that over: whoever links with {them} gets undefined symbols"
)
WHY_STRIPPED = (
    "its own intermediate code in place of machine code. The build has stripped that from {these} already, and nothing "
    "is left: whoever links with {them} gets undefined symbols"
)
WHY_LLVM = (
    "LLVM bitcode, no machine code. Nothing strips that: it is shipped, and whoever links with {these} needs a linker "
    "of LLVM that is new enough, while GNU ld refuses it"
)
WHY_OF_RULE = {"mixed-object": WHY_JOINED, "hollow-object": WHY_STRIPPED}
"""Why it is no good that a compiler wrote bytecode alone; in other rules it goes by the bytecode."""


class Explained(NamedTuple):
    """Files that share a remedy, which are explained together."""

    rule: str
    """Empty where the remedy is for bytecode alone, whatever became of it."""
    remedy: Statement | str


class PackagerMessage(Sink):
    """Collects findings as they are made, and writes them up in the end."""

    def __init__(self, package: str | None, report_file: str, url: str = "", *, verbose: bool = False) -> None:
        self._package = package or "this package"
        self._report_file = report_file
        self._url = url
        self._verbose = verbose
        self._forms: dict[tuple[str, str, str | None], Form] = {}
        """The form of the bytecode in the first object of a group."""
        self._groups: dict[tuple[str, str, str | None], FindingGroup] = {}
        self._dropped = 0
        self._not_looked_at = ""

    def item(self, judged: Judged) -> None:
        for finding in judged.findings:
            self._add(finding)
            if isinstance(judged.item, ObjectItem) and judged.item.facts.bytecode and len(self._forms) < GROUPS_KEPT:
                key = (finding.path, finding.rule, finding.waived)
                self._forms.setdefault(key, judged.item.facts.bytecode[0].form)

    def finish(self, outcome: Outcome) -> None:
        for finding in outcome.leftovers:
            self._add(finding)
        self._not_looked_at = not_looked_at(outcome.summary, is_build=True)

    def _add(self, finding: Finding) -> None:
        """Keep a finding for the message; of very many, their number."""
        key = (finding.path, finding.rule, finding.waived)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= GROUPS_KEPT:
                self._dropped += finding.severity is Severity.ERROR and finding.waived is None
                return
            group = self._groups[key] = FindingGroup(finding)
        group.count += 1
        if finding.member is not None and len(group.members) < MEMBERS_SHOWN:
            group.members.append(finding.member)

    def lines(self, stops_build: bool) -> Iterator[str]:
        """The message, line by line; nothing without findings."""
        groups = self._groups.values()
        errors = [group for group in groups if group.first.waived is None and group.first.severity is Severity.ERROR]
        others = [group for group in groups if group not in errors]
        if errors:
            yield from self._write_errors(errors, stops_build)
        for group in others[:LINES_OF_OTHERS]:
            yield _line(f"ltocheck: {group.first.label}: {_file(group)} {text_of(group.first.message)}{_rest(group)}")
        if len(others) > LINES_OF_OTHERS:
            yield f"ltocheck: {len(others) - LINES_OF_OTHERS} more warnings, notes and waived files{self._in_report()}"
        if self._not_looked_at:
            yield f"ltocheck: {self._not_looked_at}"

    def _write_errors(self, errors: list[FindingGroup], stops_build: bool) -> Iterator[str]:
        yield ""
        if stops_build:
            yield f"ltocheck stops the build of {for_terminal(self._package)}: {_these(errors)} cannot be shipped"
        else:
            yield f"ltocheck, in warn mode, would stop the build of {for_terminal(self._package)}: see {_these(errors)}"
        yield ""
        for group in errors[:FILES_SHOWN]:
            yield _line(f"  {_file(group)} {text_of(group.first.message)}")
        more = len(errors) - FILES_SHOWN + self._dropped
        if more > 0:
            yield f"  and {more} more{self._in_report() or ', named below'}"
        causes: dict[Explained, list[FindingGroup]] = {}
        for group in errors:
            causes.setdefault(_cause(group), []).append(group)
        for place, cause in enumerate(list(causes)[:CAUSES_EXPLAINED]):
            yield ""
            yield from self._explain(cause, causes[cause], is_whole=place < EXPLAINED_WHOLE)
            if self._verbose:
                yield from _because(causes[cause][0].first)
        yield ""
        if len(errors) > FILES_SHOWN and not self._report_file:
            yield "The other files:"
            yield from (_line(f"  {_file(group)} {text_of(group.first.message)}") for group in errors[FILES_SHOWN:])
            if self._dropped:
                yield f"  and {self._dropped} more"
            yield ""
        if self._url:
            yield f"More about it: {for_terminal(self._url)}"
        else:
            yield from (line.format(rules=_rules(errors)) for line in MORE_ABOUT)

    def _whys(self, groups: list[FindingGroup]) -> Iterator[str]:
        """Why files with bytecode alone are no good, once for each kind of them."""
        paths: dict[str, set[str]] = {}
        for group in groups:
            rule = group.first.rule
            form = self._forms.get((group.first.path, rule, group.first.waived))
            text = WHY_OF_RULE.get(rule) or (WHY_LLVM if form is Form.BITCODE else WHY_GCC)
            paths.setdefault(text, set()).add(group.first.path)
        for text in list(paths)[:EXPLAINED_WHOLE]:
            yield from why(text, is_one=len(paths[text]) == 1)

    def _explain(self, cause: Explained, groups: list[FindingGroup], *, is_whole: bool) -> Iterator[str]:
        cure = cure_of(cause.remedy)
        paths = list(dict.fromkeys(group.first.path for group in groups))
        if cure is None:
            advice, command = command_of(cause.remedy)
            colon = ":" if command else ""
            yield from wrap(f"{cause.rule}: {for_terminal(advice)}{colon}", break_on_hyphens=False)
            if command:
                yield from self._with_each(command, paths)
            return
        is_one = len(paths) == 1
        it = "it" if is_one else "them"
        advice, line = cure
        if not is_whole:
            yield from wrap(f"{_rules(groups)}: delete {it}, or {for_terminal(advice)}", break_on_hyphens=False)
            if line:
                yield f"    {line}"
            return
        yield from self._whys(groups)
        yield f"Nobody needs {it}? Then delete {it} at the end of %install:"
        yield from self._with_each("rm", paths)
        yield from in_files(is_one=is_one)
        yield from wrap(f"Somebody does? Then {for_terminal(advice)}", break_on_hyphens=False)
        if line:
            yield f"    {line}"

    def _with_each(self, command: str, paths: list[str]) -> Iterator[str]:
        """The lines for a spec that do something with each file."""
        for path in paths[:FILES_SHOWN]:
            in_root = _in_build_root(path)
            yield f"    {command} {in_root}" if in_root else f"    (the name of {for_terminal(path)} fits in no spec)"
        if len(paths) > FILES_SHOWN:
            yield f"    and so on{self._in_report() or ': all of them are named below'}"

    def _in_report(self) -> str:
        return f", all in {for_terminal(self._report_file)}" if self._report_file else ""


def _cause(group: FindingGroup) -> Explained:
    remedy = group.first.remedy
    return Explained(group.first.rule if cure_of(remedy) is None else "", remedy)


def wrap(text: str, *, break_on_hyphens: bool = True) -> list[str]:
    """A text in lines."""
    import textwrap  # noqa: PLC0415 most builds have no message, and wait for this

    return textwrap.wrap(text, WIDTH, break_on_hyphens=break_on_hyphens)


def _because(finding: Finding) -> Iterator[str]:
    """The evidence, in the words of who knows LTO."""
    for one in finding.evidence[:EVIDENCE_SHOWN]:
        yield _line(f"    because: {for_terminal(text_of(one))}")


def why(text: str, *, is_one: bool) -> list[str]:
    """Why bytecode alone is no good, in lines."""
    these, them = ("this file", "it") if is_one else ("these files", "them")
    return wrap(WHY_SLIM.format(what=text.format(these=these, them=them)))


def in_files(*, is_one: bool) -> list[str]:
    """What to do in %files where a file is deleted, in lines."""
    lines = "line that names it" if is_one else "lines that name them"
    return wrap(
        f"Delete in %files the {lines}, too, and a -static subpackage that has nothing else. %exclude is not enough: "
        "all that is installed is judged."
    )


def _these(groups: list[FindingGroup]) -> str:
    return "this file" if len({group.first.path for group in groups}) == 1 else "these files"


def _rules(groups: list[FindingGroup]) -> str:
    return " ".join(dict.fromkeys(group.first.rule for group in groups))


def _file(group: FindingGroup) -> str:
    """The file as the subject of a sentence, and which of its members are meant."""
    name = for_terminal(group.first.path)
    if not group.members:
        return f"{name}:"
    if group.count == 1:
        return f"{name}({members_of(group)}):"
    return f"{name}: each of {group.count} objects ({members_of(group)})"


def _rest(group: FindingGroup) -> str:
    """What to do about a file that stops no build, or why it is waived."""
    finding = group.first
    return f" [{for_terminal(finding.waived)}]" if finding.waived else f"; {for_terminal(text_of(finding.remedy))}"


def _line(text: str) -> str:
    return text if len(text) <= NAME_LENGTH * 2 else f"{text[: NAME_LENGTH * 2]}..."


def _in_build_root(path: str) -> str | None:
    """How a packager writes the file's path in the spec, where rpm reads it before a shell; None if nobody can."""
    if for_terminal(path) != path:
        return None
    import shlex  # noqa: PLC0415 as above

    return f"%{{buildroot}}{shlex.quote(path).replace('%', '%%')}"
