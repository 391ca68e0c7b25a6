# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: the only place that prints and exits."""


def main() -> None:
    """Run the command line and exit."""
    from checker.cli.app import main as run

    run()
