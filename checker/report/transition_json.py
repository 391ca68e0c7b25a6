# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition as JSON, `ltocheck-transition/1`; its schema is `docs/reference/transition.schema.json`."""

from typing import Any, TextIO

from checker import __version__
from checker.compact import encode
from checker.model.transition import Changes, Standing, Transition
from checker.report.names import for_data
from checker.report.words import text_of

SCHEMA = "ltocheck-transition/1"


def write_transition_json(found: Transition, standings: tuple[Standing, ...], out: TextIO) -> None:
    """Write these source packages a line each, and what all of them add up to."""
    out.write(f'{{"schema":{encode(SCHEMA)},"tool":{encode({"name": "ltocheck", "version": __version__})},')
    policy = {"name": found.policy, "macro": found.macro}
    audits = [
        {
            "number": one.number,
            "name": _text(one.name),
            "finished": one.finished,
            "repositories": _texts(one.repositories),
        }
        for one in found.audits
    ]
    out.write(f'"policy":{encode(policy)},"audits":{encode(audits)},"rebuild":{encode(_text(found.rebuild))},\n')
    out.write('"sources":[')
    separator = "\n"
    for standing in standings:
        out.write(separator + encode(_standing(standing, found.has_impact)))
        separator = ",\n"
    summary = {
        "states": dict(found.states),
        "needed": found.needed,
        "done": found.done,
        "saved": found.saved._asdict() if found.saved else None,
    }
    out.write(f'],\n"summary":{encode(summary)},\n"changes":{encode(_changes(found.changes))},\n')
    out.write(f'"problems":{encode(_texts(found.problems))}}}\n')


def _standing(one: Standing, has_impact: bool) -> dict[str, Any]:
    note = one.note
    return {
        "source": for_data(one.source),
        "state": one.state,
        "need": one.need,
        "opted_in": one.opted_in,
        "proven": one.proven,
        "owner": _text(one.owner),
        "bug": _text(note.bug) if note else None,
        "status": _text(note.status) if note else None,
        "cause": _text(one.cause),
        "note": _text(note.text) if note else None,
        "why": [for_data(text_of(ground)) for ground in one.why],
        "rules": list(one.rules),
        "outcome": one.outcome,
        "archs": {for_data(arch): dict(kinds) for arch, kinds in one.archs.items()},
        "files": _texts(one.files),
        "more_files": one.more_files,
        "packages": _texts(one.packages),
        "hits": sorted({for_data(hit.source) for hit in one.hits}) if has_impact else None,
    }


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    return {
        "since": for_data(changes.since.title),
        **{key: _texts(getattr(changes, key)) for key in Changes._fields if key != "since"},
    }


def _text(text: str | None) -> str | None:
    return None if text is None else for_data(text)


def _texts(texts: tuple[str, ...]) -> list[str]:
    return [for_data(text) for text in texts]
