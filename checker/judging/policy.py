# SPDX-License-Identifier: GPL-2.0-or-later
"""Policies: which rules, how severe, what is exempt and why. TOML files -> frozen values."""

import os
import re
from collections.abc import Mapping
from datetime import date
from itertools import starmap
from typing import Any, NamedTuple

from checker.errors import UsageError
from checker.judging.patterns import Pattern
from checker.judging.policy_data import tables_in, tables_of
from checker.limits import LIMITS
from checker.lto.flags import FAT_FLAG
from checker.model import Severity
from checker.rules import RULES, RULES_BY_NAME
from checker.shipped import DEFAULT_POLICY

ANY_RULE = "*"
BLANKS = " \t\n\v\f\r"
"""Of ASCII alone, as in shells, compilers and rpm's Lua."""
SEVERITIES = {severity.name.lower(): severity for severity in Severity}
TOP_LEVEL_KEYS = ("name", "extends", "url", "lto_off", "rules", "opt_in", "exempt", "waiver")
OPT_IN_KEYS = ("macro", "flags")
EXEMPT_KEYS = ("rule", "path", "format", "machine", "form", "reason")
WAIVER_KEYS = ("rule", "package", "arch", "path", "reason", "expires")
WAIVER_PLACES = ("package", "path")
"""Of which a waiver names at least one."""


class Subject(NamedTuple):
    """What exemptions and waivers are matched against."""

    path: str
    member: str | None
    format: str
    machines: tuple[str, ...]
    forms: tuple[str, ...]


class Exemption(NamedTuple):
    """What is not judged; every pattern that is given must match. Patterns are those of the shell."""

    reason: str
    rule: str = ANY_RULE
    path: Pattern | None = None
    format: Pattern | None = None
    machine: Pattern | None = None
    form: Pattern | None = None

    def covers(self, rule: str, subject: Subject) -> bool:
        """Whether something is not judged by a rule."""
        path, _, format_, machines, forms = subject
        wanted = ((self.path, (path,)), (self.format, (format_,)), (self.machine, machines), (self.form, forms))
        return self.rule in (ANY_RULE, rule) and all(
            pattern is None or any(map(pattern.fits, values)) for pattern, values in wanted
        )


class Waiver(NamedTuple):
    """A finding that is known and accepted; every pattern that is given must match. Patterns are those of the shell."""

    reason: str
    path: Pattern | None = None
    rule: str = ANY_RULE
    expires: date | None = None
    where: str = ""
    """What the user knows the waiver by."""
    is_package_own: bool = False
    """From the package itself, not from a policy that covers many: then it must match something."""
    package: Pattern | None = None
    """For the name of the source package, or of the package."""
    arch: Pattern | None = None
    """For the architecture of the package."""


