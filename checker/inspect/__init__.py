# SPDX-License-Identifier: GPL-2.0-or-later
"""The detailed inspection of one object: the evidence for its verdict, the symbols at stake, and its compiler."""

from checker.inspect.bitcode import look_at_bitcode
from checker.inspect.coff import look_at_coff
from checker.inspect.elf import look_at_elf
from checker.inspect.inspection import Inspection, PartialInspection
from checker.model import Kind, ObjectItem
from checker.objects.source import Malformed, Source

LOOKS = {"elf": look_at_elf, "coff": look_at_coff, "coff-import": look_at_coff, "bitcode": look_at_bitcode}
"""The inspection of each format; the others have none."""


def inspect_object(item: ObjectItem, source: Source) -> Inspection:
    """Inspect an object whose verdict is known; unreadable parts become problems of the result, never an exception."""
    found = PartialInspection()
    look = LOOKS.get(item.facts.format)
    if look and item.facts.kind is not Kind.OTHER:
        try:
            look(source, found)
        except Malformed as error:
            if not any(("detail", str(error)) in reason.values for reason in item.facts.reasons):
                found.problems.append(str(error))
    return found.inspection(item, source.size)


__all__ = ["Inspection", "inspect_object"]
