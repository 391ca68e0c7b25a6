# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a spec ships objects: what its %files list, and what may hide behind folders, patterns and lists."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.model.specs import OwnFlags, Ships, Spot
from checker.specs.buildsystems import Makers
from checker.specs.conditions import Truth
from checker.specs.patterns import Match, covers, matches_objects
from checker.specs.sections import SpecLine, SpecSection, SpecText
from checker.specs.waivers import Exceptions

ATTRIBUTE = re.compile(r"%(?:attr|defattr|verify|lang|caps|config|missingok|artifact)(?:\s{0,9}\([^)]{0,99}\))?")
WORD = re.compile(r"\S+")
EXCLUDE = re.compile(r"%exclude\b")
NOT_SHIPPED = re.compile(r"%(?:ghost|dir|doc|docdir|license|readme|pubkey)\b")
LIST = re.compile(r"-f\s*(\S+)")
PLAIN_LIST = re.compile(
    r"\.lang\b|lang$|%\{?(?:pyproject_files|translations)|icons|man(?:files|pages)?$|\.(?:mo|qm|py)\b|-py[23]?-"
    r"|INSTALLED_FILES"
)
"""Lists that find-lang, Python's installers and the like write: no object is ever in them."""

LIBRARY_FOLDER = re.compile(r"%\{?_(?:lib|libdir|libexecdir)\b|/lib(?:64|32|exec)?/|/lib(?:64|32)?\*?$|/lib-\*")
BROAD = re.compile(r"(?:/|/\*|/[\w.%{}?-]*\*|/[^./*?]+)$")
STATIC_PACKAGE = re.compile(r"(?:^|[\s-])static(?:-(?:devel|libs?|libraries))?(?:\s|$)")

SIGNS = re.compile(
    r"--enable-static(?!=no)\b|--disable-shared\b|--enable-shared=no\b|-DBUILD_STATIC_LIBS(?::\w+)?=(?:ON|1|TRUE)\b"
    r"|--default-library=(?:static|both)|\bmake\b[^#]{0,200}\bstatic\b|%ghc_lib_(?:build|install)\b|--enable-languages="
    r"|\b(?:gcc|gnat)-ar\s+\w{0,9}[rc]|\$\{?AR\}?\b[^;|&]{0,99}\s-?[a-z]{0,9}[rq][a-z]{0,9}\s+\S{1,99}\.a\b"
)
"""What makes a build produce static libraries: options, ar, Haskell's macros, and options of GCC's own build."""

INSTALLS = re.compile(r"\b(?:install|cp|mv|find)\b.{0,300}(?<![\w)])[\w*%{}/.-]{0,99}\.a\b")
PROVIDES_STATIC = re.compile(r"Provides:.{0,200}-static\b", re.IGNORECASE)
EVERY_ARCHIVE = re.compile(r"(?:/|/lib|[\"'\s\\])\*\.(?:a\b|\{(?:l?a,?){2}\}|\[a[^\]]*\]|\*a\b)")
DELETION = re.compile(r"\brm\b|-delete\b|\bunlink\b")
WRITTEN = re.compile(r"[\w*%{}$/.+-]{0,200}\.a\b")
LEAVES_OUT = re.compile(r"\brm\b|-delete\b|(?:!|-not)\s+-i?name\s|\bgrep\s+(?:-\w*v|--invert)|-prune\b")
"""Commands that write a list of what is left over."""
HERE_DOCUMENT = re.compile(r"<<-?\s*[\"'\\]?(\w+)")
BUILD_ROOT = re.compile(r"^[\"']?(?:%\{?\??buildroot\}?|\$\{?RPM_BUILD_ROOT\}?)[\"']?/*(?=/)|[\"']")


class FilesFindings(NamedTuple):
    """Whether objects are shipped, and the lines that say so."""

    ships: Ships
    spots: list[Spot]
    reached: Ships = Ships.NO
    """The same of what the distribution's flags reach, is not off by default, and not excepted from the check."""
    reached_spots: tuple[Spot, ...] = ()
    excluded: tuple[Spot, ...] = ()
    """Objects that %exclude keeps out of the package, but not out of the build root."""
    own_flags: tuple[OwnFlags, ...] = ()
    excepted: tuple[Spot, ...] = ()


