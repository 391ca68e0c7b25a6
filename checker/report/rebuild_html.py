# SPDX-License-Identifier: GPL-2.0-or-later
"""A rebuild as HTML: a part of another page, and a page of its own."""

from collections import Counter
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined

from checker.model.rebuilds import OutcomeWord, Rebuild
from checker.rebuild.compare import CHANGES, TROUBLE, RebuildComparison
from checker.rebuild.cost import costs
from checker.report.names import for_terminal

MEANING = {
    OutcomeWord.NOT_TRIED: "could not be built here",
    OutcomeWord.FLAKY: "repeated builds differ",
    OutcomeWord.FAILS_IN_EVERY_ARM: "fails in every arm",
    OutcomeWord.ARM_NOT_APPLIED: "the flags make no difference to its objects, so nothing was shown",
    OutcomeWord.NEEDS_OPT_IN: "needs the opt-in",
    OutcomeWord.UNDOES_FLAGS: "ships slim objects although its flags were fat",
    OutcomeWord.MIXED: "ships objects joined from slim and native ones",
    OutcomeWord.CONFIGURES_DIFFERENTLY: "builds a different program when slim",
    OutcomeWord.FINE: "builds in every arm, with the same result",
}


def rebuild_context(rebuild: Rebuild) -> dict[str, Any]:
    """What the template rebuild.html needs."""
    counts = Counter(source.outcome for source in rebuild.sources)
    found = costs(rebuild)
    sized = [cost for cost in found if cost.objects_fat is not None and cost.objects_slim is not None]
    sums = {
        "fat": sum(cost.build_fat for cost in found),
        "slim": sum(cost.build_slim for cost in found),
        "objects_fat": sum(cost.objects_fat or 0 for cost in sized),
        "objects_slim": sum(cost.objects_slim or 0 for cost in sized),
    }
    return {
        "rebuild": rebuild,
        "outcomes": [(word, MEANING[word], counts[word]) for word in OutcomeWord if counts[word]],
        "trouble": [source for source in rebuild.sources if source.outcome in TROUBLE],
        "costs": found,
        "sums": sums if found else None,
    }


def write_rebuild_html(rebuild: Rebuild, comparison: RebuildComparison | None, out: TextIO) -> None:
    """Write a page without scripts."""
    environment = Environment(
        loader=PackageLoader("checker.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: for_terminal(value) if isinstance(value, str) else value,
    )
    changed = Counter(comparison.changes.values()) if comparison else Counter()
    changes = ", ".join(f"{changed[change]} {change}" for change in CHANGES)
    page = environment.get_template("rebuild_page.html")
    out.writelines(page.generate(**rebuild_context(rebuild), comparison=comparison, changes=changes))
