# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: the only place that prints and exits."""

import gc

YOUNG = 50_000
"""Objects after which garbage is looked for; a command makes about as many while it is imported, all of which stay."""


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(YOUNG)
    from checker.cli.app import main as run

    try:
        run()
    finally:
        gc.freeze()  # or Python would look through all that is there once more, to free what ends with the process
