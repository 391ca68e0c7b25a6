# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes macros/lua/data.lua: all that is a table or a text in the Python engine, for the one in Lua.

A test compares it with what is committed.
"""

import errno
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from checker import __version__, hook
from checker.errors import ExitCode
from checker.judging import policy
from checker.limits import LIMITS
from checker.lto import flags, markers, sections
from checker.model import ARCHIVE_ORDER, ArchiveItem, ObjectItem, PackageFacts, Severity, Stage, WaiverFacts
from checker.model.statements import Evidence, Message, Reason, Remedy
from checker.objects import (
    ar,
    ar_index,
    bitcode,
    bitstream,
    classify,
    coff,
    coff_traits,
    elf_traits,
    gimple,
    machines,
    magic,
    offload,
    walk,
)
from checker.objects import markers as object_markers
from checker.report import json, names, omissions, packager, words
from checker.report.policy import policy_fields
from checker.rules import RULES, archives, remedies
from checker.rules.objects import JUDGED_KINDS, LINKED_SUFFIXES
from checker.rules.rule import Rule
from checker.shipped import DEFAULT_POLICY, shipped_policies
from checker.trees import files

FILE = Path(__file__).resolve().parent / "lua" / "data.lua"
HEAD = """\
-- SPDX-License-Identifier: GPL-2.0-or-later
-- Generated from the Python engine by `make data`; change that instead.

