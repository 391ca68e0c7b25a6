# SPDX-License-Identifier: GPL-2.0-or-later
"""Build systems with flags of their own (macros/targets/build-systems.toml), and which objects they make."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from checker.shipped import targets_folder
from checker.specs.text import SpecText

COMPILES = re.compile(
    r"%\{?[?!]*(?:configure|cmake(?:_build)?|cmake_kf\d|meson(?:_build)?|make_build|make_jobs|makeinstall_std|qmake\w*|"
    r"optflags|build_c(?:xx)?flags|set_build_flags|__cc|__cxx|__make|make|scons|waf|ninja_build)\b"
    r"|(?<![\w%{./+-])(?:make|gmake|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|gnatmake|gprbuild|cmake|meson|scons|ninja|"
    r"qmake\S*|b2|bazel|xmake|R CMD)(?=\s|$)|\./(?:configure|waf|b2|build)\b"
    r"|\$\{?(?:RPM_OPT_FLAGS|CFLAGS|CXXFLAGS|CC)\b"
)
"""What compiles by the distribution's flags, or may do so."""


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """One build system; `need` is a word of `ltocheck opt-in`."""

    name: str
    need: str
    calls: re.Pattern[str]
    objects: re.Pattern[str]
    governs: bool
    mixed: bool
    """Where the spec compiles other things too, some of the objects in its folders may be those."""
    targets: frozenset[str]
    """Names of targets for which it is so; none: for all."""


@cache
def build_systems() -> tuple[BuildSystem, ...]:
    """All that are known."""
    data = tomllib.loads((targets_folder() / "build-systems.toml").read_text(encoding="utf-8"))
    return tuple(
        BuildSystem(
            one["name"],
            one["need"],
            re.compile(one["calls"]),
            re.compile(one["objects"]),
            one.get("governs", False),
            one.get("mixed", False),
            frozenset(one.get("targets", ())),
        )
        for one in data["system"]
    )


class Makers:
    """Which build system of its own flags makes an object, by its path and by what the build runs.

    Commands between the lines `dead`, in branches that rpm does not take, do not count.
    """

    def __init__(self, spec: SpecText, target: str | None = None, dead: Iterable[tuple[int, int]] = ()) -> None:
        self._spec = spec
        self._target = target
        self._dead = tuple(dead)

    def of(self, path: str) -> BuildSystem | None:
        """The build system that makes an object; None: the distribution's flags reach it."""
        by_path = (one for one in self._systems if one.objects.search(path))
        return next(by_path, self._all[0] if self._all else None)

    def is_sure(self, system: BuildSystem) -> bool:
        """Whether nothing else can have made the objects in its folders."""
        return not system.mixed or system in self._all

    @cached_property
    def _systems(self) -> list[BuildSystem]:
        target = self._target
        return [one for one in build_systems() if target is None or not one.targets or target in one.targets]

    @cached_property
    def _all(self) -> list[BuildSystem]:
        """Those that make all objects, whatever their paths; the first is named."""
        built, installed = self._commands("conf", "build"), self._commands("install")
        called = [one for one in self._systems if any(one.calls.search(line) for line in (*built, *installed))]
        governing = [one for one in called if one.governs]
        others = (line for line in built if not any(one.calls.search(line) for one in called))
        return governing or ([] if any(map(COMPILES.search, others)) else called)

    def _commands(self, *kinds: str) -> list[str]:
        return [
            line.text
            for line in self._spec.of(*kinds)
            if not line.text.lstrip().startswith("#")
            and not any(first < line.number < last for first, last in self._dead)
        ]
