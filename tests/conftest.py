# SPDX-License-Identifier: GPL-2.0-or-later
"""Which tests the inner loop leaves out."""

from pathlib import Path

import pytest

SLOW = ("rpmbuild", "packaging", "test_html", "test_audit_kill", "test_tutorial", "test_ci_page", "test_pre_commit")
"""Folders and modules that build packages, start browsers or kill processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-quick` leaves out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).with_suffix("").parts[0] in SLOW:
            item.add_marker(pytest.mark.slow)
