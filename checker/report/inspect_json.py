# SPDX-License-Identifier: GPL-2.0-or-later
"""What an inspection found, as JSON, `ltocheck-inspect/1`."""

import json
from typing import Any, TextIO

from checker import __version__
from checker.inspect.archive import Overview
from checker.inspect.inspection import TopRows
from checker.inspect.words import meaning
from checker.report.inspect import InspectReport, ObjectAnswer
from checker.report.json import archive_fields, finding_fields, object_fields
from checker.report.names import for_data

SCHEMA = "ltocheck-inspect/1"


def write_inspect_json(report: InspectReport, out: TextIO) -> None:
    """Write what was found as JSON."""
    objects = [_object_fields(answer) for answer in report.answers if isinstance(answer, ObjectAnswer)]
    archives = [_archive_fields(answer) for answer in report.answers if isinstance(answer, Overview)]
    fields = {
        "schema": SCHEMA,
        "tool": {"name": "ltocheck", "version": __version__},
        "policy": {"name": report.policy, "opt_in": report.opt_in},
        "objects": objects,
        "archives": archives,
        "has_more": report.has_more,
        "exit_code": int(report.exit_code),
    }
    json.dump(fields, out, indent=1)
    out.write("\n")


def _object_fields(answer: ObjectAnswer) -> dict[str, Any]:
    found, judged = answer
    meant = meaning(found.item.facts)
    return object_fields(found.item, judged.exempt) | {
        "size": found.size,
        "layout": found.layout or None,
        "why": [for_data(line) for line in found.evidence],
        "otherwise": meant.otherwise,
        "link": {"gnu_ld": meant.gnu_ld, "lld": meant.lld},
        "sections": _table(found.sections),
        "table": _table(found.table),
        "units": _table(found.units),
        "definitions": _table(found.definitions),
        "references": _table(found.references),
        "compiler": [_row(origin) for origin in found.origins],
        "problems": [for_data(problem) for problem in found.problems],
        "findings": [finding_fields(finding) for finding in judged.findings],
    }


def _archive_fields(seen: Overview) -> dict[str, Any]:
    assert seen.item is not None
    names = seen.index_names
    return archive_fields(seen.item) | {
        "size": seen.size,
        "index_names": None if names is None else {"total": names.total, "rows": [for_data(n) for n in names.kept]},
        "lost": {"total": seen.lost.total, "rows": [for_data(name) for name in seen.lost.kept]},
        "objects": {
            "total": seen.total,
            "rows": [
                object_fields(item, None) | {"size": seen.sizes.get((item.member or "", item.position or 0))}
                for item in seen.members
            ],
        },
        "exempt": list(seen.exempt),
        "findings": [finding_fields(finding) for finding in seen.findings],
    }


def _table(rows: TopRows[Any]) -> dict[str, Any]:
    return {"total": rows.total, "rows": [_row(row) for row in rows.kept]}


def _row(row: Any) -> dict[str, Any]:
    return {key: for_data(value) if isinstance(value, str) else value for key, value in row._asdict().items()}