"""


class Code(str):
    """Lua code that data.lua holds as a text, to be parsed where it is wanted."""

    __slots__ = ()


LIMITS_USED = (
    *("archive_depth", "member_name", "versions", "sections", "section_name", "symbols", "section_names", "chunk"),
    *("folder_depth", "shared_links", "policy", "policy_chain", "policy_dots", "pattern", "hook_state"),
    *("exclusion", "exclusion_seconds", "exclusion_memory"),
)
FACTS = {ObjectItem: "object", ArchiveItem: "archive", PackageFacts: "package", WaiverFacts: "waiver"}


def tables() -> dict[str, Any]:
    """What data.lua holds, by name."""
    return {
        "VERSION": __version__,
        "limits": {name: value for name, value in LIMITS._asdict().items() if name in LIMITS_USED},
        "markers": {
            "SLIM": markers.SLIM,
            "ALL": markers.MARKERS,
            "STEM": object_markers.STEM,
            "OF_LINKERS": markers.OF_LINKERS,
        },
        "SECTIONS": [_section(known) for known in sections.SECTIONS],
        "roles": {name: {role.name for role in getattr(sections, name)} for name in ROLES},
        "magic": _magic(),
        "ar": {
            "PLAIN": magic.AR,
            "THIN": magic.AR_THIN,
            "TABLES": ar.TABLES,
            "INDEX_NAMES": ar_index.INDEX_NAMES,
            "OBJECTS": set(ar.OBJECTS),
        },
        "elf": {
            "TABLE_TYPES": elf_traits.TABLE_TYPES,
            "LONGEST_NAME": elf_traits.LONGEST_NAME,
            "LONGEST_OF_LINKERS": elf_traits.LONGEST_OF_LINKERS,
            "UNASKED": elf_traits.UNASKED,
            "DECISIVE_NAMES": _shortest(name.strip(b".\0") for name in sections.beginnings(sections.DECISIVE)),
        },
        "coff": {
            "ANONYMOUS": coff.ANONYMOUS,
            "BIG_CLASS": coff.BIG_CLASS,
            "LTCG_CLASS": coff.LTCG_CLASS,
            "MARKER_SIZE": coff_traits.MARKER_SIZE,
            "PLACEHOLDERS": (coff.WEAK_DEFAULT,),
        },
        "gimple": {
            "EMPTY_SYMBOL_NODES": gimple.EMPTY_SYMBOL_NODES,
            "UNITS": gimple.UNITS,
            "OPTIONS": classify.OPTIONS,
            "NO_FAT": classify.NO_FAT,
        },
        "offload": {
            "MAGIC": offload.MAGIC,
            "ENTRIES": offload.ENTRIES,
            "NAME": offload.NAME,
            "COMPRESSED": classify.COMPRESSED_BUNDLES,
        },
        "bitcode": {
            "MAGIC": bitcode.MAGIC,
            "WRAPPER": bitcode.WRAPPER,
            "MODULE_CONTENT": bitcode.MODULE_CONTENT,
            "FIRST_BLOCKS": set(bitcode.FIRST_BLOCKS),
            "MOST_WRAPPED": bitcode.MOST_WRAPPED,
            "PADDING": bitcode.PADDING,
        },
        "bitstream": {name: getattr(bitstream, name) for name in BITSTREAM},
        "machines": {
            "ELF": machines.ELF_MACHINES,
            "COFF": machines.COFF_MACHINES,
            "TRIPLES": machines.TRIPLE_MACHINES,
            "TRIPLE_FAMILIES": machines.TRIPLE_FAMILIES,
        },
        "words": {
            kind.__name__: {key.name: sentence for key, sentence in words.SENTENCES.items() if isinstance(key, kind)}
            for kind in (Message, Remedy, Evidence)
        }
        | {"Reason": {key.value: words.SENTENCES[key] for key in Reason}}
        | {"cures": {key.name: sentence for key, sentence in words.CURES.items()}, "LINE": words.LINE}
        | {"commands": {key.name: list(parts) for key, parts in words.COMMANDS.items()}},
        "remedies": {
            "FAT_SINCE": remedies.FAT_SINCE,
            "NOT_ELF": remedies.NOT_ELF,
            "LTO_OPTIONS": remedies.LTO_OPTIONS,
        },
        "LINKED_SUFFIXES": LINKED_SUFFIXES,
        "INDEXED": archives.INDEXED,
        "ARCHIVE_ORDER": ARCHIVE_ORDER,
        "LINKABLE": set(walk.LINKABLE),
        "DEBUG_FILES": files.DEBUG_FILES,
        "DEBUG_SUFFIX": files.DEBUG_SUFFIX,
        "DWZ_FOLDER": files.DWZ_FOLDER,
        "FORBIDDEN": f"cannot be opened: {os.strerror(errno.EACCES)}",
        "UNPRINTABLE": _ranges(),
        "SCHEMA": json.SCHEMA,
        "UNINTERESTING": set(json.UNINTERESTING),
        "JUDGED_KINDS": JUDGED_KINDS,
        **_hook(),
        **_policies(),
    }


BITSTREAM = ("FIELDS", "BYTES_A_FIELD", "ABBREVIATIONS", "OPERANDS", "WINDOW")
ROLES = ("CONTENT", "NO_CONTENT", "OF_ANY_UNIT", "DECISIVE")


def _section(known: sections.KnownSection) -> dict[str, Any]:
    """A known section: how its name begins, and whether more may follow."""
    return {
        "start": known.name.removesuffix("*"),
        "is_open": known.name.endswith("*"),
        "role": known.role.name,
        "machines": set(known.machines) or None,
    }


def _shortest(words: Iterable[bytes]) -> list[bytes]:
    """These words without those that begin with another of them."""
    found: list[bytes] = []
    for word in sorted(words):
        if not found or not word.startswith(found[-1]):
            found.append(word)
    return found


def _magic() -> dict[str, Any]:
    """The first bytes of files."""
    return {
        "HEAD_SIZE": magic.HEAD_SIZE,
        "NO_OBJECTS": magic.NO_OBJECTS,
        "ELF": magic.ELF,
        "ET_REL": magic.ET_REL,
        "BY_FIRST_FOUR": magic.BY_FIRST_FOUR,
        "PREFIXES": magic.PREFIXES,
        "COFF_MACHINES": magic.COFF_MACHINES,
        "MACH_O_UNIVERSAL": magic.MACH_O_UNIVERSAL,
        "PTX_DIRECTIVES": magic.PTX_DIRECTIVES,
        "LINKER_SCRIPTS": magic.LINKER_SCRIPTS,
        "BEGINNINGS": sorted(magic.BEGINNINGS),
    }


def _hook() -> dict[str, Any]:
    """Settings and words of the hook itself."""
    return {
        "USAGE": hook.USAGE,
        "MODES": hook.MODES,
        "STAGES": {stage.value for stage in Stage},
        "EXCLUDE_MACRO": hook.EXCLUDE_MACRO,
        "FORBIDDEN_FILE": hook.FORBIDDEN_FILE,
        "PIPE": hook.PIPE,
        "LANGUAGES": hook.LANGUAGES,
        "FLAG_VARIABLES": list(hook.FLAG_VARIABLES.items()),
        "flags": {
            "ON": flags.ON[0],
            "ON_WITH": flags.ON[1],
            "OFF": flags.OFF,
            "FAT": flags.FAT_FLAG,
            "NOT_FAT": flags.NOT_FAT,
            "PASSED_ON": flags.PASSED_ON,
        },
        "EXIT": {code.name: int(code) for code in ExitCode},
        "message": {
            name: getattr(packager, name)
            for name in (
                *("WIDTH", "FILES_SHOWN", "MEMBERS_SHOWN", "CAUSES_EXPLAINED", "EXPLAINED_WHOLE"),
                *("LINES_OF_OTHERS", "NAME_LENGTH"),
                *("GROUPS_KEPT", "EVIDENCE_SHOWN", "MORE_ABOUT"),
            )
        }
        | {"WHY": _why(), "IN_FILES": _in_files()}
        | {"NOT_LOOKED_AT": omissions.NOT_LOOKED_AT, "OMISSIONS": _omissions()},
    }


def _omissions() -> list[dict[str, str]]:
    """Why places are not looked at that the hook tells of, with their words."""
    told = {word: text for word, text in omissions.WORDS.items() if word not in omissions.IN_EVERY_BUILD}
    return [{"omission": word, "word": text} for word, text in ({"unreadable": omissions.UNREADABLE} | told).items()]


def _why() -> dict[str, Any]:
    """Why bytecode alone is no good, in lines, by who wrote it or the rule, and of how many files."""
    return {
        name: {
            "one": packager.why(text, is_one=True),
            "many": packager.why(text, is_one=False),
        }
        for name, text in {"GCC": packager.WHY_GCC, "LLVM": packager.WHY_LLVM, **packager.WHY_OF_RULE}.items()
    }


def _in_files() -> dict[str, list[str]]:
    """What to do in %files where a file is deleted, in lines."""
    return {"one": packager.in_files(is_one=True), "many": packager.in_files(is_one=False)}


def _policies() -> dict[str, Any]:
    """The rules that the hook can apply, and the policies that come with ltocheck."""
    return {
        "RULES": [_rule(rule) for rule in RULES if rule.fact in FACTS],
        "SEVERITIES": {rule.name: int(rule.severity) for rule in RULES},
        "SEVERITY_WORDS": {word: int(severity) for word, severity in policy.SEVERITIES.items()},
        "SEVERITY_NAMES": {int(severity): severity.name.lower() for severity in Severity},
        "COUNTERS": {int(severity): f"{severity.name.lower()}s" for severity in Severity if severity},
        "ERROR": int(Severity.ERROR),
        "DEFAULT_POLICY": DEFAULT_POLICY,
        "POLICY_NAMES": shipped_policies(),
        "POLICIES": {name: Code(literal(policy_fields(policy.load_policy(name)))) for name in shipped_policies()},
        "policy": {
            "MACRO": policy.Policy("", {}).macro,
            "FLAGS": policy.Policy("", {}).flags,
            "LTO_OFF": policy.Policy("", {}).lto_off,
            "KEYS": policy.TOP_LEVEL_KEYS,
            "OPT_IN_KEYS": policy.OPT_IN_KEYS,
            "EXEMPT_KEYS": policy.EXEMPT_KEYS,
            "WAIVER_KEYS": policy.WAIVER_KEYS,
            "WAIVER_PLACES": policy.WAIVER_PLACES,
        },
    }


def _rule(rule: Rule[Any]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "fact": FACTS[rule.fact],
        "kinds": rule.kinds if rule.fact is ObjectItem else None,
        "needs": rule.needs or None,
        "is_unreadable": rule.is_unreadable,
    }


def _ranges() -> list[tuple[int, int]]:
    """The characters that are escaped at a terminal, as ranges in their order; surrogates are bytes here."""
    ranges: list[tuple[int, int]] = []
    for number in range(sys.maxunicode + 1):
        if 0xD800 <= number < 0xE000 or not re.match(names.UNPRINTABLE, chr(number)):
            continue
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges


def literal(value: Any, indent: str = "") -> str:
    """A value as Lua writes it; a set becomes a table whose keys are true, None is left out."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Code):
        return f"[==[{value}]==]"
    if isinstance(value, str | bytes):
        return _text(value)
    deeper = f"{indent}    "
    if isinstance(value, Mapping):
        entries = [f"{_key(key)} = {literal(entry, deeper)}" for key, entry in value.items() if entry is not None]
    elif isinstance(value, set | frozenset):
        entries = [f"{_key(entry)} = true" for entry in sorted(value)]
    else:
        entries = [literal(entry, deeper) for entry in value]
    line = f"{{ {', '.join(entries)} }}"
    if not entries or (len(indent) + len(line) <= 100 and "\n" not in line):
        return line if entries else "{}"
    return "{\n" + "".join(f"{deeper}{entry},\n" for entry in entries) + f"{indent}}}"


def _key(key: Any) -> str:
    if isinstance(key, str) and key.isidentifier() and key.isascii() and key not in ("end", "not", "and", "or"):
        return str(key)
    return f"[{literal(key)}]"


def _text(value: str | bytes) -> str:
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    parts = []
    for byte in data:
        if byte in b'"\\':
            parts.append(f"\\{chr(byte)}")
        elif byte == 10:
            parts.append("\\n")
        elif 32 <= byte < 127:
            parts.append(chr(byte))
        else:
            parts.append(f"\\x{byte:02x}")
    return f'"{"".join(parts)}"'


def generated() -> str:
    """The text of data.lua."""
    return f"{HEAD}return {literal(tables())}\n"


if __name__ == "__main__":
    FILE.write_text(generated(), encoding="ascii")
