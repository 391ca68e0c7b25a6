# SPDX-License-Identifier: GPL-2.0-or-later
"""Builders as data: the command that builds, the way macros reach it, and the place of its results."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from string import Formatter
from typing import Any

from checker.errors import UsageError, unknown
from checker.shipped import builders_folder, shipped_builders
from checker.toml import parsed

SOURCE_PACKAGE = "source-package"
NEEDS = ("spec", SOURCE_PACKAGE)
PROFILES = ("targets", "flags")
STDOUT = "{stdout}"
CAPTURED = "captured"
NAMES = ("top", "results", "spec", "source", "arm", "arch", "cpus", "stage", "nodeps", "macros", "stdout")
"""Names in braces that texts may contain, as well as environment variables; `captured` in `after` only."""


@dataclass(frozen=True, slots=True)
class BuildBounds:
    """Limits of one build."""

    seconds: int = 14400
    """Seconds of wall-clock time."""
    memory: int = 1 << 34
    """Bytes of address space, of each process in the sandbox."""
    memory_together: int = 1 << 35
    """Bytes of memory of all processes together; a build that takes more is ended soon after."""
    processes: int = 4096
    disk: int = 1 << 35
    """Bytes of all files that the build writes; a build that writes more is ended soon after."""


@dataclass(frozen=True, slots=True)
class Builder:
    """A way to build a source package; texts may have names in braces, see docs/reference/rebuild.md."""

    name: str
    about: str
    command: tuple[str, ...]
    packages: str
    log: str = STDOUT
    """A file, or a pattern of files that are read in order."""
    needs: str = NEEDS[0]
    """The input: a spec with its sources beside it, or a source package, which is packed for each arm."""
    profile: str = PROFILES[1]
    """The profiles for `--target`: complete ones, or only the flags that a distribution's own macros lack."""
    sandbox: bool = False
    brings_hook: bool = False
    """Whether this ltocheck's hook is used in the build, instead of one that is installed there."""
    tree: str | None = None
    """The place of the build tree; None if it is lost, and with it the results of configure."""
    capture: str | None = None
    """A pattern over the command's output, whose group becomes `captured`."""
    after: tuple[str, ...] = ()
    """A second command, which fetches the results."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the user may set, with their defaults; those with an empty default must be set."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files that are written below `top` before the build, by path."""
    bounds: BuildBounds = BuildBounds()

    def settings(self) -> dict[str, str]:
        """The environment variables and their values; raises UsageError for a missing one."""
        values = {name: os.environ.get(name) or default for name, default in self.environment.items()}
        for name, value in values.items():
            if not value:
                raise UsageError(f"--builder {self.name}: the environment variable {name} has to be set")
        return values


def load_builder(name: str) -> Builder:
    """A shipped builder by its name, or one from a TOML file; raises UsageError."""
    shipped = name in shipped_builders()
    path = builders_folder() / f"{name}.toml" if shipped else Path(name)
    try:
        return _builder(parsed(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UsageError(
            f"--builder {name}: {unknown('builder', name, shipped_builders(), ', or a TOML file')}"
        ) from error
    except OSError as error:
        raise UsageError(f"--builder {name}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, re.error) as error:
        raise UsageError(f"--builder {name}: {error}") from error


def _builder(data: dict[str, Any]) -> Builder:
    known = [item.name for item in fields(Builder)]
    if strange := sorted(data.keys() - set(known)):
        raise ValueError(f"unknown keys {', '.join(strange)}; known are {', '.join(sorted(known))}")
    if lacking := [key for key in ("name", "about", "command", "packages") if not data.get(key)]:
        raise ValueError(f"{lacking[0]}: is expected and missing")
    for key, value in data.items():
        is_right, expected = SHAPES.get(key, A_TEXT)
        if not is_right(value):
            raise ValueError(f"{key} = {value!r}: {expected} is expected")
    if data.get("capture") is not None and re.compile(data["capture"]).groups != 1:
        raise ValueError("capture: a pattern with one group is expected")
    lists = {key: tuple(data.get(key, ())) for key in ("command", "after")}
    builder = Builder(**{**data, **lists, "bounds": BuildBounds(**data.get("bounds", {}))})
    _check_names(builder)
    return builder


def _check_names(builder: Builder) -> None:
    """Raise ValueError if a text contains an unknown name."""
    known = {*NAMES, *builder.environment}
    texts = [*builder.command, builder.packages, builder.log, builder.tree or "", *builder.files.values()]
    for text, names in (*((text, known) for text in texts), *((text, {*known, CAPTURED}) for text in builder.after)):
        for _, name, form, _ in Formatter().parse(text):
            if name is not None and (name not in names or form):
                raise ValueError(f"{{{name}}}: one of {', '.join(sorted(names))} is expected, or a doubled brace")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_files(value: Any) -> bool:
    return _is_table(value) and all("/" not in name and name not in ("", ".", "..") for name in value)


def _is_bounds(value: Any) -> bool:
    known = {item.name for item in fields(BuildBounds)}
    return isinstance(value, dict) and all(
        name in known and isinstance(bound, int) and bound > 0 for name, bound in value.items()
    )


A_TEXT = (lambda value: isinstance(value, str), "a text")
SHAPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "command": (_is_texts, "a list of texts"),
    "after": (_is_texts, "a list of texts"),
    "needs": (lambda value: value in NEEDS, f"one of {', '.join(NEEDS)}"),
    "profile": (lambda value: value in PROFILES, f"one of {', '.join(PROFILES)}"),
    "sandbox": (lambda value: isinstance(value, bool), "true or false"),
    "brings_hook": (lambda value: isinstance(value, bool), "true or false"),
    "environment": (_is_table, "a table of texts"),
    "files": (_is_files, "a table of texts, by names without a slash,"),
    "bounds": (_is_bounds, f"a table of positive numbers, of {', '.join(item.name for item in fields(BuildBounds))},"),
}
"""Tests of the values in a file, and the words for what is expected; other values are texts."""
