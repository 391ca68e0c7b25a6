# SPDX-License-Identifier: GPL-2.0-or-later
"""What a spec consists of, as values: sections, lines, and definitions in the order in which rpm reads them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from checker.limits import LIMITS
from checker.model.specs import Condition, Observation, Observed, Spot
from checker.specs.budget import SpecBudget
from checker.specs.conditions import Environment, Truth
from checker.specs.macros import Definition

TAG = re.compile(r"(?i)\s*(?:Name|Version|Release|Summary|License|Group|Epoch|URL|Source\d*|BuildRequires)\s*:")
HERE_DOCUMENT = re.compile(r"<<-?\s*[\"'\\]?(\w+)")
"""What begins a here document in shell text, and the word that ends it."""


class SpecSection(NamedTuple):
    """One part of a spec; `kind` is the word after the percent sign, or `preamble`."""

    kind: str
    arguments: str
    line: int
    truth: Truth


class SpecLine(NamedTuple):
    """One line, its number from 1."""

    number: int
    text: str
    section: SpecSection
    truth: Truth

    @property
    def spot(self) -> Spot:
        """The place of its text, without the blanks before it."""
        return Spot(self.number, len(self.text) - len(self.text.lstrip()) + 1, self.text.strip())


class Setting(NamedTuple):
    """One definition with its place."""

    definition: Definition
    spot: Spot
    section: SpecSection
    truth: Truth
    in_comment: bool


@dataclass(slots=True)
class SpecText:
    """What a spec consists of."""

    sections: list[SpecSection] = field(default_factory=list)
    lines: list[SpecLine] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    environment: Environment = field(default_factory=Environment)
    name: str | None = None
    """The Name tag, where its macros are known."""
    branches: list[tuple[int, int]] = field(default_factory=list)
    """Every conditional line, and the last line of the branch that it begins."""

    @property
    def budget(self) -> SpecBudget:
        """What may still be spent on looking at the spec."""
        return self.environment.budget

    @property
    def is_spec(self) -> bool:
        """Whether anything of a spec is in it: a section, a definition, a condition or a tag."""
        return bool(self.sections or self.settings or self.branches) or any(TAG.match(line.text) for line in self.lines)

    def of(self, *kinds: str) -> list[SpecLine]:
        """The lines of some kinds of sections that are not known to be left out."""
        return [line for line in self.lines if line.section.kind in kinds and line.truth is not Truth.NEVER]

    def value(self, macro: str) -> str | None:
        """The body of a macro's last definition that holds by default; rpm takes one level of backslashes from it."""
        bodies = [one.definition.body for one in self.settings if one.definition.name == macro and one.truth.by_default]
        return bodies[-1].replace("\\\\", "\\") if bodies else None

    def dead(self, conditions: Iterable[Condition]) -> list[tuple[int, int]]:
        """First and last lines of the branches that rpm never takes, by the conditions of one target or several."""
        taken, known = set(), set()
        for one in conditions:
            known.add(one.line)
            if one.holds:
                taken.add(one.line)
        return [branch for branch in self.branches if branch[0] in known - taken]

    def left_out(self) -> Iterator[Observation]:
        """What the budget did not suffice for."""
        top = Spot(1, 1, "")
        if self.budget.is_spent:
            yield Observation(Observed.UNSEEN, top, f"what takes longer than {LIMITS.spec_seconds:g} seconds")
        if self.budget.is_expansion_spent:
            what = f"macros that expand to more than {LIMITS.spec_expansion} characters"
            yield Observation(Observed.UNSEEN, top, what)
