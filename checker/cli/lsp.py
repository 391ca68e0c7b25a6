# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck lsp`: the language server for editors."""

import sys
from typing import BinaryIO, cast

from checker.cli.options import PolicyOption, SpecArchOption, TargetOption, WaiversOption
from checker.cli.spec import options_of
from checker.errors import UsageError
from checker.shipped import DEFAULT_POLICY


def lsp(
    target: TargetOption = "fedora",
    arch: SpecArchOption = "",
    policy: PolicyOption = DEFAULT_POLICY,
    waivers: WaiversOption = None,
) -> None:
    """Serve editors: findings on specs while they are written.

    The opt-in is a quick fix.
    """
    from checker import requires
    from checker.cli.choices import chosen_policy

    try:
        from checker.cli.languageserver import BoundedInput, log_in_lines, make_server
    except ImportError as error:  # what ltocheck[lsp] brings
        raise UsageError(requires.PYGLS.missing(error)) from error
    rules = chosen_policy(policy, waivers)
    server = make_server(rules, options_of(rules, target, arch))
    try:
        log_in_lines()
        server.start_io(cast("BinaryIO", BoundedInput(sys.stdin.buffer)))
    finally:
        server.stop()
