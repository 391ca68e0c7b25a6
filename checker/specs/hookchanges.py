# SPDX-License-Identifier: GPL-2.0-or-later
"""What a spec does to the check at the end of %install, and to the scripts that strip."""

import re
from collections.abc import Iterator

from checker.model.specs import Observation, Observed
from checker.specs.conditions import Truth
from checker.specs.macros import Verb
from checker.specs.text import HERE_DOCUMENT, Setting, SpecText

PLACES = frozenset({"__spec_install_post", "__spec_install_template"})
KEEPS_PLACE = re.compile(
    r"__brp_ltocheck|__spec_install_(?:post|template)|_ltocheck_place|__(?:debug|arch|os)_install_post"
)
"""What PLACES must expand for the check to run: one of the macros that macros.ltocheck-hook wraps is enough."""
CHECK = "__brp_ltocheck"
KEEPS_CHECK = re.compile(r"_ltocheck_look|_ltocheck_call|__brp_ltocheck")
PARTS = frozenset({"_ltocheck_look", "_ltocheck_call", "_ltocheck_brp", "_ltocheck_place", "_ltocheck_opted_in"})
"""What the check consists of: with another definition of one of them it is another check, or none."""
OURS = "_ltocheck_"
"""What macros begin with by which a distribution sets what the check does."""
MODE = "_ltocheck_mode"
HOOK_MACROS = PLACES | PARTS | {CHECK, MODE}

STRIP_MACROS = frozenset({"__brp_strip_lto", "__brp_strip_static_archive", "__debug_install_post"})
LTO_STRIPPERS = frozenset({"__strip", "__brp_strip_lto", "__os_install_post"})
"""If one of these does nothing, bytecode stays in fat objects."""
NO_COMMAND = re.compile(r"(?:%\{?\w+\}?/|/usr/bin/|/bin/)?(?:true|:)?(?:\s.*)?$")
SWALLOWS = re.compile(r"\|\|\s*(?::|true|/bin/true)\s*$|;\s*true\s*$")

INHERITED = re.compile(r"(?:^|[\s;&])(?:export\s+|unset\s+|declare\s+-x\s+)?(LTOCHECK_\w+)(?==|\s|$)")
BUILD_ROOT = re.compile(
    r"(?:^|[\s;&])(?:export\s+)?RPM_BUILD_ROOT=(?![\"']?(?:%\{?\??buildroot|\$\{?RPM_BUILD_ROOT))(\S*)"
)
EXIT = re.compile(r"exit(?:\s+0)?\s*;?\s*$")
OPENS = re.compile(r"(?:if|for|while|until|case)\b|.*[{(]\s*$")
CLOSES = re.compile(r"(?:fi|done|esac)\b|[})]")


def hook_observations(spec: SpecText) -> Iterator[Observation]:
    """Everything by which a spec switches the check off or changes it, or keeps bytecode in what it ships."""
    for setting in spec.settings:
        if setting.truth is not Truth.NEVER and setting.definition.verb is not Verb.SWITCH:
            yield from _by_macro(setting)
    yield from _by_shell(spec)


def _by_macro(setting: Setting) -> Iterator[Observation]:
    name, spot = setting.definition.name, setting.spot
    body = setting.definition.body.replace("%{nil}", "").replace("%nil", "").strip()
    if sign := _to_the_hook(name, body):
        yield Observation(sign, spot, name)
    if name in STRIP_MACROS and SWALLOWS.search(body):
        yield Observation(Observed.SWALLOWED, spot, name)
    if name in LTO_STRIPPERS and (setting.definition.verb is Verb.UNDEFINE or NO_COMMAND.fullmatch(body)):
        yield Observation(Observed.NOT_STRIPPED, spot, name)


def _to_the_hook(name: str, body: str) -> Observed | None:
    if name == MODE:
        return Observed.BYPASS if body == "off" else Observed.HOOK_CHANGED if body not in ("", "enforce") else None
    if name in PLACES:
        return None if KEEPS_PLACE.search(body) else Observed.BYPASS
    if name == CHECK:
        return None if KEEPS_CHECK.search(body) and not SWALLOWS.search(body) else Observed.BYPASS
    if name in PARTS:
        return Observed.BYPASS
    return Observed.HOOK_CHANGED if name.startswith(OURS) else None


def _by_shell(spec: SpecText) -> Iterator[Observation]:
    depth = 0
    end: str | None = None
    for line in spec.of("prep", "build", "conf", "install"):
        text = line.text.strip()
        is_install = line.section.kind == "install"
        if "LTOCHECK_" in text and not text.startswith("#") and (found := INHERITED.search(text)):
            yield Observation(Observed.HOOK_CHANGED, line.spot, found[1])
        if not is_install:
            continue
        if not spec.budget.step():
            return
        if end is not None:
            end = None if text == end else end
            continue
        if "RPM_BUILD_ROOT=" in text and BUILD_ROOT.search(text):
            yield Observation(Observed.HOOK_CHANGED, line.spot, "RPM_BUILD_ROOT")
        if "<<" in text and (here := HERE_DOCUMENT.search(text)):
            end = here[1]
        if depth <= 0 and line.truth.by_default and EXIT.match(text):
            yield Observation(Observed.BYPASS, line.spot, "exit")
        depth += (OPENS.match(text) is not None) - (CLOSES.match(text) is not None)
