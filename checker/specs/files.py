# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a spec ships objects: what its %files list, and what may hide behind folders, patterns and lists."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.model.specs import Ships, Spot
from checker.specs.conditions import Truth
from checker.specs.sections import Line, Reading, Section

OBJECT = re.compile(r"\.(?:a|o|\{[^}]{0,60}\b[ao]\b[^}]{0,60}\})\*?$")
ATTRIBUTE = re.compile(r"%(?:attr|defattr|verify|lang|caps|config|missingok|artifact)(?:\s{0,9}\([^)]{0,99}\))?")
WORD = re.compile(r"\S+")
NOT_SHIPPED = re.compile(r"%(?:exclude|ghost|dir|doc|docdir|license|readme|pubkey)\b")
LIST = re.compile(r"-f\s*(\S+)")
PLAIN_LIST = re.compile(
    r"\.lang\b|lang$|%\{?(?:pyproject_files|translations)|icons|man(?:files|pages)?$|\.(?:mo|qm|py)\b|-py[23]?-"
    r"|INSTALLED_FILES"
)
"""Lists that find-lang, Python's installers and the like write: no object is ever in them."""

LIBRARY_FOLDER = re.compile(r"%\{?_(?:lib|libdir|libexecdir)\b|/lib(?:64|32|exec)?/|/lib(?:64|32)?\*?$|/lib-\*")
BROAD = re.compile(r"(?:/|/\*|/[\w.%{}?-]*\*|/[^./*?]+)$")

SIGNS = re.compile(
    r"--enable-static(?!=no)\b|--disable-shared\b|--enable-shared=no\b|-DBUILD_STATIC_LIBS(?::\w+)?=(?:ON|1|TRUE)\b"
    r"|--default-library=(?:static|both)|\bmake\b[^#]{0,200}\bstatic\b|%ghc_lib_(?:build|install)\b|--enable-languages="
    r"|\b(?:gcc|gnat)-ar\s+\w{0,9}[rc]|\$\{?AR\}?\b[^;|&]{0,99}\s-?[a-z]{0,9}[rq][a-z]{0,9}\s+\S{1,99}\.a\b"
)
"""What makes a build produce static libraries: options, ar, Haskell's macros, and options of GCC's own build."""

PROVIDES_STATIC = re.compile(r"Provides:.{0,200}-static\b", re.IGNORECASE)
EVERY_ARCHIVE = re.compile(r"(?:/|/lib|[\"'\s\\])\*\.(?:a\b|\{(?:l?a,?){2}\})")
DELETION = re.compile(r"\brm\b|-delete\b")
WRITES_LIST = re.compile(r"\.a['\"]?\s{0,9}(?:\\n['\"]\s{0,9})?(?:>>?|\|\s{0,9}tee)\s{0,9}\S{0,99}(?:files|list|\.lst)")


class FilesFindings(NamedTuple):
    """Whether objects are shipped, and the lines that say so."""

    ships: Ships
    spots: list[Spot]


class _Entry(NamedTuple):
    """A path in %files."""

    spot: Spot
    path: str
    truth: Truth
    section: Section


def look_at_files(reading: Reading) -> FilesFindings:
    """What a spec ships, as far as the text tells."""
    entries = list(_entries(reading.of("files")))
    objects = [entry for entry in entries if OBJECT.search(entry.path)]
    objects += [entry for entry in entries if _is_static_package(entry)]
    objects += _in_written_lists(reading)
    if objects:
        spots = [entry.spot for entry in sorted(objects, key=lambda entry: entry.spot)]
        sure = any(entry.truth.by_default for entry in objects)
        return FilesFindings(Ships.YES if sure else Ships.CONDITIONAL, spots)
    hidden = [entry.spot for entry in _hidden(entries, reading)]
    if hidden:
        declared = list(_declared(reading))
        return FilesFindings(Ships.YES if declared else Ships.UNKNOWN, [*hidden, *declared])
    return FilesFindings(Ships.NO, [])


def _entries(lines: Iterable[Line]) -> Iterator[_Entry]:
    for line in lines:
        text = line.text
        if text.lstrip().startswith("#") or NOT_SHIPPED.search(text):
            continue
        if "%" in text:
            text = ATTRIBUTE.sub(lambda found: " " * len(found[0]), text)
        for word in WORD.finditer(text):
            spot = Spot(line.number, word.start() + 1, word[0])
            yield _Entry(spot, word[0].strip("\"'"), line.truth, line.section)


def _is_static_package(entry: _Entry) -> bool:
    """Whether it is a pattern for libraries in a package that is named static: `%_libdir/*` in devel-static."""
    return (
        "static" in entry.section.arguments
        and entry.path.endswith("*")
        and LIBRARY_FOLDER.search(entry.path) is not None
        and ".so" not in entry.path
    )


def _in_written_lists(reading: Reading) -> list[_Entry]:
    if not any(_unknown_list(section) for section in reading.sections):
        return []
    found = []
    for line in reading.of("build", "install"):
        if ".a" in line.text and WRITES_LIST.search(line.text):
            column = len(line.text) - len(line.text.lstrip()) + 1
            found.append(_Entry(Spot(line.number, column, line.text.strip()), "", line.truth, line.section))
    return found


def _unknown_list(section: Section) -> bool:
    """Whether a %files takes a list that may hold anything."""
    return section.kind == "files" and any(not PLAIN_LIST.search(name) for name in LIST.findall(section.arguments))


def _hidden(entries: list[_Entry], reading: Reading) -> Iterator[_Entry]:
    """Folders, broad patterns and lists, where the build is one that makes static libraries and keeps them."""
    build = reading.of("prep", "build", "install", "conf")  # rpm 4.18 loses the line %build when it expands a spec
    makes_static = any(SIGNS.search(line.text) for line in build if not line.text.lstrip().startswith("#"))
    if not makes_static or any(_deletes_archives(line.text) for line in build):
        return
    for section in reading.sections:
        if _unknown_list(section):
            spot = Spot(section.line, 1, f"%files {section.arguments}")
            yield _Entry(spot, "", section.truth, section)
    for entry in entries:
        if LIBRARY_FOLDER.search(entry.path) and BROAD.search(entry.path):
            yield entry


def _declared(reading: Reading) -> Iterator[Spot]:
    """Where a package says that it provides static libraries; alone that means little: header-only ones say it too."""
    for line in reading.of("preamble", "package"):
        if line.truth.by_default and PROVIDES_STATIC.match(line.text.lstrip()):
            yield Spot(line.number, len(line.text) - len(line.text.lstrip()) + 1, line.text.strip())


def _deletes_archives(command: str) -> bool:
    """Whether a command in %install removes static libraries, whatever they are called."""
    return EVERY_ARCHIVE.search(command) is not None and DELETION.search(command) is not None
