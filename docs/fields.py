# SPDX-License-Identifier: GPL-2.0-or-later
"""The fields of a JSON schema as tables that people can read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "reference"
Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Every schema that is published, by its identifier; the report's first, because others refer to it."""
    files = sorted(FOLDER.glob("*.schema.json"), key=lambda file: (file.name != "report.schema.json", file.name))
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {schema["$id"]: schema for schema in found}


class Page:
    """The tables of all schemas, linked with each other."""

    def __init__(self) -> None:
        self._schemas = schemas()

    def lines(self) -> Iterator[str]:
        """A section for each schema, with one below it for each object that it is made of."""
        for home, schema in self._schemas.items():
            yield f"## {schema['properties']['schema']['const']}\n\n{schema['description']}\n"
            yield from self._table(schema, home)
            for name, part in schema.get("$defs", {}).items():
                if has_section(part):
                    yield f"\n### {title(home, name)}\n"
                    if "$ref" in part:
                        yield f"All of {self._type(part, home)}, and:\n"
                    yield from self._table(part.get("items", part), home)
            yield ""

    def _table(self, part: Schema, home: str) -> Iterator[str]:
        yield "| field | type | meaning |\n|---|---|---|"
        for name, field in fields(part, ""):
            yield f"| `{name}` | {self._type(field, home)} | {field.get('description', '')} |"

    def _type(self, field: Schema, home: str) -> str:
        """What a field may hold; a link where that has a section of its own."""
        if "anyOf" in field:
            return " or ".join(self._type(choice, home) for choice in field["anyOf"])
        if "$ref" in field:
            identifier, _, place = field["$ref"].partition("#/$defs/")
            identifier = identifier or home
            part = self._schemas[identifier]["$defs"][place]
            return section_link(identifier, place) if has_section(part) else self._type(part, identifier)
        if "const" in field or "enum" in field:
            return ", ".join(f"`{json.dumps(value)}`" for value in field.get("enum", [field.get("const")]))
        types = field["type"] if isinstance(field["type"], list) else [field["type"]]
        return " or ".join(f"list of {self._type(field['items'], home)}" if word == "array" else word for word in types)


def has_section(part: Schema) -> bool:
    """Whether a part has fields of its own to show."""
    return "properties" in part.get("items", part)


def fields(part: Schema, prefix: str) -> Iterator[tuple[str, Schema]]:
    """The fields of an object, and of the objects in it that have no section; these are named by their path."""
    for name, field in part.get("properties", {}).items():
        yield prefix + name, field
        for choice in field.get("anyOf", [field]):
            yield from fields(choice, f"{prefix}{name}.")
            yield from fields(choice.get("items", {}), f"{prefix}{name}[].")


def title(identifier: str, name: str) -> str:
    """What a section is called: `object of inspect` for the part `object` of `urn:ltocheck:inspect:1`."""
    return f"{name} of {identifier.split(':')[-2]}"


def section_link(identifier: str, name: str) -> str:
    """A link to the section about a part."""
    return f"[{name}](#{title(identifier, name).replace(' ', '-')})"
