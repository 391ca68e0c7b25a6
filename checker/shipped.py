# SPDX-License-Identifier: GPL-2.0-or-later
"""Data that is shipped with the program: where it is, and the names by which users select it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_POLICY = "fedora"
DEFAULT_BUILDER = "rpmbuild"
LINES = "lines"
"""The file beside the arms that makes rpmbuild write marked lines, whatever the arm."""


def _folder(inside: str, beside: str) -> "Path":
    """In the package when that is installed, beside it in a checkout."""
    from pathlib import Path  # noqa: PLC0415 slow to import, and the hook has no use for it

    package = Path(__file__).resolve().parent
    installed = package / inside
    return installed if installed.is_dir() else package.parent / beside


def policy_folder() -> "Path":
    """Where the policies are."""
    return _folder("policies", "policies")


def targets_folder() -> "Path":
    """Where the macros of distributions are."""
    return _folder("targets", "macros/targets")


def macros_folder() -> "Path":
    """Where the macros of packages are."""
    return _folder("macros", "macros")


def builders_folder() -> "Path":
    """Where the builders are."""
    return _folder("builders", "builders")


def shipped_policies() -> list[str]:
    """The names that `--policy` takes besides files."""
    return sorted(file.stem for file in policy_folder().glob("*.toml"))


def shipped_targets() -> list[str]:
    """The names that `--target` takes besides files."""
    return sorted(file.name for file in targets_folder().iterdir() if file.suffix == "")


def shipped_arms() -> list[str]:
    """The names that `--arms` takes besides files."""
    return sorted(file.name for file in (macros_folder() / "arms").iterdir() if file.name != LINES)


def shipped_builders() -> list[str]:
    """The names that `--builder` takes besides files."""
    return sorted(file.stem for file in builders_folder().glob("*.toml"))
