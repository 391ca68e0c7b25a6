# SPDX-License-Identifier: GPL-2.0-or-later
"""Has rpm parse a spec for every target."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from checker.model.specs import Condition
from checker.specs.branches import mark
from checker.specs.profiles import Profile
from checker.specs.sandbox import Sandbox


class Parsed(NamedTuple):
    """A spec as rpm has parsed it for one target."""

    profile: str
    arch: str
    text: str = ""
    """What it expands to."""
    before: Mapping[str, str] = {}
    """Values of macros as the distribution sets them."""
    after: Mapping[str, str] = {}
    """Values of the same macros in the end."""
    conditions: tuple[Condition, ...] = ()
    failure: str | None = None
    """Why rpm could not parse it."""


def parsed(
    data: bytes, sandbox: Sandbox, names: list[str], profiles: Iterable[Profile], arches: Iterable[str]
) -> Iterator[Parsed]:
    """A spec as rpm parses it for each target, and values of macros of these names; raises SandboxError."""
    with_marks = mark(data)
    for profile, arch in product(profiles, arches):
        marked = with_marks
        answer = sandbox.parse(marked.data, profile.text, arch, [*names, *marked.macros])
        if marked.lines and answer.is_rejected:  # marks move the lines that rpm names
            marked = marked.unmarked
            answer = sandbox.parse(marked.data, profile.text, arch, names)
        text, before, after, failure, _ = answer
        yield Parsed(profile.name, arch, marked.without_marks(text), before, after, marked.conditions(after), failure)
