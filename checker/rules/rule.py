# SPDX-License-Identifier: GPL-2.0-or-later
"""The type of rules: a check of one type of fact."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from checker.model import ArchiveItem, Claim, Kind, ObjectItem, PackageFacts, Severity, TargetType, WaiverFacts
from checker.model.specs import SpecItem

MANUAL = "man:ltocheck-rules(7)"
"""The explanation of rules for a policy that names no page."""

Fact = TypeVar("Fact", ObjectItem, ArchiveItem, PackageFacts, SpecItem, WaiverFacts)


class Case(NamedTuple):
    """The circumstances of a fact that a rule may use."""

    package: PackageFacts
    macro: str
    """The macro by which a package opts in, without the percent sign."""
    lto_off: str = ""
    """The line of a spec that turns LTO off; empty if the distribution has none."""
    target: TargetType = TargetType.TREE

    @property
    def opt_in_line(self) -> str:
        """The line in a spec that opts in."""
        return opt_in_line(self.macro)


def opt_in_line(macro: str) -> str:
    """The line in a spec by which a package declares that it ships objects."""
    return f"%global {macro} 1"


class Rule(NamedTuple, Generic[Fact]):
    """A check of one type of fact, with its severity unless a policy sets another."""

    fact: type[Fact]
    name: str
    severity: Severity
    check: Callable[[Fact, Case], Iterable[Claim]]
    kinds: tuple[Kind, ...] = tuple(Kind)
    """Kinds of objects that it can report."""
    needs: str = ""
    """A field of an object's facts without which the rule reports nothing; empty for none."""
    is_unreadable: bool = False
    """Whether it reports that an input could not be read."""
    page: str = ""
    """A page below docs/ with a section, for further reading."""

    @property
    def text(self) -> str:
        """The explanation and the remedy for users: the docstring of its check."""
        from inspect import cleandoc  # noqa: PLC0415 slow to import, and the hook explains no rule

        return cleandoc(self.check.__doc__ or "")

    @property
    def explanation(self) -> str:
        """The text, and the page for further reading."""
        return f"{self.text}\n\nRead on: docs/{self.page}" if self.page else self.text