class _Entry(NamedTuple):
    """A path in %files."""

    spot: Spot
    path: str
    truth: Truth
    section: SpecSection
    is_excluded: bool = False


def look_at_files(spec: SpecText, makers: Makers, exceptions: Exceptions) -> FilesFindings:
    """What a spec ships, as far as the text shows."""
    listed = list(_entries(spec))
    left_out: dict[SpecSection, list[str]] = {}
    for entry in listed:
        if entry.is_excluded and entry.truth.by_default:
            left_out.setdefault(entry.section, []).append(entry.path)
    shipped = [one for one in listed if not one.is_excluded and not _covered(one, left_out.get(one.section, ()), spec)]
    objects = [entry for entry in shipped if _is_object(entry)] + _in_written_lists(spec)
    hidden = list(_hidden(shipped, spec))
    if not objects and not hidden and not any(entry.is_excluded for entry in listed):
        return FilesFindings(Ships.NO, [])
    declared = list(_declared(spec)) if hidden and not objects else []
    ships = _ships(objects, hidden, declared)
    own: dict[str, OwnFlags] = {}
    excepted = []
    reached_objects: list[_Entry] = []
    reached_hidden: list[_Entry] = []
    for entries, reached in ((objects, reached_objects), (hidden, reached_hidden)):
        for entry in entries:
            maker = makers.of(entry.path)
            if maker and not makers.is_sure(maker):
                reached_hidden.append(entry)
            elif maker:
                own.setdefault(maker.name, OwnFlags(maker.name, maker.need))
            elif entry.path and exceptions.cover(entry.path):
                excepted.append(entry.spot)
            elif entry.truth is not Truth.OFF:
                reached.append(entry)
    reached_ships = _ships(reached_objects, reached_hidden, declared)
    return FilesFindings(
        ships,
        _spots(objects) if objects else [*_spots(hidden), *declared],
        reached_ships,
        tuple(_spots(reached_objects) if reached_objects else [*_spots(reached_hidden), *declared]),
        tuple(entry.spot for entry in _excluded(listed, spec, makers, exceptions)),
        tuple(own.values()),
        tuple(excepted),
    )


def _ships(objects: list[_Entry], hidden: list[_Entry], declared: list[Spot]) -> Ships:
    if objects:
        return Ships.YES if any(entry.truth.by_default for entry in objects) else Ships.CONDITIONAL
    if hidden:
        return Ships.YES if declared else Ships.UNKNOWN
    return Ships.NO


def _spots(entries: list[_Entry]) -> list[Spot]:
    return sorted(entry.spot for entry in entries)


def _entries(spec: SpecText) -> Iterator[_Entry]:
    for line in spec.of("files"):
        if not spec.budget.step():
            return
        text = line.text
        if text.lstrip().startswith("#") or NOT_SHIPPED.search(text):
            continue
        is_excluded = False
        if "%" in text:
            is_excluded = EXCLUDE.search(text) is not None
            text = EXCLUDE.sub("        ", ATTRIBUTE.sub(lambda found: " " * len(found[0]), text))
        for word in WORD.finditer(text):
            spot = Spot(line.number, word.start() + 1, word[0])
            yield _Entry(spot, word[0].strip("\"'"), line.truth, line.section, is_excluded)


def _covered(entry: _Entry, patterns: Iterable[str], spec: SpecText) -> bool:
    """Whether one of several patterns covers an entry."""
    return any(spec.budget.step() and covers(pattern, entry.path) for pattern in patterns)


def _is_object(entry: _Entry) -> bool:
    """Whether its name is an object's, or it is a pattern or folder for libraries in a package named static."""
    match = matches_objects(entry.path)
    if match is Match.SURELY or STATIC_PACKAGE.search(entry.section.arguments) is None:
        return match is Match.SURELY
    is_library = LIBRARY_FOLDER.search(entry.path) is not None and ".so" not in entry.path
    return is_library and (match is Match.PERHAPS or entry.path.endswith(("*", "/")))


