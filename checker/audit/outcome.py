# SPDX-License-Identifier: GPL-2.0-or-later
"""The result of an audit: its packages in order, and what its repositories list besides."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from checker.audit.plan import AuditPlan, Work
from checker.audit.rows import RunPackage
from checker.audit.store import Store
from checker.errors import Unavailable, UsageError
from checker.model import SOURCE_ARCHITECTURES
from checker.model.audits import Repository
from checker.repositories.fetch import ListedPackage
from checker.repositories.repository import Listing


def keep(plan: AuditPlan, work: Work, examined: Mapping[ListedPackage, int | Unavailable], store: Store) -> int:
    """Keep a complete audit, with the row of each examined package or why it has none; returns its number."""
    entries = dict(_entries({**work.known, **examined}, work.packages, plan.arches, store))
    sources = {listed.source for listed in entries if listed.source}
    sources.update(*(listing.sources for listing in work.listings))
    replaced = plan.replaced((listed.name for listed in entries), work.listings)
    ordered = [*_in_order({listed: entry for listed, entry in entries.items() if listed.name not in replaced})]
    if plan.arches is not None and not ordered and not any(map(_matches, work.listings)):
        raise UsageError(f"--arch {','.join(sorted(plan.arches))}: the repositories hold no package for it")
    others = ((place, other) for place, listing in enumerate(work.listings) for other in listing.without_object)
    return store.add_run(plan.name, len(sources), map(_described, work.listings), ordered, others, plan.scope)


def _entries(
    results: Mapping[ListedPackage, int | Unavailable],
    places: Mapping[ListedPackage, int],
    arches: frozenset[str] | None,
    store: Store,
) -> Iterator[tuple[ListedPackage, RunPackage]]:
    """The packages of a run; where no metadata says what a package is, its own facts do."""
    for listed, result in results.items():
        if isinstance(result, Unavailable):
            yield listed, RunPackage(listed.location, None, result, *_about(listed), places[listed])
            continue
        entry = RunPackage(listed.location, result, None, *_about(listed), places[listed])
        if listed.source is None or listed.name is None or listed.arch is None:
            package = store.target(entry).package
            listed = replace(listed, source=package.source, name=package.name, arch=package.arch)
            entry = entry._replace(name=listed.name, source=listed.source, arch=listed.arch)
        if listed.arch not in SOURCE_ARCHITECTURES and (arches is None or listed.arch is None or listed.arch in arches):
            yield listed, entry


def _matches(listing: Listing) -> bool:
    """Whether a repository holds something that was asked for; also if it could not be read, so that it may."""
    return bool(listing.problems or listing.without_object or any(listing.others.values()))


def _about(listed: ListedPackage) -> tuple[str | None, str | None, str | None]:
    return listed.name, listed.source, listed.arch


def _in_order(entries: dict[ListedPackage, RunPackage]) -> Iterator[RunPackage]:
    """By source package, then by name, epoch, version, release and architecture, then by place."""
    met: set[int | None] = set()
    for listed in sorted(entries, key=_place_in_run):
        entry = entries[listed]
        if entry.package is None or entry.package not in met:  # files without metadata may be the same package
            met.add(entry.package)
            yield entry


def _place_in_run(listed: ListedPackage) -> tuple[str, str, str, str]:
    return listed.source or "", listed.name or "", listed.location, listed.checksum or ""


def _described(listing: Listing) -> Repository:
    problems = tuple((problem.obstacle.value, problem.detail) for problem in listing.problems)
    return Repository(listing.location, dict(listing.others), len(listing.sources), listing.size, problems)
