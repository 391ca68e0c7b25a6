# SPDX-License-Identifier: GPL-2.0-or-later
"""What a rule is: a check of one type of fact."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from checker.model import ArchiveItem, Claim, Kind, ObjectItem, PackageFacts, Severity, TargetType, WaiverFacts
from checker.model.specs import SpecItem

MANUAL = "man:ltocheck-rules(7)"
"""Where rules are explained to those whose policy names no page of its own."""

Fact = TypeVar("Fact", ObjectItem, ArchiveItem, PackageFacts, SpecItem, WaiverFacts)


class Case(NamedTuple):
    """What a rule knows besides the fact at hand."""

    package: PackageFacts
    macro: str
    """The macro by which a package opts in, without the percent sign."""
    lto_off: str = ""
    """The line of a spec by which a package does without LTO, where its distribution has one."""
    target: TargetType = TargetType.TREE

    @property
    def opt_in_line(self) -> str:
        """The line that a packager writes to opt in."""
        return opt_in_line(self.macro)


def opt_in_line(macro: str) -> str:
    """The line in a spec by which a package says that it ships objects."""
    return f"%global {macro} 1"


class Rule(NamedTuple, Generic[Fact]):
    """A check of one type of fact, with the severity it has where no policy says otherwise."""

    fact: type[Fact]
    name: str
    severity: Severity
    check: Callable[[Fact, Case], Iterable[Claim]]
    kinds: tuple[Kind, ...] = tuple(Kind)
    """Kinds of objects about which it can have something to say."""
    needs: str = ""
    """A field of the facts of an object; where it is empty, the rule has nothing to say."""
    is_unreadable: bool = False
    """Whether it says that an input could not be read."""
    page: str = ""
    """Where to read on: a page below docs/, with a section."""

    @property
    def text(self) -> str:
        """What the rule is about and what to do, for users: the docstring of its check."""
        from inspect import cleandoc  # noqa: PLC0415 slow to import, and the hook explains no rule

        return cleandoc(self.check.__doc__ or "")

    @property
    def explanation(self) -> str:
        """The text, and where to read on."""
        return f"{self.text}\n\nRead on: docs/{self.page}" if self.page else self.text
