# SPDX-License-Identifier: GPL-2.0-or-later
"""Traps of rpm's language in a spec, and comments that look like an opt-in."""

import re
from collections.abc import Iterator

from checker.lto.flags import FAT_FLAG
from checker.lto.macros import DISABLING, FLAG_MACROS, KNOBS
from checker.model.specs import Observation, Observed
from checker.specs.conditions import Truth
from checker.specs.hookchanges import HOOK_MACROS, STRIP_MACROS
from checker.specs.macros import Verb, expands
from checker.specs.text import SpecText

INERT = re.compile(r"#\s*(?:%%)?(?:global|define)\s+(\w+)\s+(.*)|%dnl\s+%?(?:global|define)\s+(\w+)\s+(.*)")


def traps_in(spec: SpecText, macro: str) -> Iterator[Observation]:
    """Observations about a spec other than on its LTO flags, its files and the hook."""
    watched = KNOBS | FLAG_MACROS | HOOK_MACROS | STRIP_MACROS | DISABLING | {macro}
    for setting in spec.settings:
        if not spec.budget.step():
            return
        if setting.truth is Truth.NEVER:
            continue
        definition, spot = setting.definition, setting.spot
        if definition.verb is Verb.SWITCH:
            continue
        if setting.in_comment:
            yield Observation(Observed.ACTIVE_COMMENT, spot, definition.name)
        if definition.verb is Verb.UNDEFINE:
            if definition.name in watched:
                yield Observation(Observed.UNDEFINE, spot, definition.name)
        elif definition.verb is Verb.DEFINE and expands(definition.body, definition.name):
            yield Observation(Observed.RECURSIVE_DEFINE, spot, definition.name)
    yield from _inert(spec, macro)


def _inert(spec: SpecText, macro: str) -> Iterator[Observation]:
    """Opt-ins that look active and are comments."""
    for line in spec.lines:
        text = line.text
        if "#" not in text and "%dnl" not in text:
            continue
        if not spec.budget.step():
            return
        found = INERT.match(text.lstrip())
        if found is None:
            continue
        name, body = found[1] or found[3], found[2] or found[4] or ""
        if name == macro or (name in KNOBS and FAT_FLAG in body):
            yield Observation(Observed.INERT_OPT_IN, line.spot, name)