def _in_written_lists(spec: SpecText) -> list[_Entry]:
    """Objects in lists that the spec itself writes: by find and its like, or word for word."""
    names = [name.strip("\"'").rpartition("/")[2] for section in spec.sections for name in _unknown_lists(section)]
    if not names:
        return []
    found = []
    end: str | None = None
    for line in spec.of("build", "install"):
        if not spec.budget.step():
            break
        text = line.text.strip()
        if end is not None:
            if text == end:
                end = None
            elif matches_objects(text.strip("\"'")) is Match.SURELY:
                found.append(_Entry(_spot(line), text, line.truth, line.section))
            continue
        is_written = any(name in text for name in names) and (">" in text or "tee " in text)
        if is_written and (here := HERE_DOCUMENT.search(text)):
            end = here[1]
        elif is_written and ".a" in text and not LEAVES_OUT.search(text) and (path := WRITTEN.search(text)):
            found.append(_Entry(_spot(line), BUILD_ROOT.sub("", path[0]), line.truth, line.section))
    return found


def _spot(line: SpecLine) -> Spot:
    return Spot(line.number, len(line.text) - len(line.text.lstrip()) + 1, line.text.strip())


def _unknown_lists(section: SpecSection) -> list[str]:
    """The lists of a %files that may hold anything."""
    if section.kind != "files":
        return []
    return [name for name in LIST.findall(section.arguments) if not PLAIN_LIST.search(name)]


def _hidden(entries: list[_Entry], spec: SpecText) -> Iterator[_Entry]:
    """Folders, broad patterns and lists, where the build is one that makes static libraries and keeps them."""
    build = [line.text for line in spec.of("prep", "build", "install", "conf")]  # 4.18 loses the line %build
    build = [text for text in build if not text.lstrip().startswith("#")]
    if any(_deletes_archives(text) for text in build):
        return
    perhaps = [entry for entry in entries if _may_hold(entry) and matches_objects(entry.path) is Match.PERHAPS]
    yield from perhaps
    if not any(SIGNS.search(text) or (INSTALLS.search(text) and not LEAVES_OUT.search(text)) for text in build):
        return
    for section in spec.sections:
        if _unknown_lists(section):
            spot = Spot(section.line, 1, f"%files {section.arguments}")
            yield _Entry(spot, "", section.truth, section)
    for entry in entries:
        if _may_hold(entry) and BROAD.search(entry.path) and entry not in perhaps:
            yield entry


def _may_hold(entry: _Entry) -> bool:
    return LIBRARY_FOLDER.search(entry.path) is not None


def _declared(spec: SpecText) -> Iterator[Spot]:
    """Where a package says that it provides static libraries; alone that means little: header-only ones say it too."""
    for line in spec.of("preamble", "package"):
        if line.truth.by_default and PROVIDES_STATIC.match(line.text.lstrip()):
            yield _spot(line)


def _deletes_archives(command: str) -> bool:
    """Whether a command in %install removes static libraries, whatever they are called."""
    return EVERY_ARCHIVE.search(command) is not None and DELETION.search(command) is not None


def _excluded(listed: list[_Entry], spec: SpecText, makers: Makers, exceptions: Exceptions) -> Iterator[_Entry]:
    """What %exclude names, no %files lists all the same, and nothing deletes."""
    excluded = [one for one in listed if one.is_excluded and one.truth.by_default and matches_objects(one.path)]
    if not excluded:
        return
    removed = _removed(spec.of("install"))
    for entry in excluded:
        elsewhere = [one.path for one in listed if not one.is_excluded and one.section != entry.section]
        is_there = not _covered(entry, elsewhere, spec) and not _covered(entry, removed, spec)
        if is_there and not makers.of(entry.path) and not exceptions.cover(entry.path):
            yield entry


def _removed(lines: Iterable[SpecLine]) -> list[str]:
    """The paths that %install deletes, without the build root before them."""
    paths = []
    for line in lines:
        if DELETION.search(line.text) and not line.text.lstrip().startswith("#"):
            paths += [
                BUILD_ROOT.sub("", word) for word in line.text.split() if ".a" in word or ".o" in word or "/*" in word
            ]
            if EVERY_ARCHIVE.search(line.text):
                paths.append("*.a")
    return paths
