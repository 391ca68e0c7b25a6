# SPDX-License-Identifier: GPL-2.0-or-later
"""Results of configure in the files that autoconf, CMake and meson leave in a build tree.

Values are normalised: the flags of an arm are removed from names and values of cache variables.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from checker.limits import LIMITS
from checker.rebuild.facts import Value
from checker.trees.files import FILE_FLAGS

CONFIG_LOG = "config.log"
CMAKE_CACHE = "CMakeCache.txt"
MESON_LOG = "meson-log.txt"
HEADERS = re.compile(r"(?:.{0,100}[_-])?config\.h(?:pp)?")

FLAGS = re.compile(r"\s*-f(?:no-)?(?:lto(?:=\w{1,20})?|fat-lto-objects)(?![\w-])")
FLAGS_IN_NAMES = re.compile(r"_{1,3}f(?:no_)?(?:fat_lto_objects|lto(?:_auto|_thin|_\d{1,3})?)(?=_|$)")
UNDEFINED_VALUE = "undefined"
"""The value of a variable that config.h names without a definition, and config.log leaves out."""
CHANGING = re.compile(r"/\w{1,20}/cc\w{6}\b|\bconftest\.\w+|\bconf\w{0,6}\d+\b")
PASSED_ON = re.compile(r"ac_cv_env_|CMAKE_\w*FLAGS|\w*(?:C|CPP|CXX|LD|F|FC)FLAGS\w*$|CONFIGURE_\w*ARGS")
"""Variables that are inputs of configure, not results."""

HEADING = re.compile(r"## (\w[^#]{0,60}) ##")
"""The heading of a part of config.log, between lines of hyphens."""
CACHED = re.compile(r"(\w{1,200}_cv_\w{1,400})=(.{0,2000})")
DEFINED = re.compile(r"\s{0,20}#\s{0,20}define\s{1,20}(\w{1,200})(?:\s{1,40}(.{0,2000}))?$")
UNDEFINED = re.compile(r"/\* #undef (\w{1,200}) \*/")
ENTRY = re.compile(r"([\w.+/-]{1,300}):(?!INTERNAL$)\w{1,20}=(.{0,2000})")
INTERNAL = re.compile(r"([\w.+/-]{1,300}):INTERNAL=(.{0,2000})")
ANSWER = re.compile(
    r"((?:Checking|Has header|Compiler for|Run-time|Header|Fetching value|Linker)[^\n]{1,300}?)\s?: (.{1,200})"
)
TEST = re.compile(rb"checking ([^\n\"]{1,200}?)\.\.\. *\"|\b(\w{1,200}_cv_\w{1,400})\+|\"#define (\w{1,200})\b")
"""In a configure script: the words of a check, the first use of its result variable, a line of confdefs.h."""


def configured(tree: Path) -> dict[str, dict[str, Value]]:
    """The results of configure below a folder, by the path of their file, then by name."""
    found: dict[str, dict[str, Value]] = {}
    left = LIMITS.configured
    files = sorted(_files(tree))
    tests = {name: test for path, read in files if read is _config_log for name, test in _tests(tree / path).items()}
    for path, read in files:
        if left <= 0:
            break
        values: dict[str, Value] = {}
        for name, value in read(tree / path):
            if len(values) >= left:
                break
            if not PASSED_ON.match(name):
                values[FLAGS_IN_NAMES.sub("", name)] = Value(_normal(value), tests.get(name))
        left -= len(values)
        if values:
            found[path] = values
    return found


Reader = Callable[[Path], Iterator[tuple[str, str]]]


def _files(tree: Path) -> Iterator[tuple[str, Reader]]:
    seen = 0
    for folder, below, names in os.walk(tree):
        below.sort()
        seen += len(names)
        if seen > LIMITS.tree_files:
            return
        for name in names:
            read = READERS.get(name) or (_header if HEADERS.fullmatch(name) else None)
            if read is not None:
                yield os.path.relpath(os.path.join(folder, name), tree), read


def _lines(path: Path) -> Iterator[str]:
    """The lines of a regular file, cut to a bound; none if it cannot be read."""
    with opened(path) as file:
        for _ in range(LIMITS.configure_file):
            line = file.readline(LIMITS.spec_line)
            if not line or file.tell() > LIMITS.configure_file:
                return
            yield line.decode("utf-8", "replace").rstrip("\r\n")


def opened(path: Path) -> BinaryIO:
    """Open a regular file without following a link; an empty file stands for one that cannot be opened."""
    try:
        fd = os.open(path, FILE_FLAGS)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return os.fdopen(fd, "rb")
        os.close(fd)
    except OSError:
        pass
    return open(os.devnull, "rb")


def _config_log(path: Path) -> Iterator[tuple[str, str]]:
    part = None
    for line in _lines(path):
        if heading := HEADING.fullmatch(line):
            part = heading[1]
        elif part == "Cache variables." and (found := CACHED.match(line)):
            yield found[1], found[2].strip("'")
        elif part == "confdefs.h." and (found := DEFINED.match(line)):
            yield found[1], found[2] or ""


def _header(path: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(path):
        if found := DEFINED.match(line):
            yield found[1], found[2] or ""
        elif found := UNDEFINED.match(line):
            yield found[1], UNDEFINED_VALUE


def _cmake_cache(path: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(path):
        if found := ENTRY.match(line) or INTERNAL.match(line):
            yield found[1], found[2]


def _meson_log(path: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(path):
        if found := ANSWER.match(line):
            yield found[1], found[2].removesuffix(" (cached)")


READERS: dict[str, Reader] = {CONFIG_LOG: _config_log, CMAKE_CACHE: _cmake_cache, MESON_LOG: _meson_log}


def _tests(log: Path) -> dict[str, str]:
    """The test behind each variable and definition, from the configure script that wrote a config.log."""
    script = next((path for path in _scripts(log) if path.is_file()), None)
    if script is None:
        return {}
    tests: dict[str, str] = {}
    last = None
    with opened(script) as file:
        for found in TEST.finditer(file.read(LIMITS.configure_file)):
            if found[1] is not None:
                last = found[1].decode("utf-8", "replace")
            elif last is not None:
                tests.setdefault((found[2] or found[3]).decode(), f"checking {last}")
    return tests


def _scripts(log: Path) -> Iterator[Path]:
    """Possible paths of the script: beside the log, as the log names it, or in the folder above."""
    yield log.with_name("configure")
    for _, line in zip(range(20), _lines(log), strict=False):
        if line.startswith("  $ ") and not line.startswith("  $ /"):
            yield Path(os.path.normpath(log.parent / line[4:].partition(" ")[0]))
    yield log.parent.parent / "configure"


def _normal(value: str) -> str:
    return " ".join(CHANGING.sub("…", FLAGS.sub("", value)).split())[:400]
