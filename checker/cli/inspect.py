# SPDX-License-Identifier: GPL-2.0-or-later
"""The command `ltocheck inspect`: everything about one file, with the evidence."""

import os
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Annotated

import typer

from checker.cli.options import (
    BasicFormat,
    BasicFormatOption,
    FailOn,
    FailOnOption,
    OptInOption,
    OutputOption,
    PolicyOption,
    VerboseOption,
    opted_in_by_option,
)
from checker.errors import Unavailable, UsageError
from checker.inspect import inspect_object
from checker.inspect.archive import Overview, overview
from checker.inspect.inspection import Inspection
from checker.inspect.places import Place, locate, select
from checker.judging.judge import Judge
from checker.judging.policy import DEFAULT_POLICY, load_policy
from checker.model import Item, Judged, ObjectItem, PackageFacts, Stage, Target, TargetType
from checker.objects.classify import classify, unreadable
from checker.objects.source import Malformed, Source
from checker.objects.walk import Opener, is_archive, walk
from checker.report.inspect import Answer, InspectReport, ObjectAnswer, write_inspect_json, write_inspect_text
from checker.streams import report_stream
from checker.trees.tree import open_file, opener_beside, unreadable_item

SAME_NAME = 20
"""Members of one name that are shown."""


def inspect(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE[:MEMBER]",
            help="An object or an archive; MEMBER is a name, `inner.a/name` in an archive inside, or `#3` by number.",
        ),
    ],
    policy: PolicyOption = DEFAULT_POLICY,
    opt_in: OptInOption = None,
    stage: Annotated[
        Stage, typer.Option(help="Whether stripping by the packaging tools is still to come.")
    ] = Stage.INSTALLED,
    format_: BasicFormatOption = BasicFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
    verbose: VerboseOption = 0,
) -> None:
    """Show what an object or archive is, with the evidence.

    The verdict, why, what linkers make of it, and who compiled it.
    """
    judge = Judge(load_policy(policy), date.today())
    package = opted_in_by_option(opt_in, stage)
    if os.path.isdir(file):
        raise UsageError(f"{file} is a folder; ltocheck scan looks at folders")
    path, member = locate(file)
    answers = list(islice(_Inspector(judge, package, path).answers(member), SAME_NAME + 1))
    report = InspectReport(
        judge.policy.name,
        bool(opt_in),
        tuple(answers[:SAME_NAME]),
        len(answers) > SAME_NAME,
        judge.exit_code(fail_on.severity),
    )
    with report_stream(output) as out:
        if format_ is BasicFormat.JSON:
            write_inspect_json(report, out)
        else:
            write_inspect_text(report, out, verbose=bool(verbose))
    raise typer.Exit(report.exit_code)


class _Inspector:
    """Looks at one file and has the judge say what it thinks of it."""

    def __init__(self, judge: Judge, package: PackageFacts, path: str) -> None:
        self._judge, self._package, self._path = judge, package, path

    def answers(self, member: str | None) -> Iterator[Answer]:
        """What is to say of the file, or of its members of that name; raises UsageError where there is none."""
        try:
            opener = opener_beside(self._path)
            with open_file(self._path) as source:
                if member is not None:
                    for place in select(source, opener, self._path, member):
                        yield self._member(place, opener)
                elif is_archive(source):
                    yield self._archive(source, walk(self._path, source, opener))
                else:
                    yield self._object(ObjectItem(self._path, None, None, classify(source)), source)
        except Malformed as error:
            yield self._object(ObjectItem(self._path, None, None, unreadable(str(error))), None)
        except Unavailable as error:
            yield self._object(unreadable_item(self._path, error), None)

    def _member(self, place: Place, opener: Opener) -> Answer:
        if place.problem is None and place.source.size and is_archive(place.source):
            items = walk(self._path, place.source, opener)
            inside = (
                item._replace(member=place.name if item.member is None else f"{place.name}/{item.member}")
                for item in items
            )
            return self._archive(place.source, inside)
        facts = unreadable(place.problem) if place.problem else classify(place.source)
        return self._object(ObjectItem(self._path, place.name, place.number, facts), place.source)

    def _object(self, item: ObjectItem, source: Source | None) -> ObjectAnswer:
        inspection = inspect_object(item, source) if source else Inspection(item, 0)
        return ObjectAnswer(inspection, next(self._judged(TargetType.OBJECT, iter([item]))))

    def _archive(self, source: Source, items: Iterator[Item]) -> Overview:
        return overview(self._judged(TargetType.ARCHIVE, items), source)

    def _judged(self, type_: TargetType, items: Iterator[Item]) -> Iterator[Judged]:
        return self._judge.judge(Target(self._path, type_, self._package, items))
