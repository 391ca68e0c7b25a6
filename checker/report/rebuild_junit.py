# SPDX-License-Identifier: GPL-2.0-or-later
"""A rebuild as JUnit XML: a suite for each architecture, a case for each source package."""

from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from checker.model.rebuilds import ArchOutcome, OutcomeWord, Rebuild
from checker.rebuild.compare import TROUBLE
from checker.report.names import for_terminal


def write_rebuild_junit(rebuild: Rebuild, out: TextIO) -> None:
    """Write what somebody has to look at as failures, and what was not tried as skipped."""
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ltocheck rebuild">\n')
    for arch in sorted({arch for source in rebuild.sources for arch in source.archs}):
        cases = [(source.source, source.archs[arch]) for source in rebuild.sources if arch in source.archs]
        failures = sum(outcome.outcome in TROUBLE for _, outcome in cases)
        skipped = sum(outcome.outcome is OutcomeWord.NOT_TRIED for _, outcome in cases)
        counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'
        out.write(f"<testsuite name={_attribute(arch)} {counts}>\n")
        for name, outcome in cases:
            _write_case(arch, name, outcome, out)
        out.write("</testsuite>\n")
    out.write("</testsuites>\n")


def _write_case(arch: str, name: str, outcome: ArchOutcome, out: TextIO) -> None:
    seconds = sum(spread.median for arm in outcome.arms.values() if arm.cpu for spread in arm.cpu.values())
    out.write(f'<testcase classname={_attribute(arch)} name={_attribute(name)} time="{seconds:.2f}">')
    why = f"{outcome.outcome}: {outcome.why}"
    if outcome.outcome is OutcomeWord.NOT_TRIED:
        out.write(f"<skipped message={_attribute(why)}/>")
    elif outcome.outcome in TROUBLE:
        out.write(f"<failure message={_attribute(why)} type={_attribute(outcome.outcome)}>")
        for arm, result in outcome.arms.items():
            cause = f": {result.cause.name}: {result.cause.line}" if result.cause else ""
            out.write(f"{_text(f'{arm}: {result.result}{cause}')}\n")
        for difference in outcome.differences:
            before, after = difference.before or "not there", difference.after or "not there"
            out.write(f"{_text(f'{difference.what}: {difference.file}: {difference.name}: {before} -> {after}')}\n")
        out.write("</failure>")
    out.write("</testcase>\n")


def _attribute(text: str) -> str:
    return quoteattr(for_terminal(text))


def _text(text: str) -> str:
    return escape(for_terminal(text))
