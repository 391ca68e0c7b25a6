# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder of specs, in which those of source packages are found."""

import os
import re
from collections.abc import Collection, Iterator
from functools import cached_property

from checker.errors import Obstacle, Unavailable
from checker.lto.flags import FAT_FLAG
from checker.model.specs import SpecFacts
from checker.specs.lexical import look_lexically
from checker.specs.paths import SUFFIXES, spec_paths
from checker.specs.spec_file import read_spec_file

SUFFIX = ".spec"
NAME = re.compile(rb"^[ \t]*Name[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


class SpecFolder:
    """The specs below a folder; `macro` is the opt-in macro, without the percent sign."""

    def __init__(self, folder: str, macro: str) -> None:
        self.folder = os.path.realpath(folder)
        self._macro = macro
        self._signs = (macro.encode(), FAT_FLAG.encode())
        self.unread: dict[str, str] = {}
        """Specs and folders that could not be read, and why; complete once all were looked at."""

    def found(self, names: Collection[str]) -> dict[str, str]:
        """The specs of source packages: named like them, alone or in a folder so named, else by the Name in them."""
        places: dict[str, str] = {}
        for name in names:
            file = f"{name}{SUFFIX}"
            candidates = os.path.join(self.folder, file), os.path.join(self.folder, name, file)
            places.update((name, path) for path in reversed(candidates) if path in self._paths)
        left = set(names) - places.keys()
        for path in self._paths if left else ():
            name_in_it = self._name_in(path)
            if name_in_it in left:
                places.setdefault(name_in_it, path)
        return places

    def opted_in(self) -> Iterator[tuple[str, SpecFacts]]:
        """The specs that opt in, and what their text says."""
        for path in self._paths:
            data = self._bytes_of(path)
            if any(sign in data for sign in self._signs):
                facts = look_lexically(data, self._macro)
                if facts.opt_in:
                    yield path, facts

    @cached_property
    def _paths(self) -> dict[str, None]:
        """All specs, in the order of paths."""
        paths = [*spec_paths([self.folder])]
        for path in paths:
            if not path.endswith(SUFFIXES):
                self._bytes_of(path)  # of a folder that cannot be listed
        return dict.fromkeys(path for path in paths if path.endswith(SUFFIX))

    def _name_in(self, path: str) -> str | None:
        """The Name tag of a spec; only where macros are in it the spec is looked at more closely."""
        data = self._bytes_of(path)
        tag = NAME.search(data)
        if tag is None:
            return None
        name = tag[1].decode("utf-8", "surrogateescape")
        return look_lexically(data, self._macro).name if "%" in name else name

    def _bytes_of(self, path: str) -> bytes:
        """The bytes of a spec, none where it cannot be read: then nothing is found in it."""
        try:
            return read_spec_file(path).data
        except Unavailable as error:
            if error.obstacle is not Obstacle.NO_PACKAGE:  # a folder without specs
                self.unread[path] = error.detail
            return b""
