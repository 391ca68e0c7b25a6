# SPDX-License-Identifier: GPL-2.0-or-later
"""Traps of rpm's language in a spec, and ways around the hook."""

import re
from collections.abc import Iterator

from checker.model.specs import Mark, Sign, Spot
from checker.specs.conditions import UNKNOWN, Truth, expand
from checker.specs.events import DISABLING
from checker.specs.flags import FLAG_MACROS, KNOBS
from checker.specs.macros import Verb, expands
from checker.specs.sections import Reading, Setting

HOOK_MACROS = frozenset(
    {"__spec_install_post", "__os_install_post", "__arch_install_post", "__brp_ltocheck", "_ltocheck_mode"}
)
STRIP_MACROS = frozenset({"__brp_strip_lto", "__brp_strip_static_archive", "__debug_install_post"})
SWALLOWS = re.compile(r"\|\|\s*(?::|true|/bin/true)\s*$|;\s*true\s*$")
INERT = re.compile(r"#\s*(?:%%)?(?:global|define)\s+(\w+)\s+(.*)|%dnl\s+%?(?:global|define)\s+(\w+)\s+(.*)")


def signs_in(reading: Reading, macro: str) -> Iterator[Mark]:
    """Everything that stands out in a spec besides its LTO flags and its files."""
    watched = KNOBS | FLAG_MACROS | HOOK_MACROS | STRIP_MACROS | DISABLING | {macro}
    for setting in reading.settings:
        if setting.truth is Truth.NEVER:
            continue
        definition, spot = setting.definition, setting.spot
        if definition.verb is Verb.SWITCH:
            continue
        if setting.in_comment:
            yield Mark(Sign.ACTIVE_COMMENT, spot, definition.name)
        if definition.verb is Verb.UNDEFINE:
            if definition.name in watched:
                yield Mark(Sign.UNDEFINE, spot, definition.name)
        elif definition.verb is Verb.DEFINE and expands(definition.body, definition.name):
            yield Mark(Sign.RECURSIVE_DEFINE, spot, definition.name)
        yield from _bypasses(setting)
    yield from _inert(reading, macro)


def _bypasses(setting: Setting) -> Iterator[Mark]:
    name, body = setting.definition.name, setting.definition.body
    if name in HOOK_MACROS:
        if "__brp_ltocheck" not in body or name == "__brp_ltocheck":
            yield Mark(Sign.BYPASS, setting.spot, name)
    elif name in STRIP_MACROS and SWALLOWS.search(body):
        yield Mark(Sign.SWALLOWED, setting.spot, name)


def _inert(reading: Reading, macro: str) -> Iterator[Mark]:
    """Opt-ins that look active and are comments."""
    for line in reading.lines:
        text = line.text
        if "#" not in text and "%dnl" not in text:
            continue
        found = INERT.match(text.lstrip())
        if found is None:
            continue
        name, body = found[1] or found[3], found[2] or found[4] or ""
        if name == macro or (name in KNOBS and "-ffat-lto-objects" in body):
            column = len(text) - len(text.lstrip()) + 1
            yield Mark(Sign.INERT_OPT_IN, Spot(line.number, column, text.strip()), name)


TAG = re.compile(r"Name\s*:\s*(\S+)", re.IGNORECASE)


def package_name(reading: Reading) -> str | None:
    """The Name tag, where its macros are known."""
    for line in reading.lines:
        if line.section.kind == "preamble" and (found := TAG.match(line.text.lstrip())):
            name = expand(found[1], reading.environment)
            return None if UNKNOWN in name else name
    return None
