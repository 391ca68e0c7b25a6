# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at one file for `ltocheck inspect`, and has it judged."""

from collections.abc import Iterator

from checker.cli.members import Asked, opened
from checker.errors import Unavailable
from checker.inspect import inspect_object
from checker.inspect.archive import Overview, overview
from checker.inspect.inspection import Inspection
from checker.inspect.places import Place, select
from checker.judging.judge import Judge
from checker.model import Item, Judged, ObjectItem, PackageFacts, Stage, Target, TargetType
from checker.objects.classify import classify, unreadable
from checker.objects.source import Malformed, Source
from checker.objects.walk import Opener, is_archive, walk
from checker.report.inspect import Answer, ObjectAnswer
from checker.trees.tree import unreadable_item


def answers(
    judge: Judge, one: Asked, package: PackageFacts, opt_in: bool | None, stage: Stage | None
) -> Iterator[Answer]:
    """What is to say of a file, or of its members of that name; raises UsageError where there is none."""
    looked = _Inspector(judge, package, one.name)
    try:
        with opened(one, package, opt_in, stage) as (source, opener, facts):
            looked = _Inspector(judge, facts, one.name)
            yield from looked.answers(source, opener, one.member)
    except Malformed as error:
        yield looked.object(ObjectItem(one.name, None, None, unreadable(str(error))), None)
    except Unavailable as error:
        yield looked.object(unreadable_item(one.name, error), None)


class _Inspector:
    def __init__(self, judge: Judge, package: PackageFacts, path: str) -> None:
        self._judge, self._package, self._path = judge, package, path

    def answers(self, source: Source, opener: Opener, member: str | None) -> Iterator[Answer]:
        if member is not None:
            for place in select(source, opener, self._path, member):
                yield self._member(place, opener)
        elif is_archive(source):
            yield self._archive(source, walk(self._path, source, opener), opener)
        else:
            yield self.object(ObjectItem(self._path, None, None, classify(source)), source)

    def _member(self, place: Place, opener: Opener) -> Answer:
        if place.problem is None and place.source.size and is_archive(place.source):
            items = walk(self._path, place.source, opener)
            inside = (
                item._replace(member=place.name if item.member is None else f"{place.name}/{item.member}")
                for item in items
            )
            return self._archive(place.source, inside, opener, f"{place.name}/")
        facts = unreadable(place.problem) if place.problem else classify(place.source)
        return self.object(ObjectItem(self._path, place.name, place.number, facts), place.source)

    def object(self, item: ObjectItem, source: Source | None) -> ObjectAnswer:
        inspection = inspect_object(item, source) if source else Inspection(item, 0)
        return ObjectAnswer(inspection, next(self._judged(TargetType.OBJECT, iter([item]))))

    def _archive(self, source: Source, items: Iterator[Item], opener: Opener, inside: str = "") -> Overview:
        return overview(self._judged(TargetType.ARCHIVE, items), source, opener, inside)

    def _judged(self, type_: TargetType, items: Iterator[Item]) -> Iterator[Judged]:
        return self._judge.judge(Target(self._path, type_, self._package, items))
