# SPDX-License-Identifier: GPL-2.0-or-later
"""What the %files of a spec list, and what may hide behind folders, patterns and lists that the build writes."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.model.specs import Ships, Spot
from checker.specs.conditions import Truth
from checker.specs.patterns import Match, covers, matches_objects
from checker.specs.text import HERE_DOCUMENT, SpecLine, SpecSection, SpecText

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
BUILD_ROOT = re.compile(r"^[\"']?(?:%\{?\??buildroot\}?|\$\{?RPM_BUILD_ROOT\}?)[\"']?/*(?=/)|[\"']")


class Entry(NamedTuple):
    """A path in %files, or in a list that the spec writes."""

    spot: Spot
    path: str
    truth: Truth
    section: SpecSection
    match: Match
    """Whether its name is one of objects."""
    is_excluded: bool = False


class ListedFiles(NamedTuple):
    """What a spec lists that concerns objects."""

    objects: list[Entry]
    hidden: list[Entry]
    """Folders, patterns and lists that may hold objects, as the commands of the build show."""
    excluded: list[Entry]
    """Objects that %exclude names, no %files lists all the same, and nothing deletes."""
    provides: list[Spot]
    """Lines by which a package says that it provides static libraries; header-only ones say it, too."""

    @property
    def ships(self) -> Ships:
        """Whether objects are shipped."""
        if self.objects:
            return Ships.YES if any(entry.truth.by_default for entry in self.objects) else Ships.CONDITIONAL
        if self.hidden:
            return Ships.YES if self.provides else Ships.UNKNOWN
        return Ships.NO

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The lines that say so: those that name objects, or else those that may."""
        spots = sorted(entry.spot for entry in self.objects or self.hidden)
        return tuple(spots if self.objects else [*spots, *self.provides])


def listed_in(spec: SpecText) -> ListedFiles:
    """Everything that the file lists of a spec say of objects."""
    entries = list(_entries(spec))
    left_out: dict[SpecSection, list[str]] = {}
    for entry in entries:
        if entry.is_excluded and entry.truth.by_default:
            left_out.setdefault(entry.section, []).append(entry.path)
    shipped = [one for one in entries if not one.is_excluded and not _covered(one, left_out.get(one.section, ()), spec)]
    objects = [entry for entry in shipped if _is_object(entry)] + _in_written_lists(spec)
    hidden = list(_hidden(shipped, spec))
    excluded = list(_excluded(entries, spec))
    return ListedFiles(objects, hidden, excluded, list(_provides(spec)) if hidden and not objects else [])


def _entries(spec: SpecText) -> Iterator[Entry]:
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
            path = word[0].strip("\"'")
            yield Entry(spot, path, line.truth, line.section, matches_objects(path), is_excluded)


def _covered(entry: Entry, patterns: Iterable[str], spec: SpecText) -> bool:
    """Whether one of several patterns covers an entry."""
    return any(spec.budget.step() and covers(pattern, entry.path) for pattern in patterns)


def _is_object(entry: Entry) -> bool:
    """Whether its name is an object's, or it is a pattern or folder for libraries in a package named static."""
    if entry.match is Match.SURELY or STATIC_PACKAGE.search(entry.section.arguments) is None:
        return entry.match is Match.SURELY
    is_library = LIBRARY_FOLDER.search(entry.path) is not None and ".so" not in entry.path
    return is_library and (entry.match is Match.PERHAPS or entry.path.endswith(("*", "/")))


def _in_written_lists(spec: SpecText) -> list[Entry]:
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
                found.append(Entry(line.spot, text, line.truth, line.section, Match.SURELY))
            continue
        is_written = any(name in text for name in names) and (">" in text or "tee " in text)
        if is_written and (here := HERE_DOCUMENT.search(text)):
            end = here[1]
        elif is_written and ".a" in text and not LEAVES_OUT.search(text) and (path := WRITTEN.search(text)):
            path_in_it = BUILD_ROOT.sub("", path[0])
            found.append(Entry(line.spot, path_in_it, line.truth, line.section, Match.SURELY))
    return found


def _unknown_lists(section: SpecSection) -> list[str]:
    """The lists of a %files that may hold anything."""
    if section.kind != "files":
        return []
    return [name for name in LIST.findall(section.arguments) if not PLAIN_LIST.search(name)]


def _hidden(entries: list[Entry], spec: SpecText) -> Iterator[Entry]:
    """Folders, broad patterns and lists, where the build is one that makes static libraries and keeps them."""
    build = [line.text for line in spec.of("prep", "build", "install", "conf")]  # 4.18 loses the line %build
    build = [text for text in build if not text.lstrip().startswith("#")]
    if any(_deletes_archives(text) for text in build):
        return
    perhaps = [entry for entry in entries if _may_hold(entry) and entry.match is Match.PERHAPS]
    yield from perhaps
    if not any(SIGNS.search(text) or (INSTALLS.search(text) and not LEAVES_OUT.search(text)) for text in build):
        return
    for section in spec.sections:
        if _unknown_lists(section):
            spot = Spot(section.line, 1, f"%files {section.arguments}")
            yield Entry(spot, "", section.truth, section, Match.PERHAPS)
    for entry in entries:
        if _may_hold(entry) and BROAD.search(entry.path) and entry not in perhaps:
            yield entry


def _may_hold(entry: Entry) -> bool:
    return LIBRARY_FOLDER.search(entry.path) is not None


def _provides(spec: SpecText) -> Iterator[Spot]:
    for line in spec.of("preamble", "package"):
        if line.truth.by_default and PROVIDES_STATIC.match(line.text.lstrip()):
            yield line.spot


def _deletes_archives(command: str) -> bool:
    """Whether a command in %install removes static libraries, whatever they are called."""
    return EVERY_ARCHIVE.search(command) is not None and DELETION.search(command) is not None


def _excluded(entries: list[Entry], spec: SpecText) -> Iterator[Entry]:
    excluded = [one for one in entries if one.is_excluded and one.truth.by_default and one.match]
    if not excluded:
        return
    removed = _removed(spec.of("install"))
    for entry in excluded:
        elsewhere = [one.path for one in entries if not one.is_excluded and one.section != entry.section]
        if not _covered(entry, elsewhere, spec) and not _covered(entry, removed, spec):
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
