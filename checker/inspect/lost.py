# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbols that an archive loses, or has lost, with its bytecode."""

from contextlib import suppress
from itertools import islice

from checker.inspect.bitcode import defined_by_bitcode
from checker.inspect.elf import defined_by_bytecode, defined_by_code
from checker.inspect.inspection import TopRows, top_rows
from checker.inspect.places import places
from checker.limits import LIMITS
from checker.objects.bitcode import is_bitcode
from checker.objects.source import Malformed, Source
from checker.objects.walk import Opener, is_archive


def lost_symbols(source: Source, opener: Opener, index: TopRows[str] | None) -> TopRows[str]:
    """Names that the index, GCC's bytecode or bitcode has, and no machine code of a member defines."""
    known = dict.fromkeys(index.kept if index else ())
    defined: set[str] = set()
    with suppress(Malformed):  # the finding on the archive reports it
        for place in islice(places(source, opener), LIMITS.inspect_members):
            if place.problem is None and place.source.size and not is_archive(place.source):
                with suppress(Malformed):
                    if is_bitcode(place.source):
                        known.update(dict.fromkeys(defined_by_bitcode(place.source)))
                        continue
                    defined.update(islice(defined_by_code(place.source), max(LIMITS.inspect_looked - len(defined), 0)))
                    known.update(dict.fromkeys(defined_by_bytecode(place.source)))
            if len(known) > LIMITS.inspect_looked:
                break
    return top_rows(name for name in known if name not in defined)
