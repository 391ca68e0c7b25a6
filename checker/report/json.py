# SPDX-License-Identifier: GPL-2.0-or-later
"""The JSON report, `ltocheck-report/1`; its schema is `docs/reference/report.schema.json`."""

import json
import shutil
from tempfile import TemporaryFile
from typing import IO, Any, TextIO

from checker import __version__
from checker.judging.stream import JudgedTarget, Report
from checker.model import ArchiveItem, Finding, Kind, ObjectItem, Summary, Target
from checker.model.audits import Repository
from checker.model.specs import SpecFacts, SpecItem, Spot
from checker.report.findings import findings_of
from checker.report.names import for_data

SCHEMA = "ltocheck-report/1"
UNINTERESTING = (Kind.NATIVE, Kind.EMPTY)
"""Objects of these kinds are listed only with a finding, or on request."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_json(report: Report, out: TextIO, all_objects: bool = False) -> None:
    """Write a report target by target; archives and findings wait on disk while the objects are written."""
    tool = {"name": "ltocheck", "version": __version__}
    policy = {"name": report.policy, "opt_in": report.opt_in}
    out.write(f'{{"schema":{_encode(SCHEMA)},"tool":{_encode(tool)},"policy":{_encode(policy)},\n"targets":[')
    separator = "\n"
    for judged in report.targets:
        out.write(separator)
        _write_target(judged, out, all_objects)
        separator = ",\n"
    if report.fixed:
        out.write('],\n"fixed":[')
        separator = "\n"
        for judged in report.fixed():
            findings = [finding_fields(finding) for finding in findings_of(judged)]
            out.write(separator + _encode({**target_fields(judged.target), "findings": findings}))
            separator = ",\n"
    outcome = report.outcome()
    findings = [finding_fields(finding) for finding in outcome.leftovers]
    out.write(f'],\n"waiver_findings":{_encode(findings)},')
    if report.audit:
        repositories = [repository_fields(repository) for repository in report.audit.repositories]
        out.write(f'\n"repositories":{_encode(repositories)},')
    out.write(f'\n"summary":{_encode(summary_fields(outcome.summary))},"exit_code":{int(outcome.exit_code)}}}\n')


def _write_target(judged: JudgedTarget, out: TextIO, all_objects: bool) -> None:
    out.write(f'{{{_encode(target_fields(judged.target))[1:-1]},"objects":[')
    spec: dict[str, Any] | None = None
    with _spool() as archives, _spool() as findings:
        separators = ["\n", "\n", "\n"]
        for entry in judged.items:
            item = entry.item
            if isinstance(item, ObjectItem) and (
                all_objects or entry.findings or entry.exempt or item.facts.kind not in UNINTERESTING
            ):
                _append(out, separators, 0, object_fields(item, entry.exempt))
            elif isinstance(item, ArchiveItem):
                _append(archives, separators, 1, archive_fields(item))
            elif isinstance(item, SpecItem):
                spec = spec_fields(item.facts)
            for finding in entry.findings:
                _append(findings, separators, 2, finding_fields(finding))
        for name, part in (("archives", archives), ("findings", findings)):
            out.write(f'],\n"{name}":[')
            part.seek(0)
            shutil.copyfileobj(part, out)
    out.write(f'],\n"spec":{_encode(spec)}}}' if spec else "]}")


def _spool() -> IO[str]:
    return TemporaryFile("w+", encoding="utf-8", prefix="ltocheck-")


def _append(out: IO[str] | TextIO, separators: list[str], number: int, fields: dict[str, Any]) -> None:
    out.write(separators[number] + _encode(fields))
    separators[number] = ",\n"


def target_fields(target: Target) -> dict[str, Any]:
    """What is said of a target before anything in it was looked at."""
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
        "reason": for_data(facts.reason),
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
        "index": facts.index,
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
        "lines": {
            "lto": [_spot_fields(spot) for spot in facts.lto_spots],
            "opt_in": [_spot_fields(spot) for spot in facts.opt_in_spots],
            "ships_objects": [_spot_fields(spot) for spot in facts.ships_spots],
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
        "message": for_data(finding.message),
        "remedy": for_data(finding.remedy),
        "evidence": [for_data(line) for line in finding.evidence],
        "waived": finding.waived,
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
    }