class Policy(NamedTuple):
    """What is demanded; `rules` holds every rule's severity."""

    name: str
    rules: Mapping[str, Severity]
    macro: str = "_fat_lto_objects"
    flags: tuple[str, ...] = (FAT_FLAG,)
    """Flags that count as an opt-in where they are in effect; without any, only the macro does."""
    exempt: tuple[Exemption, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    url: str = ""
    """Where the distribution explains it to packagers."""
    lto_off: str = "%global _lto_cflags %{nil}"
    """The line of a spec by which a package does without the LTO of its distribution; empty where there is none."""

    def exemption(self, rule: str, subject: Subject) -> str | None:
        """Why it does not judge something by a rule; None where it does."""
        return next((entry.reason for entry in self.exempt if entry.covers(rule, subject)), None)


def load_policy(name: str = DEFAULT_POLICY) -> Policy:
    """The policy of a shipped name or a file, with all it extends; raises UsageError that names file and key."""
    return _load(name, None, ())


def _load(name: str, beside: str | None, chain: tuple[str, ...]) -> Policy:
    file, data = tables_of(name, beside)
    if file in chain:
        raise UsageError(f"{file}: extends: a circle: {' -> '.join((*chain[chain.index(file) :], file))}")
    if len(chain) == LIMITS.policy_chain:
        raise UsageError(f"{file}: extends: more than {LIMITS.policy_chain} policies extend each other")
    reader = _PolicyFile(file)
    reader.check_keys(data, TOP_LEVEL_KEYS, "")
    if "extends" in data:
        base = _load(reader.text(data, "extends", "extends"), file, (*chain, file))
    else:
        base = Policy(reader.stem, {rule.name: rule.severity for rule in RULES})
    return reader.policy(data, base)


def with_waivers(policy: Policy, name: str) -> Policy:
    """The policy with the waivers of a file that holds nothing else; raises UsageError that names file and key."""
    data, reader = tables_in(name), _PolicyFile(name)
    reader.check_keys(data, ("waiver",), "")
    return policy._replace(waivers=policy.waivers + tuple(starmap(reader.waiver, reader.entries(data, "waiver"))))


class _PolicyFile:
    """Turns the tables of one file into values, with errors that name the file and the key."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.stem = os.path.splitext(os.path.basename(file))[0]

    def policy(self, data: dict[str, Any], base: Policy) -> Policy:
        opt_in = self.table(data, "opt_in")
        self.check_keys(opt_in, OPT_IN_KEYS, "opt_in.")
        return base._replace(
            name=self.text(data, "name", "name") if "name" in data else self.stem,
            url=self.text(data, "url", "url") if "url" in data else base.url,
            lto_off=self.line(data, "lto_off") if "lto_off" in data else base.lto_off,
            rules={**base.rules, **self.severities(self.table(data, "rules"))},
            macro=self.macro(opt_in) if "macro" in opt_in else base.macro,
            flags=self.texts(opt_in, "flags") if "flags" in opt_in else base.flags,
            exempt=base.exempt + tuple(self.exemption(*entry) for entry in self.entries(data, "exempt")),
            waivers=base.waivers + tuple(self.waiver(*entry) for entry in self.entries(data, "waiver")),
        )

    def fail(self, key: str, problem: str) -> UsageError:
        return UsageError(f"{self._file}: {key}: {problem}")

    def check_keys(self, table: dict[str, Any], valid: tuple[str, ...], prefix: str) -> None:
        for key in sorted(table):
            if key not in valid:
                raise self.fail(f"{prefix}{key}", f"unknown key; valid are {', '.join(valid)}")

    def table(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, f"expected a table [{key}]")
        return value

    def entries(self, data: dict[str, Any], key: str) -> list[tuple[dict[str, Any], str]]:
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.fail(key, f"expected tables [[{key}]]")
        return [(entry, f"{key}[{number}]") for number, entry in enumerate(value)]

    def text(self, table: dict[str, Any], key: str, name: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip(BLANKS):
            raise self.fail(name, "missing" if key not in table else "expected text that is not empty")
        return value

    def line(self, table: dict[str, Any], key: str) -> str:
        value = table[key]
        if not isinstance(value, str) or re.search(r"[\x00-\x1f\x7f]", value):
            raise self.fail(key, "expected a line of text, or nothing in quotes")
        return value

    def texts(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        value = table[key]
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.fail(f"opt_in.{key}", "expected a list of texts")
        unknown = sorted(set(value) - {FAT_FLAG})
        if unknown:
            raise self.fail(f"opt_in.{key}", f"unknown flag '{unknown[0]}'; {FAT_FLAG} counts, or none with []")
        return tuple(value)

    def macro(self, opt_in: dict[str, Any]) -> str:
        name = self.text(opt_in, "macro", "opt_in.macro")
        if not re.fullmatch(r"[A-Za-z_]\w{2,}", name, re.ASCII):
            raise self.fail("opt_in.macro", f"'{name}' is no name of an rpm macro (without the percent sign)")
        return name

    def severities(self, table: dict[str, Any]) -> dict[str, Severity]:
        for rule in sorted(table):
            word = table[rule]
            if rule not in RULES_BY_NAME:
                raise self.fail(f"rules.{rule}", f"unknown rule; valid are {', '.join(sorted(RULES_BY_NAME))}")
            if not isinstance(word, str) or word not in SEVERITIES:
                raise self.fail(f"rules.{rule}", f"expected one of {', '.join(SEVERITIES)}")
        return {rule: SEVERITIES[word] for rule, word in table.items()}

    def rule(self, entry: dict[str, Any], name: str, required: bool) -> str:
        if "rule" not in entry and not required:
            return ANY_RULE
        rule = self.text(entry, "rule", f"{name}.rule")
        if rule not in RULES_BY_NAME and rule != ANY_RULE:
            raise self.fail(f"{name}.rule", f"unknown rule; valid are {ANY_RULE}, {', '.join(sorted(RULES_BY_NAME))}")
        return rule

    def exemption(self, entry: dict[str, Any], name: str) -> Exemption:
        self.check_keys(entry, EXEMPT_KEYS, f"{name}.")
        keys = ("path", "format", "machine", "form")
        patterns = {key: self.pattern(entry, key, name) for key in keys if key in entry}
        if not patterns:
            raise self.fail(name, f"exempts everything; give one of {', '.join(keys)}")
        reason = self.text(entry, "reason", f"{name}.reason")
        return Exemption(reason, self.rule(entry, name, required=False), **patterns)

    def waiver(self, entry: dict[str, Any], name: str) -> Waiver:
        self.check_keys(entry, WAIVER_KEYS, f"{name}.")
        expires = entry.get("expires")
        if "expires" in entry and type(expires) is not date:
            raise self.fail(f"{name}.expires", "expected a date like 2027-06-30, without quotes")
        if not any(key in entry for key in WAIVER_PLACES):
            raise self.fail(name, f"waives everything; give one of {', '.join(WAIVER_PLACES)}")

        def pattern(key: str) -> Pattern | None:
            return self.pattern(entry, key, name) if key in entry else None

        return Waiver(
            path=pattern("path"),
            package=pattern("package"),
            arch=pattern("arch"),
            reason=self.text(entry, "reason", f"{name}.reason"),
            rule=self.rule(entry, name, required=True),
            expires=expires,
            where=f"{self._file}: {name}",
        )

    def pattern(self, entry: dict[str, Any], key: str, name: str) -> Pattern:
        text = self.text(entry, key, f"{name}.{key}")
        if len(text) > LIMITS.pattern:
            raise self.fail(f"{name}.{key}", f"more than {LIMITS.pattern} characters")
        return Pattern(text)
