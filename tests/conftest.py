# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tests the inner loop leaves out."""

from pathlib import Path

import pytest

SLOW = (
    *("engines", "linker", "packaging", "realworld", "rebuild", "rpmbuild"),
    *("test_additions", "test_audit", "test_audit_executors", "test_audit_kill", "test_ci_page", "test_coff"),
    *(
        "test_differential",
        "test_docs",
        "test_formats",
        "test_guides",
        "test_hostile_objects",
        "test_html",
        "test_impact",
    ),
    *("test_linker", "test_missing", "test_needs", "test_opt_in", "test_package", "test_pre_commit", "test_progress"),
    *("test_repository", "test_scan_jobs", "test_start", "test_streams", "test_totals", "test_transition"),
    *("test_transition_html", "test_tutorial", "test_ways"),
)
"""Folders and modules that build packages, start browsers, servers or clusters, kill processes, or read large inputs.

The rest takes some 85 seconds of processor time, and half of that on two processors.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-quick` leaves out."""
    here = Path(__file__).parent
    for item in items:
        if any(part in SLOW for part in item.path.relative_to(here).with_suffix("").parts):
            item.add_marker(pytest.mark.slow)
