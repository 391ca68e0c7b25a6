# SPDX-License-Identifier: GPL-2.0-or-later
"""The expanded look: what rpm makes of a spec, for every distribution and architecture that is asked for."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checker.errors import UsageError
from checker.limits import LIMITS
from checker.lto.flags import lto_state
from checker.model.specs import Look, LtoState, Ships, SpecFacts, SpecTarget
from checker.specs.branches import Marked, mark
from checker.specs.files import look_at_files
from checker.specs.lto import shell_state
from checker.specs.sandbox import Sandbox
from checker.specs.sections import read_expanded

FLAG_VALUES = ("build_cflags", "build_cxxflags", "build_fflags")
LTO_VALUES = ("_lto_cflags", "optflags_lto")
WORDS = ("none", "fat", "slim")
"""From harmless to harmful: of several languages the last counts."""

WORD_STATES = {"none": LtoState.DISABLED, "fat": LtoState.FAT, "slim": LtoState.SLIM}
STATE_WORDS = {state: word for word, state in WORD_STATES.items()}


@dataclass(frozen=True, slots=True)
class Profile:
    """A distribution as macros."""

    name: str
    text: bytes


def profile_folder() -> Path:
    """Where the shipped profiles are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "targets"
    return inside if inside.is_dir() else package.parent / "macros" / "targets"


def shipped_profiles() -> list[str]:
    """The names that `--target` takes besides files."""
    return sorted(file.name for file in profile_folder().iterdir() if file.suffix == "")


def load_profile(name: str) -> Profile:
    """A shipped profile or a file of macros; raises UsageError."""
    file = Path(name) if "/" in name else profile_folder() / name
    try:
        return Profile(name, file.read_bytes())
    except OSError as error:
        known = ", ".join(shipped_profiles())
        raise UsageError(f"--target {name}: {error.strerror}; shipped are {known}, a file has a slash in it") from error


def look_expanded(
    data: bytes, facts: SpecFacts, macro: str, sandbox: Sandbox, profiles: Iterable[Profile], arches: Iterable[str]
) -> SpecFacts:
    """The facts of the lexical look, and what rpm says for each target."""
    arches = tuple(arches)
    marked = mark(data)
    targets = tuple(_target(data, marked, macro, sandbox, profile, arch) for profile in profiles for arch in arches)
    parsed = [target for target in targets if target.failure is None]
    if not parsed:
        return replace(facts, targets=targets)
    lto, ships = facts.lto, facts.ships
    if len(parsed) == len(targets) and lto is not LtoState.CONDITIONAL:
        lto = parsed[0].lto if len({target.lto for target in parsed}) == 1 else LtoState.CONDITIONAL
    if len(parsed) == len(targets) and ships is not Ships.CONDITIONAL:
        ships = parsed[0].ships if len({target.ships for target in parsed}) == 1 else Ships.CONDITIONAL
    return replace(facts, look=Look.EXPANDED, lto=lto, ships=ships, targets=targets)


def _target(data: bytes, marked: Marked, macro: str, sandbox: Sandbox, profile: Profile, arch: str) -> SpecTarget:
    names = [macro, *LTO_VALUES, *FLAG_VALUES, "optflags"]
    answer = sandbox.parse(marked.data, profile.text, arch, [*names, *marked.macros])
    if marked.lines and answer.get("failure") == "":  # once more without marks: they move the lines that rpm names
        marked = Marked(data)
        answer = sandbox.parse(data, profile.text, arch, names)
    text = _text(answer, marked)
    before, after = _values(answer, "before", names), _values(answer, "after", names)
    if "failure" in answer or text is None or before is None or after is None:
        return SpecTarget(profile.name, arch, failure=_failure(answer))
    base, word = _word(before), _word(after)
    reading = read_expanded(text)
    is_touched = word != base or any(before[name] != after[name] for name in LTO_VALUES)
    state = shell_state(reading, WORD_STATES[word] if is_touched else LtoState.DEFAULT, word)
    word = STATE_WORDS.get(state, word)
    opt_in = after[macro] not in ("", "0") or state is LtoState.FAT
    conditions = marked.conditions(answer["after"])
    return SpecTarget(profile.name, arch, state, opt_in, look_at_files(reading).ships, word, conditions=conditions)


def _values(answer: dict[str, Any], key: str, names: list[str]) -> dict[str, str] | None:
    """The values of all macros. The spec's own process makes the answer, so that it may be anything."""
    values = answer.get(key)
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
        return None
    return values


def _text(answer: dict[str, Any], marked: Marked) -> str | None:
    """The expanded spec, unless it is none or too long to be read."""
    text = answer.get("text")
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        return None
    if data is None or data.count(b"\n") > LIMITS.spec_lines:
        return None
    return marked.without_marks(data.decode("utf-8", "surrogateescape"))


def _word(values: dict[str, str]) -> str:
    """The flags of all languages as one word; without flags for a language, %optflags are its flags."""
    words = set()
    for name in FLAG_VALUES:
        words.add(lto_state(values[name] or values["optflags"]))
    return max(words, key=WORDS.index)


ERROR = re.compile(r"^error: (?!lua script failed$)(.*)", re.MULTILINE)
OWN_FILE = re.compile(r"/proc/self/fd/\d+:\s*(?:line )?")
"""What rpm calls a spec that exists in memory only."""
LEFT_OVER = re.compile(r"%\{?[?!]*([A-Za-z_]\w*)")
DIRECTIVES = frozenset(
    {"if", "ifarch", "ifnarch", "ifos", "ifnos", "elif", "else", "endif", "include", "files", "package", "description"}
)


def _failure(answer: dict[str, Any]) -> str:
    """Why rpm could not parse it, and the macro that it missed, if that was why."""
    if "failure" not in answer:
        return f"what it expands to is no spec, or has more than {LIMITS.spec_lines} lines"
    if answer["failure"]:
        return str(answer["failure"])[:500]
    errors = [line.strip() for line in ERROR.findall(str(answer.get("messages", ""))) if line.strip()]
    if not errors:
        return "rpm does not say why"
    text = OWN_FILE.sub("line ", errors[-1])[:300]
    missing = next((name for name in LEFT_OVER.findall(text) if name not in DIRECTIVES), None)
    return f"{text} (%{missing} is not defined)" if missing else text
