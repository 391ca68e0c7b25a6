# SPDX-License-Identifier: GPL-2.0-or-later
"""An effective policy, written as the policy file it could be loaded from."""

import json
from collections.abc import Iterator

from checker.judging.policy import ANY_RULE, Policy


def policy_text(policy: Policy) -> str:
    """The policy as TOML, with everything it inherits."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield f"name = {_quoted(policy.name)}"
    yield ""
    yield "[rules]"
    for rule, severity in policy.rules.items():
        yield f"{rule} = {_quoted(severity.name.lower())}"
    yield ""
    yield "[opt_in]"
    yield f"macro = {_quoted(policy.macro)}"
    yield f"flags = [{', '.join(map(_quoted, policy.flags))}]"
    for entry in policy.exempt:
        yield ""
        yield "[[exempt]]"
        if entry.rule != ANY_RULE:
            yield f"rule = {_quoted(entry.rule)}"
        for key, pattern in (
            ("path", entry.path),
            ("format", entry.format),
            ("machine", entry.machine),
            ("form", entry.form),
        ):
            if pattern is not None:
                yield f"{key} = {_quoted(pattern.text)}"
        yield f"reason = {_quoted(entry.reason)}"
    for waiver in policy.waivers:
        yield ""
        yield "[[waiver]]"
        yield f"rule = {_quoted(waiver.rule)}"
        for key, pattern in (("package", waiver.package), ("arch", waiver.arch), ("path", waiver.path)):
            if pattern is not None:
                yield f"{key} = {_quoted(pattern.text)}"
        yield f"reason = {_quoted(waiver.reason)}"
        if waiver.expires:
            yield f"expires = {waiver.expires.isoformat()}"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's strings are a subset of them, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
