# SPDX-License-Identifier: GPL-2.0-or-later
"""An effective policy, written as the policy file it could be loaded from."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from checker.judging.patterns import Pattern
from checker.judging.policy import ANY_RULE, Exemption, Policy
from checker.report.names import UNPRINTABLE


def policy_text(policy: Policy) -> str:
    """The policy as TOML, with everything it inherits."""
    return "\n".join(_lines(policy)) + "\n"


def compiled_policy(policy: Policy) -> str:
    """The policy as JSON, with everything it inherits: the one form that the hook in rpm's Lua reads."""
    return json.dumps(policy_fields(policy), indent=1, default=date.isoformat) + "\n"


def policy_fields(policy: Policy) -> dict[str, Any]:
    """The policy in the words of a policy file, with everything it inherits."""
    return {
        "name": policy.name,
        **({"url": policy.url} if policy.url else {}),
        "lto_off": policy.lto_off,
        "rules": {rule: severity.name.lower() for rule, severity in policy.rules.items()},
        "opt_in": {"macro": policy.macro, "flags": list(policy.flags)},
        "exempt": [_exemption(entry) for entry in policy.exempt],
        "waiver": [
            {
                "rule": waiver.rule,
                **_texts(package=waiver.package, arch=waiver.arch, path=waiver.path),
                "reason": waiver.reason,
                **({"expires": waiver.expires} if waiver.expires else {}),
            }
            for waiver in policy.waivers
        ],
    }


def _exemption(entry: Exemption) -> dict[str, str]:
    return {
        **({"rule": entry.rule} if entry.rule != ANY_RULE else {}),
        **_texts(path=entry.path, format=entry.format, machine=entry.machine, form=entry.form),
        "reason": entry.reason,
    }


def _texts(**patterns: Pattern | None) -> dict[str, str]:
    return {key: pattern.text for key, pattern in patterns.items() if pattern is not None}


def _lines(policy: Policy) -> Iterator[str]:
    fields = policy_fields(policy)
    yield from _entries({key: fields[key] for key in ("name", "url", "lto_off") if key in fields})
    for table in ("rules", "opt_in"):
        yield from ("", f"[{table}]", *_entries(fields[table]))
    for table in ("exempt", "waiver"):
        for entry in fields[table]:
            yield from ("", f"[[{table}]]", *_entries(entry))


def _entries(table: dict[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, list):
            yield f"{key} = [{', '.join(map(_quoted, value))}]"
        else:
            yield f"{key} = {value.isoformat() if isinstance(value, date) else _quoted(value)}"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's strings are a subset of them, but for characters that people cannot see."""
    return re.sub(UNPRINTABLE, lambda match: f"\\U{ord(match[0]):08X}", json.dumps(text, ensure_ascii=False))
