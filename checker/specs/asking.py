# SPDX-License-Identifier: GPL-2.0-or-later
"""What rpm makes of specs: the sandbox starts with the first, and one that fails is not tried again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from checker.model.specs import SpecFacts
from checker.specs.expand import expanded
from checker.specs.look import LookOptions
from checker.specs.parse import parsed
from checker.specs.sandbox import Sandbox, SandboxError
from checker.specs.sources import files_beside
from checker.specs.spec_file import STANDARD_INPUT, SpecFile
from checker.specs.target import VALUES, target_of
from checker.specs.text import SpecText


class Asking:
    """Adds to what the text of specs says; without a sandbox it adds why there is none."""

    def __init__(self, options: LookOptions) -> None:
        self._options = options
        self._sandbox: Sandbox | None = None
        self._obstacle: str | None = None
        """Why there is no sandbox."""

    def expanded(self, file: SpecFile, spec: SpecText, facts: SpecFacts) -> SpecFacts:
        """The facts with what rpm makes of the spec."""
        options = self._options
        if self._obstacle is None:
            try:
                with self._sandbox_for(file) as sandbox:
                    answers = parsed(file.data, sandbox, [options.macro, *VALUES], options.profiles, options.arches)
                    targets = tuple(target_of(answer, spec, facts.lto, options.macro) for answer in answers)
            except SandboxError as error:
                self._obstacle = str(error)
            else:
                return expanded(spec, facts, targets)
        return facts._replace(not_expanded=self._obstacle)

    @contextmanager
    def _sandbox_for(self, file: SpecFile) -> Iterator[Sandbox]:
        """Where rpm parses a spec; one that reads files beside it gets a place of its own. Raises SandboxError."""
        trusted = self._options.trusted
        files = {} if file.is_package or file.path == STANDARD_INPUT else files_beside(file.path, file.data)
        if files:
            try:
                folder = os.path.dirname(os.path.abspath(file.path))
                with Sandbox(trusted=trusted, files=files, folder=folder) as sandbox:
                    yield sandbox
            finally:
                for fd in files.values():
                    os.close(fd)
            return
        if self._sandbox is None:
            self._sandbox = Sandbox(trusted=trusted).__enter__()
        yield self._sandbox

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
