# SPDX-License-Identifier: GPL-2.0-or-later
"""A rebuild for people at a terminal: what has to be looked at, why, and what fat objects cost."""

from collections import Counter
from typing import TextIO

from checker.model.rebuilds import ArchOutcome, Cause, CauseGroup, OutcomeWord, Rebuild, SourceOutcome
from checker.rebuild.causes import signatures
from checker.rebuild.compare import CHANGES, TROUBLE, RebuildComparison
from checker.rebuild.cost import costs
from checker.report.names import for_terminal, plural

SHOWN = 5


def write_rebuild_text(
    rebuild: Rebuild, comparison: RebuildComparison | None, out: TextIO, verbose: int, quiet: bool
) -> None:
    """Write the source packages that somebody has to look at, then counts and cost; with `verbose` all of them."""
    for source in rebuild.sources:
        is_shown = source.outcome in TROUBLE or source.deciding.superfluous
        if verbose or is_shown or (source.outcome is OutcomeWord.NOT_TRIED and not quiet):
            out.writelines(f"{for_terminal(line)}\n" for line in _lines(source, verbose))
    if quiet:
        return
    if comparison is not None:
        counts = Counter(comparison.changes.values())
        said = ", ".join(f"{counts[change]} {change}" for change in CHANGES)
        out.write(f"since rebuild {comparison.since}: {said}\n")
    counted = Counter(source.outcome for source in rebuild.sources)
    said = ", ".join(f"{counted[word]} {word}" for word in OutcomeWord if counted[word])
    out.write(f"{plural(len(rebuild.sources), 'source package')}: {said or 'nothing was built'}\n")
    _write_cost(rebuild, out)


def _lines(source: SourceOutcome, verbose: int) -> list[str]:
    archs = sorted(arch for arch, outcome in source.archs.items() if outcome.outcome is source.outcome)
    lines = [f"{source.source}: {source.outcome} ({', '.join(archs)}): {source.deciding.why}"]
    others = ((arch, outcome) for arch, outcome in source.archs.items() if arch not in archs)
    lines += [f"  {arch}: {outcome.outcome}: {outcome.why}" for arch, outcome in others]
    if source.cause is not None and source.outcome is not OutcomeWord.FINE:
        lines += _cause(source.cause)
    lines += _differences(source.deciding, len(source.deciding.differences) if verbose else SHOWN)
    if source.proven is not None:
        lines.append(f"  opt-in: applied and built: it {'works' if source.proven else 'does not help'}")
    if source.superfluous is not None or source.deciding.superfluous:
        where = "on every architecture" if source.superfluous else f"on {source.arch}, as far as was built"
        lines += [f"  opt-in: superfluous {where}"] if source.deciding.superfluous else ["  opt-in: needed"]
    if source.hints and (verbose or source.outcome is not OutcomeWord.FINE):
        shown = source.hints[: None if verbose > 1 else SHOWN]
        lines += [f"  hint: {hint.file}:{hint.line}: {hint.reason}" for hint in shown]
    return lines


def _cause(cause: Cause) -> list[str]:
    if cause.group is CauseGroup.UNKNOWN:
        return [f"  cause: unknown: {cause.name}"]
    known = next((signature for signature in signatures() if signature.name == cause.name), None)
    lines = [f"  cause: {cause.name} ({cause.group})"]
    return [*lines, f"  {known.explanation}", f"  do: {known.remedy}"] if known else lines


def _differences(outcome: ArchOutcome, most: int) -> list[str]:
    lines = []
    for difference in outcome.differences[:most]:
        test = f" ({difference.test})" if difference.test else ""
        before, after = (value if value is not None else "not there" for value in (difference.before, difference.after))
        lines.append(f"  {difference.what}: {difference.file}: {difference.name}: {before} -> {after}{test}")
    more = len(outcome.differences) - most + outcome.more_differences
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _write_cost(rebuild: Rebuild, out: TextIO) -> None:
    found = costs(rebuild)
    if not found:
        return
    fat, slim = sum(cost.build_fat for cost in found), sum(cost.build_slim for cost in found)
    runs = min(cost.runs for cost in found)
    spread = max(cost.build_spread for cost in found)
    share = f" ({(slim - fat) / fat:+.0%})" if fat else ""
    out.write(
        f"cost of {len(found)} that were built both ways: {fat:.1f} s of processor time to configure and build fat, "
        f"{slim:.1f} s slim{share}; medians of {runs} each, which differ by up to {spread:.0%}\n"
    )
    sizes = [(cost.objects_fat, cost.objects_slim) for cost in found if cost.objects_fat and cost.objects_slim]
    if sizes:
        before, after = (sum(sizes_of_arm) / 1e6 for sizes_of_arm in zip(*sizes, strict=True))
        out.write(f"objects: {before:.1f} MB fat, {after:.1f} MB slim ({(after - before) / before:+.0%})\n")
