# SPDX-License-Identifier: GPL-2.0-or-later
"""The JSON report, `ltocheck-report/1`; its schema is `docs/reference/report.schema.json`."""

import shutil
from typing import IO, Any, TextIO

from checker import __version__
from checker.compact import encode
from checker.judging.stream import Outcome, Sink
from checker.model import MISSING, ArchiveItem, Finding, Judged, Kind, ObjectItem, Summary, Target
from checker.model.audits import Repository
from checker.model.specs import SpecFacts, SpecItem, Spot
from checker.report.names import for_data
from checker.report.sink import Detail, Heading, spool
from checker.report.words import text_of, text_of_all

SCHEMA = "ltocheck-report/1"
UNINTERESTING = (Kind.NATIVE, Kind.EMPTY)
"""Objects of these kinds are listed only with a finding, or on request."""


class JsonReport(Sink):
    """Writes a report target by target; archives and findings wait on disk while the objects are written."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        self._heading, self._all_objects = heading, detail.all_objects
        tool = {"name": "ltocheck", "version": __version__}
        policy = {"name": heading.policy, "opt_in": heading.opt_in}
        out.write(f'{{"schema":{encode(SCHEMA)},"tool":{encode(tool)},"policy":{encode(policy)},\n"targets":[')
        self._out = out
        self._targets = _List(out)
        self._missing = {change: _List(spool()) for change in MISSING} if heading.is_comparison else {}
        self._target: _TargetWriter | None = None

    def begin(self, target: Target) -> None:
        self._targets.separate()
        self._target = _TargetWriter(target, self._out, self._all_objects)

    def item(self, judged: Judged) -> None:
        assert self._target
        self._target.add(judged)

    def end(self, target: Target) -> None:
        assert self._target
        self._target.close()

    def missing(self, target: Target, findings: tuple[Finding, ...]) -> None:
        for change, kept in self._missing.items():
            fields = [finding_fields(one) for one in findings if one.change is change]
            if fields:
                kept.append({**target_fields(target), "findings": fields})

    def finish(self, outcome: Outcome) -> None:
        for change, kept in self._missing.items():
            self._out.write(f'],\n"{change.replace("-", "_")}":[')
            kept.copy_to(self._out)
        findings = [finding_fields(finding) for finding in outcome.leftovers]
        self._out.write(f'],\n"waiver_findings":{encode(findings)},')
        if self._heading.audited:
            repositories = [repository_fields(repository) for repository in self._heading.audited.repositories]
            self._out.write(f'\n"repositories":{encode(repositories)},')
        summary = summary_fields(outcome.summary)
        self._out.write(f'\n"summary":{encode(summary)},"exit_code":{int(outcome.exit_code)}}}\n')


class _List:
    """A list that is written value by value."""

    def __init__(self, out: IO[str] | TextIO) -> None:
        self.out = out
        self._separator = "\n"

    def separate(self) -> None:
        """Write what comes between two values."""
        self.out.write(self._separator)
        self._separator = ",\n"

    def append(self, fields: dict[str, Any]) -> None:
        """Write one value."""
        self.separate()
        self.out.write(encode(fields))

    def copy_to(self, out: TextIO) -> None:
        """Copy the temporary file to the report, and close it."""
        with self.out as kept:
            kept.seek(0)
            shutil.copyfileobj(kept, out)


class _TargetWriter:
    """One target while its items come."""

    def __init__(self, target: Target, out: TextIO, all_objects: bool) -> None:
        out.write(f'{{{encode(target_fields(target))[1:-1]},"objects":[')
        self._out, self._all_objects = out, all_objects
        self._objects = _List(out)
        self._archives, self._findings = (_List(spool()) for _ in range(2))
        self._spec: dict[str, Any] | None = None

    def add(self, judged: Judged) -> None:
        """Write one item, or keep it for the end."""
        item = judged.item
        if isinstance(item, ObjectItem):
            if self._all_objects or judged.findings or judged.exempt or item.facts.kind not in UNINTERESTING:
                self._objects.append(object_fields(item, judged.exempt))
        elif isinstance(item, ArchiveItem):
            self._archives.append(archive_fields(item))
        elif isinstance(item, SpecItem):
            self._spec = spec_fields(item.facts)
        for finding in judged.findings:
            self._findings.append(finding_fields(finding))

    def close(self) -> None:
        """Write the rest."""
        for name, part in (("archives", self._archives), ("findings", self._findings)):
            self._out.write(f'],\n"{name}":[')
            part.copy_to(self._out)
        self._out.write(f'],\n"spec":{encode(self._spec)}}}' if self._spec else "]}")


def target_fields(target: Target) -> dict[str, Any]:
    """The fields of a target itself, known before its items."""
    package = target.package
    return {
        "path": for_data(target.path),
        "type": target.type,
        "package": _optional(package.name),
        "source": _optional(package.source),
        "arch": _optional(package.arch),
        "opt_in": package.opt_in,
        "stage": package.stage,
    }


def _optional(name: str | None) -> str | None:
    return None if name is None else for_data(name)


def object_fields(item: ObjectItem, exempt: str | None) -> dict[str, Any]:
    """One object."""
    facts = item.facts
    return {
        "path": for_data(item.path),
        "member": _optional(item.member),
        "index": item.position,
        "format": facts.format,
        "machine": facts.machine,
        "kind": facts.kind,
        "empty": facts.empty,
        "partial": facts.partial,
        "bytecode": [
            {"form": code.form, "producer": code.producer, "version": code.version, "size": code.size}
            for code in facts.bytecode
        ],
        "reason": for_data(text_of_all(facts.reasons)),
        "exempt": exempt,
    }


def archive_fields(item: ArchiveItem) -> dict[str, Any]:
    """One archive."""
    facts = item.facts
    return {
        "path": for_data(item.path),
        "member": _optional(item.member),
        "kind": facts.kind,
        "members": facts.members,
        "kinds": dict(facts.kinds),
        "index": facts.symbol_index,
        "thin": facts.thin,
        "formats": list(facts.formats),
        "machines": list(facts.machines),
        "bytecode": list(facts.versions),
    }


def spec_fields(facts: SpecFacts) -> dict[str, Any]:
    """What a spec says, and what rpm made of it for each target."""
    return {
        "look": facts.look,
        "not_expanded": facts.not_expanded,
        "lto": facts.lto,
        "opt_in": facts.opt_in,
        "ships_objects": facts.ships,
        "own_flags": [{"name": own.name, "need": own.need} for own in facts.own_flags],
        "lines": {
            "lto": [_spot_fields(spot) for spot in facts.lto_spots],
            "opt_in": [_spot_fields(spot) for spot in facts.opt_in_spots],
            "ships_objects": [_spot_fields(spot) for spot in facts.ships_spots],
            "excluded": [_spot_fields(spot) for spot in facts.excluded_spots],
            "excepted": [_spot_fields(spot) for spot in facts.excepted_spots],
        },
        "targets": [
            {
                "target": target.target,
                "arch": target.arch,
                "lto": target.lto,
                "flags": target.flags,
                "opt_in": target.opt_in,
                "ships_objects": target.ships,
                "conditions": [{"line": one.line, "holds": one.holds} for one in target.conditions],
                "failure": None if target.failure is None else for_data(target.failure),
            }
            for target in facts.targets
        ],
    }


def _spot_fields(spot: Spot) -> dict[str, Any]:
    return {"line": spot.line, "column": spot.column, "text": for_data(spot.text)}


def repository_fields(repository: Repository) -> dict[str, Any]:
    """A repository of an audit; what could not be read of it is a target."""
    return {
        "location": for_data(repository.location),
        "not_looked_at": {for_data(arch): count for arch, count in sorted(repository.others.items())},
        "sources": repository.sources,
        "size": repository.size,
    }


def finding_fields(finding: Finding) -> dict[str, Any]:
    """One finding."""
    change = {"change": finding.change} if finding.change else {}
    return {
        "rule": finding.rule,
        "severity": finding.severity.name.lower(),
        "path": for_data(finding.path),
        "member": _optional(finding.member),
        "message": for_data(text_of(finding.message)),
        "remedy": for_data(text_of(finding.remedy)),
        "evidence": [for_data(text_of(one)) for one in finding.evidence],
        "waived": finding.waived and for_data(finding.waived),
        "line": finding.line,
        "column": finding.column,
        **change,
    }


def summary_fields(summary: Summary) -> dict[str, Any]:
    """The counts."""
    return {
        "objects": summary.objects,
        "archives": summary.archives,
        "specs": summary.specs,
        "other_files": summary.other_files,
        "kinds": dict(sorted(summary.kinds.items())),
        "errors": summary.errors,
        "warnings": summary.warnings,
        "notes": summary.notes,
        "waived": summary.waived,
        "unreadable": summary.unreadable,
        "not_looked_at": dict(sorted(summary.not_looked_at.items())),
    }
