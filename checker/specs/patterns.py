# SPDX-License-Identifier: GPL-2.0-or-later
"""Which names a pattern in %files stands for: globs as in glob(7), with braces as rpm expands them."""

import re
from enum import IntEnum
from fnmatch import fnmatchcase

ALTERNATIVES = 64
"""Words that braces are expanded to."""

BRACES = re.compile(r"(?<!%)\{([^{}]{0,400})\}")
MACRO = re.compile(r"%\{[^{}]{0,200}\}|%\w+")
GLOB = re.compile(r"[*?\[]")
CLASS = re.compile(r"\[([^\]]{1,99})\]")
OBJECT_ENDS = "ao"


class Match(IntEnum):
    """Whether a pattern matches names of static libraries or object files."""

    NEVER = 0
    PERHAPS = 1
    """Among others, as `*.*a`, which is for libtool's files too."""
    SURELY = 2
    """Names that end in .a or .o are what it is for."""


def matches_objects(path: str) -> Match:
    """Whether the last part of a path is one that a static library or an object file has."""
    name = path.rstrip("*").rpartition("/")[2] if path.endswith((".a*", ".o*")) else path.rpartition("/")[2]
    return max((_match(word) for word in _without_braces(name)), default=Match.NEVER)


def covers(pattern: str, path: str) -> bool:
    """Whether a path, or everything that another pattern matches, is matched by a pattern."""
    words = _without_braces(pattern)
    return all(any(_covers(word, one) for word in words) for one in _without_braces(path))


def _covers(pattern: str, path: str) -> bool:
    return pattern == path or (GLOB.search(pattern) is not None and fnmatchcase(path, pattern))


def _without_braces(text: str) -> list[str]:
    """All that braces stand for; macros in the text stay."""
    words, done = [text], False
    while not done and len(words) < ALTERNATIVES:
        done = True
        for position, word in enumerate(words):
            found = BRACES.search(word)
            if found and "," in found[1]:
                words[position : position + 1] = [
                    word[: found.start()] + choice + word[found.end() :] for choice in found[1].split(",")
                ]
                done = False
                break
    return words


def _match(word: str) -> Match:
    """Looked at from its end: one of the two letters, and a dot before it."""
    stem, last = _last(MACRO.sub("x", word))
    if last == "*":
        return Match.NEVER  # what it stands for is decided by what else the spec says
    if last not in ("?", *OBJECT_ENDS) and not (len(last) > 1 and _may_be_object(last)):
        return Match.NEVER
    before, dot = _last(stem)
    if dot == ".":
        return Match.PERHAPS if last == "?" else Match.SURELY
    is_open = dot in ("*", "?") or (len(dot) > 1 and _in_class(dot, "."))
    follows_dot = _last(before)[1] in (".", "*", "")
    return Match.PERHAPS if is_open and follows_dot and last in OBJECT_ENDS[0] else Match.NEVER


def _last(word: str) -> tuple[str, str]:
    """What a word ends in: one character, or a class of them in brackets; and what is before it."""
    if word.endswith("]") and (start := word.rfind("[")) >= 0:
        return word[:start], word[start:]
    return word[:-1], word[-1:]


def _may_be_object(bracketed: str) -> bool:
    return any(_in_class(bracketed, letter) for letter in OBJECT_ENDS)


def _in_class(bracketed: str, letter: str) -> bool:
    return CLASS.fullmatch(bracketed) is not None and fnmatchcase(letter, bracketed)
