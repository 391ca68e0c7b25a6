# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck lsp`: the language server for editors."""

from checker import requires
from checker.cli.options import PolicyOption
from checker.cli.spec import ArchOption, TargetOption, options_of
from checker.errors import UsageError
from checker.judging.policy import DEFAULT_POLICY, load_policy


def lsp(
    target: TargetOption = "fedora",
    arch: ArchOption = "",
    policy: PolicyOption = DEFAULT_POLICY,
) -> None:
    """Serve editors: findings on specs while they are written.

    The opt-in is a quick fix.
    """
    try:
        from checker.cli.languageserver import make_server  # noqa: PLC0415 needs what ltocheck[lsp] brings
    except ImportError as error:
        raise UsageError(requires.PYGLS.missing(error)) from error
    rules = load_policy(policy)
    server = make_server(rules, options_of(rules, target, arch))
    try:
        server.start_io()
    finally:
        server.stop()
