# SPDX-License-Identifier: GPL-2.0-or-later
"""One audit: plan it, have workers examine what the store does not know, keep the outcome."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from checker.audit.examine import Depth, Record, examine
from checker.audit.executors import DEADLY, Workers, each
from checker.audit.outcome import keep
from checker.audit.plan import AuditPlan, Work, work_of
from checker.audit.store import Store
from checker.errors import Unavailable
from checker.repositories.fetch import ListedPackage


@dataclass(slots=True)
class AuditProgress:
    """How far an audit has come."""

    packages: int = 0
    """To be looked at."""
    known: int = 0
    """Taken from the store."""
    examined: int = 0
    failed: int = 0
    downloaded: int = 0
    """Bytes."""
    size: int = 0
    """Bytes of all packages that the repositories list."""

    @property
    def done(self) -> int:
        """How many packages need no more work."""
        return self.known + self.examined + self.failed


def run(plan: AuditPlan, store: Store, workers: Workers, tally: AuditProgress, notify: Callable[[], None]) -> int:
    """Audit everything and keep it; returns the number of the run. `notify` is called when the tally has changed."""
    work = work_of(plan, store)
    tally.packages, tally.known = len(work.packages), len(work.known)
    tally.size = sum(listing.size for listing in work.listings)
    notify()
    return keep(plan, work, _examined(work, plan, store, workers, tally, notify), store)


def _examined(
    work: Work, plan: AuditPlan, store: Store, workers: Workers, tally: AuditProgress, notify: Callable[[], None]
) -> dict[ListedPackage, int | Unavailable]:
    """Have workers examine pending packages, and store what they find: for each its row, or why it has none."""
    found: dict[ListedPackage, Unavailable | tuple[str, Depth]] = {}
    with closing(each(workers, partial(examine, options=plan.examine), work.pending)) as results:
        for listed, examined in results:
            result = examined.result if examined else DEADLY
            if isinstance(result, Record):
                if listed.checksum is None and listed.path is not None and result.identity is not None:
                    store.remember_file(listed.path, result.identity, result.checksum)
                store.add(result.checksum, result.depth, result.facts)
                found[listed] = result.checksum, result.depth
                tally.examined += 1
            else:
                found[listed] = result
                tally.failed += 1
            tally.downloaded += examined.downloaded if examined else 0
            notify()
    store.flush()
    return {listed: key if isinstance(key, Unavailable) else store.row(*key) for listed, key in found.items()}
