# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: the only place that prints and exits."""

import gc
import signal

YOUNG = 50_000
"""Objects after which garbage is looked for; a command makes about as many while it is imported, all of which stay."""


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(YOUNG)
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # nothing was begun: an interrupt while modules are loaded just ends it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from checker.cli.app import main as run

    signal.signal(signal.SIGINT, handler)
    try:
        run()
    finally:
        gc.freeze()  # or Python would look through all that is there once more, to free what ends with the process
