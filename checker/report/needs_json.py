# SPDX-License-Identifier: GPL-2.0-or-later
"""The opt-in set as JSON, `ltocheck-opt-in/1`; its schema is `docs/reference/opt-in.schema.json`."""

import json
from collections import Counter
from typing import Any, TextIO

from checker import __version__
from checker.model.audits import AuditName, Declaration, Need, SourceObjects, SpecState
from checker.report.names import for_data
from checker.report.needs import OptInReport
from checker.report.sink import Detail
from checker.report.words import text_of

SCHEMA = "ltocheck-opt-in/1"


def write_needs_json(report: OptInReport, out: TextIO, detail: Detail) -> None:
    """Write the whole report."""
    fields = {
        "schema": SCHEMA,
        "tool": {"name": "ltocheck", "version": __version__},
        "policy": {"name": report.policy, "macro": report.macro},
        "audit": _audit(report.audits[-1]),
        "joined": [_audit(audit) for audit in report.audits[:-1]],
        "sources": [_source(source) for source in report.found.sources],
        "unread": [
            {"path": for_data(path), "obstacle": unread.obstacle, "detail": for_data(unread.detail)}
            for path, unread in report.found.unread
        ],
        "specs": None if report.declarations is None else [_declaration(one) for one in report.declarations],
        "summary": _summary(report),
        "exit_code": int(report.exit_code),
    }
    json.dump(fields, out, indent=1)
    out.write("\n")


def _audit(audit: AuditName) -> dict[str, Any]:
    return {
        "number": audit.number,
        "name": _optional(audit.name),
        "finished": audit.finished,
        "repositories": _list(audit.repositories),
    }


def _source(source: SourceObjects) -> dict[str, Any]:
    return {
        "source": for_data(source.source),
        "need": source.need,
        "why": for_data(text_of(source.why)),
        "opted_in": source.opted_in,
        "architectures": [
            {"arch": for_data(one.arch), "flags": one.flags, "kinds": dict(one.kinds)} for one in source.architectures
        ],
        "compilers": _list(source.compilers),
        "files": _list(source.files),
        "more_files": source.more_files,
        "packages": _list(source.packages),
    }


def _declaration(one: Declaration) -> dict[str, Any]:
    return {
        "source": for_data(one.source),
        "state": one.state,
        "path": _optional(one.path),
        "reason": for_data(text_of(one.reason) if one.reason else ""),
    }


def _summary(report: OptInReport) -> dict[str, Any]:
    needs = Counter(source.need for source in report.found.sources)
    answers = Counter(source.opted_in for source in report.found.sources if source.need is Need.NEEDED)
    states = Counter(one.state for one in report.declarations or ())
    return {
        "source_packages": report.sources,
        "with_objects": len(report.found.sources),
        "opted_in": answers[True],
        "opted_in_unknown": answers[None],
        "needs": {need: needs[need] for need in Need},
        "specs": None if report.declarations is None else {state: states[state] for state in SpecState},
        "unread": len(report.found.unread),
    }


def _list(names: tuple[str, ...]) -> list[str]:
    return [for_data(name) for name in names]


def _optional(name: str | None) -> str | None:
    return None if name is None else for_data(name)
